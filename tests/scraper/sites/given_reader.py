"""A reader without a browser: walks a collector's leads through a practice site to their end."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import httpx
import msgspec

from fixtures.practice import client
from models import records
from scraper import payload, site
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

    def sign_in(self, username: str = client.USERNAME) -> None:
        fields = {"username": username, "password": client.PASSWORD}
        assert self.web.post("/login", data=fields).status_code == 200

    def fetch(self, request: payload.Request) -> payload.Payload:
        headers = request.headers | {
            place.removeprefix("header:"): self._token(source.removeprefix("json:"))
            for place, source in request.csrf.items()
        }
        cookies = None if request.via == "page_fetch" else httpx.Cookies()
        web = self.web if cookies is None else httpx.Client(trust_env=False)
        got = web.get(request.url, headers=headers)
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
        self.stated, self.asked, self.archived = [], [], []
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
        return batch

    def of(self, kind: type[_R]) -> list[_R]:
        return [record for record in self.stated if isinstance(record, kind)]


def layout_of(name: str) -> site.Layout:
    return register.SITES[name].layout
