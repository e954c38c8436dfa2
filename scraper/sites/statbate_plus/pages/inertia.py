"""The page object of an Inertia application: in the page's HTML, or as JSON to its own script.

Inertia protocol, confidence H; both places of the object in HTML (`data-page`, or a script).
"""

from __future__ import annotations

import msgspec

from scraper import errors, html, json, payload, refusals, site


class PageObject(msgspec.Struct, frozen=True):
    """What the server tells the application to show."""

    component: str
    props: dict[str, msgspec.Raw]
    version: str | int | None = None


class User(msgspec.Struct, frozen=True):
    """The signed-in user (a model: property names are not observed)."""

    name: str
    email: str | None = None


class Auth(msgspec.Struct, frozen=True):
    """The property that holds the signed-in user, or null."""

    user: User | None


def read(answer: payload.Payload, layout: site.Layout) -> PageObject:
    """Return an answer's page object. Raises TryLater and PageChanged."""
    if not refusals.is_page(answer):
        return json.read(answer, PageObject)
    page = html.read(answer, layout.selectors["page_end_text"])
    script = html.maybe(page, layout.selectors["page_object_script"])
    if script is not None:
        text = script.text()
    else:
        text = html.attribute(page, layout.selectors["page_object"], "data-page")
    return json.decode(text.encode(), PageObject, answer.url)


def user(answer: payload.Payload, page: PageObject, layout: site.Layout) -> User:
    """Return who is signed in. Raises SignInAgain `signed_out`, NeedsOperator `wrong_user`.

    A request that says whose session it must be is held to it: by e-mail address or by name.
    """
    name = layout.selectors["auth_property"]
    raw = page.props.get(name)
    if raw is None:
        raise errors.PageChanged("selector_missing", f"no props.{name}", url=answer.url)
    found = json.decode(bytes(raw), Auth, answer.url, f"props.{name}").user
    if found is None:
        raise errors.SignInAgain("signed_out", url=answer.url)
    wanted = str(answer.request.context.get("username", "")).lower()
    if wanted and wanted not in {found.name.lower(), (found.email or "").lower()}:
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {found.email or found.name}, not {wanted}", url=answer.url
        )
    return found
