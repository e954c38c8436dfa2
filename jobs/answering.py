"""Answer the second factor that an account waits for, and prove the sign-in that it completes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from jobs import codes, parking, settings, visit
from models import moment, runs
from scraper import alone, errors, pace, second_factor, session, whoami
from scraper.fetch import browser, browser_tab


async def answer(desk: visit.Desk, account: runs.Account, code: str | None) -> None:
    """Send one code for the sign-in that waits, prove who is signed in, and keep the session.

    Without a `code` it comes from the account's command or its stored secret. Raises NeedsOperator:
    `second_factor_wrong` (the sign-in still waits), `second_factor_expired` (it is over),
    `answer_command_failed`, `wrong_user`, and what a site may show instead; BadConfig
    `not_possible` where nothing waits or no code can be had; Busy; TryLater.
    """
    pending = await asyncio.to_thread(desk.vault.get, account.name, "pending")
    if pending is None:
        raise errors.BadConfig(
            "not_possible",
            f"no sign-in of {account.name} waits for a code; `runs resume` asks anew",
        )
    async with AsyncExitStack() as stack:
        lock = settings.session_file(desk.chosen, account.name).with_suffix(".lock")
        await stack.enter_async_context(alone.in_turn(lock, desk.patience))
        sent = code or await _known(desk, account.name)
        opened = await stack.enter_async_context(desk.browser(desk.chosen))
        try:
            state = await _completed(desk, account, opened, pending, sent)
        except errors.NeedsOperator as error:
            await asyncio.to_thread(_wait_on, desk, account, error)
            raise
        await asyncio.to_thread(_connected, desk, account, state)


async def _known(desk: visit.Desk, name: str) -> str:
    """Return a code that nobody typed. Raises BadConfig `not_possible`."""
    command = desk.chosen.accounts[name].answer_command
    if command:
        return await codes.from_command(command, desk.environ)
    kept = await asyncio.to_thread(desk.vault.get, name, "credentials")
    code = codes.stored(kept, unasked=False)
    if code is None:
        raise errors.BadConfig("not_possible", f"there is no code for {name}: give one")
    return code


async def _completed(
    desk: visit.Desk,
    account: runs.Account,
    opened: browser.Browser,
    pending: dict[str, Any],
    code: str,
) -> dict[str, Any]:
    """Send the code in the state that waits; return the one that a fresh context proves good."""
    where = desk.sites[account.site]
    layout = settings.layout(desk.chosen, account.site)
    chosen = desk.chosen.sites[account.site]
    rate = pace.checked_rate(chosen.requests_per_minute, layout.base_url)
    turns = pace.Pace(desk.storage / "pace", account.name, rate)
    deadline = chosen.request_timeout_seconds
    await turns.turn()
    async with browser_tab.open_tab(
        opened, pending["state"], layout.base_url, deadline=deadline
    ) as tab:
        try:
            await second_factor.answer(tab, code, layout, pending["url"])
        except errors.NeedsOperator as error:
            if error.code == "second_factor_wrong":
                left = pending | {"state": await tab.state()}
                await asyncio.to_thread(desk.vault.put, account.name, "pending", left)
            raise
        state = await tab.state()
    await turns.turn()
    async with browser_tab.open_tab(opened, state, layout.base_url, deadline=deadline) as fresh:
        await whoami.prove(fresh, where, layout, account.username)
        return await fresh.state()


def _wait_on(desk: visit.Desk, account: runs.Account, error: errors.NeedsOperator) -> None:
    """Note what the account waits for now; a sign-in that is over is forgotten."""
    if error.code not in second_factor.WAITING:
        desk.vault.forget(account.name, "pending")
    with desk.database.write() as connection:
        parking.wait(connection, account.id, error)


def _connected(desk: visit.Desk, account: runs.Account, state: dict[str, Any]) -> None:
    """Keep the session; nothing is waited for any more."""
    session.save(desk.vault, account.name, state)
    desk.vault.forget(account.name, "pending")
    with desk.database.write() as connection:
        now = moment.now()
        runs.note_account(connection, account.id, signed_in_at=now, proved_at=now)
        parking.ready(connection, account.id)
