"""Commands about single pages: read saved ones, fetch a raw answer, parse it again, make a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Account = Annotated[str, typer.Option("--account", "-a", help="As which account.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
PayloadId = Annotated[int, typer.Argument(metavar="PAYLOAD", help="The payload's number.")]


def import_page(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Saved pages of one list, all of them.")
    ],
    account: Account,
    kind: Annotated[Literal["followers", "followed"], typer.Option(help="Which list they show.")],
    offline: Annotated[
        list[Path] | None, typer.Option(help="A saved page of the offline half (repeatable).")
    ] = None,
    total: Annotated[
        int | None, typer.Option(min=0, help="How many the site says there are, if you know.")
    ] = None,
    json: Json = False,
) -> int:
    """Read pages saved in a browser as one list, proved like any."""
    from jobs import orders, run, saved_pages
    from jobs.cli import opening, running
    from scraper.sites import register

    with opening.session(context, json=json) as session:
        with session.database.write() as connection:
            who = orders.account(connection, session.chosen, account)
            where = register.SITES[who.site]
            asked, parser = saved_pages.order(where, kind, who)
            _, collector = run.collector_of(register.SITES, asked.collector)
            shown = saved_pages.parts(files, offline or [], collector)
            wanted = saved_pages.leads(shown, parser)
            run_id = saved_pages.place(connection, asked, wanted, collector, total)
        return running.resume(session, run_id)


def fetch(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="An address or path of the account's site.")
    ],
    account: Account,
) -> None:
    """Print the raw answer to URL; archive it, apply nothing."""
    from jobs import raw
    from jobs.cli import opening, running

    with opening.session(context) as session:
        assembled = running.assemble(session)
        raw.write(*raw.fetch(session.chosen, assembled, account, url))


def parse(context: typer.Context, payload: PayloadId) -> None:
    """Print what today's parser reads from an archived payload."""
    from jobs import raw
    from jobs.cli import opening

    with opening.session(context) as session:
        print(raw.parsed(session.chosen, session.database, payload))


def reparse(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only payloads of this kind.")] = None,
) -> int:
    """Read the archive again through today's parsers, and apply it."""
    from jobs import raw
    from jobs.cli import exits, opening

    with opening.session(context) as session:
        count = raw.reparse(session.chosen, session.database, kind)
    print(f"{count.payloads} payloads, {count.records} records, {count.new} new")
    for code, number in sorted(count.refused.items()):
        print(f"  {number} refused: {code}")
    return exits.PARTIAL if count.refused else exits.OK


def fixture(
    context: typer.Context,
    payload: PayloadId,
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="Name of the case: letters, digits, - and _.")
    ],
    folder: Annotated[Path, typer.Option(help="The folder of golden cases.")] = Path("fixtures"),
) -> None:
    """Make a test case of an archived payload, nobody real in it."""
    from jobs import golden
    from jobs.cli import opening

    with opening.session(context) as session:
        place = golden.write(session.chosen, session.database, payload, folder, case)
    print(f"{place}: check that nobody real is in it, then say what the parser should state")
    print("  the test fails until batch.json is there: GREENROOM_REWRITE_FIXTURES=1 make test")
