"""The home of typed JSON reading: an answer's bytes to frozen values, or the right error.

What a shape does not name is ignored; what it names must be there and of its type.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from scraper import errors, payload

LIMIT = 8 * 1024 * 1024
"""Bytes of a JSON answer; none of ours comes near."""

_T = TypeVar("_T")
_BOM = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half of one: no character
    rb"|\\.",
    re.DOTALL,
)


def read(answer: payload.Payload, shape: type[_T], *, strict: bool = True) -> _T:
    """Read an answer's JSON as `shape`. Unless `strict`, numbers may be written as texts.

    Raises TryLater (`empty_answer`, `body_truncated`: the text ends in its middle) and PageChanged
    (`not_json`; `page_changed` naming the field; `hostile_input`: too deep or too large). Half
    surrogate pairs, as sites cut out of emoji, become U+FFFD; a byte order mark is skipped.
    """
    if not answer.body.strip():
        raise errors.TryLater("empty_answer", url=answer.url)
    if len(answer.body) > LIMIT:
        raise errors.PageChanged(
            "hostile_input", f"a JSON answer of {len(answer.body)} bytes", url=answer.url
        )
    return decode(answer.body, shape, answer.url, strict=strict)


def decode(
    text: bytes, shape: type[_T], url: str, where: str = "the answer", *, strict: bool = True
) -> _T:
    """Read JSON text as `shape`; raises as `read` does, naming `url` and `where` the text stood.

    Unless `strict`, numbers may be written as texts.
    """
    try:
        return mended(text, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise errors.PageChanged("page_changed", f"{where}: {error}", url=url) from error
    except msgspec.DecodeError as error:
        if str(error) == _TRUNCATED:
            raise errors.TryLater("body_truncated", url=url) from error
        raise errors.PageChanged("not_json", f"{error}: {_start(text)}", url=url) from error
    except UnicodeDecodeError as error:
        raise errors.PageChanged("not_json", f"the text is not UTF-8: {error}", url=url) from error
    except RecursionError as error:
        raise errors.PageChanged("hostile_input", "JSON nested too deep", url=url) from error


_TRUNCATED = "Input data was truncated"


def mended(text: bytes, shape: type[_T], *, strict: bool = True) -> _T:
    """Decode JSON text as `shape`; raises what msgspec does.

    Half surrogate pairs are mended, and a byte order mark is skipped.
    """
    text = text.removeprefix(_BOM)
    try:
        return msgspec.json.decode(text, type=shape, strict=strict)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        whole = _ESCAPE.sub(_whole_character, text)
        if whole == text:
            raise
        return msgspec.json.decode(whole, type=shape, strict=strict)


def _whole_character(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]


def _start(text: bytes) -> str:
    return repr(text[:40].decode("utf-8", "replace"))


def convert(value: Any, shape: type[_T], url: str) -> _T:
    """Read a decoded JSON value as `shape`, or raise PageChanged `page_changed`."""
    try:
        return msgspec.convert(value, type=shape)
    except msgspec.ValidationError as error:
        raise errors.PageChanged("page_changed", str(error), url=url) from error
