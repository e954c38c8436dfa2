"""`greenroom accounts sign-in`, `import-session` and `status`: connect accounts, and look ahead."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import exits

if TYPE_CHECKING:
    from jobs import connecting as connections
    from jobs.cli import running

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.")]
GoOn = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on with the runs that wait for it.")
]


def sign_in(
    context: typer.Context,
    name: Name,
    headless: Annotated[
        bool, typer.Option("--headless", help="Use the password; one attempt, no window.")
    ] = False,
    remote_debugging: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=1024, max=65535, help="No window: DevTools on 127.0.0.1:PORT."
        ),
    ] = None,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds to sign in by hand.")] = 600,
    resume: GoOn = True,
) -> int:
    """Connect an account by hand, or by its password."""
    from jobs import connecting, orders
    from jobs.cli import going_on, opening, running

    if headless and remote_debugging is not None:
        raise typer.BadParameter("--headless needs no --remote-debugging")
    with opening.session(context) as session:
        with session.database.write() as connection:
            account = orders.account(connection, session.chosen, name)
        desk = running.asking(going_on.desk(session))
        if headless:
            return _said(session, asyncio.run(connecting.by_password(desk, account)), resume=resume)
        by_hand = connecting.by_window(
            desk, account, _tell, port=remote_debugging, deadline=deadline
        )
        return _said(session, asyncio.run(by_hand), resume=resume)


def import_session(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export; - reads it here.")],
    resume: GoOn = True,
) -> int:
    """Connect an account with a session from a browser."""
    from jobs import connecting, orders
    from jobs.cli import going_on, opening
    from scraper import errors, imported

    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise errors.BadConfig("bad_request", f"{file}: {error.strerror}") from None
    with opening.session(context) as session:
        with session.database.write() as connection:
            account = orders.account(connection, session.chosen, name)
        text = imported.decoded(content)
        connected = asyncio.run(connecting.by_import(going_on.desk(session), account, text))
        return _said(session, connected, resume=resume)


def status(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One account only.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print an object for each account.")] = False,
) -> None:
    """Show how accounts are connected and what waits."""
    import msgspec

    from jobs import account_status
    from jobs.cli import opening

    with opening.session(context, json=json) as session, session.database.read() as connection:
        for one in account_status.of(connection, session.chosen, session.given.environ, name):
            if json:
                print(msgspec.json.encode(one).decode())
            else:
                print("\n".join(account_status.lines(one)))


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _said(
    session: running.Session, connected: connections.Connected | None, *, resume: bool
) -> int:
    """Say how the account is connected, and go on with the runs that waited for that."""
    from jobs.cli import going_on

    if connected is None:
        _tell("cancelled: the window was closed; nothing was stored")
        return exits.CANCELLED
    ends = connected.expires_at
    known = f", its cookie good until {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
    print(f"{connected.account}: connected as {connected.username} at {connected.site}{known}.")
    return going_on.go_on(session, connected.id) if resume else exits.OK
