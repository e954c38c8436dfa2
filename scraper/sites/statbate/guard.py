"""Recognise answers of Statbate's REST API that are no data, before parsers see them."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from scraper import errors, html, payload, refusals, site

_SHOWN = 200
"""Characters of the site's own words that a message repeats."""


def guard(answer: payload.Payload, layout: site.Layout) -> None:
    """Raise for a throttle, challenge, server error, refused token or any other refusal.

    A token that is not good is told 401, or sent to the sign-in page. A 404 in JSON about a person
    who is polled passes: their parser reads it. Errors have an `error` or, as Laravel's own, a
    `message`, or are pages.
    """
    refusals.heed(answer, layout.selectors)
    if answer.status == HTTPStatus.UNAUTHORIZED or _is_sign_in(answer, layout):
        raise errors.NeedsOperator("token_refused", url=answer.url)
    if answer.status == HTTPStatus.OK or is_about_nobody(answer):
        return
    try:
        refusals.refuse(answer)
    except errors.GreenroomError as refused:
        if words := said(answer.body):
            message = f"the site answered {answer.status}: {words}"
            raise type(refused)(refused.code, message, url=answer.url) from None
        raise


def is_about_nobody(answer: payload.Payload) -> bool:
    """Whether the answer says that the site does not know the person who is polled."""
    known = "polled" in answer.request.context
    return known and answer.status == HTTPStatus.NOT_FOUND and bool(said(answer.body))


def said(body: bytes) -> str:
    """Return the words of an error in JSON, "" for anything else."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    words = next((told[name] for name in ("error", "message") if told.get(name)), "")
    return str(words)[:_SHOWN]


def _is_sign_in(answer: payload.Payload, layout: site.Layout) -> bool:
    if html.path_of(answer.url) == html.path_of(layout.url("sign_in")):
        return True
    if not refusals.is_page(answer):
        return False
    return html.maybe(html.read(answer), layout.selectors["sign_in_form"]) is not None
