"""Ask for a run: check what is asked against the settings and the sites, and write it down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from jobs import errands, run, sections, settings
from models import db, runs
from scraper import errors, site


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for.

    `since` and `until` bound a history (ISO times, aware); `full` goes back to its beginning.
    A schedule says which it is, for which due time, from when it may start, and its deadline
    (seconds).
    """

    collector: str
    account: str
    requested_by: str
    target: str | None = None
    full: bool = False
    since: str | None = None
    until: str | None = None
    schedule_id: int | None = None
    due_at: datetime | None = None
    not_before: datetime | None = None
    deadline: float | None = None

    def options(self) -> dict[str, Any]:
        """Return what the run's row keeps of the wish beside collector, account and target."""
        wanted = {"full": self.full, "since": self.since, "until": self.until}
        return {name: value for name, value in wanted.items() if value}


def known(chosen: settings.Settings, name: str) -> sections.Account:
    """Return what the settings say of an account. Raises BadConfig."""
    if name not in chosen.accounts:
        there = ", ".join(sorted(chosen.accounts)) or "none yet"
        raise errors.BadConfig(
            "bad_request",
            f"there is no account {name} (known: {there}); add it with `greenroom accounts add`",
        )
    return chosen.accounts[name]


def account(connection: db.Connection, chosen: settings.Settings, name: str) -> runs.Account:
    """Return the account of that name in the settings. Raises BadConfig."""
    found = known(chosen, name)
    try:
        return runs.account(connection, name, found.site, found.username)
    except ValueError as error:
        raise errors.BadConfig("bad_config", str(error)) from error


def place(
    connection: db.Connection,
    chosen: settings.Settings,
    sites: Mapping[str, site.Site],
    wish: Wish,
) -> int:
    """Write the run down that is wished for; return its id. Raises BadConfig."""
    where, collector = run.collector_of(sites, wish.collector)
    if not chosen.sites[where.name].enabled:
        raise errors.BadConfig(
            "bad_request", f"{where.name} is switched off: sites.{where.name}.enabled is false"
        )
    who = account(connection, chosen, wish.account)
    if who.site != where.name:
        raise errors.BadConfig(
            "bad_request",
            f"account {who.name} is at {who.site}; {wish.collector} needs one at {where.name}",
        )
    if collector.targeted and not wish.target:
        raise errors.BadConfig("bad_request", f"{wish.collector} needs a room: --target ROOM")
    _refuse_idle(chosen, where.name, collector, wish)
    order = runs.Order(
        account_id=who.id,
        collector=wish.collector,
        target=wish.target,
        requested_by=wish.requested_by,
        options=wish.options(),
        layout=settings.overrides(chosen, where.name),
        version=run.version(),
        schedule_id=wish.schedule_id,
        due_at=wish.due_at,
        not_before=wish.not_before,
        deadline=wish.deadline,
    )
    return runs.create(connection, order)


def _refuse_idle(
    chosen: settings.Settings, site_name: str, collector: site.Collector, wish: Wish
) -> None:
    """Raise BadConfig for an option that would be accepted and have no effect."""
    known = errands.takes(collector, settings.layout(chosen, site_name))
    for name in sorted(errands.TRIALS.keys() - known):
        if getattr(wish, name) is not None:
            raise errors.BadConfig("bad_request", f"{wish.collector} takes no --{name}")
    if wish.since and wish.until and wish.since >= wish.until:
        raise errors.BadConfig("bad_request", "--since must lie before --until")
