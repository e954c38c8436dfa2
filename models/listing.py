"""Decide whether a walked list is proved complete. Pure: evidence in, verdict out.

A list counts when all of this holds, and the verdict names whatever does not:

1. the walk came to its own end: no lead is left and no error stopped it;
2. every part was read from its first position to a page that proves the end, without a gap, and
   its own total stayed (nearly) the same;
3. no page repeated what was already read;
4. the session was the account's own at the first and at the last look;
5. the deciding total was read at the beginning and at the end and did not fall in between
   (it may rise: whoever joined during the walk is found by the next one);
6. as many people were seen as that total declares, not fewer and not more, and no other total
   contradicts it by more than `TOLERANCE_ROWS` or `TOLERANCE_SHARE`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import msgspec

IDENTITY = "logged_in_user.username"
"""The Check source that names the signed-in user."""

OPERATOR_TOTAL = "operator.total"
"""A total that the operator states for imported pages; read once by nature."""

AGAIN = "_again"
"""Ending of a part that reads another part once more; it adds nothing to the total."""

TOLERANCE_ROWS = 2
TOLERANCE_SHARE = 0.01


class PageFact(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the walk, as stored in `listing_pages`."""

    part: str
    position: int
    step: int
    rows: int
    fresh: int
    declared: int | None = None
    ends: str | None = None


class CheckFact(msgspec.Struct, frozen=True, kw_only=True):
    """One value read beside the list, as stored in `listing_checks`, in reading order."""

    source: str
    moment: str
    value: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a walk has to show.

    `username`  the account's own name
    `parts`     the parts that must be walked; `totals` the deciding check sources, best first
    `seen`      distinct people on the pages; `leads` requests not made; `stopped_by` an error code
    """

    username: str
    parts: tuple[str, ...]
    totals: tuple[str, ...]
    pages: Sequence[PageFact]
    checks: Sequence[CheckFact]
    seen: int
    leads: int = 0
    stopped_by: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the evidence shows.

    `reasons` is empty for a complete list. `withheld` counts people whom the site declares and
    does not show; `only_withheld` tells that nothing else is wrong. `cut_short` walks were not
    ended by the list's end.
    """

    reasons: tuple[str, ...]
    declared: int | None
    seen: int
    end_proof: str | None
    withheld: int = 0
    cut_short: bool = False

    @property
    def complete(self) -> bool:
        """Whether the list is proved complete, withheld rows included."""
        return not self.reasons and not self.withheld

    @property
    def only_withheld(self) -> bool:
        """Whether the walk is proved, but for people the site declares and does not show."""
        return not self.reasons and self.withheld > 0

    def all_reasons(self) -> tuple[str, ...]:
        """Return every reason in words, the withheld rows included."""
        if not self.withheld or self.cut_short:
            return self.reasons
        return (*self.reasons, f"shortfall: {self.declared} declared, {self.seen} seen")


def judge(evidence: Evidence) -> Verdict:
    """Return what the evidence proves and everything that it does not.

    A walk that did not come to its end has only that to say.
    """
    declared, total_reasons = _declared(evidence)
    interrupted = tuple(_interrupted(evidence))
    reasons = interrupted or (
        *(reason for part in evidence.parts for reason in _part(part, evidence.pages)),
        *_identity(evidence),
        *total_reasons,
    )
    return Verdict(
        reasons=reasons,
        declared=declared,
        seen=evidence.seen,
        end_proof=_end_proof(evidence),
        withheld=max(0, (declared or 0) - evidence.seen),
        cut_short=bool(interrupted),
    )


def _interrupted(evidence: Evidence) -> Iterator[str]:
    if evidence.stopped_by:
        yield f"stopped: {evidence.stopped_by}"
    elif evidence.leads:
        yield f"unfinished: {evidence.leads} requests were not made"


def _part(part: str, pages: Sequence[PageFact]) -> Iterator[str]:
    own = sorted((page for page in pages if page.part == part), key=lambda page: page.position)
    if not own:
        yield f"part_missing: {part} was not read"
        return
    for before, after in itertools.pairwise(own):
        if after.position != before.position + before.step:
            yield f"gap: {part} was not read between {before.position} and {after.position}"
    for page in own:
        if page.rows and not page.fresh:
            yield f"repeated_page: {part} at {page.position} shows nobody new"
    if own[0].position not in {0, 1}:
        yield f"gap: {part} starts at {own[0].position}"
    if not own[-1].ends:
        yield f"no_end: {part} has no page that proves its end"
    yield from _drift(part, own)


def _drift(part: str, pages: Sequence[PageFact]) -> Iterator[str]:
    totals = [page.declared for page in pages if page.declared is not None]
    if totals and not _near(min(totals), max(totals), min(totals)):
        yield f"drift: the total of {part} went {' → '.join(map(str, totals))} during the walk"


def _identity(evidence: Evidence) -> Iterator[str]:
    names = [check.value for check in evidence.checks if check.source == IDENTITY]
    wrong = sorted({name for name in names if name.lower() != evidence.username.lower()})
    if wrong:
        yield f"wrong_user: signed in as {', '.join(wrong)}, not {evidence.username}"
    if not names or (len(names) == 1 and len(evidence.pages) > 1):
        yield "identity: the signed-in user was not read at the beginning and at the end"


def _declared(evidence: Evidence) -> tuple[int | None, list[str]]:
    readings = {source: list(_readings(source, evidence)) for source in evidence.totals}
    deciding = next((source for source in evidence.totals if readings[source]), None)
    if deciding is None:
        return None, ["no_total: no source declares how long the list is"]
    values, reasons = readings[deciding], []
    if any(after < before for before, after in itertools.pairwise(values)):
        reasons.append(f"drift: {deciding} went {' → '.join(map(str, values))} during the walk")
    single = deciding not in {OPERATOR_TOTAL, "parts"} and len(evidence.pages) > 1
    if single and len(values) == 1:
        reasons.append(f"one_total: {deciding} was read only once")
    declared = values[0]
    if evidence.seen > max(values):
        reasons.append(f"surplus: {max(values)} declared, {evidence.seen} seen")
    reasons += [
        f"totals_disagree: {deciding} {declared}, {source} {others[-1]}"
        for source, others in readings.items()
        if others and not _near(declared, others[-1], values[-1])
    ]
    return declared, reasons


def _readings(source: str, evidence: Evidence) -> Iterator[int]:
    if source != "parts":
        yield from (int(check.value) for check in evidence.checks if check.source == source)
        return
    totals = [_part_total(part, evidence.pages) for part in evidence.parts]
    known = [total for total in totals if total is not None]
    if len(known) == len(totals) and known:
        yield sum(known)


def _part_total(part: str, pages: Iterable[PageFact]) -> int | None:
    if part.endswith(AGAIN):
        return 0
    own = sorted((page for page in pages if page.part == part), key=lambda page: page.position)
    return own[-1].declared if own else None


def _near(declared: int, other: int, last: int) -> bool:
    allowed = max(TOLERANCE_ROWS, TOLERANCE_SHARE * declared) + (last - declared)
    return abs(declared - other) <= allowed


def _end_proof(evidence: Evidence) -> str | None:
    proofs = [
        f"{page.part}: {page.ends}"
        for part in evidence.parts
        for page in evidence.pages
        if page.part == part and page.ends
    ]
    return "; ".join(proofs) or None
