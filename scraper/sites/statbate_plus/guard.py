"""Recognise answers of Statbate Plus that are no page of the errand, before parsers see them."""

from __future__ import annotations

from http import HTTPStatus

from scraper import errors, html, payload, refusals, site

PAGE_EXPIRED = 419


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error, sign-in form or second factor.

    An expired session is sent to the sign-in page, or told 401 or 419 (Laravel, confidence H). A
    409 that names an address says that the application's version changed; it passes.
    """
    refusals.heed(answer, layout.selectors)
    place = html.path_of(layout.url("sign_in"))
    location = answer.headers.get("x-inertia-location")
    expired = answer.status in {HTTPStatus.UNAUTHORIZED, PAGE_EXPIRED}
    if expired or place in {html.path_of(answer.url), html.path_of(location or "")}:
        raise errors.SignInAgain("signed_out", url=answer.url)
    if answer.status == HTTPStatus.CONFLICT and location:
        return
    if refusals.is_page(answer):
        page = html.read(answer)
        refuse_gates(page, layout)
        if html.maybe(page, layout.selectors["sign_in_form"]):
            raise errors.SignInAgain("signed_out", url=answer.url)
        _require_application(answer, page, layout)
    refusals.refuse(answer)


def refuse_gates(page: html.Page, layout: site.Layout) -> None:
    """Raise NeedsOperator `second_factor` or `age_gate` for a page that is one of these."""
    if html.maybe(page, layout.selectors["second_factor"]):
        raise errors.NeedsOperator("second_factor", url=page.url)
    if html.maybe(page, layout.selectors["age_gate"]):
        raise errors.NeedsOperator("age_gate", url=page.url)


def is_application(page: html.Page, layout: site.Layout) -> bool:
    """Whether a page carries the application's page object."""
    places = (layout.selectors["page_object_script"], layout.selectors["page_object"])
    return any(html.maybe(page, place) for place in places)


def _require_application(answer: payload.Payload, page: html.Page, layout: site.Layout) -> None:
    if answer.status < HTTPStatus.BAD_REQUEST and not is_application(page, layout):
        html.read(answer, layout.selectors["page_end_text"])
        raise errors.NeedsOperator("sign_in_unclear", url=answer.url)
