"""The settings in force as text, without their secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib import parse

from jobs import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs import settings

HIDDEN = "***"


def text(chosen: settings.Settings) -> str:
    """Return the settings as TOML; values that nobody chose are marked `# default`."""
    lines = [f"# {chosen.file}" if chosen.file else "# no settings file: defaults and environment"]
    for section in ("database", "storage", "browser", "service"):
        lines += ["", f"[{section}]", *_lines(getattr(chosen, section))]
    for group in ("sites", "accounts", "schedule"):
        for name, table in sorted(getattr(chosen, group).items()):
            lines += ["", f"[{group}.{name}]", *_lines(table)]
    return "\n".join(lines)


def secrets(chosen: settings.Settings, environ: Mapping[str, str]) -> set[str]:
    """Return every secret that the settings and the environment hold, to be kept out of logs."""
    found = environment.secrets(environ)
    for url in (chosen.database.url, chosen.browser.endpoint or ""):
        parts = parse.urlsplit(url)
        found |= {parts.password or "", parse.unquote(parts.password or "")}
        found |= {value for _, value in parse.parse_qsl(parts.query) if _is_endpoint(parts)}
    return found - {""}


def masked(url: str) -> str:
    """Return the URL without password and query; of a browser's address only its host is left."""
    parts = parse.urlsplit(url)
    if parts.scheme == "sqlite":
        return url
    _, at, host = parts.netloc.rpartition("@")
    user = f"{parts.username or ''}:{HIDDEN}" if parts.password else parts.username or ""
    path = f"/{HIDDEN}" if _is_endpoint(parts) and parts.path.strip("/") else parts.path
    query = f"?{HIDDEN}" if parts.query else ""
    return f"{parts.scheme}://{user}{at}{host}{path}{query}"


def _is_endpoint(parts: parse.SplitResult) -> bool:
    return parts.scheme in ("ws", "wss", "http", "https")


def _lines(table: Any) -> Iterator[str]:
    for key, value in table.model_dump(mode="json").items():
        shown = masked(value) if key in ("url", "endpoint") and value else value
        mark = "" if key in table.model_fields_set else "  # default"
        yield f"# {key} =  # default" if shown is None else f"{key} = {_toml(shown)}{mark}"


def _toml(value: Any) -> str:
    """Return a text, number, boolean or flat table as TOML writes it."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(inner)}" for key, inner in sorted(value.items()))
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return json.dumps(value, ensure_ascii=False)
