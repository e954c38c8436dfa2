"""Let go of what the settings say may go: nothing, unless they name it."""

from __future__ import annotations

from collections.abc import Iterator

from jobs import sections, settings
from models import db, moment, retention, sources
from scraper import errors
from scraper.sites import register


def prune(
    database: db.Database, chosen: settings.Settings, *, dry: bool
) -> Iterator[retention.Pruned]:
    """Yield what is let go of, table by table; `dry` only counts. Raises BadConfig."""
    rules = chosen.retention
    _require(rules)
    now = moment.now()
    for table, rule in sorted(rules.thin.items()):
        thinning = retention.Thinning(all_days=rule.all_days, hourly_days=rule.hourly_days)
        yield retention.thin(database, table, thinning, now, dry=dry)
    yield from retention.drop_bodies(database, rules.payload_days, now, dry=dry)


def _require(rules: sections.Retention) -> None:
    """Raise BadConfig for a table or a kind that is none."""
    tables = sorted(kind.table for kind in sources.SNAPSHOTS)
    kinds = sorted({kind for site in register.SITES.values() for kind in site.parsers})
    for group, given, known in (
        ("thin", rules.thin, tables),
        ("payload_days", rules.payload_days, kinds),
    ):
        for name in given:
            if name not in known:
                raise errors.BadConfig(
                    "bad_config", f"retention.{group}.{name}: there are {', '.join(known)}"
                )
