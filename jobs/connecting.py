"""Connect an account: a session is stored only after a fresh browser has shown the own name."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from jobs import parking, proofs, settings, visit
from models import moment, runs
from scraper import alone, errors, imported, pace, payload, session, session_cookie, site, whoami
from scraper.fetch import browser_tab, window

PROOF = 15.0
"""Seconds in which a page must show the account's own name."""

LOOK_EVERY = 0.5
"""Seconds between two looks at what a window shows; a look asks nothing of the site."""

ASK_EVERY = 2.0
"""Seconds between two requests of our own while somebody signs in."""


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """An account (its number and name) whose session is proved and stored."""

    id: int
    account: str
    site: str
    username: str
    by: str
    expires_at: datetime | None


async def prove(
    desk: visit.Desk, account: runs.Account, state: dict[str, Any], *, seconds: float = PROOF
) -> dict[str, Any]:
    """Return the session as it is after a fresh browser has read the account's own name with it.

    Raises NeedsOperator (`session_empty`, `no_session_cookie`, `session_expired` before any
    request; `wrong_user`, `challenge`, `age_gate`, `second_factor`, `sign_in_unclear`),
    SignInAgain (`signed_out`), TryLater, PageChanged and Refused.
    """
    where, layout = desk.sites[account.site], settings.layout(desk.chosen, account.site)
    session_cookie.check(state, layout, moment.now())
    turns = _turns(desk, account)
    async with (
        desk.browser(desk.chosen) as opened,
        browser_tab.open_tab(opened, state, layout.base_url, deadline=seconds) as tab,
    ):
        await turns.turn()
        try:
            async with asyncio.timeout(seconds):
                await whoami.prove(tab, where, layout, account.username)
                return await tab.state()
        except TimeoutError:
            message = f"no page showed who is signed in within {seconds:.0f} s"
            raise errors.TryLater("timed_out", message) from None


async def by_import(desk: visit.Desk, account: runs.Account, text: str) -> Connected:
    """Connect with a session exported from a browser. Raises as `prove` and `imported.read`."""
    layout = settings.layout(desk.chosen, account.site)
    read = imported.read(text, layout.base_url)
    async with alone.in_turn(_lock(desk, account), desk.patience):
        return await _accept(desk, account, "import", read.state)


async def by_password(desk: visit.Desk, account: runs.Account) -> Connected:
    """Connect by one attempt with the account's password. Raises as `prove` and signing in.

    What only the operator can solve is written down as what the account waits for.
    """
    try:
        async with visit.visiting(desk, account, anew=True) as entered:
            await entered.attempt()
            return await _accept(desk, account, "sign_in", await entered.state())
    except (errors.NeedsOperator, errors.SignInAgain) as error:
        await asyncio.to_thread(_wait, desk, account, error)
        raise


async def by_window(
    desk: visit.Desk,
    account: runs.Account,
    tell: Callable[[str], None],
    *,
    port: int | None = None,
    deadline: float,
) -> Connected | None:
    """Let a human sign in, then connect with that session; None if they closed the window.

    `port` opens no window but the browser's DevTools, on 127.0.0.1. Raises NeedsOperator
    `sign_in_unfinished` after `deadline` seconds, `wrong_user`; BadConfig `no_screen`; as `prove`.
    """
    _require_screen(desk, port)
    layout = settings.layout(desk.chosen, account.site)
    async with alone.in_turn(_lock(desk, account), desk.patience):
        async with window.open_window(
            visit.executable(desk.chosen, window=port is None),
            layout.url("sign_in"),
            endpoint=desk.chosen.browser.endpoint if port is None else None,
            port=port,
            tmp_dir=desk.storage / "tmp",
        ) as shown:
            tell(_invitation(account, port))
            try:
                async with asyncio.timeout(deadline):
                    state = await _watched(desk, account, shown)
            except TimeoutError:
                raise errors.NeedsOperator("sign_in_unfinished") from None
        if state is None:
            return None
        tell("signed in; proving it in a fresh browser")
        return await _accept(desk, account, "window", state)


async def _watched(
    desk: visit.Desk, account: runs.Account, shown: window.Window
) -> dict[str, Any] | None:
    """Look until a page names the account's user; return the session, None once it is closed."""
    where, layout = desk.sites[account.site], settings.layout(desk.chosen, account.site)
    request = whoami.question(where, layout, account.username)
    turns = _turns(desk, account)
    asked_at, asked = time.monotonic(), ""
    while not shown.closed:
        seen = await shown.look(request)
        named = _seen(where, layout, seen)
        rested = time.monotonic() - asked_at >= ASK_EVERY
        if seen and named is None and seen.url != asked and rested:
            # an application that signs in by its scripts still shows the document it began with
            await turns.turn()
            named = _seen(where, layout, await shown.ask(request))
            asked_at, asked = time.monotonic(), seen.url
        if named:
            return await shown.state()
        await asyncio.sleep(LOOK_EVERY)
    return None


def _seen(where: site.Site, layout: site.Layout, answer: payload.Payload | None) -> bool | None:
    """Tell whether a page names the account's user; None if it does not say who is there.

    Raises NeedsOperator `wrong_user`.
    """
    if answer is None:
        return False
    try:
        return whoami.answered(where, layout, answer)
    except (errors.NeedsOperator, errors.SignInAgain) as error:
        if error.code == "wrong_user":
            raise
        return None if error.code == "sign_in_unclear" else False
    except errors.GreenroomError:
        return None


async def _accept(
    desk: visit.Desk, account: runs.Account, by: str, state: dict[str, Any]
) -> Connected:
    """Prove a session, store it, and note that the account is connected and waits no more."""
    layout = settings.layout(desk.chosen, account.site)
    proved = await prove(desk, account, state)
    await asyncio.to_thread(session.save, desk.vault, account.name, proved)
    with desk.database.write() as connection:
        proofs.connected(connection, account.id, by, proved, layout)
        parking.ready(connection, account.id)
    return Connected(
        id=account.id,
        account=account.name,
        site=account.site,
        username=account.username,
        by=by,
        expires_at=session_cookie.expiry(proved, layout),
    )


def _wait(desk: visit.Desk, account: runs.Account, error: errors.GreenroomError) -> None:
    with desk.database.write() as connection:
        parking.wait(connection, account.id, error)


def _lock(desk: visit.Desk, account: runs.Account) -> Path:
    return settings.session_file(desk.chosen, account.name).with_suffix(".lock")


def _turns(desk: visit.Desk, account: runs.Account) -> pace.Pace:
    layout = settings.layout(desk.chosen, account.site)
    wanted = desk.chosen.sites[account.site].requests_per_minute
    rate = pace.checked_rate(wanted, layout.base_url)
    return pace.Pace(desk.storage / "pace", account.name, rate)


def _require_screen(desk: visit.Desk, port: int | None) -> None:
    """Raise BadConfig: `no_screen` if no window can be shown, `bad_request` for a port in use."""
    if port is not None:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise errors.BadConfig(
                    "bad_request", f"port {port} cannot be listened on: {error.strerror}"
                ) from None
        return
    shown = sys.platform in {"darwin", "win32"} or desk.chosen.browser.endpoint
    if not shown and not any(desk.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        raise errors.BadConfig("no_screen")


def _invitation(account: runs.Account, port: int | None) -> str:
    who = f"sign in as {account.username}"
    if port is None:
        return f"{who} in the window; Greenroom only looks. Close the window to give up."
    return (
        f"{who} by the DevTools on 127.0.0.1:{port}: from your own machine run "
        f"`ssh -L {port}:127.0.0.1:{port} THIS_HOST`, open chrome://inspect in Chrome, add "
        f"localhost:{port} under Configure, and `inspect` the page. Ctrl-C gives up."
    )
