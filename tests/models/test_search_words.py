from __future__ import annotations

import pytest

from models import search_words


def phrases(typed: str) -> list[tuple[str, bool]]:
    return [(" ".join(phrase.words), phrase.prefix) for phrase in search_words.parse(typed)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("good evening", [("good", False), ("evening", False)]),
        ('"good evening" tea', [("good evening", False), ("tea", False)]),
        ("ev*", [("ev", True)]),
        ('"good ev"*', [("good ev", True)]),
        ('"never closed', [("never closed", False)]),
        ("don't", [("don t", False)]),
        ("a_b-c", [("a b c", False)]),
        ("x\0y", [("x y", False)]),
        ("tea ☕ !!!", [("tea", False)]),
        ("\ud800tea", [("tea", False)]),
        ("tea tea", [("tea", False)]),
        ("*", None),
        ('""', None),
        ("☕", None),
        ("", None),
        ("x" * 501, None),
    ],
)
def test_what_is_typed_becomes_words_or_is_refused(
    typed: str, meant: list[tuple[str, bool]] | None
) -> None:
    if meant is None:
        with pytest.raises(search_words.Unsearchable, match="a search"):
            search_words.parse(typed)
    else:
        assert phrases(typed) == meant


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("cafe", ["Café"]),
        ("cafe tea", ["Café", "tea", "Tea"]),
        ("t*", ["tea", "Tea", "talk"]),
        ('"tea talk"', ["Tea, talk"]),
        ('"tea talk" talk', ["Tea, talk"]),
        ("coffee", []),
    ],
)
def test_the_words_are_marked_where_they_stand(typed: str, marked: list[str]) -> None:
    text = "Café: tea! Tea, talk"

    spans = search_words.marks(text, search_words.parse(typed))

    assert [text[start:end] for start, end in spans] == marked
