"""Which rules an act fires: pure functions."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from jobs.rules import definition
from models import firings, happened

READ = 300
"""Characters of a text that a rule looks at."""

_MINUTE = timedelta(minutes=1)


def matches(rule: definition.Rule, act: happened.Act, now: datetime) -> bool:
    """Tell whether a rule takes an act, at this moment."""
    return (
        rule.enabled
        and act.kind in rule.kinds
        and (rule.private or not act.private)
        and now - act.at <= timedelta(seconds=rule.max_age)
        and _is_of(rule, act)
        and _is_worth(rule, act.tokens)
        and _says(rule, act.text or "")
    )


def fire(
    rules: Mapping[str, definition.Rule],
    acts: Sequence[happened.Act],
    fired: Mapping[str, Sequence[datetime]],
    known: set[tuple[str, int]],
    now: datetime,
) -> list[firings.Firing]:
    """Return what acts fire, in their order.

    `fired` has when each rule fired lately, `known` which rules have dealt with which acts: one
    act, whoever states it, fires a rule once.
    """
    found: list[firings.Firing] = []
    known = set(known)
    # a clock that was set back does not know what it said before
    lately = {name: [at for at in times if at <= now] for name, times in fired.items()}
    for act in acts:
        for name, rule in rules.items():
            if (name, act.stands_for) in known or not matches(rule, act, now):
                continue
            known.add((name, act.stands_for))
            over = _over(rule, lately.get(name, []), now)
            if not over:
                lately.setdefault(name, []).append(now)
            found += _of(name, rule, act, over, now)
    return found


def _of(
    name: str, rule: definition.Rule, act: happened.Act, over: str | None, now: datetime
) -> list[firings.Firing]:
    """Return a firing for each way of telling; an event is told by being written."""
    found = []
    for way in rule.ways:
        state: firings.State = "limited" if over else "done" if way == "event" else "queued"
        found.append(
            firings.Firing(
                rule=name,
                way=way,
                interaction_id=act.id,
                event=rule.event if way == "event" else None,
                state=state,
                last_error=over,
                at=now,
                next_at=now,
                done_at=now if state == "done" else None,
            )
        )
    return found


def _over(rule: definition.Rule, times: Sequence[datetime], now: datetime) -> str | None:
    """Say which limit of a rule one more firing would break, None for none."""
    if times and now - times[-1] < timedelta(seconds=rule.cooldown):
        return "cooldown"
    recent = len(times) - bisect.bisect_right(times, now - _MINUTE)
    return "per_minute" if recent >= rule.per_minute else None


def _is_of(rule: definition.Rule, act: happened.Act) -> bool:
    who = None if act.username is None else act.username.lower()
    return (
        (not rule.platforms or act.platform.lower() in rule.platforms)
        and (not rule.rooms or act.room.lower() in rule.rooms)
        and (not rule.people or who in rule.people)
        and who not in rule.not_people
        and (rule.anonymous is None or rule.anonymous == (who is None))
    )


def _is_worth(rule: definition.Rule, tokens: int | None) -> bool:
    if not rule.amount:
        return True
    if tokens is None:
        return False
    return any(low <= tokens <= high for low, high in map(definition.bounds, rule.amount))


def _says(rule: definition.Rule, text: str) -> bool:
    seen = text[:READ]
    if rule.words and not any(word.lower() in seen.lower() for word in rule.words):
        return False
    return rule.pattern is None or _compiled(rule.pattern).search(seen) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
