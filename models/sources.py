"""Every kind of snapshot and entry, and its table, which follows from it: a field is a column."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import BigInteger, Date, Float, UniqueConstraint
from sqlmodel import Field, SQLModel

from models import records
from models.moment import Moment
from models.records import (
    camsoda,
    cbhours,
    chaturbate,
    statbate,
    statbate_members,
    stripchat,
)
from models.tables import BigId

Kind = type[records.Snapshot] | type[records.Entry]

SNAPSHOTS: tuple[type[records.Snapshot], ...] = (
    chaturbate.AffiliateSnapshot,
    chaturbate.BroadcasterStats,
    chaturbate.RoomSnapshot,
    chaturbate.ProfileSnapshot,
    chaturbate.RoomImage,
    cbhours.CbhoursLive,
    statbate.ModelSnapshot,
    statbate_members.MemberSnapshot,
    statbate_members.OnlineSnapshot,
    statbate_members.PresenceSnapshot,
    stripchat.StripchatSnapshot,
    stripchat.StripchatLiveSnapshot,
    camsoda.CamsodaSnapshot,
    camsoda.CamsodaOnlineSnapshot,
)
ENTRIES: tuple[type[records.Entry], ...] = (
    cbhours.CbhoursActivity,
    cbhours.CbhoursDay,
    cbhours.CbhoursMonth,
    statbate.ModelRanking,
    statbate.Broadcast,
    statbate.Session,
    statbate.Activity,
    statbate.Audience,
    statbate.AudienceBracket,
    statbate.Standing,
    statbate.RoomDay,
    statbate.Tag,
    statbate.TagName,
    statbate_members.MemberDay,
    statbate_members.MemberRanking,
    statbate_members.Spending,
    statbate_members.SpendingDay,
    statbate_members.TopModel,
    statbate_members.MemberTag,
    statbate_members.MemberTime,
    statbate_members.RoomMember,
    stripchat.StripchatPayer,
)

_SQL: Mapping[type, Any] = {int: BigInteger, float: Float, datetime: Moment, date: Date}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a kind of record: what identifies a row beside its person, and its values.

    `types` has the plain type of each; a `tuple` of texts is stored as a JSON list.
    """

    table: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    types: Mapping[str, type]


@functools.cache
def shape(kind: Kind) -> Shape:
    """Return the shape of a kind of record."""
    hints = get_type_hints(kind)
    stated = [name for name in kind.__struct_fields__ if name not in {"username", "platform"}]
    keys = kind.keys if issubclass(kind, records.Entry) else ()
    return Shape(
        table=kind.table,
        keys=keys,
        values=tuple(name for name in stated if name not in keys),
        types={name: _plain(hints[name]) for name in stated},
    )


def as_list(texts: tuple[str, ...]) -> str:
    """Return texts as they are stored: a JSON list."""
    return msgspec.json.encode(texts).decode()


def _plain(hint: Any) -> type:
    """Return the type that a field holds when it holds anything."""
    if isinstance(hint, types.UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    found: type = get_origin(hint) or hint
    return found


def _model(kind: Kind) -> type[SQLModel]:
    """Make the SQLModel class of a kind's table."""
    made, hints = shape(kind), get_type_hints(kind)
    columns = dict(_ground(kind))
    for name in (*made.keys, *made.values):
        plain = made.types[name]
        held = str if plain is tuple else plain
        more = {"sa_type": _SQL[plain]} if plain in _SQL else {}
        if name in made.keys:
            columns[name] = held, Field(primary_key=True, **more)
        elif type(None) in get_args(hints[name]):
            columns[name] = held | None, Field(default=None, **more)
        else:
            columns[name] = held, Field(**more)

    def body(space: dict[str, Any]) -> None:
        space["__tablename__"] = kind.table
        space["__doc__"] = kind.__doc__
        space["__module__"] = kind.__module__
        space["__annotations__"] = {name: hint for name, (hint, _) in columns.items()}
        space.update({name: field for name, (_, field) in columns.items()})
        if issubclass(kind, records.Snapshot):
            space["__table_args__"] = (UniqueConstraint("person_id", "at"),)

    model: type[SQLModel] = types.new_class(kind.__name__, (SQLModel,), {"table": True}, body)
    return model


def _ground(kind: Kind) -> Mapping[str, tuple[Any, Any]]:
    """Return the columns that every table of its sort has."""

    def ref(target: str, **options: Any) -> Any:
        return int, Field(foreign_key=target, sa_type=BigId, **options)

    moment = datetime, Field(sa_type=Moment)
    origin = {"run_id": ref("runs.id"), "payload_id": ref("payloads.id")}
    if issubclass(kind, records.Snapshot):
        key = int, Field(default=None, primary_key=True, sa_type=BigId)
        person = ref("persons.id")
        return {"id": key, "person_id": person, "at": moment, "confirmed_at": moment, **origin}
    if issubclass(kind, records.PersonEntry):
        about = {"person_id": ref("persons.id", primary_key=True)}
    else:
        about = {"platform": (str, Field(primary_key=True))}
    return {**about, "read_at": moment, **origin}


KINDS: tuple[Kind, ...] = (*SNAPSHOTS, *ENTRIES)
TABLES: Mapping[str, type[SQLModel]] = {kind.table: _model(kind) for kind in KINDS}
