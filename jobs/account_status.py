"""How an account stands: connected as whom, until when most likely, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from jobs import orders, parking, settings
from models import db, moment, runs
from scraper import breaker, errors, vault


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What only the operator can solve: the code, since when, where, and the runs that wait."""

    code: str
    since: datetime | None
    url: str | None
    runs: list[int]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """An account, as `accounts status --json` prints it.

    `connected`        whether a session is stored that the site is not known to have ended
    `connected_by`     `sign_in`, `window` or `import`
    `cookie_expires_at`  when the session's own cookie expires, as far as it says
    `lifetime_seconds` how long the last session lasted that the site ended
    `likely_until`     the sooner of the cookie's expiry and the lifetime seen so far
    `proved_at`        when a page last showed the account's own name
    `rests_until`      how long nobody asks the site, which has asked us to slow down too often
    """

    account: str
    site: str
    username: str
    connected: bool
    connected_by: str | None = None
    connected_at: datetime | None = None
    cookie_expires_at: datetime | None = None
    lifetime_seconds: float | None = None
    likely_until: datetime | None = None
    proved_at: datetime | None = None
    lost_at: datetime | None = None
    rests_until: datetime | None = None
    waiting: Waiting | None = None


def of(
    connection: db.Connection,
    chosen: settings.Settings,
    environ: Mapping[str, str],
    name: str | None = None,
) -> Iterator[Status]:
    """Yield how each account stands, or the named one. Raises BadConfig for an unknown name."""
    if name is not None:
        orders.known(chosen, name)
    box = vault.open_vault(chosen.storage.directory, environ)
    for one in [name] if name is not None else sorted(chosen.accounts):
        there = chosen.accounts[one]
        plain = settings.session_file(chosen, one)
        stored = box.has(one, "session") or plain.exists()
        found = runs.named(connection, one)
        if found is None:
            yield Status(account=one, site=there.site, username=there.username, connected=stored)
        else:
            rests = breaker.rests(breaker.file(chosen.storage.directory / "pace", one))
            until = moment.now() + timedelta(seconds=rests) if rests else None
            shown = _status(connection, found, stored=stored)
            yield msgspec.structs.replace(shown, rests_until=until)


def _status(connection: db.Connection, found: runs.Account, *, stored: bool) -> Status:
    waiting = None
    if found.waiting_for:
        waiting = Waiting(
            code=found.waiting_for,
            since=found.waiting_since,
            url=found.waiting_at,
            runs=parking.waiting_runs(connection, found.id),
        )
    connected = stored and not _is_lost(found)
    return Status(
        account=found.name,
        site=found.site,
        username=found.username,
        connected=connected,
        connected_by=found.connected_by,
        connected_at=found.connected_at,
        cookie_expires_at=found.expires_at,
        lifetime_seconds=found.lifetime,
        likely_until=forecast(found) if connected else None,
        proved_at=found.proved_at,
        lost_at=found.lost_at,
        waiting=waiting,
    )


def forecast(found: runs.Account) -> datetime | None:
    """Return when the session most likely ends; None where nothing tells."""
    ends = [found.expires_at] if found.expires_at else []
    if found.connected_at and found.lifetime is not None:
        ends.append(found.connected_at + timedelta(seconds=found.lifetime))
    return min(ends, default=None)


def _is_lost(found: runs.Account) -> bool:
    """Whether the site ended the session and no page has shown the own name since."""
    if found.lost_at is None:
        return False
    return found.proved_at is None or found.lost_at >= found.proved_at


def lines(status: Status) -> list[str]:
    """Return the same for a human."""
    who = f"{status.account}: {status.username} at {status.site}"
    by = f" by {status.connected_by}" if status.connected_by else ""
    since = f" since {_time(status.connected_at)}" if status.connected_at else ""
    told = [f"{who}, {f'connected{since}{by}' if status.connected else 'not connected'}"]
    facts = {
        "cookie good until": _time(status.cookie_expires_at),
        "the last session lasted": _span(status.lifetime_seconds),
        "likely to end": _time(status.likely_until),
        "last proved": _time(status.proved_at),
        "ended by the site": _time(status.lost_at),
        "left alone, for it asked us to slow down, until": _time(status.rests_until),
    }
    told += [f"  {name} {fact}" for name, fact in facts.items() if fact]
    if status.waiting:
        waits = status.waiting
        told.append(f"  waits since {_time(waits.since)}: {waits.code}")
        told.append(f"    {errors.CODES.get(waits.code, waits.code)}")
        told += [f"    run {run_id} waits with it" for run_id in waits.runs]
    return told


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    days, rest = divmod(int(seconds), 86_400)
    return f"{days} d {rest // 3600} h" if days else f"{rest // 3600} h {rest % 3600 // 60} min"
