"""The published field lists of Statbate's REST API, and a visitor with its token.

From its OpenAPI 1.0.0 (confidence H); chat, sessions and searches as their known client reads them
(M); the users of a room are a construction, for only their route is published.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from fixtures.practice import client

INT, NUMBER, TEXT, TRUTH = "int", "number", "text", "truth"
MOMENT, DAY, BIT, ZONE = "moment", "day", "0 or 1", "zone"
PATTERNS = {
    MOMENT: r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    DAY: r"\d{4}-\d\d-\d\d",
    ZONE: r"[A-Z][A-Za-z_/]+",
    TEXT: r"(?s).*",
}
TRENDS = "improving|declining|stable"

Shape = str | list[Any] | dict[str, Any] | None

RANGE = [MOMENT, MOMENT]
PAGINATION = {
    "total": INT,
    "per_page": INT,
    "current_page": INT,
    "last_page": INT,
    "from": INT,
    "to": INT,
}
MEMBER = {"id": INT, "name": TEXT}
MODEL = {"name": TEXT, "rid": INT, "gender": INT}
SPENT = {"tokens": INT, "usd": NUMBER, "tips": INT}
TIMES = {"tip_count": INT, "token_sum": INT, "usd_sum": NUMBER}
LISTED = {"site": TEXT, "range": RANGE, "pagination": PAGINATION}
OF_ROOM = {"site": TEXT, "range": RANGE, "timezone": ZONE}
OF_MEMBER = {"site": TEXT, "member": MEMBER, "range": RANGE}
INFO = {
    "name": TEXT,
    "did": INT,
    "first_message_date": MOMENT,
    "first_tip_date": MOMENT,
    "last_tip_date": MOMENT,
    "last_tip_amount": INT,
    "models_messaged_2weeks": INT,
    "models_messaged_2weeks_list": [TEXT],
    "models_tipped_2weeks": INT,
    "models_tipped_2weeks_list": [TEXT],
    "per_day_tokens": [{"date": DAY, "tokens": INT}],
    "all_time_tokens": INT,
}
ROOM, WHO = "/api/model/chaturbate/{room}", "/api/members/chaturbate/{member}"

PUBLISHED: dict[str, dict[str, Shape]] = {
    "/api/models": {
        "data": [
            {
                "position": INT,
                "online": TRUTH,
                "name": TEXT,
                "gender": INT,
                "rid": INT,
                "total_tokens": INT,
                "total": NUMBER,
                "hourly_tokens": INT,
                "hourly": NUMBER,
                "hours": INT,
                "dons": INT,
                "daily_tokens": INT,
                "daily": NUMBER,
            }
        ],
        "meta": LISTED,
    },
    "/api/members": {
        "data": [
            {
                "position": INT,
                "name": TEXT,
                "did": INT,
                "total_tokens": INT,
                "total": NUMBER,
                "tips": INT,
                "avg_tokens": INT,
                "avg": NUMBER,
                "models": INT,
                "daily": NUMBER,
                "daily_tokens": INT,
            }
        ],
        "meta": LISTED,
    },
    f"{WHO}/info": {"data": INFO, "meta": {"site": TEXT, "timezone": ZONE}},
    f"{WHO}/model/{{room}}": {
        "data": {
            "member": {"name": TEXT, "did": INT},
            "model": MODEL,
            "total": SPENT,
            "daily_spending": [{"date": DAY, **SPENT}],
        },
        "meta": OF_ROOM,
    },
    f"{WHO}/tips": {
        "data": [{"time": MOMENT, "model": TEXT, "rid": INT, "tokens": INT, "usd": NUMBER}],
        "meta": {**OF_MEMBER, "pagination": PAGINATION},
    },
    f"{WHO}/tag-spending": {
        "data": [
            {
                "position": INT,
                "tag": TEXT,
                "name": TEXT,
                "value": TEXT,
                "models_count": INT,
                "total_tokens": INT,
                "total_usd": NUMBER,
            }
        ],
        "meta": OF_MEMBER,
    },
    f"{WHO}/top-models": {
        "data": [
            {
                "position": INT,
                **MODEL,
                "total_tokens": INT,
                "total_usd": NUMBER,
                "days": INT,
                "daily_tokens": INT,
                "daily_usd": NUMBER,
            }
        ],
        "meta": {**OF_MEMBER, "timezone": ZONE},
    },
    f"{WHO}/activity": {
        "data": {
            "hourly": [{"hour": INT, **TIMES}],
            "daily": [{"day_of_week": INT, "day_name": TEXT, **TIMES}],
        },
        "meta": {**OF_MEMBER, "timezone": ZONE},
    },
    "/api/members/online": {
        "data": [
            {
                "position": INT,
                "online": BIT,
                "name": TEXT,
                "did": INT,
                "total_tokens": INT,
                "total": NUMBER,
                "tips": INT,
                "avg_tokens": INT,
                "avg": NUMBER,
                "models": INT,
                "daily_tokens": INT,
                "daily": NUMBER,
                "hour_tokens": INT,
                "hour": NUMBER,
                "day_tokens": INT,
                "day": NUMBER,
                "week_tokens": INT,
                "week": NUMBER,
                "isFavorite": BIT,
            }
        ],
        "meta": {
            "site": TEXT,
            "timezone": ZONE,
            "range": RANGE,
            "filters": {"selectedGenders": [INT]},
        },
    },
    f"{ROOM}/info": {
        "data": {
            **MODEL,
            "rank": INT,
            "sessions": {"count": INT, "total_duration": INT, "average_duration": INT},
            "income": {"tokens": INT, "usd": NUMBER},
            "tags": [{"name": TEXT, "category": TEXT}],
        },
        "meta": OF_ROOM,
    },
    f"{ROOM}/activity": {
        "data": {
            **MODEL,
            "summary": {
                "total_sessions": INT,
                "public_sessions": INT,
                "total_duration": INT,
                "average_duration": INT,
            },
            "sessions": [{"start_time": MOMENT, "end_time": MOMENT, "duration": INT}],
        },
        "meta": OF_ROOM,
    },
    f"{ROOM}/members": {
        "data": {
            **MODEL,
            "summary": {
                "total_members": INT,
                "total_tokens": INT,
                "total_usd": NUMBER,
                "average_per_member": INT,
                "average_per_member_usd": NUMBER,
                "returning_members": INT,
                "new_members": INT,
            },
            "top_members": [
                {
                    "did": INT,
                    "name": TEXT,
                    "tokens": INT,
                    "usd": NUMBER,
                    "tip_count": INT,
                    "first_tip": MOMENT,
                    "last_tip": MOMENT,
                }
            ],
            "spending_distribution": [{"range": TEXT, "count": INT}],
        },
        "meta": OF_ROOM,
    },
    f"{ROOM}/rank": {
        "data": {
            **MODEL,
            "summary": {
                "first_rank": INT,
                "last_rank": INT,
                "best_rank": INT,
                "worst_rank": INT,
                "rank_change": INT,
                "rank_change_percent": NUMBER,
                "trend": TRENDS,
                "total_tokens": INT,
                "total_usd": NUMBER,
            },
            "ranks": [{"date": DAY, "rank": INT, "tokens": INT}],
        },
        "meta": OF_ROOM,
    },
    f"{ROOM}/tips": {
        "data": [{"time": MOMENT, "name": TEXT, "did": INT, "tokens": INT, "usd": NUMBER}],
        "meta": {
            "site": TEXT,
            "model": {"id": INT, "name": TEXT, "gender": INT},
            "range": RANGE,
            "pagination": PAGINATION,
        },
    },
    "/api/tags": {
        "data": [{"tag": TEXT, "models": INT, "tokens": INT, "usd": NUMBER}],
        "meta": LISTED,
    },
    "/api/tags/search?query=": {
        "data": [{"tag": TEXT, "name": TEXT, "value": TEXT, "models_count": INT}]
    },
    f"{ROOM}/chat": {
        "data": [{"time": MOMENT, "sender": TEXT, "message": TEXT}],
        "meta": OF_ROOM,
    },
    f"{WHO}/chat": {
        "data": [{"time": MOMENT, "room": TEXT, "message": TEXT}],
        "meta": {**OF_MEMBER, "pagination": PAGINATION},
    },
    f"{ROOM}/sessions": {
        "data": [
            {
                "start_time": MOMENT,
                "end_time": MOMENT,
                "duration_hours": NUMBER,
                "tips": INT,
                "dons": INT,
                "usd_per_hour": NUMBER,
                "total_usd": NUMBER,
            }
        ],
        "meta": OF_ROOM,
    },
    "/api/messages/search?text=e": {
        "data": [{"time": MOMENT, "room": TEXT, "sender": TEXT, "message": TEXT}],
        "meta": {
            "site": TEXT,
            "range": RANGE,
            "pagination": {"total": INT, "per_page": INT},
            "next_cursor": TEXT,
        },
    },
    "/api/room/chaturbate/{room}/online-users": {"data": [{"name": TEXT, "did": INT}]},
    "/api/me/simple": {"id": INT, "subscription": {"is_active": TRUTH}},
}
"""Route -> exactly the fields of its answer, and their types. The batch is a POST: see the test."""


def differences(value: Any, shape: Shape, place: str = "answer") -> list[str]:
    """Return where a value has not exactly the published fields and types; lists must hold rows."""
    if isinstance(shape, dict):
        if not isinstance(value, dict) or value.keys() != shape.keys():
            return [f"{place}: {sorted(value)} instead of {sorted(shape)}"]
        inner = [differences(value[key], shape[key], f"{place}.{key}") for key in shape]
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{place} has no rows"]
        shapes = shape if len(shape) > 1 else shape * len(value)
        pairs = zip(value, shapes, strict=True)
        inner = [differences(*pair, f"{place}[{n}]") for n, pair in enumerate(pairs)]
    else:
        return [] if shape and _is(value, shape) else [f"{place}: {value!r} is no {shape}"]
    return [found for part in inner for found in part]


def _is(value: Any, shape: str) -> bool:
    if shape == TRUTH:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if shape in {INT, BIT}:
        return isinstance(value, int) and (shape == INT or value in {0, 1})
    if shape == NUMBER:
        return isinstance(value, int | float)
    pattern = PATTERNS.get(shape, shape)
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


class Reader:
    """A program with a token at Statbate Premium."""

    def __init__(self, practice: client.Practice, token: str = client.API_TOKEN) -> None:
        self.practice = practice
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.web = httpx.Client(
            base_url=practice.statbate, trust_env=False, timeout=10, headers=headers
        )
        truth = practice.truth()
        talkers = {row["username"] for row in truth["messages"]}
        named = [tip["username"] for tip in truth["tips"] if not tip["anonymous"]]
        self.member = next(name for name in named if name in talkers)
        self.room = client.USERNAME

    def get(self, path: str, **query: str | int) -> httpx.Response:
        where = path.format(room=self.room, member=self.member)
        return self.web.get(where, params=query or None)

    def told(self, path: str, **query: str | int) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(path, **query).json()
        return answer

    def batch(self, body: Any, site: str = "chaturbate") -> httpx.Response:
        return self.web.post(f"/api/members/{site}/info/batch", json=body)
