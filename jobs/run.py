"""The one path from a Run to rows: whoever asks for work asks here."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from jobs import artefacts, departing, errands, parking, verdicts, walk
from models import apply, db, moment, runs, standing
from scraper import errors, site

STATUS: Mapping[type[errors.GreenroomError], str] = {
    errors.TryLater: "partial",
    errors.SignInAgain: "needs_operator",
    errors.NeedsOperator: "needs_operator",
    errors.PageChanged: "failed",
    errors.Refused: "failed",
    errors.BadConfig: "failed",
    errors.Busy: "busy",
}

Enter = Callable[[runs.Account], AbstractAsyncContextManager[walk.Visit]]
Call = Callable[[runs.Account, site.Collector], AbstractAsyncContextManager[walk.Visit]]
Afterwards = Callable[[db.Connection, runs.Run, str, errors.GreenroomError | None], None]


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run needs from outside.

    `visit` opens a browser for an account, alone; `call` the interfaces that take its tokens;
    `layout` tells a site's layout with the operator's overrides; `patience` how it waits;
    `password` whether an account has one by now;
    `show` and `tell` report to whoever watches; `witness` sees the errors that a visit ends with;
    `afterwards` may decide otherwise about an attempt's end, in the transaction that notes it.
    """

    database: db.Database
    sites: Mapping[str, site.Site]
    visit: Enter
    call: Call
    layout: Callable[[str], site.Layout]
    patience: Callable[[str], walk.Patience]
    password: Callable[[str], bool] = lambda _account: False
    witness: artefacts.Witness = lambda _run, _visit: contextlib.nullcontext()
    show: Callable[[walk.Progress], None] = lambda _progress: None
    tell: Callable[[str], None] = lambda _message: None
    afterwards: Afterwards = lambda *_ended: None


def version() -> str:
    """Return the version of the program that a run is recorded with."""
    return importlib.metadata.version("greenroom")


def collector_of(sites: Mapping[str, site.Site], name: str) -> tuple[site.Site, site.Collector]:
    """Return the site and the collector called `site.errand`. Raises BadConfig."""
    place, _, errand = name.partition(".")
    where = sites.get(place)
    if where is None or errand not in where.collectors:
        known = sorted(
            f"{one.name}.{errand}" for one in sites.values() for errand in one.collectors
        )
        raise errors.BadConfig(
            "bad_request", f"there is no collector {name}; there are {', '.join(known)}"
        )
    return where, where.collectors[errand]


async def execute(runtime: Runtime, run_id: int, attempt: int | None = None) -> None:
    """Run, or go on with, a run until it ends; its row says how it ended.

    With `attempt` only if it waits and nobody has begun it since it stood at that attempt.
    Never raises for what sites do; a cancellation is recorded and passed on.
    """
    try:
        run = await asyncio.to_thread(_begin, runtime, run_id, attempt)
    except runs.Superseded:
        return
    try:
        status, failure = await _attempt(runtime, run, unasked=attempt is not None), None
    except runs.Superseded:
        return
    except asyncio.CancelledError:
        await _shielded(finish, runtime, run, "cancelled", None)
        raise
    except errors.GreenroomError as error:
        status, failure = STATUS[type(error)], error
    except Exception as error:
        await _shielded(finish, runtime, run, "failed", _fault(error))
        raise
    await _shielded(finish, runtime, run, status, failure)


def _fault(error: Exception) -> errors.GreenroomError:
    """Return what the run's row says of an error that is no site's doing."""
    if isinstance(error, db.Unusable):
        return errors.StorageTrouble(error.code, str(error))
    return errors.GreenroomError("internal", f"{type(error).__name__}: {error}")


async def _attempt(runtime: Runtime, run: runs.Run, *, unasked: bool) -> str:
    """Walk the leads and close the list; return the status."""
    account = await asyncio.to_thread(_account, runtime, run)
    _, collector = collector_of(runtime.sites, run.collector)
    if collector.way == "browser":
        password = await asyncio.to_thread(runtime.password, account.name)
        parking.turn_away(account, run, password=password, unasked=unasked)
        entered = runtime.visit(account)
    else:
        entered = runtime.call(account, collector)
    async with entered as visit, runtime.witness(run, visit):
        on_the_way = await asyncio.to_thread(_depart, runtime, run, account, visit)
        while True:
            await on_the_way.to_the_end()
            if collector.direction is None:
                return "ok"
            claim = verdicts.Claim(account=account, collector=collector, run=run)
            closed = await asyncio.to_thread(verdicts.close, runtime.database, claim)
            if closed is not None:
                return closed
            runtime.tell("somebody is missing: looking a second time before ending anybody")
            on_the_way = await asyncio.to_thread(_look_again, runtime, run, on_the_way)


def _begin(runtime: Runtime, run_id: int, attempt: int | None) -> runs.Run:
    with runtime.database.write() as connection:
        return runs.begin(connection, run_id, attempt)


def _account(runtime: Runtime, run: runs.Run) -> runs.Account:
    with runtime.database.read() as connection:
        return runs.account_of(connection, run.account_id)


def _depart(runtime: Runtime, run: runs.Run, account: runs.Account, visit: walk.Visit) -> walk.Walk:
    """Return the walk as this attempt finds it: fresh, or where the last attempt stopped."""
    where, collector = collector_of(runtime.sites, run.collector)
    layout = runtime.layout(where.name)
    with runtime.database.write() as connection:
        leads = departing.leads_left(connection, run)
        if leads is None:
            errand = errands.of(connection, run, account, (where, collector))
            leads = list(collector.start(errand, layout))
            standing.restart(connection, run.id)
            runs.progress(connection, run, {"leads": walk.encode(leads)})
        listing_id = departing.listing(connection, run, collector)
    return walk.Walk(
        database=runtime.database,
        run=run,
        where=where,
        layout=layout,
        source=apply.Source(
            account_id=account.id,
            site=where.platform or where.name,
            run_id=run.id,
            payload_id=0,
            listing_id=listing_id,
            collector=run.collector,
            target=run.target,
            seen_at=moment.now(),
            tracked_only=collector.sweeps,
        ),
        visit=visit,
        patience=runtime.patience(where.name),
        leads=leads,
        follows=run.requested_by != verdicts.IMPORTED,
        show=runtime.show,
        tell=runtime.tell,
    )


def _look_again(runtime: Runtime, run: runs.Run, first: walk.Walk) -> walk.Walk:
    """Open the second look at the same list."""
    where, collector = collector_of(runtime.sites, run.collector)
    assert collector.direction is not None  # noqa: S101 - only lists are looked at twice
    with runtime.database.write() as connection:
        account = runs.account_of(connection, run.account_id)
        listing_id = standing.start(connection, run.id, run.account_id, collector.direction, look=2)
        errand = errands.of(connection, run, account, (where, collector))
        leads = list(collector.start(errand, first.layout))
        runs.progress(connection, run, {"leads": walk.encode(leads)})
    first.source = msgspec.structs.replace(first.source, listing_id=listing_id)
    first.leads = leads
    return first


def finish(
    runtime: Runtime, run: runs.Run, status: str, failure: errors.GreenroomError | None
) -> None:
    """Write down how the attempt ended; a list that was closed meanwhile is not called off."""
    now = moment.now()
    values: dict[str, Any] = {"status": status, "ended_at": now}
    if run.active_at is not None:
        values["seconds"] = run.seconds + (now - run.active_at).total_seconds()
    if failure is not None:
        values["errors"] = [{"code": failure.code, "message": failure.message, "url": failure.url}]
    with runtime.database.write() as connection:
        if status == "cancelled" and runs.get(connection, run.id).status != "running":
            return
        runs.progress(connection, run, values)
        _, collector = collector_of(runtime.sites, run.collector)
        if collector.way == "browser":
            parking.note(connection, run, failure)
        if status not in {"ok", "held"}:
            account = runs.account_of(connection, run.account_id)
            claim = verdicts.Claim(account=account, collector=collector, run=run)
            verdicts.suspend(connection, claim, failure.code if failure else status)
        runtime.afterwards(connection, run, status, failure)


async def _shielded(act: Callable[..., None], *arguments: Any) -> None:
    """Do the last write of a run to its end, however often it is cancelled meanwhile."""
    writing = asyncio.ensure_future(asyncio.to_thread(act, *arguments))
    cancelled = False
    while not writing.done():
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            cancelled = True
    writing.result()
    if cancelled:
        raise asyncio.CancelledError
