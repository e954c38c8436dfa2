"""JSON is read as a shape: the right value, or the right error."""

import msgspec
import pytest

from scraper import errors, json
from tests.scraper import given_answers as given


class Row(msgspec.Struct):
    name: str
    seen: bool


class Shape(msgspec.Struct):
    rows: list[Row]
    total: int = 0


def read(body: bytes | str) -> Shape:
    return json.read(given.answer(body), Shape)


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        (b"", errors.TryLater, "empty_answer"),
        (b" \r\n", errors.TryLater, "empty_answer"),
        (b'{"rows": [{"name": "al', errors.TryLater, "body_truncated"),
        (b'{"rows": [{"name": "caf\xc3', errors.TryLater, "body_truncated"),
        (b'{"rows": []', errors.TryLater, "body_truncated"),
        (b"<html></html>", errors.PageChanged, "not_json"),
        (b"Too many requests", errors.PageChanged, "not_json"),
        (b'{"rows": []} trailing', errors.PageChanged, "not_json"),
        (b'{"rows": [], "total": NaN}', errors.PageChanged, "not_json"),
        (b'{"rows": [{"name": "\xff", "seen": true}]}', errors.PageChanged, "not_json"),
        ('{"rows": []}'.encode("utf-16"), errors.PageChanged, "not_json"),
        (b"{}", errors.PageChanged, "page_changed"),
        (b"[]", errors.PageChanged, "page_changed"),
        (b'{"rows": {}}', errors.PageChanged, "page_changed"),
        (b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}", errors.PageChanged, "hostile_input"),
        (b"{" + b" " * json.LIMIT + b"}", errors.PageChanged, "hostile_input"),
    ],
)
def test_what_cannot_be_read_is_named_for_its_remedy(
    body: bytes, error: type[errors.GreenroomError], code: str
) -> None:
    with pytest.raises(error) as refused:
        read(body)

    assert refused.value.code == code


def test_a_wrong_field_is_named_with_its_path() -> None:
    with pytest.raises(errors.PageChanged) as refused:
        read('{"rows": [{"name": "alice", "seen": true}, {"name": "bob", "seen": "yes"}]}')

    assert "$.rows[1].seen" in refused.value.message


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r"nice \ud83d", "nice �"),
        (r"nice \uDE00 \uD83D", "nice � �"),
        (r"\ud83d\ude00 \ud83d", "😀 �"),
        (r"\\ud83d \ud83d", "\\ud83d �"),
    ],
)
def test_half_a_surrogate_is_replaced_and_whole_ones_stay(text: str, meaning: str) -> None:
    answer = given.answer(f'{{"rows": [{{"name": "{text}", "seen": true}}]}}')

    assert json.read(answer, Shape).rows[0].name == meaning


def test_a_byte_order_mark_is_skipped() -> None:
    assert read(b"\xef\xbb\xbf" + b'{"rows": []}') == Shape(rows=[])


def test_unknown_fields_are_ignored_and_numbers_in_texts_are_read_where_that_is_allowed() -> None:
    text = b'{"rows": [], "total": "17", "new": {"a": [1, {"b": null}]}}'

    assert json.decode(text, Shape, "https://site.invalid/", strict=False).total == 17


def test_a_decoded_value_is_read_as_a_shape_too() -> None:
    with pytest.raises(errors.PageChanged) as refused:
        json.convert({"name": "alice"}, Row, "https://site.invalid/")

    assert "seen" in refused.value.message
    assert json.convert({"name": "a", "seen": True}, Row, "") == Row(name="a", seen=True)
