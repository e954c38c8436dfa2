"""Where things stand on Chaturbate, as known in November 2026."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="https://chaturbate.com",
    endpoints={
        "home": "/",
        "sign_in": "/auth/login/",
        "profile": "/p/{username}/",
        "room": "/{room}/",
        "probe": "/api/ts/chatmessages/pm_users/?offset=0",
        "followed": "/followed-cams/",
        "followed_online": "/followed-cams/online/?page={page}",
        "followed_offline": "/followed-cams/offline/?page={page}",
        "room_list": (
            "/api/ts/roomlist/room-list/?enable_recommendations=false&follow=true"
            "&limit={limit}&offset={offset}&require_fingerprint=true"
        ),
        "room_list_offline": (
            "/api/ts/roomlist/room-list/?enable_recommendations=false&follow=true&offline=true"
            "&limit={limit}&offset={offset}&require_fingerprint=true"
        ),
        "followed_totals": "/follow/api/online_followed_rooms/",
        "followers": "/accounts/followers/?page={page}",
        "biocontext": "/api/biocontext/{username}/",
        "room_context": "/api/chatvideocontext/{username}/",
        "room_history": "/push_service/room_history/",
        "token_stats": (
            "/api/ts/tipping/token-stats/?room={room}&currentpage=1"
            "&max_transaction_id={max_id}&cashpage=0"
        ),
        "tips_csv": "/tipping/csv/history/",
        "online_rooms": (
            "/api/public/affiliates/onlinerooms/?client_ip=request_ip&format=json"
            "&limit={limit}&offset={offset}"
        ),
        "stats": "/statsapi/?username={username}",
        "events": "https://eventsapi.chaturbate.com/events/{username}/:token/?timeout={timeout}",
    },
    selectors={
        # any page
        "language_text": "en",
        "page_end_text": "</html>",
        "logged_in_text": 'data-testid="username"',
        "logged_in": (
            '[data-testid="username"], [data-testid="logout-link"],'
            ' form[action$="/auth/logout/"], span.tokencount'
        ),
        "username": '[data-testid="username"]',
        "followed_counts": ".followed_counts",
        "sign_in_form": 'form input[type="password"][name="password"]',
        "age_gate": '[id^="entrance_terms"], #age_gate, [data-testid="age-gate"]',
        "second_factor": (
            'input[autocomplete="one-time-code"], input[name="otp"], input[name="code"]'
        ),
        "second_factor_field": (
            'input[autocomplete="one-time-code"], input[name="otp"], input[name="code"]'
        ),
        "second_factor_submit": (
            'form:has(input[autocomplete="one-time-code"], input[name="otp"], input[name="code"])'
            ' [type="submit"]'
        ),
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "Try slowing down a little.",
        "token_refused_text": "Unauthorized",
        "placeholder_hashes_text": "",  # SHA-256 of pictures that show nobody, separated by |
        # followed
        "followed_list": "ul#room_list, ul.endless_page_template",
        "followed_row": "li.room_list_room, li.roomCard",
        "followed_name": ".title a[data-room]",
        "following": ".icon_following",
        "not_following": ".icon_not_following",
        "promoted": ".thumbnail_label_c_promoted",
        "promoted_text": "promoted",
        "label": ".thumbnail_label",
        "entry": "[data-room], [data-slug]",
        "not_ours_text": "followRecommendations followedDropdown",  # classes of areas, not lists
        "list_root": "#roomlist_root, [data-testid=room-list]",
        "reload_message": ".roomlist-reload-msg",
        "no_results": ".no_results, [data-testid=no-results-message]",
        # followers
        "followers_list": "ul.followers, [data-testid=followers-list]",
        "followers_row": "li, .follower",
        "vanished_text": "None",
        # paging
        "pager": "ul.paging",
        "pager_current": "li.active",
        "pager_next": "a.next",
        "pager_ended": ".no-link",
        "pager_link": 'a[href*="?page="], a[href*="&page="]',
        # sign-in form
        "session_cookie_text": "sessionid",
        "sign_in_error": ".errorlist, .error, [role=alert]",
        "account_locked_text": "locked|disabled|suspended|deactivated|banned",
        "sign_in_username": "#id_username",
        "sign_in_password": "#id_password",
        "sign_in_submit": 'form:has(#id_password) [type="submit"]',
    },
    sizes={
        "room_list": 90,
        "rows_at_most": 1_000_000,
        "online_rooms": 500,
        "events_requests": 500,
        "events_wait_seconds": 30,
        "rooms_people": 200,
        "profiles_people": 300,
        "images_people": 500,
        "gone_rest_hours": 24,
        "picture_rest_hours": 24,
    },
    timezone="America/Los_Angeles",
)
