"""What the service counts, for Prometheus; each name is explained in docs/operating.md."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import core
from prometheus_client.registry import Collector

from jobs.feeds import station
from models import db, feeds, moment, tallies
from scraper import breaker

if TYPE_CHECKING:
    from jobs import service

Metric = core.GaugeMetricFamily | core.CounterMetricFamily


class _Scraped(Collector):
    """Metrics that are read when they are asked for."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()


def registry(
    database: db.Database,
    state: service.State,
    more: Callable[[], Iterable[Metric]] = tuple,
) -> prometheus_client.CollectorRegistry:
    """Return the metrics of a service and of its database, of the process itself, and `more`."""
    found = prometheus_client.CollectorRegistry(auto_describe=False)
    prometheus_client.ProcessCollector(namespace="greenroom", registry=found)
    found.register(_Scraped(lambda: _of_service(state)))
    found.register(_Scraped(lambda: _of_database(database)))
    found.register(_Scraped(more))
    return found


def _of_service(state: service.State) -> Iterator[Metric]:
    folder = state.chosen.storage.directory
    yield _gauge("leading", "Whether this process leads the clock.", state.leading)
    yield _gauge("beat_age_seconds", "Age of the last sign of life.", time.monotonic() - state.beat)
    yield _gauge("runs_working", "Runs at work in this process.", state.working)
    yield _gauge("settings_refused", "Whether changed settings are refused.", bool(state.refused))
    rests: tallies.Tally = {
        (name,): breaker.rests(breaker.file(folder / "pace", name))
        for name in state.chosen.accounts
    }
    yield labelled(
        "breaker_open_seconds", "Seconds for which an account rests.", ("account",), rests
    )
    yield _gauge("held_back", "Whether no run starts for want of disk.", bool(state.held_back))
    yield _gauge("disk_free_bytes", "Room where files are kept.", shutil.disk_usage(folder).free)


def _of_database(database: db.Database) -> Iterator[Metric]:
    try:
        with database.read() as connection:
            found = tallies.read(connection)
            listened = station.listed(connection)
    except db.Unusable:
        yield _gauge("database_up", "Whether the database answers.", 0)
        return
    yield _gauge("database_up", "Whether the database answers.", 1)
    yield from _of_feeds(listened)
    yield labelled("gaps", "Times that feeds did not tell of.", ("state",), found.gaps)
    yield _gauge("runs_waiting", "Runs that wait for the service.", found.waiting)
    yield counted("runs", "Runs by how they ended.", ("status",), found.runs)
    yield counted("due_times", "Due times by what came of them.", ("outcome",), found.due_times)
    yield labelled(
        "session_seconds", "How long sessions have gone on.", ("site", "room"), found.sessions
    )
    yield counted("rule_firings", "Firings of rules.", ("rule", "state"), found.firings)
    yield labelled(
        "accounts_waiting", "Accounts that wait for you.", ("account", "code"), found.parked
    )
    yield labelled(
        "list_age_seconds",
        "Age of the newest list proved complete.",
        ("account", "direction"),
        found.list_ages,
    )


def _of_feeds(listened: list[feeds.Feed]) -> Iterator[Metric]:
    now = moment.now()
    states: tallies.Tally = {(feed.name, feed.state): 1.0 for feed in listened}
    yield labelled("feed_state", "How each feed stands.", ("feed", "state"), states)
    told: tallies.Tally = {(feed.name,): float(feed.records) for feed in listened}
    yield counted("feed_records", "What each feed has told.", ("feed",), told)
    refused: tallies.Tally = {(feed.name,): float(feed.refusals or 0) for feed in listened}
    said = "What was pushed to each feed and cannot be read."
    yield counted("feed_refusals", said, ("feed",), refused)
    heard: tallies.Tally = {
        (feed.name,): max(0.0, (now - feed.heard_at).total_seconds())
        for feed in listened
        if feed.heard_at is not None
    }
    yield labelled("feed_silence_seconds", "Since when a feed is not heard.", ("feed",), heard)


def _gauge(name: str, said: str, value: float) -> Metric:
    return core.GaugeMetricFamily(f"greenroom_{name}", said, value=value)


def counted(name: str, said: str, labels: tuple[str, ...], values: tallies.Tally) -> Metric:
    """Return a counter with a value for each combination of labels."""
    return _filled(core.CounterMetricFamily(f"greenroom_{name}", said, labels=labels), values)


def labelled(name: str, said: str, labels: tuple[str, ...], values: tallies.Tally) -> Metric:
    """Return a gauge with a value for each combination of labels."""
    return _filled(core.GaugeMetricFamily(f"greenroom_{name}", said, labels=labels), values)


def _filled(family: Metric, values: tallies.Tally) -> Metric:
    for key, value in values.items():
        family.add_metric(key, value)
    return family
