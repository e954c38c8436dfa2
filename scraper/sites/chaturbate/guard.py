"""Recognise answers of Chaturbate that are no page of the errand, before any parser sees them."""

from __future__ import annotations

from http import HTTPStatus

from scraper import errors, html, payload, refusals, site
from scraper.sites.chaturbate.pages import identity, polled

PAGES = frozenset({"shell", "followed_html", "followers_html"})
"""Kinds that are web pages of somebody signed in; all others are data."""

EVENTS = "events"
PUBLIC = frozenset({"online_rooms", "stats", "image", EVENTS})
"""Kinds that are asked for without a session: with a token, or with nothing."""

REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""How the feed of events refuses a token, which stands in its path."""


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error, sign-in form, age gate or second factor.

    A web page in the place of data is the session's end if it is a sign-in form, the home page, or
    says that nobody is signed in; else the data is simply not there. What the site says of a person
    who was asked about (not there, closed) passes.
    """
    refusals.heed(answer, layout.selectors)
    if answer.request.kind in PUBLIC:
        _heed_notes(answer, layout)
    else:
        _look_for_session(answer, layout)
    if not polled.speaks_of_person(answer) and not _has_lost_cursor(answer):
        refusals.refuse(answer)


def _heed_notes(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise NeedsOperator `token_refused` or TryLater `throttled` for a plain text, be it a 200."""
    note = not refusals.is_page(answer) and not answer.body.lstrip().startswith((b"{", b"["))
    texts = layout.selectors
    refused = note and refusals.holds(answer, texts["token_refused_text"])
    statuses = REFUSALS if answer.request.kind == EVENTS else {HTTPStatus.UNAUTHORIZED}
    if answer.request.secrets and (refused or answer.status in statuses):
        raise errors.NeedsOperator("token_refused", url=answer.url)
    if note and refusals.holds(answer, texts["slow_down_text"]):
        raise errors.TryLater("throttled", url=answer.url)


def _has_lost_cursor(answer: payload.Payload) -> bool:
    """Whether the feed of events says that it does not have the place that was asked for."""
    if answer.request.kind != EVENTS:
        return False
    if answer.status == HTTPStatus.GONE:
        return bool(answer.request.context.get("cursor"))
    return answer.status == HTTPStatus.BAD_REQUEST and answer.body.lstrip().startswith(b"{")


def _look_for_session(answer: payload.Payload, layout: site.Layout) -> None:
    if _led_to(answer, layout, "sign_in"):
        raise errors.SignInAgain("signed_out", url=answer.url)
    signed_in = refusals.holds(answer, layout.selectors["logged_in_text"])
    if refusals.is_page(answer) and not signed_in:
        _look_closer(answer, layout)


def refuse_gates(page: html.Page, layout: site.Layout) -> None:
    """Raise NeedsOperator `second_factor` or `age_gate` for a page that is one of these."""
    if html.maybe(page, layout.selectors["second_factor"]):
        raise errors.NeedsOperator("second_factor", url=page.url)
    form = html.maybe(page, layout.selectors["sign_in_form"])
    if form is None and html.maybe(page, layout.selectors["age_gate"]):
        raise errors.NeedsOperator("age_gate", url=page.url)


def _look_closer(answer: payload.Payload, layout: site.Layout) -> None:
    """Tell apart what a page without the usual mark of a signed-in user can be."""
    page = html.read(answer)
    if html.maybe(page, layout.selectors["logged_in"]):
        return
    if html.maybe(page, layout.selectors["sign_in_form"]) or _led_to(answer, layout, "home"):
        raise errors.SignInAgain("signed_out", url=answer.url)
    refuse_gates(page, layout)
    if answer.status >= HTTPStatus.BAD_REQUEST or identity.checks(page, layout, ""):
        return
    if answer.request.kind in PAGES:
        html.read(answer, layout.selectors["page_end_text"])
        raise errors.NeedsOperator("sign_in_unclear", url=answer.url)


def _led_to(answer: payload.Payload, layout: site.Layout, endpoint: str) -> bool:
    """Whether the site redirected a request for something else to this place."""
    place = html.path_of(layout.url(endpoint)) or "/"
    came_from, came = html.path_of(answer.request.url), html.path_of(answer.url)
    return (came or "/") == place != (came_from or "/")
