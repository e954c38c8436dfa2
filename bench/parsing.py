"""Read list pages with our parsers, with Lexbor alone, with parsel and with BeautifulSoup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import bs4
import msgspec
import parsel
from selectolax import lexbor

from bench import clocks, figures, practice_pages
from fixtures.practice import client
from models import records
from scraper import payload, site
from scraper.sites import register
from scraper.sites.chaturbate import endpoints

SITE = register.SITES["chaturbate"]
ROUNDS = 15
ROWS = 400
AIM = 1.5
LEXBOR = "Lexbor alone"

Read = Callable[[bytes], list[str]]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and where its names stand: in `attribute` of whatever `css` selects."""

    what: str
    variants: dict[str, str]
    ask: Callable[[site.Layout], payload.Request]
    css: str
    attribute: str


CASES = (
    Case(
        what="followers page",
        variants={"followers_variant": "p1"},
        ask=partial(endpoints.followers, page=2),
        css="ul.followers li a",
        attribute="href",
    ),
    Case(
        what="followed page, cards (H2)",
        variants={"variant": "cards"},
        ask=partial(endpoints.followed_html, part="online", page=2),
        css="#roomlist_root .title a[data-room]",
        attribute="data-room",
    ),
    Case(
        what="followed page, list (H1)",
        variants={"variant": "list"},
        ask=partial(endpoints.followed_html, part="online", page=2),
        css="#main ul .title a[data-room]",
        attribute="data-room",
    ),
)


def main() -> None:
    """Measure every case, and the same rooms as JSON."""
    found: list[figures.Figure] = []
    with client.Practice() as world, practice_pages.signed_in(world) as web:
        layout = practice_pages.laid_out(world)
        rows = {"followed": ROWS, "online_percent": 100, "followers": ROWS}
        for case in CASES:
            world.configure(keep_sessions=True, **rows, **case.variants)
            answer = practice_pages.answer(web, case.ask(layout))
            found += _page(case, answer, layout)
        world.configure(keep_sessions=True, **rows)
        answer = practice_pages.answer(web, endpoints.room_list(layout, "online", 90))
        found.append(_rooms(answer, layout))
    figures.hand_over(found)


def _page(case: Case, answer: payload.Payload, layout: site.Layout) -> Iterator[figures.Figure]:
    """Yield how our parser, and our guard, compare with each way to read the same names."""
    body = answer.body
    parse = partial(SITE.parsers[answer.request.kind], answer, layout)
    guard = partial(SITE.guard, answer, layout)
    names = _names(parse())
    for peer, read in _peers(case).items():
        _refuse_difference(names, read(body), f"{case.what}, {peer}")
        floor = peer == LEXBOR
        # what takes long is read once a turn, what takes a millisecond ten times
        times, rounds = (10, ROUNDS) if peer != "BeautifulSoup (lxml)" else (1, 5)
        ways = [clocks.processor(act, times) for act in (parse, partial(read, body))]
        ours, theirs = clocks.in_turn(rounds, *ways)
        yield figures.Figure(
            what=f"parse a {case.what}, {len(names)} names, {len(body) // 1000} kB",
            ours=clocks.told(ours),
            peer=f"{peer} {clocks.told(theirs)}",
            ratio=f"{ours / theirs:.2f} x",
            aim=figures.at_most(ours / theirs, AIM) if floor else None,
        )
        if floor:
            ours, theirs = clocks.in_turn(rounds, clocks.processor(guard, 10), ways[1])
            yield figures.Figure(
                what="  the guard before it",
                ours=clocks.told(ours),
                peer=f"{peer} {clocks.told(theirs)}",
                ratio=f"{ours / theirs:.2f} x",
            )


def _rooms(answer: payload.Payload, layout: site.Layout) -> figures.Figure:
    """Return how our reading of the room list compares with decoding it and taking the names."""
    parse = partial(SITE.parsers[answer.request.kind], answer, layout)

    def read() -> list[str]:
        return [room["username"] for room in msgspec.json.decode(answer.body)["rooms"]]

    names = _names(parse())
    _refuse_difference(names, read(), "room list")
    ways = (clocks.processor(act, 50) for act in (parse, read))
    ours, theirs = clocks.in_turn(ROUNDS, *ways)
    return figures.Figure(
        what=f"parse a room list, {len(names)} names, {len(answer.body) // 1000} kB of JSON",
        ours=clocks.told(ours),
        peer=f"msgspec, untyped {clocks.told(theirs)}",
        ratio=f"{ours / theirs:.2f} x",
        aim=figures.at_most(ours / theirs, AIM),
    )


def _peers(case: Case) -> dict[str, Read]:
    """Return the other ways to read a case's names, the floor first."""
    css, attribute = case.css, case.attribute

    def alone(body: bytes) -> list[str]:
        found = lexbor.LexborHTMLParser(body).css(css)
        return [(node.attributes[attribute] or "").strip("/") for node in found]

    def by_parsel(body: bytes) -> list[str]:
        found = parsel.Selector(body=body).css(f"{css}::attr({attribute})").getall()
        return [value.strip("/") for value in found]

    def by_soup(body: bytes) -> list[str]:
        found = bs4.BeautifulSoup(body, "lxml").select(css)
        return [str(node[attribute]).strip("/") for node in found]

    return {LEXBOR: alone, "parsel": by_parsel, "BeautifulSoup (lxml)": by_soup}


def _names(batch: payload.Batch) -> list[str]:
    return [record.username for record in batch.records if isinstance(record, records.Member)]


def _refuse_difference(ours: list[str], theirs: list[str], what: str) -> None:
    if not ours or set(ours) != set(theirs):
        raise RuntimeError(f"{what}: {len(theirs)} names read, {len(ours)} expected")


if __name__ == "__main__":
    main()
