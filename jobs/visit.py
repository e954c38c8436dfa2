"""Visit a site as an account: alone, at its pace, with its session, signing in rarely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from jobs import codes, environment, logs, parking, passwords, proofs, settings
from models import db, moment, runs
from scraper import alone, errors, pace, payload, second_factor, session, site, vault, whoami
from scraper.fetch import artefacts, browser, browser_tab, chromium, routed

SIGN_IN_APART = timedelta(seconds=60)
"""Two attempts to sign in are never closer than this, across runs and processes."""


def own_browser(chosen: settings.Settings) -> AbstractAsyncContextManager[browser.Browser]:
    """Open the Chromium that the settings name, or the one that is found."""
    return browser.open_browser(
        executable(chosen, window=not chosen.browser.headless),
        headless=chosen.browser.headless,
        endpoint=chosen.browser.endpoint,
        tmp_dir=chosen.storage.directory / "tmp",
    )


def executable(chosen: settings.Settings, *, window: bool) -> str:
    """Return the Chromium to start; nothing is looked for where a running one is to be used."""
    if chosen.browser.endpoint:
        return ""
    configured = chosen.browser.executable
    return chromium.find_chromium(str(configured) if configured else None, window=window)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What visiting needs: the settings, the tables, and where a password may come from.

    `ask` asks a human at a terminal for a password, None where there is none; `browser` opens the
    browser; `patience` is how long (seconds) a visit waits for another of the same account.
    """

    chosen: settings.Settings
    database: db.Database
    sites: Mapping[str, site.Site]
    environ: Mapping[str, str]
    ask: Callable[[str], str | None] = lambda _account: None
    browser: Callable[[settings.Settings], AbstractAsyncContextManager[browser.Browser]] = (
        own_browser
    )
    patience: float = 0.0

    @property
    def storage(self) -> Path:
        """The folder of locks, paces and whatever the browser leaves behind."""
        return self.chosen.storage.directory

    @property
    def vault(self) -> vault.Vault:
        """The vault of the storage folder."""
        return vault.open_vault(self.storage, self.environ)


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
        self._layout = settings.layout(desk.chosen, account.site)
        self._answered = False
        self.restored = False
        self._fetch = routed.paced(opened.fetch, turns.turn)

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request when it is the account's turn. Raises TryLater `breaker_open`, too."""
        found = await self._fetch(request)
        self._turns.answered(found)
        return found

    async def throttled(self, retry_after: float | None) -> None:
        """Keep everybody quiet who uses the account: as the site asks, and longer if often."""
        await asyncio.to_thread(self._turns.throttled, retry_after)

    async def look(self) -> artefacts.Sight:
        """Return what the tab shows where it stands, without secrets."""
        return await self._tab.look(logs.hidden())

    def record(self) -> None:
        """Record a trace from the first request on."""
        self._tab.record()

    async def save_trace(self, path: Path) -> None:
        """Write what was recorded: it holds the session's cookies in clear."""
        await self._tab.save_trace(path)

    async def keep(self) -> None:
        """Keep the session for the next visit."""
        state = await self.state()
        logs.hide(*session.secrets(state) - {self._account.username})
        await asyncio.to_thread(session.save, self._desk.vault, self._account.name, state)
        await asyncio.to_thread(self._note, proofs.proved, state, self._layout)

    async def state(self) -> dict[str, Any]:
        """Return what a later visit needs to be signed in."""
        return await self._tab.state()

    async def sign_in(self) -> None:
        """Sign in as `attempt` does, in the place of a session that is over; keep the new one."""
        if self.restored:
            await asyncio.to_thread(self._note, proofs.lost)
        await self.attempt()
        await self.keep()
        state = await self.state()
        await asyncio.to_thread(self._note, proofs.connected, "sign_in", state, self._layout)

    async def attempt(self) -> None:
        """Sign in with the account's password: the environment's, the vault's, or one typed.

        Raises NeedsOperator `no_password`, `sign_in_too_soon`, `window_needed`, and as sites do.
        """
        if self._site.by_hand:
            raise errors.NeedsOperator("window_needed", url=self._layout.url("sign_in"))
        name = self._account.name
        known = await asyncio.to_thread(passwords.known, name, self._desk.environ, self._desk.vault)
        password = known or self._desk.ask(name)
        if not password:
            name = environment.password_variable(name)
            raise errors.NeedsOperator(
                "no_password", f"set {name} to the password of {self._account.username}"
            )
        await asyncio.to_thread(self._note_attempt)
        credentials = site.Credentials(username=self._account.username, password=password)
        await self._turns.turn()
        try:
            await self._site.sign_in(self._tab, credentials, self._layout)
        except errors.NeedsOperator as asked:
            await self._send_code(asked)
        await asyncio.to_thread(self._note, runs.note_account, signed_in_at=moment.now())

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Answer the second factor that a page asks for, if the operator chose that; else raise it.

        Answers once: raises the second time. Raises NeedsOperator also as
        `scraper.second_factor.answer` and `jobs.codes.from_command` do.
        """
        await self._send_code(asked, asked.url)
        await self.keep()

    async def _send_code(self, asked: errors.NeedsOperator, url: str | None = None) -> None:
        """Send a code by the form that the tab shows, or that `url` does; prove who is signed in.

        Raises `asked` where it asks for something else, or nobody chose to answer unasked.
        """
        if asked.code != "second_factor" or self._answered:
            raise asked
        command = self._desk.chosen.accounts[self._account.name].answer_command
        kept = await asyncio.to_thread(self._desk.vault.get, self._account.name, "credentials")
        code = await codes.unasked(asked, command, self._desk.environ, kept)
        self._answered = True
        await self._turns.turn()
        await second_factor.answer(self._tab, code, self._layout, url)
        await self._turns.turn()
        await whoami.prove(self._tab, self._site, self._layout, self._account.username)

    async def keep_waiting(self, asked: errors.GreenroomError) -> None:
        """Keep a sign-in that waits for a code, so that `accounts answer` can go on with it."""
        if asked.code in second_factor.WAITING and asked.url:
            pending = {"state": await self._tab.state(), "url": asked.url}
            await asyncio.to_thread(self._desk.vault.put, self._account.name, "pending", pending)

    def _note_attempt(self) -> None:
        """Write the attempt down before it is made. Raises NeedsOperator `sign_in_too_soon`."""
        now = moment.now()
        with self._desk.database.write() as connection:
            last = runs.account_of(connection, self._account.id).sign_in_attempted_at
            if last is not None and now - last < SIGN_IN_APART:
                raise errors.NeedsOperator("sign_in_too_soon")
            runs.note_account(connection, self._account.id, sign_in_attempted_at=now)

    def _note(self, act: Callable[..., None], *facts: Any, **columns: Any) -> None:
        with self._desk.database.write() as connection:
            act(connection, self._account.id, *facts, **columns)


def entering(desk: Desk) -> Callable[[runs.Account], AbstractAsyncContextManager[SignedInVisit]]:
    """Return the way to visit as an account.

    The session is kept after a good visit and after signing in, never after a bad one.
    """

    @asynccontextmanager
    async def enter(account: runs.Account) -> AsyncIterator[SignedInVisit]:
        async with visiting(desk, account) as visit:
            yield visit
            await visit.keep()

    return enter


@asynccontextmanager
async def visiting(
    desk: Desk, account: runs.Account, *, anew: bool = False
) -> AsyncIterator[SignedInVisit]:
    """Visit as an account: its lock, its session, a browser, its pace; `anew`, to sign in.

    Raises Busy `account_busy` or `account_elsewhere`, BadConfig `browser_missing` or
    `browser_unusable`, and NeedsOperator where the account has begun to wait for its operator, or
    the vault does not open; that does not matter for signing in `anew`.
    """
    chosen = desk.chosen.sites[account.site]
    base_url = settings.layout(desk.chosen, account.site).base_url
    state = settings.session_file(desk.chosen, account.name)
    rate = pace.checked_rate(chosen.requests_per_minute, base_url)
    async with AsyncExitStack() as stack:
        lock = state.with_suffix(".lock")
        await stack.enter_async_context(alone.in_turn(lock, desk.patience))
        await asyncio.to_thread(parking.refuse_news, desk.database, account)
        load = session.load_if_any if anew else session.load
        restored = await asyncio.to_thread(load, desk.vault, account.name, state)
        logs.hide(*session.secrets(restored) - {account.username})
        opened = await stack.enter_async_context(desk.browser(desk.chosen))
        tab = await stack.enter_async_context(
            browser_tab.open_tab(
                opened, restored, base_url, deadline=chosen.request_timeout_seconds
            )
        )
        turns = pace.Pace(desk.storage / "pace", account.name, rate)
        visit = SignedInVisit(desk, account, tab, turns)
        visit.restored = restored is not None
        try:
            yield visit
        except errors.NeedsOperator as asked:
            with suppress(errors.TryLater):  # a browser that is lost has nothing to keep
                await visit.keep_waiting(asked)
            raise
