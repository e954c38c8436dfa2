"""A house whose account may have to wait for its operator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from fixtures.practice import client
from jobs import answering, settings, visit
from models import db, runs
from scraper import vault
from scraper.fetch import browser
from scraper.sites import register
from tests.jobs import given_runs as given

SMALL: dict[str, Any] = {
    "followed": 32,
    "online_percent": 50,
    "followers": 25,
    "followers_page": 9,
    "rooms_page": 9,
    "messages": 40,
}
FOLLOWERS = "/accounts/followers/"
SECOND = "second"
PASSWORDS = given.PASSWORDS | {"GREENROOM_PASSWORD_SECOND": client.PASSWORD}
NO_PASSWORDS = {
    name: value for name, value in PASSWORDS.items() if not name.startswith("GREENROOM_PASSWORD_")
}
"""The same environment for accounts that cannot sign in by themselves."""


class Wanted(msgspec.Struct, kw_only=True):
    """What a test may want of a house."""

    environ: Mapping[str, str] = msgspec.field(default_factory=PASSWORDS.copy)
    command: list[str] | None = None
    patience: float = 0.0


class Waiting(given.House, kw_only=True):
    """A house with the desk that its visits and its commands share."""

    desk: visit.Desk

    def account(self, name: str = given.ACCOUNT) -> runs.Account:
        with self.database.write() as connection:
            found = self.chosen.accounts[name]
            return runs.account(connection, name, found.site, found.username)

    @property
    def vault(self) -> vault.Vault:
        return self.desk.vault

    def asked(self, path: str = FOLLOWERS) -> list[int]:
        """Return which pages of a list the world was asked for, in order."""
        return [visited["page"] for visited in self.world.requests(path)]

    def attempts(self) -> list[str]:
        return [attempt["outcome"] for attempt in self.world.sign_in_attempts()]

    async def answer(self, code: str | None, name: str = given.ACCOUNT) -> None:
        await answering.answer(self.desk, self.account(name), code)


def house(
    world: client.Practice,
    database: db.Database,
    folder: Path,
    opened: browser.Browser,
    **chosen_for: Any,
) -> Waiting:
    """Return a house in `folder` whose visits share one open browser; it has a third account.

    Takes `environ`, `command` (the account's answer command) and `patience` by name.
    """
    wanted = Wanted(**chosen_for)
    text = given.config(world, room_list=9)
    text += f'[accounts.{SECOND}]\nsite = "chaturbate"\nusername = "{client.SECOND_USERNAME}"\n'
    if wanted.command:
        told = msgspec.json.encode(wanted.command).decode()
        text = text.replace(
            f"[accounts.{given.ACCOUNT}]\n",
            f"[accounts.{given.ACCOUNT}]\nanswer_command = {told}\n",
        )
    chosen = settings.read(text, folder / "greenroom.toml", wanted.environ)

    @asynccontextmanager
    async def shared(_settings: settings.Settings) -> AsyncIterator[browser.Browser]:
        yield opened

    plain = given.furnished(world, database, chosen, wanted.environ, shared)
    desk = visit.Desk(
        chosen=chosen,
        database=database,
        sites=register.SITES,
        environ=wanted.environ,
        browser=shared,
        patience=wanted.patience,
    )
    return Waiting(
        chosen=chosen,
        database=database,
        world=world,
        runtime=msgspec.structs.replace(plain.runtime, visit=visit.entering(desk)),
        told=plain.told,
        desk=desk,
    )


Make = Callable[..., Waiting]
"""Makes a house on the test's database; called again, it is the same house after a restart."""
