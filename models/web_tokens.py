"""Tokens of the web door: made once, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Connection

from models import bulk, moment

Scope = Literal["telemetry", "dashboard", "all"]
"""`telemetry` states it and reads it · `dashboard` reads and listens · `all`: private acts too."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

_ALL = "SELECT id, name, sha256, scope, made_at, last_used_at FROM web_tokens ORDER BY name"
_ADD = """
    INSERT INTO web_tokens (name, sha256, scope, made_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO NOTHING RETURNING id"""
_DROP = "DELETE FROM web_tokens WHERE name = ? RETURNING id"
_USED = "UPDATE web_tokens SET last_used_at = ? WHERE id IN ANY ?"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept."""

    id: int
    name: str
    sha256: str
    scope: Scope
    made_at: datetime
    last_used_at: datetime | None


class NameTaken(ValueError):
    """There is a token of that name already."""


def make(connection: Connection, name: str, scope: Scope) -> str:
    """Make a token and return it: nobody can learn it later. Raises NameTaken."""
    token = secrets.token_urlsafe(32)
    at = moment.stored(moment.now(), connection.dialect.name)
    if not bulk.select(connection, _ADD, name, digest(token), scope, at):
        raise NameTaken(name)
    return token


def everybody(connection: Connection) -> list[Token]:
    """Return all tokens, by name."""
    return [_token(row) for row in bulk.select(connection, _ALL)]


def revoke(connection: Connection, name: str) -> bool:
    """Let nobody in with this token any more; tell whether there was one."""
    return bool(bulk.select(connection, _DROP, name))


def used(connection: Connection, tokens: list[int], at: datetime) -> None:
    """Note that these were used."""
    bulk.run(connection, _USED, moment.stored(at, connection.dialect.name), tokens)


def digest(token: str) -> str:
    """Return what is kept of a token; it has 256 bits of luck, so that one hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _token(row: Any) -> Token:
    number, name, sha256, scope, made, used_at = row
    return Token(
        id=number,
        name=name,
        sha256=sha256,
        scope=scope,
        made_at=moment.loaded(made),
        last_used_at=None if used_at is None else moment.loaded(used_at),
    )
