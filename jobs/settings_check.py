"""What a setting may be, and saying it when it is not: place, key, fault, remedy."""

from __future__ import annotations

import difflib
import ipaddress
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib import parse

import pydantic

from jobs import environment
from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Problem = tuple[tuple[str, ...], str]
"""A key, from the section down, and what is wrong with it."""

_SECRET = re.compile(r"passw|secret|token|cookie", re.IGNORECASE)
_UNSHOWN = {("database", "url"), ("browser", "endpoint")}

_FAULTS = {
    "bool": "must be true or false",
    "dict": "must be a table",
    "tuple": 'must be a list of texts such as ["pass", "otp", "studio"]',
    "model": "must be a table",
    "int": "must be a whole number",
    "float": "must be a number",
    "finite": "must be a number",
    "string_type": "must be a text in quotes",
    "string_too": "is too short or too long",
    "string_pattern": "may hold lower-case letters, digits, - and _ only",
    "path": "must be a path in quotes",
    "missing": "is missing; add it",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "value_error": "{error}",
}


class Report(NamedTuple):
    """Where values came from, to be named when one of them is refused."""

    file: Path | None
    origins: environment.Origins

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise BadConfig (`bad_config`) with a line for each problem, if there is any."""
        lines = [
            f"{self._place(key)}{'.'.join(key)}: {_sentence(fault)}" for key, fault in problems
        ]
        if lines:
            raise errors.BadConfig("bad_config", "\n".join(lines))

    def _place(self, key: tuple[str, ...]) -> str:
        variables = [name for path, name in self.origins.items() if path[: len(key)] == key]
        if variables:
            return f"{variables[0]}: "
        return f"{self.file}: " if self.file else ""


def _sentence(fault: str) -> str:
    return fault if fault.endswith("?") else f"{fault}."


def secrets_in(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[Problem]:
    """Find keys that look like secrets: the file is no place for them. Names of ours are exempt."""
    for key, value in tree.items():
        path = (*above, key)
        if isinstance(value, dict):
            named = len(path) > 1 and path[-1] in ("endpoints", "selectors", "sizes")
            yield from () if named else secrets_in(value, path)
        elif _SECRET.search(key):
            account = above[1] if above[:1] == ("accounts",) and above[1:] else "<NAME>"
            variable = environment.password_variable(account)
            yield path, f"a secret has no place here; set {variable} instead, or type it when asked"


def explained(error: pydantic.ValidationError, model: type[pydantic.BaseModel]) -> list[Problem]:
    """Say each fault that pydantic found in our words, with the nearest name for an unknown key."""
    return [_explained(dict(found), model) for found in error.errors(include_url=False)]


def _explained(found: dict[str, Any], model: type[pydantic.BaseModel]) -> Problem:
    key = tuple(str(part) for part in found["loc"] if part != "[key]")
    if found["type"] == "extra_forbidden":
        return key, f"no such key{nearest(key[-1], _names(model, key[:-1]))}"
    fault = next((text for kind, text in _FAULTS.items() if found["type"].startswith(kind)), "")
    fault = fault.format(**found.get("ctx", {})) or found["msg"]
    if (
        found["type"] == "missing"
        or key in _UNSHOWN
        or not isinstance(found["input"], (str, int, float))
    ):
        return key, fault
    return key, f"{fault}, not {found['input']!r}"


def _names(model: type[pydantic.BaseModel], above: tuple[str, ...]) -> list[str]:
    """Return the keys that a table may hold."""
    for part in above:
        field = model.model_fields.get(part)
        kind: Any = field.annotation if field else None
        if field is None:
            continue  # the name of a site or an account: its table has the same model
        model = (
            kind
            if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)
            else kind.__args__[1]
        )
    return list(model.model_fields)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that `name` is most like, else at all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known are {', '.join(known)}" if known else "; there are none"


def endpoint_fault(path: str, default: str) -> str | None:
    """Say what is wrong with a path that shall replace `default`, or None."""
    if not path.startswith("/") and not (_whole(path) and _whole(default)):
        also = " or be a whole https address" if _whole(default) else ""
        return f"must begin with /{also}, not {path!r}"
    if _BLANK in default and _BLANK not in path:
        return f"must hold {_BLANK}, where the account's token goes"
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(path) if field is not None}
    except ValueError as error:
        return f"its braces do not match ({error})"
    known = {field for _, field, _, _ in string.Formatter().parse(default) if field is not None}
    if fields - known:
        listed = ", ".join(f"{{{field}}}" for field in sorted(known)) or "none"
        return f"{{{min(fields - known)}}} is unknown here; its placeholders are {listed}"
    return None


_BLANK = "/:token/"


def _whole(place: str) -> bool:
    return bool(re.match(r"https://[^/]+/", place))


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    host = parse.urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def base_url(url: str) -> str:
    """Return the address of a site without its final slash. Raises ValueError saying the fault."""
    parts = _split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must hold no user, query or fragment")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("must begin with https:// (http:// is for loopback only)")
    return url.rstrip("/")


def endpoint(url: str) -> str:
    """Return the address of a running browser. Raises ValueError saying the fault."""
    parts = _split(url)
    if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise ValueError("must be a ws://, wss://, http:// or https:// address")
    return url


def database_url(url: str, base: Path) -> str:
    """Return the URL with its driver named and a file's path made absolute.

    Raises ValueError saying the fault; "" stays.
    """
    scheme, found, rest = url.partition("://")
    if not url:
        return url
    if found and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        _split(url)
        return f"postgresql+psycopg://{rest}"
    path = rest.removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or not path or path.startswith((":", "?")):
        raise ValueError("must be sqlite:///FILE or postgresql://USER@HOST/NAME")
    return f"sqlite:///{base / Path(path).expanduser()}"


def _split(url: str) -> parse.SplitResult:
    try:
        parts = parse.urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is no address ({error})") from error
    return parts
