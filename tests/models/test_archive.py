from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update

from models import archive, db
from tests.models import given_store as store


@pytest.fixture
def connection(database: db.Database) -> Iterator[Connection]:
    with database.write() as opened:
        yield opened


def kept(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(archive.BODIES)).scalar_one())


@given(body=st.one_of(st.binary(), st.binary(max_size=40).map(lambda part: part * 5000)))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_answer_comes_back_as_it_was_put(database: db.Database, body: bytes) -> None:
    with database.write() as connection:
        run_id = store.run(connection)
        answer = store.answer(
            body, headers={"x": "\u00e9\u0000"}, url="https://site.example/\u05d0"
        )
        payload_id = archive.put(connection, run_id, answer)
        found = archive.get(connection, payload_id)

    facts = msgspec.structs.asdict(found)
    assert {name: facts[name] for name in answer.__struct_fields__} == msgspec.structs.asdict(
        answer
    )
    assert (found.id, found.run_id) == (payload_id, run_id)


def test_equal_bodies_are_kept_once(connection: Connection) -> None:
    run_id = store.run(connection)
    numbers = {archive.put(connection, run_id, store.answer(body)) for body in (b"a", b"b", b"a")}

    assert (len(numbers), kept(connection)) == (3, 2)


def test_an_address_that_no_database_can_store_is_replaced(connection: Connection) -> None:
    answer = store.answer(url="https://site.example/\0\ud800")
    found = archive.get(connection, archive.put(connection, store.run(connection), answer))

    assert found.url == "https://site.example/\ufffd\ufffd"


def test_payloads_are_found_by_kind_and_by_run_oldest_first(connection: Connection) -> None:
    first, second = store.run(connection), store.run(connection)
    put = [
        archive.put(connection, run_id, store.answer(kind=kind))
        for run_id, kind in ((first, "chat"), (second, "tips"), (second, "chat"))
    ]

    assert list(archive.find(connection)) == put
    assert list(archive.find(connection, kind="chat")) == [put[0], put[2]]
    assert list(archive.find(connection, run_id=second)) == put[1:]
    assert list(archive.find(connection, kind="chat", run_id=second)) == put[2:]
    assert list(archive.find(connection, kind="nothing")) == []


def test_a_search_walks_past_its_chunks(connection: Connection) -> None:
    run_id = store.run(connection)
    put = [archive.put(connection, run_id, store.answer()) for _ in range(archive.CHUNK + 1)]

    assert list(archive.find(connection)) == put


def test_a_payload_that_is_not_there_is_missing(connection: Connection) -> None:
    with pytest.raises(archive.Missing, match="payload 404"):
        archive.get(connection, 404)


@pytest.mark.parametrize("damage", [b"", b"not zstd", zstandard.compress(b"other")])
def test_a_damaged_body_is_never_handed_out(connection: Connection, damage: bytes) -> None:
    payload_id = archive.put(connection, store.run(connection), store.answer(b"body"))
    connection.execute(update(archive.BODIES).values(body=damage))

    with pytest.raises(db.Unusable) as refusal:
        archive.get(connection, payload_id)
    assert refusal.value.code == "database_damaged"
