"""Databases as older versions of the program left them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from models import apply, moment, upgrade
from tests.models import given_store as store


def migrate(connection: Connection, revision: str) -> None:
    """Bring the tables to a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def say(connection: Connection, source: apply.Source, name: str, *said: str) -> None:
    """Write texts as one stream had them before acts were compared."""
    stream = {"account": source.account_id, "source": name, "room": "Operator_One"}
    key = connection.execute(
        text(
            "INSERT INTO streams (account_id, source, room)"
            " VALUES (:account, :source, :room) RETURNING id"
        ),
        stream,
    ).scalar_one()
    at = moment.stored(store.START, connection.dialect.name)
    for number, words in enumerate(said):
        facts = {"stream": key, "key": f"{name} {number}", "at": at, "text": words}
        connection.execute(
            text(
                "INSERT INTO interactions (stream_id, key, at, kind, text, private, payload_id)"
                " VALUES (:stream, :key, :at, 'chat', :text, false, :payload)"
            ),
            facts | {"payload": source.payload_id},
        )
