"""Where Chaturbate is asked, and what of its answers is believed."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from models import records
from scraper import errors, payload
from scraper.sites import register
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.pages import followed, names
from tests.scraper import given_answers as given

SITE = register.SITES["chaturbate"]


def rooms(first: int, last: int, total: int) -> bytes:
    rows = [{"username": f"room_{n}", "is_following": True} for n in range(first, last)]
    return msgspec.json.encode({"rooms": rows, "total_count": total})


def walk_room_list(total: int, shown: int) -> list[records.ListPage]:
    """Walk a part whose pages show `shown` of their 90 rows each; return its pages."""
    leads = [endpoints.room_list(SITE.layout, "offline")]
    pages = []
    while leads:
        request = leads.pop()
        offset = int(parse_qs(urlsplit(request.url).query)["offset"][0])
        body = rooms(offset, min(offset + shown, total), total)
        batch = followed.room_list(given.answer(body, request), SITE.layout)
        pages += [one for one in batch.records if isinstance(one, records.ListPage)]
        leads += batch.leads
    return pages


@pytest.mark.parametrize("shown", [90, 88, 0])
def test_short_and_empty_pages_of_the_room_list_are_not_its_end(shown: int) -> None:
    pages = walk_room_list(6315, shown)

    assert [page.position for page in pages] == list(range(0, 6315, 90))
    assert [bool(page.end) for page in pages] == [False] * 70 + [True]


def test_only_the_first_page_of_a_part_may_be_read_otherwise() -> None:
    first = endpoints.room_list(SITE.layout, "offline")

    assert [one.kind for one in first.otherwise] == ["followed_html"]
    assert first.otherwise[0].url == SITE.layout.url("followed_offline", page=1)
    assert endpoints.room_list(SITE.layout, "offline", 90).otherwise == ()


def test_the_offline_part_asks_for_offline_rooms_and_the_others_do_not() -> None:
    asked = {part: endpoints.room_list(SITE.layout, part).url for part in endpoints.PARTS}

    assert {part: "offline=true" in url for part, url in asked.items()} == {
        "online": False,
        "offline": True,
        "online_again": False,
    }


def test_a_loaded_page_hands_over_the_room_list_that_its_scripts_fetch() -> None:
    request = endpoints.followed_loaded(SITE.layout, "online", 3)

    assert request.via == "navigate"
    (part,) = request.capture
    assert part in SITE.layout.url("room_list", limit=90, offset=0)


def test_of_a_room_context_only_what_is_needed_is_kept() -> None:
    request = endpoints.room_context(SITE.layout, given.errand())

    assert set(request.keep) == {"broadcaster_username", "broadcaster_uid", "room_status"}


def test_the_history_is_asked_for_with_the_token_that_never_leaves_the_page() -> None:
    asked = endpoints.room_context(SITE.layout, given.errand(target="Alice"))
    body = b'{"broadcaster_username": "alice", "broadcaster_uid": "U7"}'
    (lead,) = SITE.parsers["room_context"](given.answer(body, asked), SITE.layout).leads

    assert lead.method == "POST"
    assert lead.csrf == {"field:csrfmiddlewaretoken": "csrftoken"}
    assert lead.form is not None
    topics = msgspec.json.decode(lead.form["topics"])
    assert topics["RoomMessageTopic#RoomMessageTopic:U7"] == {"broadcaster_uid": "U7"}


@pytest.mark.parametrize("room", ["../api", "a/b", "alice?x=1", "", "a b", "x" * 65])
def test_a_room_that_is_no_name_is_a_bad_request(room: str) -> None:
    with pytest.raises(errors.BadConfig):
        endpoints.room_context(SITE.layout, given.errand(username="a b", target=room))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/Alice/", "alice"),
        ("/alice", "alice"),
        ("/p/alice/", "alice"),
        ("https://chaturbate.com/alice/?src=x#y", "alice"),
        ("https://de.chaturbate.com/p/alice/", "alice"),
        ("/accounts/followers/", None),
        ("/accounts/", None),
        ("/tag/x/", None),
        ("/p/", None),
        ("/", None),
        ("#", None),
        ("", None),
        (None, None),
        ("javascript:alert(1)", None),
        ("/alice/../bob/", None),
    ],
)
def test_a_link_names_a_person_only_if_it_leads_to_one(address: str | None, name: str) -> None:
    assert names.of_link(address) == name


@pytest.mark.parametrize("text", ["", "a b", "alice/", "<b>", "x" * 65, "a\u202eb"])
def test_what_is_no_username_is_refused(text: str) -> None:
    with pytest.raises(errors.PageChanged):
        names.username(text, "https://site.invalid/")


@pytest.mark.parametrize("texts", [["alice", ""], ["alice\nbob"], ["alice", "<b>"], [""]])
def test_among_many_usernames_none_that_is_none_is_overlooked(texts: list[str]) -> None:
    with pytest.raises(errors.PageChanged):
        names.usernames(texts, "https://site.invalid/")


def test_many_usernames_are_read_as_each_is() -> None:
    assert names.usernames([], "") == []
    assert names.usernames(["Alice", "bob_7"], "") == ["alice", "bob_7"]


def retry_after(header: str) -> float | None:
    answer: payload.Payload = given.answer(b"slow", status=429, retry_after=header)
    with pytest.raises(errors.TryLater) as refused:
        SITE.guard(answer, SITE.layout)
    return refused.value.retry_after


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("0", 1),
        ("999999999999999999", 3600),
        ("Sat, 21 Nov 2026 08:00:45 GMT", 45),
        ("Sat, 21 Nov 2026 07:00:00 GMT", 1),
        ("Sun, 21 Nov 2027 08:00:00 GMT", 3600),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_the_time_to_wait_is_read_from_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after(header) == seconds
