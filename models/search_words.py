"""The words of a search: what was typed, whatever it is, as phrases, and where a text has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

LONGEST = 500
"""Characters of a search; what is longer is no search, and databases have bounds of their own."""

_PIECE = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


class Unsearchable(ValueError):
    """There is nothing to look for; the message says what can be."""


class Phrase(msgspec.Struct, frozen=True):
    """Words that stand side by side; of the last one only the beginning where `prefix`."""

    words: tuple[str, ...]
    prefix: bool = False


def parse(typed: str) -> tuple[Phrase, ...]:
    """Return the phrases that a text must have, all of them. Raises Unsearchable.

    "words in quotes" are one phrase, `word*` is the beginning of a word; all else that is neither
    letter nor digit only parts words.
    """
    if len(typed) > LONGEST:
        raise Unsearchable(f"a search has at most {LONGEST} characters, not {len(typed)}")
    phrases = []
    for quoted, star, plain in _PIECE.findall(typed):
        words = tuple(word for _, _, word in _words(quoted or plain))
        if words:
            phrases.append(Phrase(words, prefix=bool(star) or plain.endswith("*")))
    if not phrases:
        raise Unsearchable("a search needs a letter or a digit; signs and emoji are not kept")
    return tuple(dict.fromkeys(phrases))


def sqlite(phrases: Sequence[Phrase]) -> str:
    """Return the phrases as FTS5 asks for them: every word is quoted, so none is an operator."""
    return " AND ".join(f'"{" ".join(phrase.words)}"{" *" * phrase.prefix}' for phrase in phrases)


def postgresql(phrases: Sequence[Phrase]) -> str:
    """Return the phrases as `to_tsquery` asks for them: every word is quoted."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in phrase.words) + ":*" * phrase.prefix + ")"
        for phrase in phrases
    )


def marks(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Return where a text has the phrases, each from and to which character, in order."""
    there = [(start, end, _plain(word)) for start, end, word in _words(text)]
    found: list[tuple[int, int]] = []
    for phrase in phrases:
        wanted = [_plain(word) for word in phrase.words]
        for first in range(len(there) - len(wanted) + 1):
            run = there[first : first + len(wanted)]
            if _same([word for _, _, word in run], wanted, prefix=phrase.prefix):
                found.append((run[0][0], run[-1][1]))
    return _apart(sorted(found))


def _same(words: list[str], wanted: list[str], *, prefix: bool) -> bool:
    if words[:-1] != wanted[:-1]:
        return False
    return words[-1].startswith(wanted[-1]) if prefix else words[-1] == wanted[-1]


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans with those that overlap made one."""
    apart: list[tuple[int, int]] = []
    for start, end in spans:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the words of a text: from where, to where, and the word itself."""
    start, holds = 0, False
    for place, sign in enumerate(f"{text} "):
        kind = unicodedata.category(sign)
        if kind[0] in "LN" or kind == "Co":
            holds = True
        elif kind[0] != "M":
            if holds:
                yield start, place, text[start:place]
            start, holds = place + 1, False


def _plain(word: str) -> str:
    """Return a word without case and accents."""
    parts = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).casefold()
