"""Visit a site as an account: alone, at its pace, with its session, signing in rarely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from jobs import environment, settings
from models import db, moment, runs
from scraper import errors, pace, payload, session, site
from scraper.fetch import browser, browser_tab, chromium, routed

SIGN_IN_APART = timedelta(seconds=60)
"""Two attempts to sign in are never closer than this, across runs and processes."""


def own_browser(chosen: settings.Settings) -> AbstractAsyncContextManager[browser.Browser]:
    """Open the Chromium that the settings name, or the one that is found."""
    return browser.open_browser(
        executable(chosen),
        headless=chosen.browser.headless,
        endpoint=chosen.browser.endpoint,
        tmp_dir=chosen.storage.directory / "tmp",
    )


def executable(chosen: settings.Settings) -> str:
    """Return the Chromium to start; nothing is looked for where a running one is to be used."""
    if chosen.browser.endpoint:
        return ""
    configured = chosen.browser.executable
    return chromium.find_chromium(str(configured) if configured else None)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What visiting needs: the settings, the tables, and where a password may come from.

    `ask` asks a human at a terminal for a password, and returns None where there is none;
    `browser` opens the browser of a visit.
    """

    chosen: settings.Settings
    database: db.Database
    sites: Mapping[str, site.Site]
    environ: Mapping[str, str]
    ask: Callable[[str], str | None] = lambda _account: None
    browser: Callable[[settings.Settings], AbstractAsyncContextManager[browser.Browser]] = (
        own_browser
    )

    @property
    def storage(self) -> Path:
        """The folder of locks, paces and whatever the browser leaves behind."""
        return self.chosen.storage.directory


class SignedInVisit:
    """A tab at the site with the account's session, at the account's pace.

    `restored` tells whether there was a session to go on with.
    """

    def __init__(
        self, desk: Desk, account: runs.Account, opened: browser_tab.BrowserTab, turns: pace.Pace
    ) -> None:
        self._desk = desk
        self._account = account
        self._tab = opened
        self._turns = turns
        self._site = desk.sites[account.site]
        self.restored = False
        self._fetch = routed.paced(opened.fetch, turns.turn)

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request when it is the account's turn."""
        return await self._fetch(request)

    async def hold(self, seconds: float) -> None:
        """Keep everybody who uses the account quiet for `seconds`."""
        await asyncio.to_thread(self._turns.hold, seconds)

    async def keep(self) -> None:
        """Keep the session for the next visit."""
        state = await self._tab.state()
        await asyncio.to_thread(
            session.save, settings.session_file(self._desk.chosen, self._account.name), state
        )

    async def sign_in(self) -> None:
        """Sign in with the account's password.

        Raises NeedsOperator: `no_password`, `sign_in_too_soon`, `bad_credentials`, `challenge`,
        `second_factor`, `age_gate`, `wrong_user`, `sign_in_unclear`.
        """
        name = self._account.name
        password = settings.password(name, self._desk.environ) or self._desk.ask(name)
        if not password:
            name = environment.password_variable(name)
            raise errors.NeedsOperator(
                "no_password", f"set {name} to the password of {self._account.username}"
            )
        await asyncio.to_thread(self._note_attempt)
        layout = settings.layout(self._desk.chosen, self._site.name)
        credentials = site.Credentials(username=self._account.username, password=password)
        await self._turns.turn()
        await self._site.sign_in(self._tab, credentials, layout)
        await asyncio.to_thread(self._note_success)
        await self.keep()

    def _note_attempt(self) -> None:
        """Write the attempt down before it is made. Raises NeedsOperator `sign_in_too_soon`."""
        now = moment.now()
        with self._desk.database.write() as connection:
            last = runs.account_of(connection, self._account.id).sign_in_attempted_at
            if last is not None and now - last < SIGN_IN_APART:
                raise errors.NeedsOperator("sign_in_too_soon")
            runs.note_account(connection, self._account.id, sign_in_attempted_at=now)

    def _note_success(self) -> None:
        with self._desk.database.write() as connection:
            runs.note_account(connection, self._account.id, signed_in_at=moment.now())


def entering(desk: Desk) -> Callable[[runs.Account], AbstractAsyncContextManager[SignedInVisit]]:
    """Return the way to visit as an account: its lock, its session, a browser, its pace.

    The session is kept after a good visit and after signing in, never after a bad one.
    Entering raises Busy `account_busy`, BadConfig `browser_missing` or `browser_unusable`.
    """

    @asynccontextmanager
    async def enter(account: runs.Account) -> AsyncIterator[SignedInVisit]:
        chosen = desk.chosen.sites[account.site]
        base_url = settings.layout(desk.chosen, account.site).base_url
        state = settings.session_file(desk.chosen, account.name)
        rate = pace.checked_rate(chosen.requests_per_minute, base_url)
        async with AsyncExitStack() as stack:
            stack.enter_context(session.account_lock(state.with_suffix(".lock")))
            restored = session.load(state)
            opened = await stack.enter_async_context(desk.browser(desk.chosen))
            tab = await stack.enter_async_context(
                browser_tab.open_tab(
                    opened, restored, base_url, deadline=chosen.request_timeout_seconds
                )
            )
            turns = pace.Pace(desk.storage / "pace", account.name, rate)
            visit = SignedInVisit(desk, account, tab, turns)
            visit.restored = restored is not None
            yield visit
            await visit.keep()

    return enter
