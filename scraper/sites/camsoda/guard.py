"""Recognise answers of Camsoda that are no data of the errand, before any parser sees them."""

from __future__ import annotations

from http import HTTPStatus

from scraper import errors, html, payload, refusals, site


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error, sign-in form, age gate or refusal.

    403 is how the site slows us down (confidence M). That a room is not there passes, for it is
    what was asked.
    """
    rest = layout.sizes["throttle_seconds"]
    refusals.heed(answer, layout.selectors, rest=rest)
    if answer.status == HTTPStatus.FORBIDDEN:
        raise refusals.throttled(answer, rest)
    if answer.request.via != "http" and answer.status == HTTPStatus.UNAUTHORIZED:
        raise errors.SignInAgain("signed_out", url=answer.url)
    if refusals.is_page(answer):
        page = html.read(answer)
        if html.maybe(page, layout.selectors["sign_in_form"]):
            raise errors.SignInAgain("signed_out", url=answer.url)
        if html.maybe(page, layout.selectors["age_gate"]):
            raise errors.NeedsOperator("age_gate", url=answer.url)
    told = answer.body.lstrip().startswith(b"{")
    if answer.request.kind == "react" and answer.status == HTTPStatus.NOT_FOUND and told:
        return
    refusals.refuse(answer)
