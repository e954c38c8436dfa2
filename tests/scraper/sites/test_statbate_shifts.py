"""Messages that arrive while a chat without a total is read: each row once, whatever moves."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given as having
from hypothesis import settings, strategies

from models import records
from scraper import errors, payload
from scraper.sites.statbate_plus import endpoints
from scraper.sites.statbate_plus.pages import chat
from scraper.sites.statbate_plus.site import SITE
from tests.scraper import given_answers as given

Message = tuple[int, str]
MESSAGES = strategies.tuples(strategies.integers(0, 5), strategies.sampled_from("ab"))
SAID = strategies.lists(strategies.tuples(MESSAGES, strategies.booleans()), unique=True).map(
    lambda rows: [message for message, _ in rows]
)
"""Messages, some of them twice in a second; a page is longer than that."""

ARRIVALS = strategies.dictionaries(strategies.integers(1, 12), MESSAGES, max_size=2)


def page(request: payload.Request, said: list[Message], size: int) -> payload.Payload:
    """Answer as Laravel's simple paginator does, newest first."""
    number = int(parse_qs(urlsplit(request.url).query)["page"][0])
    shown = sorted(said, reverse=True)
    more = number * size < len(shown)
    messages = {
        "data": [
            {"time": f"2026-11-20 20:15:0{second}", "sender": "viewer_a", "message": text}
            for second, text in shown[(number - 1) * size : number * size]
        ],
        "current_page": number,
        "per_page": size,
        "next_page_url": f"https://other.invalid/chat?page={number + 1}" if more else None,
    }
    auth = {"user": {"name": given.USERNAME, "email": None}}
    told = {
        "component": "Model/Chat",
        "props": {"auth": auth, "messages": messages},
        "version": "v1",
    }
    return given.answer(msgspec.json.encode(told), request)


def walk(
    said: list[Message], arrivals: dict[int, Message], size: int
) -> tuple[set[str], list[Message], int]:
    """Read the chat while messages arrive; return the keys, what was said, and how many asked.

    Raises TryLater as the parser does.
    """
    said, keys, asked = list(said), set[str](), 0
    leads = [endpoints.chat(SITE.layout, given.errand())]
    while leads:
        batch = chat.chat_page(page(leads.pop(0), said, size), SITE.layout)
        keys |= {one.key for one in batch.records if isinstance(one, records.Interaction)}
        leads = [*batch.leads, *leads]
        asked += 1
        said += [arrivals[asked]] if asked in arrivals else []
    return keys, said, asked


@having(said=SAID, arrivals=ARRIVALS, size=strategies.integers(4, 7))
@settings(deadline=None)
def test_a_chat_that_moves_is_read_without_doubling_or_refused(
    said: list[Message], arrivals: dict[int, Message], size: int
) -> None:
    try:
        first, said, _ = walk(said, arrivals, size)
    except errors.TryLater:
        return
    then, _, _ = walk(said, {}, size)

    assert first <= then
    assert len(then) == len(said)


def test_equal_messages_on_both_sides_of_an_edge_are_two() -> None:
    keys, _, asked = walk([(1, "a"), (2, "a"), (2, "a"), (3, "a")], {}, 2)

    assert (len(keys), asked) == (4, 4)


def test_a_message_pushed_over_an_edge_is_one() -> None:
    said = [(1, "a"), (2, "a"), (3, "a"), (4, "a")]
    keys, said, _ = walk(said, {1: (5, "a")}, 2)

    assert len(keys) == len(said) == 5


def test_pages_without_equals_at_their_edges_are_read_once() -> None:
    assert walk([(1, "a"), (2, "a"), (3, "a"), (4, "a")], {}, 2)[2] == 2


def test_a_chat_that_never_rests_is_left_for_later() -> None:
    said = [(second, "a") for second in range(4)]
    with pytest.raises(errors.TryLater) as caught:
        walk(said, {asked: (5, f"{asked:02}") for asked in range(1, 40)}, 2)

    assert caught.value.code == "list_shifted"


def test_every_arrival_is_found_by_the_next_walk() -> None:
    _, said, _ = walk([(1, "a"), (1, "a")], {1: (1, "a")}, 3)
    keys, _, _ = walk(said, {}, 1)

    assert len(keys) == len(said) == 3
