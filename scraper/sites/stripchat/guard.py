"""Recognise answers of Stripchat that are no data of the errand, before any parser sees them."""

from __future__ import annotations

from http import HTTPStatus

from scraper import errors, html, payload, refusals, site

REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error, sign-in form, age gate or refusal.

    401 and 403 tell a session that it is over (confidence M). That a room is not there passes, for
    it is what was asked.
    """
    refusals.heed(answer, layout.selectors, rest=layout.sizes["throttle_seconds"])
    if answer.request.via != "http" and answer.status in REFUSED:
        raise errors.SignInAgain("signed_out", url=answer.url)
    if refusals.is_page(answer):
        page = html.read(answer)
        if html.maybe(page, layout.selectors["sign_in_form"]):
            raise errors.SignInAgain("signed_out", url=answer.url)
        if html.maybe(page, layout.selectors["age_gate"]):
            raise errors.NeedsOperator("age_gate", url=answer.url)
    told = answer.body.lstrip().startswith(b"{")
    if answer.request.kind == "cam" and answer.status == HTTPStatus.NOT_FOUND and told:
        return
    refusals.refuse(answer)
