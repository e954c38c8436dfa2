"""Show the addresses at which a feed is pushed to us, and make the secret in them."""

from __future__ import annotations

from collections.abc import Mapping

from jobs import environment, settings, tokens
from jobs.feeds import addresses
from models import db, feeds, moment
from scraper import errors, vault


def of(
    chosen: settings.Settings,
    database: db.Database,
    name: str,
    environ: Mapping[str, str],
    *,
    new: bool = False,
) -> list[str]:
    """Return a feed's addresses, one for each host that the service goes by.

    A secret is made where there is none, or a `new` one is wanted. Raises BadConfig `bad_request`,
    NeedsOperator `no_token` for a token that is no secret, and as `Vault.get`.
    """
    (token,) = addresses.pushed(chosen, name).tokens
    account = chosen.feeds[name].account
    box = vault.open_vault(chosen.storage.directory, environ)
    known = tokens.source(account, token, environ, box)
    if new or known == "missing":
        variable = environment.token_variable(account, token)
        if known == "environment":
            raise errors.BadConfig("bad_request", f"the secret is {variable}'s; change it there")
        tokens.store(account, token, addresses.make(), box)
        with database.write() as connection:
            feeds.change(connection, name, asked_at=moment.now())
    path = addresses.PATH + addresses.secret(chosen, name, environ, box)
    at = chosen.service
    if at.hosts:
        return [f"https://{host}{path}" for host in at.hosts]
    host = f"[{at.host}]" if ":" in at.host else at.host
    return [f"http://{host}:{at.port}{path}"]
