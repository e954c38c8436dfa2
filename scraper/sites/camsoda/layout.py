"""Where things stand on Camsoda, as known in November 2026."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="https://www.camsoda.com",
    endpoints={
        "home": "/",
        "sign_in": "/login",
        "user": "/api/v1/user/current",
        "react": "/api/v1/chat/react/{username}",
        "room": "/{username}",
        "node": "https://node2-ord.livemediahost.com:3000/",
        "online": "/api/v1/browse/online?page={page}&gender={gender}&showType=all",
    },
    selectors={
        "socket_hosts_text": "livemediahost.com camsoda.com",
        "genders_text": "f m t c",
        "guest_text": "guest_",
        "not_found_text": "no username found",
        "no_broadcaster_text": "no broadcaster found",
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "",
        "age_gate": '#age_gate, [id^="entrance_terms"], [data-testid="age-gate"]',
        "sign_in_form": 'form input[type="password"]',
        "session_cookie_text": "camsoda_session",
    },
    sizes={
        "socket_silence_seconds": 100,
        "pages_at_most": 200,
        "throttle_seconds": 10,
        "not_found_rest_seconds": 604_800,
    },
    timezone="UTC",
)
