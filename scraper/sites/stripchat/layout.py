"""Where things stand on Stripchat, as known in November 2026."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="https://stripchat.com",
    endpoints={
        "home": "/",
        "sign_in": "/login",
        "config": "/api/front/v3/config/initial-dynamic?requestType=initial",
        "config_before": "/api/front/v2/initial-dynamic?requestType=initial",
        "cam": "/api/front/v2/models/username/{username}/cam",
        "list": "/api/front/models/list",
        "chat": "/api/front/v2/models/username/{username}/chat?source=regular",
        "user_id": "/api/front/users/user-ids/{username}",
        "socket_config": "/api/front/v3/config/initial-dynamic?requestPath=%2F{username}",
        "socket_config_before": "/api/front/v3/config/initial",
        "room": "/{username}",
        "favorites": "/api/front/models/favorites?offset={offset}&limit={limit}&sortBy=username",
        "favorites_offline": (
            "/api/front/models/favorites/offline?offset={offset}&limit={limit}&sortBy=username"
        ),
        "favorite_ids": "/api/front/users/{uid}/favorites",
        "transactions": (
            "/api/front/users/{uid}/transactions"
            "?from={since}&until={until}&offset={offset}&limit={limit}"
        ),
        "payers": (
            "/api/front/users/{uid}/transactions/users"
            "?offset={offset}&limit={limit}&sort=lastPaid&order=desc"
        ),
    },
    selectors={
        "token_text": "initialDynamic.jwtToken",
        "socket_hosts_text": "stripchat.com sc-apps.com",
        "channels_text": (
            "newChatMessage modelStatusChanged broadcastChanged goalChanged topicChanged"
        ),
        "not_found_text": "not found",
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "",
        "age_gate": '#age_gate, [id^="entrance_terms"], [data-testid="age-gate"]',
        "sign_in_form": 'form input[type="password"]',
        "session_cookie_text": "stripchat_com_sessionId",
    },
    sizes={
        "list": 100,
        "live_people": 5000,
        "favorites": 100,
        "transactions": 100,
        "payers": 100,
        "rows_at_most": 1_000_000,
        "socket_silence_seconds": 30,
        "first_days": 30,
        "overlap_seconds": 3600,
        "throttle_seconds": 10,
        "not_found_rest_seconds": 604_800,
    },
    timezone="UTC",
)
