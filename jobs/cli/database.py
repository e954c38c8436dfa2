"""`greenroom db`: bring the tables up to date, and examine them."""

from __future__ import annotations

import typer

from jobs.cli import exits, state

app = typer.Typer(help="Upgrade and check the database.")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables to this program's version."""
    from jobs import runtime
    from models import upgrade as tables

    chosen = state.of(context).start()
    with runtime.open_database(chosen):
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
