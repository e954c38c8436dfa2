"""`greenroom vault`: where its key is, what is in it, and a new key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from jobs.cli import exits, state

if TYPE_CHECKING:
    from scraper import vault

app = typer.Typer(help="See and renew what seals passwords and sessions.")


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> int:
    """Say where the vault's key is, and whether everything in it opens."""
    box = _box(context)
    entries = box.entries()
    if as_json:
        listed = [_row(entry) for entry in entries]
        print(json.dumps({"key": box.key_id, "home": box.home, "sealed": listed}))
    else:
        print(f"key {box.key_id}, in {box.home}" if box.key_id else f"no key yet: {box.home}")
        for entry in entries:
            print(f"{entry.account}  {entry.kind}  {_said(entry, box.key_id)}")
    return exits.NEEDS_OPERATOR if any(entry.fault for entry in entries) else exits.OK


@app.command()
def rotate(
    context: typer.Context,
    into: Annotated[
        Literal["keyring", "file"] | None,
        typer.Option(help="Where to keep the new key. Default: the keyring if there is one."),
    ] = None,
) -> int:
    """Make a new key and seal everything with it."""
    box = _box(context)
    done = box.rotate(into)
    print(f"{done.resealed} sealed with the new key {done.key_id}.")
    for entry in done.unreadable:
        print(f"{entry.account}  {entry.kind}  {_said(entry, done.key_id)}")
    if done.key_id != box.key_id:
        print("GREENROOM_KEY still goes first: unset it.")
    return exits.NEEDS_OPERATOR if done.unreadable else exits.OK


def _box(context: typer.Context) -> vault.Vault:
    from scraper import vault

    given = state.of(context)
    return vault.open_vault(given.start().storage.directory, given.environ)


def _row(entry: vault.Entry) -> dict[str, str | None]:
    code = entry.fault.code if entry.fault else None
    return {"account": entry.account, "kind": entry.kind, "key": entry.key_id, "fault": code}


def _said(entry: vault.Entry, key_id: str | None) -> str:
    if entry.fault:
        return f"error[{entry.fault.code}]: {entry.fault.message}"
    return "opens" if entry.key_id == key_id else f"opens with the former key {entry.key_id}"
