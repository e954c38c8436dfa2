"""Deciding is a function: the same facts give the same decisions, one for each due time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
from hypothesis import strategies

from jobs import deciding, schedules, timing

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_RUNS = strategies.sets(strategies.integers(1, 3))
HOURS = [NOON + timedelta(hours=number) for number in range(1, 5)]


def schedule(**keys: Any) -> schedules.Schedule:
    return schedules.Schedule(
        **{"collector": "chaturbate.tips", "account": "studio", "every": 3600, **keys}
    )


def facts(dues: list[datetime], **known: Any) -> deciding.Facts:
    backlog = timing.Backlog(dues=dues)
    return deciding.Facts(**{"name": "tips", "backlog": backlog, "decided_until": NOON, **known})


def test_a_pause_rests_what_is_due_from_its_beginning_on() -> None:
    known = facts(HOURS, paused_at=HOURS[2])

    decided = deciding.decide(schedule(), HOURS[-1], known)

    assert [one.outcome for one in decided] == ["missed", "missed", "paused", "paused"]


def test_only_one_of_many_due_times_at_once_runs() -> None:
    dues = [NOON + timedelta(seconds=number) for number in (10, 20, 30)]
    now = NOON + timedelta(seconds=31)

    for overlap, outcomes in {
        "skip": ["run", "overlapped", "overlapped"],
        "queue": ["run", "overlapped", "overlapped"],
        "replace": ["overlapped", "overlapped", "run"],
    }.items():
        decided = deciding.decide(schedule(every=10, overlap=overlap), now, facts(dues))

        assert [one.outcome for one in decided] == outcomes


def test_an_older_run_that_waits_is_not_overtaken() -> None:
    known = facts(HOURS[:1], running=(4,), queued=(5,))

    (decided,) = deciding.decide(schedule(overlap="queue"), HOURS[0], known)

    assert (decided.outcome, decided.reason) == ("overlapped", "run 5 still waits to start")


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    late=strategies.integers(0, 4 * 3600),
    policies=strategies.fixed_dictionaries(
        {
            "missed": strategies.sampled_from(["skip", "once"]),
            "overlap": strategies.sampled_from(["skip", "queue", "replace"]),
            "quiet": strategies.sampled_from([None, "12:30-14:30", "22:00-13:30"]),
        }
    ),
    paused=strategies.sampled_from([None, *HOURS]),
    waiting=strategies.sampled_from([None, "it waits"]),
    active=strategies.tuples(_RUNS, _RUNS),
)
def test_every_due_time_gets_one_decision_and_a_reason_where_nothing_runs(
    late: int,
    policies: dict[str, str | None],
    paused: datetime | None,
    waiting: str | None,
    active: tuple[set[int], set[int]],
) -> None:
    wanted = schedule(**policies)
    known = facts(
        HOURS,
        paused_at=paused,
        waiting=waiting,
        running=tuple(active[0]),
        queued=tuple(active[1]),
    )
    now = HOURS[-1] + timedelta(seconds=late)

    decided = deciding.decide(wanted, now, known)

    assert [one.due_at for one in decided] == HOURS
    runs = [one for one in decided if one.outcome == "run"]
    assert len(runs) <= 1
    assert all(one.reason and one.not_before is None for one in decided if one not in runs)
    assert all(one.not_before and not schedules.in_quiet(wanted, one.not_before) for one in runs)
    if waiting or (late > 60 and policies["missed"] == "skip"):
        assert runs == []
    assert decided == deciding.decide(wanted, now, known)
