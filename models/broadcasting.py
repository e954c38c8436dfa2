"""Broadcast sessions from facts: a pure function, whatever the order in which facts came in.

docs/architecture.md has the rules as a table; the constants are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from models import evidence

STITCH = timedelta(minutes=10)
"""A gap shorter than this is none; acts alone that go on for less are no session."""

SILENCE = timedelta(minutes=30)
"""Longer than this without evidence, and what was only seen to be on has ended."""

QUIET = timedelta(hours=2)
"""The same for what is said to have started; and how long talk after the end means nothing."""

STOP_WAIT = timedelta(hours=12)
"""A stop that comes later than this after the last evidence ends another session."""

LAG = timedelta(minutes=5)
"""For so long after an event an interface may still say what was before it."""


class _On(msgspec.Struct, kw_only=True):
    """A session that goes on: `said` if its start was stated, `weak` if only acts speak for it."""

    span: evidence.Span
    last: datetime
    last_by: str
    said: bool = False
    weak: bool = False
    fixed: bool = False
    alone: bool = True


def sessions(facts: Iterable[evidence.Fact], now: datetime) -> list[evidence.Span]:
    """Return the sessions that facts about one room show at a time, the first first."""
    walk = _Walk()
    for fact in sorted(facts, key=evidence.in_order):
        walk.take(fact)
    return walk.end(now)


class _Walk:
    """Goes through the facts of a room from the first to the last."""

    def __init__(self) -> None:
        self._found: list[evidence.Span] = []
        self._on: _On | None = None
        self._stopped: datetime | None = None
        self._deaf_until: datetime | None = None
        self._muted: datetime | None = None
        self._handlers: Mapping[evidence.What, Callable[[evidence.Fact], None]] = {
            "hand_start": self._hand_start,
            "hand_end": self._hand_end,
            "start": self._start,
            "stop": self._stop,
            "offline": self._offline,
            "online": self._online,
            "act": self._act,
        }

    def take(self, fact: evidence.Fact) -> None:
        """Let one more fact speak."""
        if self._on is not None and self._on.fixed and not fact.what.startswith("hand"):
            return  # by hand wins
        if self._muted is not None and self._is_muted(fact):
            return
        if self._on is not None and _is_over(self._on, fact):
            self._close_silently("silence")
        self._handlers[fact.what](fact)

    def end(self, now: datetime) -> list[evidence.Span]:
        """Return what was found: at the end, silence ends a session too."""
        on = self._on
        alone = on is not None and on.span.row is not None and on.alone
        if on is not None and not alone and _was_long_ago(on, now):
            self._close_silently("silence")
        if self._on is not None and not _is_chatter(self._on):
            self._found.append(self._on.span)
        return self._found

    def _is_muted(self, fact: evidence.Fact) -> bool:
        """After an end by hand, evidence that the same goes on says nothing."""
        if fact.what in {"online", "act"} and fact.at - (self._muted or fact.at) <= SILENCE:
            self._muted = fact.at
            return True
        self._muted = None
        return False

    def _hand_start(self, fact: evidence.Fact) -> None:
        on = self._on
        if on is not None and (on.span.row is not None or _was_long_ago(on, fact.at)):
            self._close_silently("next start")
        span = evidence.Span(
            started=fact.at, started_by=fact.by, start_certain=fact.certain, row=fact.row
        )
        self._on = _On(
            span=span, last=fact.at, last_by=fact.by, said=True, fixed=fact.until is not None
        )

    def _hand_end(self, fact: evidence.Fact) -> None:
        if self._on is not None and self._on.span.row == fact.row:
            self._close(fact.at, "hand", certain=True)
            self._muted = fact.at

    def _start(self, fact: evidence.Fact) -> None:
        on = self._on
        if on is not None and not on.weak and fact.at - on.last >= STITCH:
            self._close_silently("next start")
        elif on is not None and on.weak:
            self._on = None  # talk before a start is only talk
        elif on is not None:
            if not on.span.start_certain and fact.at - on.span.started < STITCH:
                on.span = _begun(fact)
            self._still_on(on, fact)
            on.said = True
            return
        if not self._goes_on(fact):
            self._on = _On(span=_begun(fact), last=fact.at, last_by=fact.by, said=True)
        if self._on is not None:
            self._on.said = True

    def _stop(self, fact: evidence.Fact) -> None:
        if self._on is not None:
            self._on.weak = False  # that it stopped shows that it was on
            self._close(fact.at, fact.by, certain=True)
        elif self._found and _may_be_its_end(self._found[-1], fact):
            self._found[-1] = msgspec.structs.replace(
                self._found[-1], ended=fact.at, ended_by=fact.by, end_certain=True
            )
        self._stopped = fact.at
        self._deaf_until = fact.at + QUIET

    def _offline(self, fact: evidence.Fact) -> None:
        on = self._on
        if on is not None and on.said and fact.at - on.span.started < LAG:
            return
        if on is not None:
            self._close(on.last, f"{fact.by} after {on.last_by}", certain=False)
        self._deaf_until = fact.at + QUIET

    def _online(self, fact: evidence.Fact) -> None:
        if self._on is not None:
            self._on.weak = False
            self._still_on(self._on, fact)
        elif self._stopped is not None and fact.at - self._stopped < LAG:
            return
        elif not self._goes_on(fact):
            self._on = _On(span=_begun(fact, certain=False), last=fact.at, last_by=fact.by)

    def _act(self, fact: evidence.Fact) -> None:
        if self._on is not None:
            self._still_on(self._on, fact)
        elif self._deaf_until is None or fact.at > self._deaf_until:
            span = _begun(fact, certain=False)
            self._on = _On(span=span, last=fact.at, last_by=fact.by, weak=True)

    @staticmethod
    def _still_on(on: _On, fact: evidence.Fact) -> None:
        on.last, on.last_by, on.alone = fact.at, fact.by, False

    def _goes_on(self, fact: evidence.Fact) -> bool:
        """Take the last session up again if it has only just ended, and not by hand."""
        last = self._found[-1] if self._found else None
        if last is None or last.ended is None or last.row is not None:
            return False
        if (fact.since or fact.at) - last.ended >= STITCH:
            return False
        self._found.pop()
        again = msgspec.structs.replace(last, ended=None, ended_by=None, end_certain=False)
        self._on = _On(span=again, last=fact.at, last_by=fact.by, said=last.start_certain)
        return True

    def _close_silently(self, why: str) -> None:
        on = self._on
        if on is not None:
            self._close(on.last, f"{why} after {on.last_by}", certain=False)

    def _close(self, at: datetime, by: str, *, certain: bool) -> None:
        on, self._on = self._on, None
        if on is not None and not _is_chatter(on):
            ended = msgspec.structs.replace(on.span, ended=at, ended_by=by, end_certain=certain)
            self._found.append(ended)


def _begun(fact: evidence.Fact, *, certain: bool = True) -> evidence.Span:
    return evidence.Span(started=fact.at, started_by=fact.by, start_certain=certain)


def _is_over(on: _On, fact: evidence.Fact) -> bool:
    """Tell whether there was silence for too long before a fact."""
    if fact.what in {"start", "offline"} or fact.what.startswith("hand"):
        return False
    if on.span.row is not None and on.alone:
        return False
    limit = QUIET if on.said or fact.what == "stop" else SILENCE
    if on.said and fact.what == "stop":
        limit = STOP_WAIT
    return (fact.since or fact.at) - on.last > limit


def _was_long_ago(on: _On, now: datetime) -> bool:
    return now - on.last > (QUIET if on.said else SILENCE)


def _is_chatter(on: _On) -> bool:
    return on.weak and on.last - on.span.started < STITCH


def _may_be_its_end(span: evidence.Span, fact: evidence.Fact) -> bool:
    """Tell whether a stop is the end of a session whose end nobody had stated."""
    if span.ended is None or span.end_certain or span.row is not None:
        return False
    return fact.at - span.ended < STITCH
