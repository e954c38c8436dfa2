"""Where things stand on CBHours, as its published interface says."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="https://www.cbhours.com",
    endpoints={
        "home": "/",
        "live": "/api.php?action=get_live&usernames={usernames}",
        "activity": (
            "/api.php?action=get_activity&domain=cbhours&username={username}"
            "&start_date={first}&end_date={last}&tzo=0&include_details=true"
        ),
        "months": "/api.php?action=get_months&domain=cbhours&username={username}",
    },
    selectors={
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "temporary block",
        "blocked_text": "temporary block|temporarily blocked|too many requests",
    },
    sizes={
        "live_people": 5000,
        "activity_people": 2000,
        "months_people": 2000,
        "names_at_most": 50,
        "days_at_most": 60,
        "activity_days": 7,
        "no_trophy_rest_days": 7,
    },
)
