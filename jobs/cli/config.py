"""`greenroom config`: whether the settings are right, and what is in force."""

from __future__ import annotations

import typer

from jobs.cli import state

app = typer.Typer(help="Check and show the settings.")


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the settings are right, or which key is not."""
    from jobs import environment

    given = state.of(context)
    chosen = given.start()
    for name in environment.unused_passwords(list(chosen.accounts), given.environ):
        print(f"note: {name} belongs to no account.")
    if not chosen.accounts:
        print("note: there is no account yet; add one with `greenroom accounts add`.")
    print(f"{chosen.file or 'No settings file; the defaults'}: ok")


@app.command()
def show(context: typer.Context) -> None:
    """Print the settings in force, defaults included, secrets hidden."""
    from jobs import settings_show

    print(settings_show.text(state.of(context).start()))
