"""The three values that carry everything: Request, Payload and Batch."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from models import records

Via = Literal["page_fetch", "navigate", "http", "file", "socket", "pushed"]


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to get, how, and which parser reads it. Holds no secret; is stored as a lead.

    `kind`       names the parser in the Site
    `via`        `page_fetch`: the signed-in page runs fetch() (same origin);
                 `navigate`: a full page load; `http`: plain HTTP without the account's cookies;
                 `file`: a page that somebody saved; `socket`: the next frames of a talk
                 (`scraper.talk`); `pushed`: what somebody sent to us
    `form`       a form body (POST, URL-encoded); None for no body
    `json_body`  `http` only: a JSON body (POST), as text
    `csrf`       where the page itself adds a token of its own, and from where: form field or
                 header -> cookie (`{"field:csrfmiddlewaretoken": "csrftoken"}`,
                 `{"header:X-XSRF-TOKEN": "XSRF-TOKEN"}`), or -> place in a JSON answer of the same
                 site, which the page asks for first
                 (`{"header:Authorization": "json:/api/config#user.token"}`);
                 the value never leaves the page
    `context`    what the parser must know and the answer does not say (part, position, room …)
    `secrets`    `http` only: where a secret goes -> the text it is put into, with the {name} of one
                 of the account's tokens (`{"query:token": "{stats}"}`,
                 `{"header:Authorization": "Bearer {api}"}`, `{"path:token": "{events}"}` for the
                 segment `:token` of the URL's path); filled in as the request leaves
    `budget`     which of the site's budgets it is counted in; "" is the general one
    `keep`       for answers that carry secrets: the only JSON keys that are archived, of the top
                 level or, with dots, within its objects (`user.name`)
    `veil`       for lists of which some entries may not name somebody: place in an entry -> mark;
                 archived as null where the mark is not false (`{"rows.user": "rows.gift.secret"}`:
                 of the list `rows` each entry's `user`, where its `gift.secret` is not false;
                 with `?` behind it the mark counts only where it is there;
                 places that begin with a dot stand in the body itself)
    `capture`    `navigate` only: URL substring -> kind of the XHR answers that are payloads too
    `otherwise`  requests to make instead when the answer is not there (`PageChanged`, `Refused`)
    """

    url: str
    kind: str
    via: Via = "page_fetch"
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = {}
    form: dict[str, str] | None = None
    json_body: str | None = None
    csrf: dict[str, str] = {}
    secrets: dict[str, str] = {}
    budget: str = ""
    context: dict[str, str | int] = {}
    keep: tuple[str, ...] = ()
    veil: dict[str, str] = {}
    capture: dict[str, str] = {}
    otherwise: tuple[Request, ...] = ()


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: bytes and all, without secrets.

    `url` is where the answer finally came from (after redirects); `headers` are the few that
    parsers read, names in lower case (`retry-after`, `cf-mitigated`, `x-inertia`,
    `x-inertia-location`, `content-type`).
    """

    request: Request
    url: str
    status: int
    body: bytes
    fetched_at: datetime
    headers: dict[str, str] = {}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a payload states, and where to look next (in this order, before all other leads)."""

    records: tuple[records.Record, ...] = ()
    leads: tuple[Request, ...] = ()


def context_text(request: Request, name: str) -> str:
    """Return the text that the request carries for its parser under `name`."""
    return str(request.context[name])


def context_number(request: Request, name: str) -> int:
    """Return the number that the request carries for its parser under `name`."""
    return int(request.context[name])
