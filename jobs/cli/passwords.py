"""`greenroom accounts store-password`, `store-token` and so on: the vault's secrets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import state

if TYPE_CHECKING:
    from jobs import settings
    from scraper import vault

Name = Annotated[str, typer.Argument(help="The account's name.")]


def store_password(context: typer.Context, name: Name) -> None:
    """Store an account's password, typed or piped."""
    from jobs import environment, passwords, settings
    from scraper import errors

    given = state.of(context)
    box = _box(context, name)
    password = _typed(f"Password of {name}")
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


TokenName = Annotated[
    str, typer.Argument(metavar="TOKEN", help="Which token, such as stats or api.")
]


def store_token(context: typer.Context, name: Name, token: TokenName) -> None:
    """Store a token of an account, typed or piped."""
    from jobs import environment, tokens
    from scraper import errors

    given = state.of(context)
    box = _box(context, name)
    _require_token(given.start(), name, token)
    value = _typed(f"Token {token} of {name}")
    if not value:
        raise errors.BadConfig("bad_request", "no token was given; nothing was stored")
    tokens.store(name, token, value.strip(), box)
    tokens.Refusals(given.start().storage.directory / "pace", name).forget()
    print(f"{name}: token {token} stored in the vault.")
    variable = environment.token_variable(name, token)
    if given.environ.get(variable):
        print(f"{variable} is set too, and goes first.")


def forget_token(context: typer.Context, name: Name, token: TokenName) -> None:
    """Delete a token of an account from the vault."""
    from jobs import tokens

    found = tokens.forget(name, token, _box(context, name))
    print(f"{name}: " + ("token deleted." if found else f"the vault has no token {token} of it."))


def _require_token(chosen: settings.Settings, name: str, token: str) -> None:
    """Raise BadConfig `bad_request` for a token that no errand of the account's site wants."""
    from jobs import tokens
    from scraper import errors

    wanted = tokens.wanted(chosen.accounts[name].site)
    if token not in wanted:
        known = f"its tokens are {', '.join(wanted)}" if wanted else "it takes none"
        raise errors.BadConfig("bad_request", f"{name} has no token {token}; {known}")


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


def _typed(what: str) -> str:
    """Return a secret as it is typed, unseen and twice, or as standard input gives it."""
    import getpass

    from jobs import logs
    from scraper import errors

    if not sys.stdin.isatty():
        typed = sys.stdin.readline().rstrip("\r\n")
        logs.hide(typed)
        return typed
    typed = getpass.getpass(f"{what}: ")
    logs.hide(typed)
    if getpass.getpass("Once more: ") != typed:
        raise errors.BadConfig("bad_request", "the two differ; nothing was stored")
    return typed
