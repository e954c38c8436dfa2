"""`greenroom web`: who may come to the service's web door."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

app = typer.Typer(help="The service's web door: its tokens.")
token = typer.Typer(help="Who may come in: make, list and revoke tokens.")
app.add_typer(token, name="token", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called.")]


@token.command()
def create(
    context: typer.Context,
    name: Name,
    scope: Annotated[
        Literal["telemetry", "dashboard", "all"],
        typer.Option(help="What it is good for: to state, to listen, or all, private acts too."),
    ] = "all",
) -> None:
    """Make a token and print it: it is shown this once."""
    from jobs.cli import opening
    from models import web_tokens
    from scraper import errors

    with opening.session(context) as session, session.database.write() as connection:
        try:
            made = web_tokens.make(connection, name, scope)
        except web_tokens.NameTaken:
            raise errors.BadConfig("bad_request", f"there is a token {name} already") from None
    print(made)


@token.command(name="list")
def show(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List tokens: name, scope, when they were made and last used; never themselves."""
    import msgspec

    from jobs.cli import opening
    from models import web_tokens

    with opening.session(context, json=json) as session, session.database.read() as connection:
        found = web_tokens.everybody(connection)
    if json:
        print(msgspec.json.encode([_told(one) for one in found]).decode())
        return
    for one in found:
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
        print(f"{one.name:<24} {one.scope:<10} made {one.made_at:%Y-%m-%d %H:%M}, used {used}")
    if not found:
        print("There is no token; make one with `greenroom web token create`.")


@token.command()
def revoke(context: typer.Context, name: Name) -> None:
    """Let nobody in with a token any more; its sockets are closed."""
    from jobs.cli import opening
    from models import web_tokens
    from scraper import errors

    with opening.session(context) as session, session.database.write() as connection:
        if not web_tokens.revoke(connection, name):
            raise errors.BadConfig("bad_request", f"there is no token {name}")
    print(f"The token {name} is revoked.")


def _told(one: Any) -> dict[str, Any]:
    times = {"made_at": one.made_at, "last_used_at": one.last_used_at}
    return {"name": one.name, "scope": one.scope, **times}
