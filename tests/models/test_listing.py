"""The verdict on a walked list, as a table of evidence and reasons."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models import listing

TOTAL = "online_followed_rooms.total"
SECOND_TOTAL = "logged_in_user.total_followed"


def page(part: str, position: int, rows: int, **facts: Any) -> listing.PageFact:
    facts = {"step": 10, "fresh": rows, **facts}
    return listing.PageFact(part=part, position=position, rows=rows, **facts)


def checks(source: str, *values: object) -> list[listing.CheckFact]:
    return [
        listing.CheckFact(source=source, moment=str(place), value=str(value))
        for place, value in enumerate(values)
    ]


GOOD = listing.Evidence(
    username="me",
    parts=("online", "offline"),
    totals=(TOTAL, SECOND_TOTAL, "parts"),
    pages=[
        page("online", 0, 3, declared=3, ends="offset 0 + 10 reaches 3"),
        page("offline", 0, 10, declared=14),
        page("offline", 10, 4, declared=14, ends="offset 10 + 10 reaches 14"),
    ],
    checks=[*checks(listing.IDENTITY, "me", "me"), *checks(TOTAL, 17, 17)],
    seen=17,
)


def judged(**changes: Any) -> listing.Verdict:
    return listing.judge(msgspec.structs.replace(GOOD, **changes))


def test_a_list_with_all_its_evidence_is_complete() -> None:
    verdict = judged()

    assert verdict.complete
    assert verdict.declared == 17
    assert (
        verdict.end_proof == "online: offset 0 + 10 reaches 3; offline: offset 10 + 10 reaches 14"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stopped_by": "throttled"}, "stopped: throttled"),
        ({"leads": 2}, "unfinished: 2 requests were not made"),
        ({"pages": GOOD.pages[:1]}, "part_missing: offline was not read"),
        ({"pages": GOOD.pages[:2]}, "no_end: offline has no page that proves its end"),
        (
            {"pages": [GOOD.pages[0], GOOD.pages[2]]},
            "gap: offline starts at 10",
        ),
        (
            {"pages": [*GOOD.pages[:2], page("offline", 30, 4, ends="end")]},
            "gap: offline was not read between 0 and 30",
        ),
        (
            {"pages": [*GOOD.pages[:2], page("offline", 10, 4, fresh=0, ends="end")]},
            "repeated_page: offline at 10 shows nobody new",
        ),
        (
            {"checks": [*checks(listing.IDENTITY, "me", "you"), *checks(TOTAL, 17, 17)]},
            "wrong_user: signed in as you, not me",
        ),
        (
            {"checks": [*checks(listing.IDENTITY, "me"), *checks(TOTAL, 17, 17)]},
            "identity: the signed-in user was not read at the beginning and at the end",
        ),
        (
            {"checks": [*checks(listing.IDENTITY, "me", "me"), *checks(TOTAL, 17)]},
            f"one_total: {TOTAL} was read only once",
        ),
        (
            {"checks": [*checks(listing.IDENTITY, "me", "me"), *checks(TOTAL, 18, 17)]},
            f"drift: {TOTAL} went 18 → 17 during the walk",
        ),
        (
            {
                "pages": [
                    *GOOD.pages[:1],
                    page("offline", 0, 10, declared=14),
                    page("offline", 10, 4, declared=19, ends="end"),
                ]
            },
            "drift: the total of offline went 14 → 19 during the walk",
        ),
        ({"seen": 18}, "surplus: 17 declared, 18 seen"),
        (
            {"checks": [*GOOD.checks, *checks(SECOND_TOTAL, 25)]},
            f"totals_disagree: {TOTAL} 17, {SECOND_TOTAL} 25",
        ),
        (
            {"checks": checks(listing.IDENTITY, "me", "me"), "totals": (TOTAL,)},
            "no_total: no source declares how long the list is",
        ),
    ],
)
def test_missing_evidence_is_named(changes: dict[str, Any], reason: str) -> None:
    verdict = judged(**changes)

    assert reason in verdict.reasons
    assert not verdict.complete


def test_people_the_site_counts_and_does_not_show_are_a_shortfall() -> None:
    verdict = judged(seen=15)

    assert not verdict.complete
    assert verdict.only_withheld
    assert verdict.withheld == 2
    assert verdict.all_reasons() == ("shortfall: 17 declared, 15 seen",)


def test_joining_during_the_walk_does_not_spoil_it() -> None:
    rising = [*checks(listing.IDENTITY, "me", "me"), *checks(TOTAL, 17, 19)]

    assert judged(checks=rising).complete
    assert judged(checks=rising, seen=18).complete
    assert not judged(checks=rising, seen=20).complete


def test_a_header_that_lags_by_a_little_is_tolerated() -> None:
    assert judged(checks=[*GOOD.checks, *checks(SECOND_TOTAL, 15)]).complete


def test_the_parts_own_totals_decide_where_there_is_no_other() -> None:
    identity = checks(listing.IDENTITY, "me", "me")

    assert judged(checks=identity).complete
    assert judged(checks=identity, seen=16).withheld == 1


def test_an_account_name_is_compared_without_case() -> None:
    assert judged(username="ME").complete


def test_the_operators_own_count_decides_when_it_is_given() -> None:
    evidence = [*checks(listing.IDENTITY, "me", "me"), *checks(listing.OPERATOR_TOTAL, 17)]

    assert judged(totals=(listing.OPERATOR_TOTAL,), checks=evidence).complete
