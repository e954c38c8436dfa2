"""Who is signed in, as the application's own first question tells it (confidence M)."""

from __future__ import annotations

import msgspec

from models import records
from scraper import errors, json, payload, site
from scraper.sites.stripchat import endpoints, names
from scraper.sites.stripchat.pages import values

USERNAME = "logged_in_user.username"


class User(msgspec.Struct, frozen=True):
    """The signed-in user; guests have no name, or an id below 1."""

    id: values.Id
    username: str | None = None


class Known(msgspec.Struct, frozen=True):
    """What was kept of `initialDynamic`."""

    user: User | list[None] | None


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """The answer."""

    initial_dynamic: Known


def whoami(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read who is signed in, and go on with what their id was needed for.

    Raises SignInAgain `signed_out` for a guest, NeedsOperator `wrong_user` for somebody else than
    the request names.
    """
    user = json.read(answer, Config).initial_dynamic.user
    if not isinstance(user, User) or not user.username or values.number(user.id) < 1:
        raise errors.SignInAgain("signed_out", "nobody is signed in", url=answer.url)
    name, context = names.username(user.username, answer.url), answer.request.context
    wanted = context.get("username")
    if wanted and name != str(wanted).lower():
        raise errors.NeedsOperator(
            "wrong_user", f"signed in as {name}, not {wanted}", url=answer.url
        )
    moment = payload.context_text(answer.request, "moment")
    check = records.Check(source=USERNAME, moment=moment, value=name)
    then = endpoints.THEN.get(str(context.get("then", "")))
    leads = (then(layout, str(user.id), {**context, "room": name}),) if then else ()
    return payload.Batch(records=(check,), leads=leads)
