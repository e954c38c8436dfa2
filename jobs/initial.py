"""What accounts begin with: schedules and feeds for those that nobody has written any for."""

from __future__ import annotations

import msgspec

from jobs import config_file, proposals, schedules, scheduling, sections, settings, syncing, tokens
from models import schedules as kept
from scraper import vault


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """Schedules and feeds by name."""

    schedules: dict[str, schedules.Schedule]
    feeds: dict[str, sections.Feed]


def proposed(desk: scheduling.Desk) -> Beginning:
    """Return what `proposals` has for errands and feeds of accounts that are not wanted yet.

    Schedules that the service made by itself count as nothing: the settings file takes them over.
    What a schedule reads already is not listened to, for the two would only disturb each other.
    """
    with desk.database.read() as connection:
        rows = kept.standing(connection)
    own = [row for row in rows if row.origin != syncing.DEFAULT]
    taken = {(row.definition.get("account"), row.definition.get("collector")) for row in own}
    names = {row.name for row in own}
    box = vault.open_vault(desk.chosen.storage.directory, desk.environ)
    accounts = settings.sites(desk.chosen)

    def has_token(account: str, name: str) -> bool:
        return tokens.source(account, name, desk.environ, box) in {"environment", "vault"}

    def is_free(account: str, errand: str) -> bool:
        enabled = desk.chosen.sites[errand.partition(".")[0]].enabled
        return enabled and (account, errand) not in taken

    found = proposals.proposed(accounts, has_token).items()
    heard = {(one.account, one.feed) for one in desk.chosen.feeds.values()}
    told = proposals.feeds(accounts, has_token).items()
    return Beginning(
        schedules={
            name: one
            for name, one in found
            if name not in names and is_free(one.account, one.collector)
        },
        feeds={
            name: one
            for name, one in told
            if name not in desk.chosen.feeds
            and (one.account, one.feed) not in heard
            and is_free(one.account, one.feed)
        },
    )


def write(desk: scheduling.Desk, wanted: Beginning) -> None:
    """Write schedules and feeds into the settings file. Raises BadConfig where there is none."""

    def change(text: str) -> str:
        for name, schedule in wanted.schedules.items():
            text = config_file.with_schedule(text, name, scheduling.as_toml(schedule))
        for name, feed in wanted.feeds.items():
            values = feed.model_dump(mode="json", exclude_defaults=True)
            text = config_file.with_feed(text, name, values)
        return text

    scheduling.rewrite(desk, change)
