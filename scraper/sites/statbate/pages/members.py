"""What Statbate knows of members: sums of one or a hundred, spending, habits (confidence H)."""

from __future__ import annotations

import msgspec

from models import records
from models.records import statbate_members
from scraper import errors, payload, site
from scraper.sites.statbate import endpoints
from scraper.sites.statbate.pages import answers
from scraper.sites.statbate.pages.answers import Whole

SOURCE = "statbate.members"
"""What polls of members are noted under."""

DAY = 86_400


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    date: str
    tokens: Whole | None = None


class _Info(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    did: Whole | None = None
    first_message_date: str | None = None
    first_tip_date: str | None = None
    last_tip_date: str | None = None
    last_tip_amount: Whole | None = None
    models_messaged_2weeks: Whole | None = None
    models_messaged_2weeks_list: list[str] | None = None
    models_tipped_2weeks: Whole | None = None
    models_tipped_2weeks_list: list[str] | None = None
    per_day_tokens: list[_Day] | None = None
    all_time_tokens: Whole | None = None
    error: str | None = None


def info(answer: payload.Payload, _layout: site.Layout) -> payload.Batch:
    """Read the sums of one member."""
    row = answers.read(answer, answers.Answer[_Info]).data
    if row.error:
        raise errors.Refused("not_found", f"the site says: {row.error}", url=answer.url)
    username = answers.name(row.name) or payload.context_text(answer.request, "member")
    return payload.Batch(records=tuple(_sums(answer, row, username)))


def batch(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the sums of up to a hundred members; of each asked for, whether the site knows them."""
    told = answers.read(answer, answers.Answer[list[_Info]])
    found: list[records.Record] = []
    outcomes: dict[str, str] = {}
    for row in told.data:
        username = answers.name(row.name)
        if username is None:
            continue
        outcomes[username] = "not_found" if row.error else "ok"
        if not row.error:
            found += _sums(answer, row, username)
    rest = float(layout.sizes["not_found_rest_days"] * DAY)
    polled = [
        records.Polled(
            username=username,
            source=SOURCE,
            outcome=outcomes.get(username, "absent"),
            rest=rest if outcomes.get(username) == "not_found" else 0.0,
        )
        for username in endpoints.names_asked(answer.request)
    ]
    return payload.Batch(records=(*found, *polled))


def _sums(answer: payload.Payload, row: _Info, username: str) -> list[records.Record]:
    platform = answers.platform(answer.request)
    snapshot = statbate_members.MemberSnapshot(
        username=username,
        platform=platform,
        first_message_at=answers.maybe_moment(row.first_message_date, answer.url),
        first_tip_at=answers.maybe_moment(row.first_tip_date, answer.url),
        last_tip_at=answers.maybe_moment(row.last_tip_date, answer.url),
        last_tip_tokens=row.last_tip_amount,
        all_time_tokens=row.all_time_tokens,
        models_messaged=row.models_messaged_2weeks,
        models_messaged_names=answers.names(row.models_messaged_2weeks_list),
        models_tipped=row.models_tipped_2weeks,
        models_tipped_names=answers.names(row.models_tipped_2weeks_list),
    )
    days = [
        statbate_members.MemberDay(
            username=username,
            platform=platform,
            day=answers.day(one.date, answer.url),
            tokens=one.tokens,
        )
        for one in row.per_day_tokens or ()
    ]
    return [snapshot, *days, *answers.stable_id(username, "did", row.did, platform)]
