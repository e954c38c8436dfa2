"""`greenroom db`: bring the tables up to date, and examine them."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.cli import exits, state

app = typer.Typer(help="Upgrade, check and prune the database.")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables to this program's version."""
    from jobs import runtime
    from models import siblings
    from models import upgrade as tables

    chosen = state.of(context).start()
    with runtime.open_database(chosen) as database:
        siblings.catch_up(database)
        print(f"the tables are at revision {tables.head()}")


@app.command()
def check(context: typer.Context) -> int:
    """Examine the library, the tables and the stored data."""
    from jobs import runtime
    from models import db
    from models import upgrade as tables

    chosen = state.of(context).start()
    with runtime.translated():
        database = db.connect(chosen.database.url)
        try:
            findings = tables.check(database)
        finally:
            database.close()
    for one in findings:
        print(f"ok    {one.name}" if one.ok else f"WRONG {one.name}: {one.remedy}")
    return exits.OK if all(one.ok for one in findings) else exits.FAILED


@app.command()
def prune(
    context: typer.Context,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Let go of what the table [retention] names."""
    from jobs import pruning
    from jobs.cli import opening

    with opening.session(context) as session:
        done = list(pruning.prune(session.database, session.chosen, dry=dry))
    for one in done:
        size = f", {one.bytes / 1e6:.1f} MB" if one.bytes else ""
        print(f"{one.what}: {one.count}{size} {'would go' if dry else 'gone'}")
    if not done:
        print("Nothing is to go: the settings have no table [retention].")
