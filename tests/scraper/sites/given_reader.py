"""A reader without a browser: walks a collector's leads through a practice site to their end."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import httpx
import msgspec

from fixtures.practice import client
from models import listing, records
from scraper import payload
from scraper.fetch import answers
from scraper.sites import register
from tests.scraper import given_answers as given

_R = TypeVar("_R", bound=records.Record)


class Reader:
    """Reads a practice site as its signed-in page would."""

    def __init__(self, practice: client.Practice, name: str) -> None:
        self.where = register.SITES[name]
        base_url = getattr(practice, name)
        self.layout = msgspec.structs.replace(self.where.layout, base_url=base_url)
        self.web = httpx.Client(
            base_url=base_url, trust_env=False, timeout=10, follow_redirects=True
        )
        self.stated: list[records.Record] = []
        self.asked: list[payload.Request] = []
        self.archived: list[bytes] = []
        self.batches: list[payload.Batch] = []
        self.adds_tokens = True

    def sign_in(self, username: str = client.USERNAME) -> None:
        fields = {"username": username, "password": client.PASSWORD}
        assert self.web.post("/login", data=fields).status_code == 200

    def fetch(self, request: payload.Request) -> payload.Payload:
        headers = request.headers | {
            place.removeprefix("header:"): self._token(source.removeprefix("json:"))
            for place, source in request.csrf.items()
            if self.adds_tokens
        }
        if request.via == "http":
            got = httpx.get(request.url, headers=headers, trust_env=False, timeout=10)
        else:
            got = self.web.get(request.url, headers=headers)
        return answers.answer(
            request,
            url=str(got.url),
            status=got.status_code,
            headers=dict(got.headers),
            body=got.content,
        )

    def _token(self, source: str) -> str:
        path, _, place = source.partition("#")
        found: Any = self.web.get(path).json()
        return str(functools.reduce(lambda value, key: value[key], place.split("."), found))

    def walk(self, collector: str, **errand: object) -> list[records.Record]:
        """Follow every lead of a collector; return all that was stated."""
        self.stated, self.asked, self.archived, self.batches = [], [], [], []
        asked = given.errand(**errand)
        leads = list(self.where.collectors[collector].start(asked, self.layout))
        while leads:
            batch = self.take(leads.pop(0))
            leads = [*batch.leads, *leads]
        return self.stated

    def take(self, request: payload.Request) -> payload.Batch:
        self.asked.append(request)
        answer = self.fetch(request)
        self.archived.append(answer.body)
        self.where.guard(answer, self.layout)
        batch = self.where.parsers[request.kind](answer, self.layout)
        self.stated += batch.records
        self.batches.append(batch)
        return batch

    def of(self, kind: type[_R]) -> list[_R]:
        return [record for record in self.stated if isinstance(record, kind)]


def verdict(reader: Reader, collector: str) -> listing.Verdict:
    """Judge the list that was walked, as it is judged when a run closes it."""
    chosen = reader.where.collectors[collector]
    seen: dict[str, set[str]] = {}
    pages: list[listing.PageFact] = []
    for batch in reader.batches:
        names = {one.username for one in batch.records if isinstance(one, records.Member)}
        for page in (one for one in batch.records if isinstance(one, records.ListPage)):
            facts = {name: getattr(page, name) for name in ("part", "position", "step", "rows")}
            before = seen.setdefault(page.part, set())
            fresh = len(names - before)
            before |= names
            pages.append(
                listing.PageFact(**facts, fresh=fresh, declared=page.declared, ends=page.end)
            )
    checks = [
        listing.CheckFact(source=one.source, moment=one.moment, value=one.value)
        for one in reader.of(records.Check)
    ]
    return listing.judge(
        listing.Evidence(
            username=given.USERNAME,
            parts=chosen.parts,
            totals=chosen.totals,
            pages=pages,
            checks=checks,
            seen=len(set().union(*seen.values())),
        )
    )
