"""`greenroom accounts store-password` and `forget-password`: the vault's passwords."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import state

if TYPE_CHECKING:
    from scraper import vault

Name = Annotated[str, typer.Argument(help="The account's name.")]


def store_password(context: typer.Context, name: Name) -> None:
    """Store an account's password, typed or piped."""
    from jobs import environment, passwords, settings
    from scraper import errors

    given = state.of(context)
    box = _box(context, name)
    password = _typed(name)
    if not password:
        raise errors.BadConfig("bad_request", "no password was given; nothing was stored")
    whole = passwords.store(name, password, box)
    print(f"{name}: password stored in the vault.")
    if not whole:
        print(
            "What the vault had of it did not open and was moved aside; store its TOTP secret anew."
        )
    if settings.password(name, given.environ):
        print(f"{environment.password_variable(name)} is set too, and goes first.")


def forget_password(context: typer.Context, name: Name) -> None:
    """Delete an account's password from the vault."""
    from jobs import passwords

    found = passwords.forget(name, _box(context, name))
    print(f"{name}: " + ("password deleted." if found else "the vault has no password of it."))


def _box(context: typer.Context, name: str) -> vault.Vault:
    """Return the vault. Raises BadConfig `bad_request` if there is no such account."""
    from scraper import errors, vault

    given = state.of(context)
    chosen = given.start()
    if name not in chosen.accounts:
        raise errors.BadConfig(
            "bad_request", f"there is no account {name}; see `greenroom accounts list`"
        )
    return vault.open_vault(chosen.storage.directory, given.environ)


def _typed(name: str) -> str:
    """Return the password as it is typed, unseen and twice, or as standard input gives it."""
    import getpass

    from jobs import logs
    from scraper import errors

    if not sys.stdin.isatty():
        typed = sys.stdin.readline().rstrip("\r\n")
        logs.hide(typed)
        return typed
    typed = getpass.getpass(f"Password of {name}: ")
    logs.hide(typed)
    if getpass.getpass("Once more: ") != typed:
        raise errors.BadConfig("bad_request", "the two differ; nothing was stored")
    return typed
