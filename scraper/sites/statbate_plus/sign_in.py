"""Sign in to Statbate Plus in a real tab, and say plainly why it did not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper import errors, html, payload, refusals, site
from scraper.sites.statbate_plus import endpoints, guard
from scraper.sites.statbate_plus.pages import inertia

if TYPE_CHECKING:
    from scraper.fetch import tab


async def sign_in(open_tab: tab.Tab, credentials: site.Credentials, layout: site.Layout) -> None:
    """Fill in and send the sign-in form; return once a page names the account's own user.

    The account's username is the e-mail address it signs in with. Raises NeedsOperator
    (`bad_credentials`, `challenge`, `second_factor`, `wrong_user`, `sign_in_unclear`), TryLater,
    and PageChanged where the form is not as the layout has it.
    """
    answer = await open_tab.open(layout.url("sign_in"))
    user = _user(answer, layout)
    if user is None:
        refusals.refuse(answer)
        html.one(html.read(answer), layout.selectors["sign_in_form"])
        await open_tab.fill(layout.selectors["sign_in_username"], credentials.username)
        await open_tab.fill(layout.selectors["sign_in_password"], credentials.password)
        user = await _outcome(open_tab, layout)
    if credentials.username.lower() not in {user.name.lower(), (user.email or "").lower()}:
        raise errors.NeedsOperator(
            "wrong_user",
            f"signed in as {user.email or user.name}, not {credentials.username}",
            url=answer.url,
        )


async def _outcome(open_tab: tab.Tab, layout: site.Layout) -> inertia.User:
    """Send the form; return the user named by the page that follows, or by the dashboard."""
    answer = await open_tab.submit(layout.selectors["sign_in_submit"])
    user = _user(answer, layout)
    if user is None and html.maybe(html.read(answer), layout.selectors["sign_in_form"]):
        told = html.all_of(html.read(answer), layout.selectors["sign_in_error"])
        said = " ".join(node.text() for node in told)
        raise refusals.rejected(said, layout.selectors, answer.url)
    if user is None:
        answer = await open_tab.open(endpoints.whoami(layout).url)
        user = _user(answer, layout)
    if user is None:
        raise errors.NeedsOperator("sign_in_unclear", url=answer.url)
    return user


def _user(answer: payload.Payload, layout: site.Layout) -> inertia.User | None:
    """Return who a page says is signed in; None if it is for nobody, raise if it is a gate."""
    refusals.heed(answer, layout.selectors)
    page = html.read(answer)
    guard.refuse_gates(page, layout)
    if not guard.is_application(page, layout):
        return None
    try:
        return inertia.user(answer, inertia.read(answer, layout), layout)
    except errors.SignInAgain:
        return None
