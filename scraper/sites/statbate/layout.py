"""Where things stand in Statbate's REST API (OpenAPI 1.0.0 and the newer routes, November 2026)."""

from __future__ import annotations

from scraper import site

_RANGE = "range%5B0%5D={since}&range%5B1%5D={until}"
_WINDOW = f"{_RANGE}&timezone=UTC"
_PAGE = "page={page}&per_page={per_page}"

LAYOUT = site.Layout(
    base_url="https://plus.statbate.com",
    endpoints={
        "home": "/",
        "sign_in": "/login",
        "token_check": "/api/me/simple",
        "models": f"/api/models?site={{site}}&{_RANGE}&{_PAGE}",
        "members": f"/api/members?site={{site}}&{_RANGE}&{_PAGE}",
        "tags": f"/api/tags?site={{site}}&{_RANGE}&{_PAGE}",
        "tag_search": "/api/tags/search?query={query}&site={site}&limit={limit}",
        "members_online": "/api/members/online?site={site}&timezone=UTC",
        "member_batch": "/api/members/{site}/info/batch",
        "member_info": "/api/members/{site}/{member}/info?timezone=UTC",
        "member_model": f"/api/members/{{site}}/{{member}}/model/{{model}}?{_WINDOW}",
        "member_tips": f"/api/members/{{site}}/{{member}}/tips?{_WINDOW}&{_PAGE}",
        "member_tags": f"/api/members/{{site}}/{{member}}/tag-spending?{_RANGE}&{_PAGE}",
        "top_models": f"/api/members/{{site}}/{{member}}/top-models?{_WINDOW}",
        "member_activity": f"/api/members/{{site}}/{{member}}/activity?{_WINDOW}",
        "member_chat": f"/api/members/{{site}}/{{member}}/chat?{_WINDOW}&{_PAGE}",
        "model_info": f"/api/model/{{site}}/{{room}}/info?{_WINDOW}",
        "model_activity": f"/api/model/{{site}}/{{room}}/activity?{_WINDOW}",
        "model_members": f"/api/model/{{site}}/{{room}}/members?{_WINDOW}",
        "model_rank": f"/api/model/{{site}}/{{room}}/rank?{_WINDOW}",
        "model_sessions": (
            f"/api/model/{{site}}/{{room}}/sessions?{_WINDOW}&{_PAGE}&window={{gap}}"
        ),
        "model_tips": f"/api/model/{{site}}/{{room}}/tips?{_WINDOW}&{_PAGE}",
        "model_chat": f"/api/model/{{site}}/{{room}}/chat?{_WINDOW}&{_PAGE}",
        "message_search": f"/api/messages/search?site={{site}}&{_WINDOW}&{{asked}}",
        "room_users": "/api/room/{site}/{room}/online-users",
        "live": "https://statbate.com/ws/",
    },
    selectors={
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "Too Many Attempts.",
        "sign_in_form": 'form input[type="password"][name="password"]',
        "anonymous_text": "anon_tips",
    },
    sizes={
        "page": 200,
        "chat_page": 50,
        "tag_search": 100,
        "batch": 100,
        "ranking_pages": 5,
        "models_in_depth": 5,
        "first_days": 30,
        "overlap_seconds": 3600,
        "session_gap_hours": 4,
        "not_found_rest_days": 7,
        "retry_window_seconds": 600,
    },
    timezone="UTC",
)
