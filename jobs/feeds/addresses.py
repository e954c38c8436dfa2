"""The addresses of pushed feeds: each holds a secret of ours, a token of the feed's account."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping

from jobs import logs, references, settings, tokens
from models import web_tokens
from scraper import errors, site, vault

PATH = "/in/"
"""What the path of every address begins with; a secret follows, and nothing else."""

FRESH = 1.0
"""Seconds for which secrets are known without asking again: so long a replaced one is good."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,200}")
_RANDOM_BYTES = 32


def make() -> str:
    """Return a new secret, which nobody guesses."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def pushed(chosen: settings.Settings, name: str) -> site.Feed:
    """Return a feed of the settings that is pushed. Raises BadConfig `bad_request`."""
    known = references.feeds()
    there = [one for one, feed in chosen.feeds.items() if known[feed.feed].way == "pushed"]
    if name not in there:
        said = ", ".join(sorted(there)) or "none yet"
        raise errors.BadConfig(
            "bad_request", f"{name} is no feed of the settings that is pushed to us (known: {said})"
        )
    return known[chosen.feeds[name].feed]


def secret(
    chosen: settings.Settings, name: str, environ: Mapping[str, str], box: vault.Vault
) -> str:
    """Return the secret in a pushed feed's address.

    Raises NeedsOperator `no_token` where there is none, and where it is none for an address; and
    as `Vault.get`.
    """
    account = chosen.feeds[name].account
    (token,) = pushed(chosen, name).tokens
    anew = f"`greenroom feeds address {name}"
    try:
        found = tokens.known(account, [token], environ, box)[token]
    except errors.NeedsOperator as error:
        if error.code != "no_token":
            raise
        raise errors.NeedsOperator(
            "no_token", f"nobody can push to {name}: it has no address; {anew}` makes one"
        ) from None
    if not _SECRET.fullmatch(found):
        raise errors.NeedsOperator(
            "no_token",
            f"the token {token} of {account} is no secret for an address: it takes 22 letters,"
            f" digits, - and _ or more; {anew} --new` makes one",
        )
    return found


class Addresses:
    """Knows which feed a secret belongs to. To be used by one event loop."""

    def __init__(self, chosen: Callable[[], settings.Settings], environ: Mapping[str, str]) -> None:
        self._chosen = chosen
        self._environ = environ
        self._marks: dict[str, str] = {}
        self._asked = -FRESH
        self._asking = asyncio.Lock()

    async def whose(self, shown: str) -> str | None:
        """Return the name of the feed whose secret is shown, None for a wrong one."""
        async with self._asking:
            if time.monotonic() - self._asked >= FRESH:
                self._marks = dict(await asyncio.to_thread(lambda: list(self._read())))
                self._asked = time.monotonic()
        mark = web_tokens.digest(shown)
        # every secret is compared, each in constant time
        found = [name for name, kept in self._marks.items() if hmac.compare_digest(kept, mark)]
        return found[0] if found else None

    def _read(self) -> Iterator[tuple[str, str]]:
        """Yield the digests of all secrets; one that cannot be read now stays as it was."""
        chosen, known = self._chosen(), references.feeds()
        box = vault.open_vault(chosen.storage.directory, self._environ)
        for name, feed in chosen.feeds.items():
            if not feed.enabled or known[feed.feed].way != "pushed":
                continue
            try:
                yield name, web_tokens.digest(secret(chosen, name, self._environ, box))
            except errors.GreenroomError as error:
                if error.code == "no_token":
                    continue
                logs.log.error(f"feed {name}: {error.code}: {error.message}")
                if name in self._marks:
                    yield name, self._marks[name]
