"""Which acts of several sources are one act: a pure function of the acts, whatever their order.

Two acts are one when they come from different streams, are of one kind and amount, say the same,
are by the same person, and lie as close as the sources' clocks allow. The k-th of equals in one
stream pairs with the k-th in another, so two real repeats stay two. What one source withholds
(the person, the words) is no contradiction, but who and what are known is paired first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter

import msgspec

from models import voices


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act of one stream in a room; `who` is the name in lower case, None where withheld."""

    id: int
    stream: int
    source: str
    account: int
    key: str
    at: datetime
    kind: str
    who: str | None = None
    tokens: int | None = None
    text: str | None = None


class _Group(msgspec.Struct, kw_only=True):
    """Acts that are one, and what is known of it; the first stands for all."""

    acts: list[Act]
    at: datetime
    who: str | None
    tokens: int | None
    text: str | None

    def add(self, act: Act, text: str | None) -> None:
        self.acts.append(act)
        self.tokens = act.tokens if self.tokens is None else self.tokens
        self.who = self.who or act.who
        self.text = self.text or text


def bucket(act: Act) -> Hashable | None:
    """Return what acts must have in common to be one; None for one that stands alone."""
    sort, kind = voices.channel(act.kind), voices.ALSO.get(act.kind, act.kind)
    if sort == "said":
        words = _words(act)
        return (kind, words) if words else None
    if sort == "done":
        named = not kind.startswith("broadcast_")
        return (kind, act.who) if named and act.who else None if named else (kind,)
    if sort is None or (kind == "tip" and act.tokens is None):
        return None
    return (kind, act.tokens) if kind == "tip" else (kind,)


def clusters(acts: Sequence[Act], apart: timedelta) -> Iterator[list[Act]]:
    """Yield the acts that could be one with each other, each cluster oldest first.

    They are of one bucket, by one person or nobody named, and none is further apart from the rest.
    """
    named: dict[Hashable, dict[str | None, list[Act]]] = {}
    for act in sorted(acts, key=attrgetter("at")):
        common = bucket(act)
        if common is not None:
            named.setdefault(common, {}).setdefault(act.who, []).append(act)
    for people in named.values():
        nobodys = list(_runs(people.pop(None, []), apart))
        found = [run for held in people.values() for run in _runs(held, apart)]
        for run in nobodys:  # whoever is not named may be anybody around
            near = [one for one in found if _touch(one, run, apart)]
            found = [one for one in found if not _touch(one, run, apart)]
            found.append(sorted(chain(run, *near), key=attrgetter("at")))
        yield from found


def _runs(acts: Sequence[Act], apart: timedelta) -> Iterator[list[Act]]:
    start = 0
    for number in range(1, len(acts) + 1):
        if number == len(acts) or acts[number].at - acts[number - 1].at > apart:
            yield list(acts[start:number])
            start = number


def _touch(one: Sequence[Act], other: Sequence[Act], apart: timedelta) -> bool:
    return one[0].at - apart <= other[-1].at and other[0].at - apart <= one[-1].at


def shown_once(acts: Sequence[Act]) -> dict[int, int | None]:
    """Return, for all the acts of a room, the act that stands for each; None if it does itself."""
    sources = {act.source for act in acts}
    found: dict[int, int | None] = {act.id: None for act in acts}
    for held in clusters(acts, voices.reach(sources)):
        found |= settled(held)
    return found


def settled(acts: Sequence[Act]) -> dict[int, int | None]:
    """Return, for the acts of one cluster, the act that stands for each; None if it does itself."""
    streams: dict[tuple[int, str, int, int], list[Act]] = {}
    for act in sorted(acts, key=attrgetter("at", "key")):
        streams.setdefault(
            (voices.rank(act.source), act.source, act.account, act.stream), []
        ).append(act)
    groups: list[_Group] = []
    for name in sorted(streams):
        groups += _joined(groups, streams[name])
        groups.sort(key=attrgetter("at"))
    return {
        act.id: group.acts[0].id if place_ else None
        for group in groups
        for place_, act in enumerate(group.acts)
    }


def _joined(groups: Sequence[_Group], acts: Sequence[Act]) -> list[_Group]:
    """Add each act of one stream to the group that it belongs to; return those that had none."""
    left, free = list(acts), list(groups)
    for of_group, of_act, fits in _LEVELS:
        if not left or not free:
            break
        index: dict[Hashable, list[_Group]] = {}
        for group in free:
            for common in of_group(group):
                index.setdefault(common, []).append(group)
        taken: set[int] = set()
        again = []
        for act in left:
            group_ = _first(index.get(of_act(act), ()), act, taken, fits)
            if group_ is None:
                again.append(act)
            else:
                taken.add(id(group_))
                group_.add(act, _words(act))
        left, free = again, [group for group in free if id(group) not in taken]
    return [_group(act) for act in left]


def _group(act: Act) -> _Group:
    return _Group(acts=[act], at=act.at, who=act.who, tokens=act.tokens, text=_words(act))


def _first(
    groups: Sequence[_Group], act: Act, taken: set[int], fits: Callable[[_Group, Act], bool]
) -> _Group | None:
    """Return the earliest group that an act can belong to."""
    own = voices.voice(act.source)
    widest = timedelta(seconds=max(own.early, own.late) + voices.WIDEST)
    start = bisect_left(groups, act.at - widest, key=attrgetter("at"))
    end = bisect_right(groups, act.at + widest, key=attrgetter("at"))
    for group in groups[start:end]:
        if id(group) not in taken and _could(group, act, own) and fits(group, act):
            return group
    return None


def _could(group: _Group, act: Act, own: voices.Voice) -> bool:
    theirs = voices.voice(group.acts[0].source)
    if None not in (group.tokens, act.tokens) and group.tokens != act.tokens:
        return False
    behind = (act.at - group.at).total_seconds()
    return -(own.early + theirs.late) <= behind <= own.late + theirs.early


def _words(act: Act) -> str | None:
    """Return what somebody wrote, with its blanks put in order; None where nothing is said.

    A sale is described by the site, each time as it likes; a tip's note may have a bar before it.
    """
    wrote = act.kind == "tip" or voices.channel(act.kind) == "said"
    if not wrote or not act.text or not voices.voice(act.source).words:
        return None
    words = " ".join(act.text.split())
    return (words.removeprefix("|").lstrip() if act.kind == "tip" else words) or None


def _agree(group: _Group, act: Act) -> bool:
    words = _words(act)
    return group.text is None or words is None or group.text == words


def _always(_group: _Group, _act: Act) -> bool:
    return True


_Level = tuple[
    Callable[[_Group], list[Hashable]],
    Callable[[Act], Hashable],
    Callable[[_Group, Act], bool],
]
_LEVELS: tuple[_Level, ...] = (
    (lambda g: [(a.source, a.key) for a in g.acts], lambda a: (a.source, a.key), _agree),
    (lambda g: [(g.who, g.text)], lambda a: (a.who, _words(a)), _always),
    (lambda g: [g.who], lambda a: a.who, _agree),
    (
        lambda g: [(g.who is None, g.text)],
        lambda a: (a.who is not None, _words(a)),
        _always,
    ),
    (lambda g: [g.who is None], lambda a: a.who is not None, _agree),
)
"""One after the other: a site's own id, all equal, who, what is said by nobody, and neither."""
