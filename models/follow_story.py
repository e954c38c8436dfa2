"""What lists and feeds say of one person, told as one story. Pure: evidence in, rows out.

Each word has its time: an act its own, a list when its last page was read. Told in that order the
words open and close edges, so it does not matter in which order they were learnt. A list that was
being read while an act happened says nothing against that act; the next one does.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from models import follow_facts

_NUMBERED = re.compile(r"\d+-(\d+)", re.ASCII)


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a list says of the person; `turn` is the stretch that it began or ended."""

    look: follow_facts.Look
    kind: str
    turn: follow_facts.Stretch | None


Item = tuple[datetime, int, follow_facts.Act | Word]
"""What is told when; of one instant acts come first."""


class Story(msgspec.Struct, kw_only=True):
    """What comes of all the words: `edges` and `events`, in the order of time."""

    edges: list[follow_facts.Edge] = []
    events: list[follow_facts.Event] = []
    last: follow_facts.Act | None = None
    heard: bool = False
    """Whether a list has spoken since the last act."""
    opened: int | None = None
    """The event of the act that opened the newest edge."""

    @property
    def edge(self) -> follow_facts.Edge | None:
        """The open edge."""
        return self.edges[-1] if self.edges and self.edges[-1].ended is None else None

    def act(self, act: follow_facts.Act) -> None:
        """Tell an act."""
        edge = self.edge
        returned = act.kind == follow_facts.FOLLOW and edge is None and bool(self.edges)
        self.events.append(
            follow_facts.Event(kind=act.kind, at=act.at, act_id=act.act_id, returned=returned)
        )
        if act.kind == follow_facts.FOLLOW and edge is None:
            self.edges.append(follow_facts.Edge(since=act.at, opened_by_act=act.act_id))
            self.opened = act.event_id
        elif act.kind == follow_facts.UNFOLLOW and edge is not None:
            edge.ended, edge.closed_by_act = act.at, act.act_id
        self.last, self.heard = act, False

    def word(self, word: Word) -> None:
        """Tell what a list says."""
        if word.kind == follow_facts.FOLLOW:
            self._shown(word)
        else:
            self._missing(word)
        self.heard = True

    def _shown(self, word: Word) -> None:
        edge, turn, look = self.edge, word.turn, word.look
        if edge is None:
            wrong = self._wrong(follow_facts.FOLLOW)
            known = turn is None or turn.since_known or wrong is not None
            if turn is None or turn.told or wrong is not None:
                self._event(word, certain=known, returned=bool(self.edges), corrects=wrong)
            self.edges.append(
                follow_facts.Edge(since=look.as_of, since_known=known, opened_by=look.id)
            )
            self.opened = None
            return
        if edge.opened_by is None and edge.confirmed_by is None:
            edge.confirmed_by = look.id
        if turn is not None and turn.told and self._same(follow_facts.FOLLOW):
            same = self.opened or self._same(follow_facts.FOLLOW)
            self._event(word, certain=True, returned=len(self.edges) > 1, same_as=same)

    def _missing(self, word: Word) -> None:
        edge, turn, look = self.edge, word.turn, word.look
        certain = look.sure if turn is None else turn.certain
        if edge is not None:
            self._event(word, certain=certain, corrects=self._wrong(follow_facts.UNFOLLOW))
            edge.ended, edge.closed_by = look.as_of, look.id
        elif turn is not None and self._same(follow_facts.UNFOLLOW):
            self._event(word, certain=certain, same_as=self._same(follow_facts.UNFOLLOW))

    def _event(
        self,
        word: Word,
        *,
        certain: bool,
        returned: bool = False,
        same_as: int | None = None,
        corrects: int | None = None,
    ) -> None:
        self.events.append(
            follow_facts.Event(
                kind=word.kind,
                at=word.look.as_of,
                listing_id=word.look.id,
                certain=certain,
                returned=returned,
                same_as=same_as,
                corrects=corrects,
            )
        )

    def _wrong(self, kind: str) -> int | None:
        """Return the event of the last act, if it says the contrary and no list has spoken."""
        last = self.last
        return last.event_id if last and last.kind != kind and not self.heard else None

    def _same(self, kind: str) -> int | None:
        """Return the event of the last act, if it says this."""
        return self.last.event_id if self.last and self.last.kind == kind else None


def tell(
    acts: Collection[follow_facts.Act],
    stretches: Sequence[follow_facts.Stretch],
    looks: Sequence[follow_facts.Look],
    hidden: Collection[int] = (),
) -> Story:
    """Return the story of a person.

    `looks` are all applied lists in the order of their time; `hidden` those of them that neither
    showed the person nor ended them. An act that another source tells better is told by that one.
    """
    events: dict[int | None, int] = {act.act_id: act.event_id for act in acts}
    ordered = sorted((act for act in acts if act.same_as not in events), key=_order)
    items: list[Item] = [(act.at, 0, act) for act in ordered]
    items += [
        (word.look.as_of, 1, word)
        for word in _words(ordered, stretches, looks, hidden)
        if not _disputed(word, ordered)
    ]
    story = Story()
    for *_, item in sorted(items, key=lambda item: item[:2]):
        if isinstance(item, follow_facts.Act):
            story.act(item)
        else:
            story.word(item)
    story.events += [
        follow_facts.Event(kind=act.kind, at=act.at, act_id=act.act_id, same_as=events[act.same_as])
        for act in acts
        if act.same_as in events
    ]
    return story


def _order(act: follow_facts.Act) -> tuple[datetime, int, int]:
    """Return by what acts are told: their time, then the site's own number, then our id."""
    numbered = _NUMBERED.fullmatch(act.key)
    return act.at, int(numbered[1]) if numbered else 0, act.act_id


def _words(
    acts: Sequence[follow_facts.Act],
    stretches: Sequence[follow_facts.Stretch],
    looks: Sequence[follow_facts.Look],
    hidden: Collection[int],
) -> Iterator[Word]:
    """Yield what those lists say that can change anything: the next after an act, and turns."""
    turns = {stretch.opened_by: stretch for stretch in stretches}
    turns |= {stretch.closed_by: stretch for stretch in stretches if stretch.closed_by}
    telling = {place for place, look in enumerate(looks) if look.id in turns}
    for act in acts:
        for place in range(bisect.bisect_left(looks, act.at, key=_as_of), len(looks)):
            telling.add(place)
            if looks[place].begun > act.at and looks[place].id not in hidden:
                break
    for look in (looks[place] for place in sorted(telling)):
        if look.id not in hidden:
            on = any(s.since <= look.as_of and _still(s, look.as_of) for s in stretches)
            kind = follow_facts.FOLLOW if on else follow_facts.UNFOLLOW
            yield Word(look=look, kind=kind, turn=turns.get(look.id))


def _as_of(look: follow_facts.Look) -> datetime:
    return look.as_of


def _still(stretch: follow_facts.Stretch, at: datetime) -> bool:
    return stretch.ended is None or stretch.ended > at


def _disputed(word: Word, acts: Sequence[follow_facts.Act]) -> bool:
    """Tell whether the person did the contrary last while the list was being read."""
    during = [act for act in acts if word.look.begun <= act.at <= word.look.as_of]
    return bool(during) and during[-1].kind != word.kind
