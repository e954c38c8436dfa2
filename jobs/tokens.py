"""An account's tokens for interfaces that take one: the environment's or the vault's.

A token that its site has refused is not sent again: only another one is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from jobs import environment, logs, settings
from scraper import breaker, errors, vault
from scraper.sites import register

Source = Literal["environment", "vault", "missing", "unreadable"]


def wanted(site: str) -> tuple[str, ...]:
    """Return the names of the tokens that a site's errands and feeds need."""
    known = register.SITES[site]
    needs = [errand.tokens for errand in known.collectors.values()]
    needs += [feed.tokens for feed in known.feeds.values()]
    return tuple(sorted({name for tokens in needs for name in tokens}))


def known(
    account: str, names: Iterable[str], environ: Mapping[str, str], box: vault.Vault
) -> dict[str, str]:
    """Return an account's tokens by name; they are hidden from the logs.

    Raises NeedsOperator `no_token` for one that is nowhere, and as `Vault.get` does.
    """
    found = {name: environ.get(environment.token_variable(account, name)) for name in names}
    kept = _kept(account, box) if None in found.values() else {}
    tokens = {name: value or kept.get(name) for name, value in found.items()}
    for name, value in tokens.items():
        if not value:
            variable = environment.token_variable(account, name)
            raise errors.NeedsOperator(
                "no_token",
                f"{account} has no token {name}: set {variable}, or"
                f" `greenroom accounts store-token {account} {name}`",
            )
        logs.hide(value)
    return {name: str(value) for name, value in tokens.items()}


def unused(chosen: settings.Settings, environ: Mapping[str, str]) -> list[str]:
    """Return the token variables that belong to no account or no errand: most likely misspelt."""
    named = {
        environment.token_variable(account, name)
        for account, one in chosen.accounts.items()
        for name in wanted(one.site)
    }
    return sorted(
        name for name in environ if name.startswith(environment.TOKEN) and name not in named
    )


def source(account: str, name: str, environ: Mapping[str, str], box: vault.Vault) -> Source:
    """Return where a token comes from; `unreadable` if the vault does not open."""
    if environ.get(environment.token_variable(account, name)):
        return "environment"
    try:
        return "vault" if _kept(account, box).get(name) else "missing"
    except errors.NeedsOperator:
        return "unreadable"


def store(account: str, name: str, token: str, box: vault.Vault) -> None:
    """Seal a token beside the account's others; those that do not open are moved aside."""
    try:
        kept = _kept(account, box)
    except errors.NeedsOperator:
        kept = {}
    box.put(account, "tokens", kept | {name: token})


def forget(account: str, name: str, box: vault.Vault) -> bool:
    """Delete a sealed token; return whether there was one. Raises as `Vault.get`."""
    kept = _kept(account, box)
    if name not in kept:
        return False
    left = {other: value for other, value in kept.items() if other != name}
    if left:
        box.put(account, "tokens", left)
    else:
        box.forget(account, "tokens")
    return True


class Refusals:
    """The tokens of an account that its site has refused, as digests in `directory`."""

    def __init__(self, directory: Path, account: str) -> None:
        self._file = directory / f"{breaker.slug(account)}.refused"

    def check(self, tokens: Mapping[str, str]) -> None:
        """Raise NeedsOperator `token_refused` where one of these was refused before."""
        refused = self._refused()
        for name, token in tokens.items():
            if _digest(token) in refused:
                raise errors.NeedsOperator(
                    "token_refused", f"the site has refused the token {name}; store another one"
                )

    def note(self, tokens: Mapping[str, str]) -> None:
        """Write down that these were refused, beside the others."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        refused = {*self._refused(), *map(_digest, tokens.values())}
        self._file.write_text("\n".join(sorted(refused)), "ascii")

    def forget(self) -> None:
        """Let every token be tried again."""
        self._file.unlink(missing_ok=True)

    def _refused(self) -> list[str]:
        return self._file.read_text("ascii").split() if self._file.exists() else []


def _digest(token: str) -> str:
    return hashlib.sha256(f"greenroom refused {token}".encode()).hexdigest()


def _kept(account: str, box: vault.Vault) -> dict[str, Any]:
    return box.get(account, "tokens") or {}
