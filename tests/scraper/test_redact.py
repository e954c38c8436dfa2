from __future__ import annotations

import time

import pytest

from scraper import redact


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/?token=canary&page=2", "https://a.test/?token=***&page=2"),
        ("https://a.test/?x=1&api_key=canary", "https://a.test/?x=1&api_key=***"),
        ("https://a.test/?CSRFToken=canary#top", "https://a.test/?CSRFToken=***#top"),
        ("https://a.test/#access_token=canary", "https://a.test/#access_token=***"),
        ("https://alice:canary@a.test/x", "https://***@a.test/x"),
        (
            "https://eventsapi.a.test/events/alice/canary/?i=1-0&timeout=10",
            "https://eventsapi.a.test/events/alice/***/?i=1-0&timeout=10",
        ),
    ],
)
def test_a_secret_in_an_address_is_hidden(url: str, shown: str) -> None:
    assert redact.url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://a.test/api/ts/roomlist/room-list/?limit=90&offset=0&keywords=&follow=true",
        "https://a.test/p/alice/?tab=tokens&max_transaction_id=5&room_list_id=9",
        "https://a.test/follow/api/online_followed_rooms/",
        "",
    ],
)
def test_an_address_without_secrets_stays_as_it_is(url: str) -> None:
    assert redact.url(url) == url


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer canary",
        "sent {'cookie': 'sessionid=canary; a=b'}",
        "Set-Cookie: sessionid=canary; HttpOnly",
        "password=canary",
        '{"password": "canary"}',
        "csrfmiddlewaretoken=canary&next=/",
        "GET https://a.test/events/alice/canary/ failed",
        "X-CSRFToken: canary",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_a_text(line: str) -> None:
    assert "canary" not in redact.text(line)


def test_registered_secrets_are_hidden_in_every_spelling() -> None:
    secrets = ("p@ss word", "p@ss", "")
    line = "tried p@ss word, p%40ss%20word, p%40ss+word and p@ss"
    assert redact.text(line, secrets) == "tried ***, ***, *** and ***"


def test_an_ordinary_line_stays_as_it_is() -> None:
    line = "run 12: 90 rooms of 1346 read, next offset 90 (token_balance 5 tokens left)"
    assert redact.text(line, ["secret-canary"]) == line


def test_a_body_without_secret_fields_is_the_same_object() -> None:
    body = b'{"rooms": []}' * 100
    assert redact.body(body) is body


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"hls_source": "canary", "a": 1}', b'{"hls_source": "***", "a": 1}'),
        (b'{\\"edge_auth\\":\\"canary\\"}', b'{\\"edge_auth\\":\\"***\\"}'),
        (b"{&quot;_token&quot;:&quot;canary&quot;}", b"{&quot;_token&quot;:&quot;***&quot;}"),
        (b'{"chat_password": null}', b'{"chat_password": null}'),
        (b'<input name="_token" value="canary">', b'<input name="_token" value="***">'),
        (b"<meta content='canary' name=csrf-token>", b'<meta content="***" name=csrf-token>'),
    ],
)
def test_secret_fields_of_a_body_are_hidden_and_nothing_else(body: bytes, shown: bytes) -> None:
    assert redact.body(body) == shown


def test_a_hostile_body_takes_no_long_time() -> None:
    start = time.monotonic()
    for piece in (b'"_token":"', b"<input ", b"<meta name=csrf-token ", b'\\"_token\\":'):
        redact.body(piece * 200_000 + b"csrf-token")
    assert time.monotonic() - start < 10
