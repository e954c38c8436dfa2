"""What holds for every site that is registered."""

import re
import string
from collections.abc import Iterator

import pytest

from scraper import errors, payload, site
from scraper.sites import register
from tests.scraper import given_answers as given

SITES = list(register.SITES.values())
NAMES = [where.name for where in SITES]
COLLECTORS = [(where, one) for where in SITES for one in where.collectors.values()]
COLLECTOR_NAMES = [f"{where.name}.{one.name}" for where, one in COLLECTORS]
SIGNED_IN = [
    where for where in SITES if any(one.way == "browser" for one in where.collectors.values())
]
UNREADABLE = {
    "nothing": b"",
    "white space": b" \n",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "null": b"null",
    "a number": b"17",
    "a foreign page": b"<!DOCTYPE html><html lang='en'><body><h1>Sunny</h1></body></html>",
    "half a page": b"<!DOCTYPE html><html><body><ul><li>al",
    "half an object": b'{"rooms": [{"username": "al',
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe",
}
FINE = {
    ("chaturbate", "room_history"): {"an empty list", "an empty object"},
    ("chaturbate", "own_tips"): {"an empty list", "an empty object"},
    ("cbhours", "months"): {"an empty list"},
}
"""Where an empty answer is a true one: nobody said anything."""

ELSEWHERE = {"image", "events"}
"""Kinds of what sites keep at hosts of their own."""


def walked(leads: tuple[payload.Request, ...]) -> Iterator[payload.Request]:
    for lead in leads:
        yield lead
        yield from walked(lead.otherwise)


@pytest.mark.parametrize(("where", "collector"), COLLECTORS, ids=COLLECTOR_NAMES)
def test_a_collector_starts_with_kinds_that_its_site_can_parse(
    where: site.Site, collector: site.Collector
) -> None:
    leads = list(walked(collector.start(given.errand(), where.layout)))

    assert leads
    assert {lead.kind for lead in leads} <= set(where.parsers)
    assert {kind for lead in leads for kind in lead.capture.values()} <= set(where.parsers)


@pytest.mark.parametrize(("where", "collector"), COLLECTORS, ids=COLLECTOR_NAMES)
def test_a_collector_stays_at_its_site(where: site.Site, collector: site.Collector) -> None:
    for lead in walked(collector.start(given.errand(), where.layout)):
        assert lead.kind in ELSEWHERE or lead.url.startswith(where.layout.base_url + "/")


@pytest.mark.parametrize(("where", "collector"), COLLECTORS, ids=COLLECTOR_NAMES)
def test_a_collector_that_polls_asks_for_nothing_where_there_is_nobody_to_ask_about(
    where: site.Site, collector: site.Collector
) -> None:
    leads = collector.start(given.errand(people=(), target=None), where.layout)

    assert bool(leads) != bool(collector.polls)


@pytest.mark.parametrize(("where", "collector"), COLLECTORS, ids=COLLECTOR_NAMES)
def test_tokens_go_by_plain_http_in_budgets_that_the_site_has(
    where: site.Site, collector: site.Collector
) -> None:
    leads = list(walked(collector.start(given.errand(), where.layout)))

    assert {lead.via == "http" for lead in leads} == {collector.way == "http"}
    assert {lead.budget for lead in leads} - {""} <= set(where.budgets)
    told = {name for lead in leads for text in lead.secrets.values() for name in blanks(text)}
    assert told == set(collector.tokens)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("where", "collector"), COLLECTORS, ids=COLLECTOR_NAMES)
def test_a_collector_of_people_walks_every_part_and_reads_every_total_twice(
    where: site.Site, collector: site.Collector
) -> None:
    leads = collector.start(given.errand(), where.layout)
    parts = [lead.context["part"] for lead in leads if "part" in lead.context]
    moments = [lead.context["moment"] for lead in leads if "moment" in lead.context]

    assert tuple(parts) == collector.parts
    assert (collector.direction is None) or moments == ["first", "first", "last", "last"]


@pytest.mark.parametrize("where", SITES, ids=NAMES)
def test_a_collector_is_listed_under_its_own_name(where: site.Site) -> None:
    assert {name: one.name for name, one in where.collectors.items()} == {
        name: name for name in where.collectors
    }


@pytest.mark.parametrize("where", SITES, ids=NAMES)
def test_saved_pages_are_read_by_a_known_parser_for_a_known_collector(where: site.Site) -> None:
    for parser, collector in where.imports.values():
        assert parser in where.parsers
        assert collector in where.collectors


@pytest.mark.parametrize("where", SIGNED_IN, ids=[where.name for where in SIGNED_IN])
def test_who_is_signed_in_is_asked_in_a_kind_that_the_site_can_parse(where: site.Site) -> None:
    assert where.whoami(where.layout).kind in where.parsers


@pytest.mark.parametrize("where", SITES, ids=NAMES)
def test_every_endpoint_is_a_path_or_whole_address_whose_blanks_have_names(
    where: site.Site,
) -> None:
    for path in where.layout.endpoints.values():
        assert path.startswith(("/", "https://"))
        names = [name for _, name, _, _ in string.Formatter().parse(path) if name is not None]
        assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


OWN_WORDS: dict[tuple[str, int], tuple[type[errors.GreenroomError], set[str]]] = {
    ("stripchat", 403): (errors.SignInAgain, {"signed_out"}),
    ("camsoda", 403): (errors.TryLater, {"throttled"}),
}
"""What a status means at a site where it does not mean what it means elsewhere."""

UNREAD = [
    (name, kind, what)
    for name, kind in given.kinds()
    for what in UNREADABLE
    if what not in FINE.get((name, kind), ())
]


@pytest.mark.parametrize(("name", "kind", "what"), UNREAD)
def test_a_parser_refuses_what_it_cannot_read(name: str, kind: str, what: str) -> None:
    where = register.SITES[name]
    answer = given.answer(UNREADABLE[what], given.asked_for(where, kind))

    with pytest.raises(errors.GreenroomError) as refused:
        where.parsers[kind](answer, where.layout)

    assert isinstance(refused.value, errors.PageChanged | errors.TryLater)


@pytest.mark.parametrize(("name", "kind"), given.kinds())
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, errors.GreenroomError, {"forbidden", "signed_out", "token_refused"}),
        (403, errors.Refused, {"forbidden"}),
        (404, errors.Refused, {"not_found"}),
        (429, errors.TryLater, {"throttled"}),
        (500, errors.TryLater, {"server_error"}),
        (503, errors.TryLater, {"server_error"}),
        (400, errors.PageChanged, {"page_changed"}),
        (304, errors.PageChanged, {"page_changed"}),
    ],
)
def test_a_guard_names_a_status_for_its_remedy(
    name: str, kind: str, status: int, error: type[errors.GreenroomError], code: set[str]
) -> None:
    where = register.SITES[name]
    answer = given.answer(b"no", given.asked_for(where, kind), status=status)
    error, code = OWN_WORDS.get((name, status), (error, code))

    with pytest.raises(error) as refused:
        where.guard(answer, where.layout)

    assert refused.value.code in code


@pytest.mark.parametrize("where", SITES, ids=NAMES)
@pytest.mark.parametrize(
    "challenge",
    [
        given.answer(b"", status=403, cf_mitigated="challenge"),
        given.answer(b"<html><head><title>Just a moment...</title></head></html>"),
    ],
)
def test_a_challenge_stops_every_site(where: site.Site, challenge: payload.Payload) -> None:
    with pytest.raises(errors.NeedsOperator) as refused:
        where.guard(challenge, where.layout)

    assert refused.value.code == "challenge"
