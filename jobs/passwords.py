"""Which password an account signs in with: the environment's, the vault's, or one that is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from jobs import logs, settings
from scraper import errors, vault

Source = Literal["environment", "vault", "prompt", "unreadable"]


def known(account: str, environ: Mapping[str, str], box: vault.Vault) -> str | None:
    """Return the account's password without asking anybody, or None; it is hidden from the logs.

    Raises as `Vault.get`, unless the environment has the password.
    """
    password = settings.password(account, environ) or _kept(account, box).get("password")
    if password:
        logs.hide(password)
    return password or None


def source(account: str, environ: Mapping[str, str], box: vault.Vault) -> Source:
    """Return where the password comes from; `unreadable` if the vault does not open."""
    if settings.password(account, environ):
        return "environment"
    try:
        return "vault" if _kept(account, box).get("password") else "prompt"
    except errors.NeedsOperator:
        return "unreadable"


def store(account: str, password: str, box: vault.Vault) -> bool:
    """Seal the password beside what else is sealed of the account's credentials.

    Return False if those did not open: they are moved aside.
    """
    try:
        kept, opened = _kept(account, box), True
    except errors.NeedsOperator:
        kept, opened = {}, False
    box.put(account, "credentials", kept | {"password": password})
    return opened


def forget(account: str, box: vault.Vault) -> bool:
    """Delete the sealed password; return whether there was one. Raises as `Vault.get`."""
    kept = _kept(account, box)
    if "password" not in kept:
        return False
    left = {name: value for name, value in kept.items() if name != "password"}
    if left:
        box.put(account, "credentials", left)
    else:
        box.forget(account, "credentials")
    return True


def _kept(account: str, box: vault.Vault) -> dict[str, Any]:
    return box.get(account, "credentials") or {}
