from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import payload
from scraper.fetch import answers

ROOM_PAGE = b"""<script>window.initialRoomDossier = "{\\u0022room_title\\u0022: \\u0022hi\\u0022,
\\u0022chat_password\\u0022: \\u0022canary\\u0022, \\u0022hls_source\\u0022: \\u0022canary\\u0022}"
</script><input value='canary' type=hidden name='csrfmiddlewaretoken'>
<meta name="csrf-token" content="canary"><p>rest</p>"""


def test_without_keys_to_keep_the_body_is_untouched() -> None:
    assert answers.kept(b'{"a": 1, "b" : [ ]}\n', ()) == b'{"a": 1, "b" : [ ]}\n'


def test_only_the_keys_to_keep_stay_and_their_values_byte_for_byte() -> None:
    body = b'{"room_pass": "x", "follower_count": 12345678901234567890, "about": {"a" : 1.50}}'
    kept = answers.kept(body, ("follower_count", "about", "absent"))
    assert kept == b'{"follower_count":12345678901234567890,"about":{"a" : 1.50}}'


@given(
    st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.lists(st.booleans())),
    st.lists(st.text(max_size=8).filter(lambda name: "." not in name)).map(tuple),
)
def test_no_key_but_the_kept_ones_ever_stays(
    value: dict[str, object], keep: tuple[str, ...]
) -> None:
    kept = answers.kept(msgspec.json.encode(value), (*keep, "always"))
    assert msgspec.json.decode(kept) == {k: v for k, v in value.items() if k in {*keep, "always"}}


def test_an_answer_with_half_an_emoji_is_kept_as_any_other() -> None:
    half = (
        rb'{"events": [{"object": {"user": "x", "tip": {"isAnon": true}}}, "hi \ud83d"], "no": 1}'
    )
    veil = {"events.object.user": "events.object.tip.isAnon"}

    assert answers.kept(half, ("events",)).endswith(b'"hi \\ufffd"]}')
    assert answers.veiled(half, veil).startswith(b'{"events":[{"object":{"user":null,')


def test_a_byte_order_mark_costs_no_answer() -> None:
    marked = b'\xef\xbb\xbf{"events": [], "no": 1}'

    assert answers.kept(marked, ("events",)) == b'{"events":[]}'
    assert answers.veiled(marked, {"events.user": "events.mark"}) == b'{"events":[],"no":1}'


def test_a_key_with_dots_leads_into_objects() -> None:
    body = b'{"user": {"id": 7, "jwt": "x", "deep": {"a": 1.50, "b": 2}}, "name": "x", "no": {}}'
    kept = answers.kept(body, ("user.id", "user.deep.a", "name.first", "no.body", "absent.a"))
    assert kept == b'{"user":{"id":7,"deep":{"a":1.50}},"no":{}}'


@pytest.mark.parametrize(("empty", "stays"), [("[]", True), ("null", True), ('["x"]', False)])
def test_only_an_empty_list_or_null_stays_in_the_place_of_an_object(
    empty: str, stays: bool
) -> None:
    kept = answers.kept(f'{{"user": {empty}}}'.encode(), ("user.id",))
    assert kept == (f'{{"user":{empty}}}'.encode() if stays else b"{}")


@pytest.mark.parametrize(
    "body",
    [b" \n<!doctype html><title>Just a moment...</title>", b"Try slowing down a little.", b""],
)
def test_pages_and_short_notes_stay_so_that_they_are_recognised(body: bytes) -> None:
    assert answers.kept(body, ("a",)) == body


@pytest.mark.parametrize(
    "body",
    [
        b'["canary"]',
        b'"canary"',
        b'{"chat_password": "canary',
        b'\xef\xbb\xbf{"chat_password": "canary"',
        b"canary" * 1000,
    ],
)
def test_what_cannot_be_shown_to_be_harmless_is_dropped(body: bytes) -> None:
    assert answers.kept(body, ("a",)) == b""


def test_the_seam_hides_secrets_in_address_headers_and_body() -> None:
    request = payload.Request(url="https://example.test/", kind="k")
    made = answers.answer(
        request,
        url="https://example.test/a?token=canary&page=2",
        status=409,
        headers={
            "content-type": "text/html",
            "set-cookie": "sessionid=canary",
            "x-inertia-location": "https://example.test/?api_key=canary",
        },
        body=ROOM_PAGE,
    )
    assert b"canary" not in msgspec.json.encode(made)
    assert b"<p>rest</p>" in made.body
    assert made.url == "https://example.test/a?token=***&page=2"
    assert set(made.headers) == {"content-type", "x-inertia-location"}
    assert made.fetched_at.tzinfo is not None


def test_a_veil_whose_mark_may_be_missing_hides_only_where_it_is_there_and_not_false() -> None:
    rows = [{"who": "a"}, {"who": "b", "hidden": False}, {"who": "c", "hidden": None}]
    body = msgspec.json.encode({"rows": rows})

    sure, unsure = (
        [
            one["who"]
            for one in msgspec.json.decode(answers.veiled(body, {"rows.who": mark}))["rows"]
        ]
        for mark in ("rows.hidden", "rows.hidden?")
    )
    assert (sure, unsure) == ([None, "b", None], ["a", "b", None])


def test_the_answer_of_a_talks_door_comes_whole() -> None:
    body = b'{"jwtToken": "canary"}'
    asked = payload.Request(url="https://site.invalid/door", kind="door")

    hidden, whole = (
        answers.answer(asked, url=asked.url, status=200, headers={}, body=body, whole=whole)
        for whole in (False, True)
    )
    assert (b"canary" in hidden.body, whole.body) == (False, body)
