"""`greenroom stats tips-ledger`: what every source says of tips, shown once, and the difference."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models import ledger


def tips_ledger(
    context: typer.Context,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Of this account's room.")
    ] = None,
    site: Annotated[
        str | None,
        typer.Option("--site", help="Of this site (default: the account's, or chaturbate)."),
    ] = None,
    room: Annotated[str | None, typer.Option(help="Of this room. Default: all your own.")] = None,
    days: Annotated[float, typer.Option("--days", min=0.01, max=3660, help="How far back.")] = 7.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lay what sources say of tips beside each other, by day (UTC)."""
    import msgspec

    from jobs import broadcasts
    from jobs.cli import opening
    from models import ledger, moment, siblings

    until = moment.now()
    with opening.session(context, json=json) as session:
        place = broadcasts.room(session.chosen, account, site, room)
        siblings.catch_up(session.database)
        with session.database.read() as connection:
            rooms = [place] if place else ledger.own_rooms(connection)
            since = until - dt.timedelta(days=days)
            found = [ledger.of(connection, one, since, until) for one in rooms]
    if json:
        print(msgspec.json.encode(found).decode())
        return
    lines = [line for one in found for line in _lines(one)]
    print("\n".join(lines) or "No tip is known in that time.")


def _lines(told: ledger.Ledger) -> Iterator[str]:
    for day in told.days:
        yield f"{day.day}  {day.site}/{day.room}: {day.tokens} tokens in {day.tips} tips"
        for one in day.stated:
            note = f"  ({one.note})" if one.note else ""
            yield f"    {one.source:<24} {one.tokens:>8} in {one.tips} tips{note}"
        yield from map(_total, day.totals)
    if told.totals:
        yield f"of all time  {told.site}/{told.room}"
        yield from map(_total, told.totals)


def _total(one: ledger.Total) -> str:
    return f"    {one.name:<24} {one.tokens:>8} beside {one.seen}, {one.difference:+}  ({one.note})"
