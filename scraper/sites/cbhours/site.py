"""CBHours as a Site: it speaks of Chaturbate's models, to anybody, once a second."""

from __future__ import annotations

from scraper import payload, site
from scraper.sites.cbhours import endpoints, guard
from scraper.sites.cbhours.layout import LAYOUT
from scraper.sites.cbhours.pages import activity, live, months, trouble


def _live(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return endpoints.live(layout, errand.people)


def _activity(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return endpoints.activity(layout, errand)


def _months(errand: site.Errand, layout: site.Layout) -> tuple[payload.Request, ...]:
    return endpoints.months(layout, errand)


COLLECTORS = (
    site.Collector(
        name="live",
        summary="How models stand right now: show, viewers, followers, ranks.",
        start=_live,
        way="http",
        polls="models",
        source=trouble.LIVE,
    ),
    site.Collector(
        name="activity",
        summary="When models broadcast, in segments of three minutes and hours a day.",
        start=_activity,
        way="http",
        polls="models",
        source=trouble.ACTIVITY,
    ),
    site.Collector(
        name="months",
        summary="Of which months something is known of models; with --full, all of it.",
        start=_months,
        way="http",
        polls="models",
        source=trouble.MONTHS,
    ),
)

SITE = site.Site(
    name="cbhours",
    layout=LAYOUT,
    collectors={collector.name: collector for collector in COLLECTORS},
    parsers={"live": live.live, "activity": activity.activity, "months": months.months},
    guard=guard.guard,
    platform="chaturbate",
    requests_per_minute=55,
    budgets={
        endpoints.BUDGET: (site.Budget(name=endpoints.BUDGET, per_minute=55, shared_by="machine"),)
    },
)
