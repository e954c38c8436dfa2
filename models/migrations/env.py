"""Run the migrations on the connection that `models.upgrade` hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from models import tables

assert tables.Account.metadata is SQLModel.metadata  # noqa: S101 - the tables are known

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    render_as_batch=True,
    compare_server_default=True,
)
context.run_migrations()
