"""Call a site's interfaces with an account's tokens, without a browser, within its budgets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from jobs import lanes, settings, tokens, visit
from models import runs
from scraper import alone, errors, pace, payload, site
from scraper.fetch import http, pictures, routed

Call = Callable[
    [runs.Account, site.Collector | site.Feed], AbstractAsyncContextManager["TokenVisit"]
]


class TokenVisit:
    """Requests that leave with the account's tokens, each in the budgets that it is counted in."""

    restored = True

    def __init__(
        self, fetch: routed.Fetch, budgets: Mapping[str, list[pace.Pace]], refuse: Callable[[], Any]
    ) -> None:
        self._fetch = fetch
        self._budgets = budgets
        self._refuse = refuse
        self._asked = budgets[""]

    async def fetch(self, request: payload.Request) -> tuple[payload.Payload, ...]:
        """Answer a request when all its budgets allow it. Raises TryLater `breaker_open`, too."""
        self._asked = self._budgets[request.budget]
        for budget in self._asked:
            await budget.turn()
        found = await self._fetch(request)
        self._asked[0].answered(found)
        return found

    async def throttled(self, retry_after: float | None) -> None:
        """Keep everybody quiet who draws on the budgets of the last request."""
        for budget in self._asked:
            await asyncio.to_thread(budget.throttled, retry_after)

    async def held(self, retry_after: float | None) -> None:
        """Keep them quiet for as long as the site asks, and no longer: a feed's own waits grow."""
        for budget in self._asked:
            await asyncio.to_thread(budget.hold, retry_after or 0.0)

    async def sign_in(self) -> None:
        """Raise NeedsOperator: there is nothing to sign in to."""
        raise errors.NeedsOperator("token_refused")

    async def answer(self, asked: errors.NeedsOperator) -> None:
        """Remember a token that was refused, and raise: only the operator has another."""
        if asked.code == "token_refused":
            await asyncio.to_thread(self._refuse)
        raise asked


def calling(desk: visit.Desk, target: str | None = None) -> Call:
    """Return the way to call a site as an account, for the errands of one collector at a time.

    A feed is listened to alone for its `target`.
    """

    @asynccontextmanager
    async def call(
        account: runs.Account, collector: site.Collector | site.Feed
    ) -> AsyncIterator[TokenVisit]:
        where, chosen = desk.sites[account.site], desk.chosen.sites[account.site]
        async with (
            admitted(desk, account, collector, target) as (known, refuse),
            http.open_http(chosen.request_timeout_seconds, known) as fetch,
        ):
            yield TokenVisit(
                pictures.kept(routed.routed({"http": fetch}), _pictures(desk, account.site)),
                _budgets(desk, account, where),
                refuse,
            )

    return call


@asynccontextmanager
async def admitted(
    desk: visit.Desk,
    account: runs.Account,
    wants: site.Collector | site.Feed,
    target: str | None = None,
) -> AsyncIterator[tuple[dict[str, str], Callable[[], None]]]:
    """Give the tokens that a collector or a feed wants, alone with it, and what refuses them.

    Raises NeedsOperator `no_token`, and `token_refused` for one that was refused before.
    """
    lock = lanes.lock(desk.chosen, account.name, f"{account.site}.{wants.name}", target)
    async with alone.in_turn(lock, desk.patience):
        known = await asyncio.to_thread(
            tokens.known, account.name, wants.tokens, desk.environ, desk.vault
        )
        refusals = tokens.Refusals(desk.storage / "pace", account.name)
        refusals.check(known)
        yield known, lambda: refusals.note(known)


def _pictures(desk: visit.Desk, site_name: str) -> pictures.Folder:
    """Return the folder of pictures, which knows the site's placeholders."""
    selectors = settings.layout(desk.chosen, site_name).selectors
    known = selectors.get("placeholder_hashes_text", "").split("|")
    total = desk.chosen.storage.pictures_mb * 1_000_000
    return pictures.Folder(desk.storage / "pictures", total, known)


def _budgets(
    desk: visit.Desk, account: runs.Account, where: site.Site
) -> dict[str, list[pace.Pace]]:
    """Return what each kind of request is counted in: the account's pace, and its own budgets."""
    folder = desk.storage / "pace"
    base_url = settings.layout(desk.chosen, where.name).base_url
    rate = pace.checked_rate(desk.chosen.sites[where.name].requests_per_minute, base_url)
    general = pace.Pace(folder, f"{account.name}.http", rate)

    def opened(budget: site.Budget) -> pace.Pace:
        shared = account.name if budget.shared_by == "account" else f"machine.{where.name}"
        return pace.Pace(folder, f"{shared}.{budget.name}", budget.per_minute if rate else 0)

    def counted(budgets: tuple[site.Budget, ...]) -> list[pace.Pace]:
        apart = any(budget.apart for budget in budgets)
        return [*([] if apart else [general]), *map(opened, budgets)]

    return {"": [general], **{name: counted(budgets) for name, budgets in where.budgets.items()}}
