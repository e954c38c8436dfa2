"""`greenroom export`: lists and histories as files that can be trusted."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import typer

from jobs.cli import lists, times


def export(
    context: typer.Context,
    what: Annotated[
        Literal["followers", "following", "lost", "follows", "chat", "tips"],
        typer.Argument(metavar="WHAT", help="What to export; `lost` are former followers."),
    ],
    account: lists.Account,
    form: Annotated[
        Literal["csv", "jsonl"], typer.Option("--format", help="The file's format.")
    ] = "csv",
    as_of: Annotated[dt.datetime | None, typer.Option(help="As it was at this time (UTC).")] = None,
    output: Annotated[
        str | None, typer.Option(help="The file, or - for standard output. Default: named for it.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Columns, separated by commas.")] = None,
) -> None:
    """Write a list or a history to a file with a manifest."""
    from jobs import exports
    from jobs.cli import opening

    chosen = [name.strip() for name in columns.split(",")] if columns is not None else None
    wish = exports.Wish(
        what=what,
        account=account,
        form=form,
        as_of=times.past(as_of),
        output=output or f"{account}-{what}.{form}",
        columns=tuple(chosen) if chosen is not None else None,
    )
    with opening.session(context) as session, opening.answerable():
        manifest = exports.to_file(session.chosen, session.database, wish)
    if manifest is not None:
        said = "complete" if manifest.complete else "not known to be complete"
        print(f"{wish.output}: {manifest.rows} rows, {said}; its manifest stands beside it")
