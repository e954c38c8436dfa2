"""Where the account's own room page gets its numbers from; no other room is asked about."""

from __future__ import annotations

import msgspec

from scraper import payload, site
from scraper.sites.chaturbate import endpoints

FIELDS = (
    *("viewer_username", "broadcaster_username", "broadcaster_uid"),
    *("room_status", "token_balance", "num_viewers"),
)
"""What is kept of the room's context: its other fields are of no use here, or secret."""

TIPS = "RoomTipAlertTopic"


def context(layout: site.Layout, username: str) -> payload.Request:
    """What the page of the account's own room knows: for whom it is, the balance, who watches."""
    room = endpoints.plain_name(username)
    return payload.Request(
        url=layout.url("room_context", username=room),
        kind="own_room",
        headers=endpoints.XHR | {"Referer": layout.url("room", room=room)},
        context={"room": room, "account": room},
        keep=FIELDS,
    )


def tips(
    layout: site.Layout, asked: payload.Request, uid: str, *, tokens: int, viewers: int
) -> payload.Request:
    """The tips that the page shows of what lately passed."""
    topics = {f"{TIPS}#{TIPS}:{uid}": {"broadcaster_uid": uid}}
    return payload.Request(
        url=layout.url("room_history"),
        kind="own_tips",
        method="POST",
        headers=endpoints.XHR,
        form={"topics": msgspec.json.encode(topics).decode()},
        csrf={"field:csrfmiddlewaretoken": "csrftoken"},
        context=asked.context | {"tokens": tokens, "viewers": viewers},
    )
