"""Write down how long an account's sessions last: connected, proved, lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models import db, moment, runs
from scraper import session_cookie, site


def connected(
    connection: db.Connection,
    account_id: int,
    by: str,
    state: Mapping[str, Any],
    layout: site.Layout,
) -> None:
    """Note that a session has begun. `by`: `sign_in`, `window` or `import`."""
    now = moment.now()
    runs.note_account(connection, account_id, connected_by=by, connected_at=now)
    proved(connection, account_id, state, layout)


def proved(
    connection: db.Connection, account_id: int, state: Mapping[str, Any], layout: site.Layout
) -> None:
    """Note that a page has shown the account's own name, and how long the cookie is good now."""
    expires = session_cookie.expiry(state, layout)
    runs.note_account(connection, account_id, proved_at=moment.now(), expires_at=expires)


def lost(connection: db.Connection, account_id: int) -> None:
    """Note that the site has ended the session; how long it lasted is learned once for each."""
    now, known = moment.now(), runs.account_of(connection, account_id)
    began = known.connected_at or known.signed_in_at
    if known.lost_at is not None and (began is None or known.lost_at >= began):
        return
    lifetime = {} if began is None else {"lifetime": (now - began).total_seconds()}
    runs.note_account(connection, account_id, lost_at=now, **lifetime)
