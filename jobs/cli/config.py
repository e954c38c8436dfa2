"""`greenroom config`: whether the settings are right, and what is in force."""

from __future__ import annotations

import typer

from jobs.cli import state

app = typer.Typer(help="Check and show the settings.")


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the settings are right, or which key is not."""
    from jobs import environment, tokens
    from scraper import keys

    given = state.of(context)
    chosen = given.start()
    keys.given(given.environ.get(keys.VARIABLE, ""))  # or refuse it
    for name in environment.unused_passwords(list(chosen.accounts), given.environ):
        print(f"note: {name} belongs to no account.")
    for name in tokens.unused(chosen, given.environ):
        print(f"note: {name} is no token of any account.")
    if not chosen.accounts:
        print("note: there is no account yet; add one with `greenroom accounts add`.")
    print(f"{chosen.file or 'No settings file; the defaults'}: ok")


@app.command()
def show(context: typer.Context) -> None:
    """Print the settings in force, defaults included, secrets hidden."""
    from jobs import settings_show
    from scraper import errors, vault

    given = state.of(context)
    chosen = given.start()
    print(settings_show.text(chosen))
    try:
        home = vault.open_vault(chosen.storage.directory, given.environ).home
    except errors.GreenroomError as error:
        home = f"error[{error.code}]: {error.message}"
    print(f"\n# the vault's key: {home}")
