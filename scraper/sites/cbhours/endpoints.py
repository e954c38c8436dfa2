"""Where to look on CBHours: pure functions from whom and when to Requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from scraper import meanings, payload, site

JSON = {"Accept": "application/json"}
BUDGET = "machine"
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def live(layout: site.Layout, people: Sequence[str]) -> tuple[payload.Request, ...]:
    """How these models stand right now: as many in one request as the site takes."""
    most = layout.sizes["names_at_most"]
    asked = dict.fromkeys(meanings.addressable(people))
    names = [*asked]
    return tuple(
        live_of(layout, names[start : start + most]) for start in range(0, len(names), most)
    )


def live_of(layout: site.Layout, names: Sequence[str]) -> payload.Request:
    """How these few stand."""
    listed = ",".join(names)
    return payload.Request(
        url=layout.url("live", usernames=listed),
        kind="live",
        via="http",
        headers=JSON,
        budget=BUDGET,
        context={"models": listed},
    )


def activity(layout: site.Layout, errand: site.Errand) -> tuple[payload.Request, ...]:
    """When these models broadcast: in the errand's range, else in the last days."""
    until = (errand.until or errand.now) - INSTANT
    since = errand.since or errand.now - timedelta(days=layout.sizes["activity_days"])
    return tuple(
        request
        for name in meanings.addressable(errand.people)
        for request in activity_between(layout, name, since.date(), until.date())
    )


def activity_between(
    layout: site.Layout, name: str, first: date, last: date
) -> Iterator[payload.Request]:
    """When a model broadcast from `first` to `last` (days in UTC), in windows that are allowed."""
    for start, end in windows(first, last, layout.sizes["days_at_most"]):
        yield payload.Request(
            url=layout.url("activity", username=name, first=f"{start}", last=f"{end}"),
            kind="activity",
            via="http",
            headers=JSON,
            budget=BUDGET,
            context={"model": name},
        )


def months(layout: site.Layout, errand: site.Errand) -> tuple[payload.Request, ...]:
    """Of which months the site knows something; a full errand goes on to all that it knows."""
    return tuple(_months(layout, name, errand) for name in meanings.addressable(errand.people))


def _months(layout: site.Layout, name: str, errand: site.Errand) -> payload.Request:
    upto = (errand.until or errand.now) - INSTANT
    goes_on: dict[str, str | int] = {"until": f"{upto.date()}"} if errand.full else {}
    return payload.Request(
        url=layout.url("months", username=name),
        kind="months",
        via="http",
        headers=JSON,
        budget=BUDGET,
        context={"model": name, **goes_on},
    )


def windows(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    """Cut the days from `first` to `last` into windows of at most so many, oldest first."""
    while first <= last:
        end = min(first + (days - 1) * DAY, last)
        yield first, end
        first = end + DAY


def spans(found: Iterable[date], last: date) -> list[tuple[date, date]]:
    """Return the stretches of days that months make, each named by its first day, up to `last`."""
    made: list[tuple[date, date]] = []
    for month in sorted({*found}):
        end = min((month + timedelta(days=31)).replace(day=1) - DAY, last)
        if end < month:
            continue
        if made and made[-1][1] + DAY == month:
            made[-1] = made[-1][0], end
        else:
            made.append((month, end))
    return made


def day_of(text: str) -> date:
    """Return the day of a context's text."""
    return datetime.fromisoformat(text).date()
