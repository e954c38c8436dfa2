"""`greenroom accounts answer` and `store-totp`: the second factor of a sign-in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each run.")]
GoOn = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on with the runs that wait for it.")
]


def answer(
    context: typer.Context,
    name: Name,
    code: Annotated[
        str | None,
        typer.Argument(metavar="[CODE]", help="The code; default: from its command or secret."),
    ] = None,
    resume: GoOn = True,
    json: Json = False,
) -> int:
    """Give the code that a sign-in waits for, and go on."""
    import asyncio

    from jobs import answering, codes, orders
    from jobs.cli import going_on, opening
    from scraper import errors

    read = codes.read(code) if code is not None else None
    if code is not None and read is None:
        raise errors.BadConfig("bad_request", "that is no code: it has 4 to 32 letters and digits")
    with opening.session(context, json=json) as session:
        with session.database.write() as connection:
            account = orders.account(connection, session.chosen, name)
        asyncio.run(answering.answer(going_on.desk(session), account, read))
        if not json:
            print(f"{name}: signed in as {account.username}.")
        return going_on.go_on(session, account.id) if resume else 0


def store_totp(
    context: typer.Context,
    name: Name,
    automatic: Annotated[
        bool,
        typer.Option("--answer/--ask", help="Answer by itself when a run is asked for a code."),
    ] = False,
) -> None:
    """Store the TOTP secret of an account, typed or piped."""
    from jobs import codes
    from jobs.cli import state
    from scraper import errors, vault

    given = state.of(context)
    chosen = given.start()
    if name not in chosen.accounts:
        raise errors.BadConfig(
            "bad_request", f"there is no account {name}; see `greenroom accounts list`"
        )
    secret = codes.secret(_secret(name))
    box = vault.open_vault(chosen.storage.directory, given.environ)
    kept = box.get(name, "credentials") or {}
    box.put(name, "credentials", kept | {"totp_secret": secret, "answer": automatic})
    how = "runs answer with it by themselves" if automatic else f"`accounts answer {name}` uses it"
    print(f"{name}: TOTP secret stored in the vault; {how}.")


def _secret(account: str) -> str:
    """Return the secret as it is typed, unseen, or as standard input gives it."""
    import getpass

    from jobs import logs

    if sys.stdin.isatty():
        typed = getpass.getpass(f"TOTP secret of {account}: ")
    else:
        typed = sys.stdin.readline()
    if typed.strip():
        logs.hide(typed.strip())
    return typed
