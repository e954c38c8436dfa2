"""What no real page is like is refused at once: no crash, no stall, never a silent zero."""

import re
import time

import pytest

from scraper import errors, hostile, payload
from scraper.sites import register
from tests.scraper import given_answers as given

MARK = b'<html lang="en"><body><span data-testid="username">operator_one</span>'
END = b"</body></html>"
MEGABYTE = 1024 * 1024
PAGES = {
    "deep divs": b"<div>" * 100_000,
    "deep divs with stray closing tags before": b"</p>" * 50_000 + b"<div>" * 50_000,
    "deep divs closed by tags that close nothing": b"<div></x>" * 50_000,
    "deep unknown elements": b"<aa><bb></cc>" * 50_000,
    "crossed formatting": b"<b><i></b></i>" * 5_000 + b"<b><i></b>" * 5_000,
    "formatting that is never closed": b"".join(b"<p><b x%d>" % n for n in range(8_000)),
    "40,000 attributes": b"<div " + b" ".join(b"a%d=1" % n for n in range(40_000)) + b">",
    "40,000 attributes without values": b"<div "
    + b" ".join(b"a%d" % n for n in range(40_000))
    + b">",
    "40,000 attributes with angles in them": b"<div "
    + b" ".join(b"a%d='>'" % n for n in range(40_000))
    + b">",
    "a tag that never ends": b"<div " + b"a='" * 200_000,
    "50 MB": b"<p>alice</p>" * (50 * MEGABYTE // 12),
}
TEXTS = {
    "deep JSON": b"[" * 1_000_000,
    "deep JSON, closed": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "50 MB of JSON": b'{"rooms": [' + b" " * (50 * MEGABYTE) + b"]}",
    "a number without end": b'{"total_count": ' + b"9" * 100_000 + b"}",
    "not a number": b'{"total": NaN, "follower_count": NaN}',
    "half a surrogate": b'{"total": "\\ud83d", "follower_count": "\\ud83d"}',
    "UTF-16": '{"total": 1, "follower_count": 1}'.encode("utf-16"),
    "another encoding": b'{"broadcaster_username": "caf\xe9", "rooms": "caf\xe9"}',
    "script": b"<script>alert(1)</script>",
    "NUL": b'{"total": 1\x00}',
}
BODIES = {what: MARK + page + END for what, page in PAGES.items()} | TEXTS
KINDS = given.kinds()
SECONDS = 2.0


@pytest.mark.parametrize(("name", "kind"), KINDS)
@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_answer_is_refused_at_once(name: str, kind: str, what: str) -> None:
    where = register.SITES[name]
    answer = given.answer(BODIES[what], given.asked_for(where, kind))
    start = time.perf_counter()

    with pytest.raises(errors.GreenroomError) as refused:
        read(answer, name)

    assert time.perf_counter() - start < SECONDS
    assert isinstance(refused.value, errors.PageChanged | errors.TryLater | errors.NeedsOperator)


def read(answer: payload.Payload, name: str) -> None:
    where = register.SITES[name]
    where.guard(answer, where.layout)
    where.parsers[answer.request.kind](answer, where.layout)


@pytest.mark.parametrize("what", [name for name in PAGES if name != "50 MB"])
def test_a_page_that_would_hold_up_the_parser_is_not_parsed(what: str) -> None:
    with pytest.raises(errors.PageChanged) as refused:
        hostile.refuse_shape(MARK + PAGES[what] + END, "https://site.invalid/")

    assert refused.value.code == "hostile_input"


@pytest.mark.parametrize("what", [name for name in PAGES if name != "50 MB"])
def test_looking_a_page_over_takes_time_by_its_length_only(what: str) -> None:
    page = PAGES[what]
    once, thrice = seconds(page), seconds(page * 3)

    assert thrice < 20 * once + 0.1


def seconds(page: bytes) -> float:
    start = time.perf_counter()
    with pytest.raises(errors.PageChanged):
        hostile.refuse_shape(page, "https://site.invalid/")
    return time.perf_counter() - start


ORDINARY = {
    "a thousand links": b"<ul>" + b"<li><a href='/x/'>x</a>" * 1000 + b"</ul>",
    "many rows": b"<div><a href='/x/'><b>x</b><img src=y></a><br></div>" * 5000,
    "a script that compares": b"<script>" + b"for(i=0;i<n;i++){a<b}" * 9000 + b"</script>",
    "a script without angles": b"<script>" + b"x = 1; y = 2; " * 9000 + b"</script>",
    "JSON in an attribute": b'<div data-page="' + b"&quot;a&quot;: 1, " * 9000 + b'"></div>',
    "a long text": b"<p>" + b"word " * 50_000 + b"</p>",
    "many comments": b"<!-- <div> -->" * 9000,
    "a comment that is empty": b"<!-->" + b"<p>x</p>" * 3000,
    "a style that never ends": b"<p>x</p>" * 3000 + b"<style>" + b"a<b " * 3000,
    "a text of many equals signs": b"<p>" + b"a = b, " * 9000 + b"</p>",
}


@pytest.mark.parametrize("what", ORDINARY)
def test_an_ordinary_page_is_passed_on(what: str) -> None:
    hostile.refuse_shape(MARK + ORDINARY[what] + END, "https://site.invalid/")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251", "latin-1", "shift_jis"])
def test_a_page_in_another_encoding_is_read_or_refused_but_never_empty(encoding: str) -> None:
    where = register.SITES["chaturbate"]
    text = (MARK + b'<ul class="followers"><li><a href="/alice/">a</a></li></ul>' + END).decode()
    body = f'<meta charset="{encoding}">{text}'.encode(encoding)
    asked = given.asked_for(where, "followers_html")
    answer = given.answer(body, asked, content_type=f"text/html; charset={encoding}")

    batch = where.parsers["followers_html"](answer, where.layout)

    assert re.search("username='alice'", repr(batch.records))
