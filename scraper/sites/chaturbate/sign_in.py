"""Sign in to Chaturbate in a real tab, and say plainly why it did not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper import errors, html, payload, refusals, site
from scraper.sites.chaturbate import endpoints, guard
from scraper.sites.chaturbate.pages import identity

if TYPE_CHECKING:
    from scraper.fetch import tab


async def sign_in(open_tab: tab.Tab, credentials: site.Credentials, layout: site.Layout) -> None:
    """Fill in and send the sign-in form; return once a page names the account's own user.

    Raises NeedsOperator (`bad_credentials`, `challenge`, `second_factor`, `age_gate`, `wrong_user`,
    `sign_in_unclear`), TryLater, and PageChanged where the form is not as the layout has it.
    """
    form = await open_tab.open(layout.url("sign_in"))
    name = _username(form, layout)
    if name is None:
        _require_form(form, layout)
        await open_tab.fill(layout.selectors["sign_in_username"], credentials.username)
        await open_tab.fill(layout.selectors["sign_in_password"], credentials.password)
        name = await _outcome(open_tab, layout)
    if name != credentials.username.lower():
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {name}, not {credentials.username}", url=form.url
        )


def _require_form(form: payload.Payload, layout: site.Layout) -> None:
    refusals.refuse(form)
    html.one(html.read(form), layout.selectors["sign_in_form"])


async def _outcome(open_tab: tab.Tab, layout: site.Layout) -> str:
    """Send the form; return the user named by the page that follows, or by one asked for next."""
    answer = await open_tab.submit(layout.selectors["sign_in_submit"])
    name = _username(answer, layout)
    if name is None and html.maybe(html.read(answer), layout.selectors["sign_in_form"]):
        told = html.all_of(html.read(answer), layout.selectors["sign_in_error"])
        said = " ".join(node.text() for node in told)
        raise refusals.rejected(said, layout.selectors, answer.url)
    if name is None:
        answer = await open_tab.open(endpoints.shell(layout, "sign-in").url)
        name = _username(answer, layout)
    if name is None:
        raise errors.NeedsOperator("sign_in_unclear", url=answer.url)
    return name


def _username(answer: payload.Payload, layout: site.Layout) -> str | None:
    """Return who a page says is signed in; None if it is for nobody, raise if it is a gate."""
    refusals.heed(answer, layout.selectors)
    page = html.read(answer)
    guard.refuse_gates(page, layout)
    try:
        said = identity.checks(page, layout, "sign-in")
    except errors.SignInAgain:
        return None
    return said[0].value if said else None
