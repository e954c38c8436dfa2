"""`greenroom accounts`: the operator's own sign-ins, as they stand in the settings file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli import answer, connecting, passwords, state

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(help="Add, list, connect and remove your accounts.")
app.command(name="sign-in")(connecting.sign_in)
app.command(name="import-session")(connecting.import_session)
app.command()(connecting.status)
app.command()(answer.answer)
app.command("store-totp")(answer.store_totp)
app.command("store-password")(passwords.store_password)
app.command("forget-password")(passwords.forget_password)
app.command("store-token")(passwords.store_token)
app.command("forget-token")(passwords.forget_token)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Your name for it: lower-case letters, digits, - and _."),
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    site: Annotated[str, typer.Option(help="The site it signs in to, such as chaturbate.")],
    username: Annotated[str, typer.Option(help="The name it signs in with.")],
    here: Annotated[
        bool, typer.Option("--here", help="Begin a new settings file in the working directory.")
    ] = False,
) -> None:
    """Add an account to the settings file, which may be new."""
    from jobs import config_file, environment, settings, tokens
    from scraper.sites import register

    given = state.of(context)
    file, text = _current(given.config, given.environ, here=here)
    config_file.parse(text, file)
    text = config_file.with_account(text, name, site, username)
    settings.read(text, file, given.environ)
    config_file.write(file, text)
    print(f"{file}: account {name} added.")
    variable = environment.password_variable(name)
    if any(errand.way == "browser" for errand in register.SITES[site].collectors.values()):
        print(
            f"Its password: set {variable}, or `greenroom accounts store-password {name}`, "
            "or type it when a run asks."
        )
    for token in tokens.wanted(site):
        print(
            f"Its token {token}, for the errands that take it: set "
            f"{environment.token_variable(name, token)}, or "
            f"`greenroom accounts store-token {name} {token}`."
        )


@app.command(name="list")
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the accounts and where passwords come from."""
    from jobs import passwords, tokens
    from scraper import vault

    given = state.of(context)
    chosen = given.start()
    box = vault.open_vault(chosen.storage.directory, given.environ)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "site": account.site,
            "username": account.username,
            "password": passwords.source(name, given.environ, box),
            "tokens": {
                token: tokens.source(name, token, given.environ, box)
                for token in tokens.wanted(account.site)
            },
        }
        for name, account in sorted(chosen.accounts.items())
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        held = "".join(f"  {token}: {place}" for token, place in row["tokens"].items())
        print(
            f"{row['name']:<{width}}  {row['site']}  {row['username']}"
            f"  password: {row['password']}{held}"
        )
    if not rows:
        print("There is no account yet; add one with `greenroom accounts add`.")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove an account, all but its history."""
    from jobs import config_file, settings
    from scraper import alone, errors, session, vault

    given = state.of(context)
    chosen = given.start()
    file = chosen.file
    if file is None:
        raise errors.BadConfig("bad_request", "there is no settings file, so there is no account.")
    text = config_file.without_account(config_file.read(file), name)
    settings.read(text, file, given.environ)  # a schedule may still name the account
    kept = settings.session_file(chosen, name)
    with alone.account_lock(kept.with_suffix(".lock")):
        config_file.write(file, text)
        vault.open_vault(chosen.storage.directory, given.environ).forget(name)
        session.forget_plain(kept)
    print(f"{file}: account {name} removed, with its session and password, not its history.")


def _current(config: Path | None, environ: Mapping[str, str], *, here: bool) -> tuple[Path, str]:
    """Return the settings file and its text: the one in force, or a commented new one."""
    from jobs import config_file

    named = config_file.named(config, environ)
    if named is None or named.exists():
        found = config_file.find(config, environ)
        if found is not None:
            return found, config_file.read(found)
    begun = Path.cwd() / config_file.NAME if here else config_file.standard_path()
    return named or begun, config_file.STARTER
