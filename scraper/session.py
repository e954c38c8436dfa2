"""Keep an account signed in: its browser state, sealed in the vault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from scraper import errors, private_file, vault

SECRET_FROM = 8
"""Characters from which a value is worth hiding; shorter ones, such as `1`, are in every text."""


def load(box: vault.Vault, account: str, plain: Path) -> dict[str, Any] | None:
    """Return the account's browser state (cookies, storage), or None when there is none to use.

    A state that an older version left in the file `plain` is taken over into the vault. Raises as
    `Vault.get` and `Vault.put`.
    """
    _take_over(box, account, plain)
    state = box.get(account, "session")
    return state if state is not None and _usable(state) else None


def load_if_any(box: vault.Vault, account: str, plain: Path) -> dict[str, Any] | None:
    """Return what `load` does, and None also for a state that does not open."""
    try:
        return load(box, account, plain)
    except errors.NeedsOperator:
        return None


def save(box: vault.Vault, account: str, state: dict[str, Any]) -> None:
    """Seal the account's browser state, whole or not at all. Raises as `Vault.put`."""
    box.put(account, "session", state)


def secrets(state: Mapping[str, Any] | None) -> set[str]:
    """Return the values of cookies and storage that must not show, short ones left out."""
    kept = state or {}
    stored = (item for origin in kept.get("origins", ()) for item in origin.get("localStorage", ()))
    values = {str(item.get("value", "")) for item in (*kept.get("cookies", ()), *stored)}
    return {value for value in values if len(value) >= SECRET_FROM}


def forget_plain(plain: Path) -> None:
    """Remove what an older version left of the file `plain`: cookies that anybody could read."""
    for file in (plain, plain.with_name(f"{plain.name}.broken"), *private_file.drafts(plain)):
        file.unlink(missing_ok=True)


def _take_over(box: vault.Vault, account: str, plain: Path) -> None:
    """Seal a plain state, then remove it; one that is broken is of no use and removed too."""
    with private_file.told(plain):
        if plain.exists():
            state = _decoded(plain.read_bytes())
            if state is not None:
                box.put(account, "session", state)
        forget_plain(plain)


def _decoded(content: bytes) -> dict[str, Any] | None:
    """Return the state in `content`; None if it is none. No error could say why without it."""
    try:
        state = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return state if _usable(state) else None


def _usable(state: dict[str, Any]) -> bool:
    return isinstance(state.get("cookies"), list)
