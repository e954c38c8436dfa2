"""The environment variables of Greenroom: settings, secrets, and a few with own names."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "GREENROOM_"
PASSWORD = "GREENROOM_PASSWORD_"  # noqa: S105 - the name of a variable
TOKEN = "GREENROOM_TOKEN_"  # noqa: S105 - the name of a variable
KEY = "GREENROOM_KEY"
OWN_NAMES = ("GREENROOM_CONFIG", KEY, "GREENROOM_REWRITE_FIXTURES")
SECTIONS = (
    "accounts",
    "browser",
    "database",
    "retention",
    "rules",
    "schedule",
    "service",
    "sites",
    "storage",
)

Origins = dict[tuple[str, ...], str]
"""Which variable gave the value of which key."""


def password_variable(account: str) -> str:
    """Return the variable of an account's password: `my-room` -> GREENROOM_PASSWORD_MY_ROOM."""
    return PASSWORD + account.upper().replace("-", "_")


def token_variable(account: str, name: str) -> str:
    """Return the variable of a token: `my-room`, `stats` -> GREENROOM_TOKEN_MY_ROOM__STATS."""
    return f"{TOKEN}{account.upper().replace('-', '_')}__{name.upper()}"


def secrets(environ: Mapping[str, str]) -> set[str]:
    """Return the passwords, the tokens and the vault's keys that the environment holds."""
    found = {environ[name] for name in environ if name.startswith((PASSWORD, TOKEN))}
    return (found | {key.strip() for key in environ.get(KEY, "").split(",")}) - {""}


def unused_passwords(accounts: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Return the password variables that belong to no account: most likely misspelt."""
    known = {password_variable(account) for account in accounts}
    return sorted(name for name in environ if name.startswith(PASSWORD) and name not in known)


def lay_over(tree: dict[str, Any], environ: Mapping[str, str]) -> Origins:
    """Put the values of GREENROOM_SECTION__KEY variables into the settings tree, in place.

    An empty value counts as not set. Raises BadConfig (`bad_config`) for a variable that is none
    of ours.
    """
    origins: Origins = {}
    for name in sorted(environ):
        if not _is_setting(name) or not environ[name]:
            continue
        path = _path(name)
        level: Any = tree
        spelt = []
        for part in path[:-1]:
            spelt.append(_spelling(level, part))
            level = level.setdefault(spelt[-1], {}) if isinstance(level, dict) else None
        if isinstance(level, dict):
            spelt.append(_spelling(level, path[-1]))
            level[spelt[-1]] = environ[name]
            origins[tuple(spelt)] = name
    return origins


def _is_setting(name: str) -> bool:
    return (
        name.startswith(PREFIX) and name not in OWN_NAMES and not name.startswith((PASSWORD, TOKEN))
    )


def _path(name: str) -> list[str]:
    path = name.removeprefix(PREFIX).lower().split("__")
    if len(path) > 1 and all(path) and path[0] in SECTIONS:
        return path
    near = difflib.get_close_matches(name.lower(), _forms(name.lower()), n=1, cutoff=0.8)
    hint = f"Did you mean {near[0].upper()}?" if near else "Unset it."
    problem = f"{name}: no such variable; settings are written {PREFIX}SECTION__KEY. {hint}"
    raise errors.BadConfig("bad_config", problem)


def _forms(name: str) -> list[str]:
    """Return the names that were likely meant: a section and two underscores, or one of our own."""
    rest = name.removeprefix(PREFIX.lower())
    _, _, key = rest.partition("_")
    key = key.lstrip("_")
    sections = [f"{PREFIX}{section}__{key}".lower() for section in SECTIONS if key]
    return [*sections, *(own.lower() for own in OWN_NAMES)]


def _spelling(level: Any, part: str) -> str:
    """Return the key as the file writes it: variables cannot say `-`, so `_` may stand for it."""
    keys = level if isinstance(level, dict) else {}
    return next((key for key in keys if key.lower().replace("-", "_") == part), part)
