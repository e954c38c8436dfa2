"""The file greenroom.toml: where it is, reading it, and editing its accounts.

Editing keeps the operator's comments and order (this module is the home of tomlkit) and replaces
the file in one step, so that a reader never meets half of it.
"""

from __future__ import annotations

import os
import stat
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import tomlkit

from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "greenroom.toml"

STARTER = """\
# Settings of Greenroom. `greenroom config check` says whether they are right,
# `greenroom config show` what is in force. Every key is explained in docs/using.md.
# A password never stands here: set GREENROOM_PASSWORD_<NAME>, the account's name in capitals,
# or type it when a run asks for it.

[database]
# url = "sqlite:///greenroom.db"           # default: a file in the storage directory

[storage]
# directory = "data"                       # default: the user's data folder

[browser]
# executable = "/usr/bin/chromium"         # default: the first Chromium that is found
# headless = true

[sites.chaturbate]
# requests_per_minute = 30
"""


def standard_path() -> Path:
    """Return where the file stands when it is neither named nor in the working directory."""
    return platformdirs.user_config_path("greenroom", appauthor=False) / NAME


def named(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file the operator names: `--config`, else GREENROOM_CONFIG, else None."""
    if config is not None:
        return config.expanduser().absolute()
    chosen = environ.get("GREENROOM_CONFIG", "")
    return Path(chosen).expanduser().absolute() if chosen else None


def find(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the settings file in force, or None where there is none.

    Raises BadConfig (`bad_config`) if the file that the operator names does not exist.
    """
    chosen = named(config, environ)
    if chosen is not None:
        if not chosen.is_file():
            remedy = "Name an existing file with --config or GREENROOM_CONFIG"
            raise errors.BadConfig("bad_config", f"{chosen}: there is no such file. {remedy}.")
        return chosen
    return next((path for path in (Path.cwd() / NAME, standard_path()) if path.is_file()), None)


def read(file: Path) -> str:
    """Return the file's text. Raises BadConfig (`bad_config`) if it cannot be read as UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"{file}: not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise errors.BadConfig("bad_config", problem) from error
    except OSError as error:
        problem = f"{file}: cannot be read: {error.strerror}. Give this user the right to read it."
        raise errors.BadConfig("bad_config", problem) from error


def parse(text: str, file: Path) -> dict[str, Any]:
    """Return the file's tables. Raises BadConfig (`bad_config`) naming the line that is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"{file}: not TOML: {error}. Correct that line; text values need quotes."
        raise errors.BadConfig("bad_config", problem) from error


def with_account(text: str, name: str, site: str, username: str) -> str:
    """Return the file's text with one more account.

    Raises BadConfig (`bad_request`) if there is one of that name.
    """
    document = tomlkit.parse(text)
    accounts = _accounts(document)
    if name in accounts:
        raise errors.BadConfig("bad_request", f"there is an account {name} already.")
    account = tomlkit.table()
    account.add("site", site)
    account.add("username", username)
    accounts[name] = account
    return tomlkit.dumps(document)


def without_account(text: str, name: str) -> str:
    """Return the file's text without the account.

    Raises BadConfig (`bad_request`) if there is none of that name.
    """
    document = tomlkit.parse(text)
    accounts = _accounts(document)
    if name not in accounts:
        raise errors.BadConfig("bad_request", f"the settings file has no account {name}.")
    del accounts[name]
    return tomlkit.dumps(document)


def with_schedule(text: str, name: str, values: Mapping[str, Any]) -> str:
    """Return the file's text with the schedule, new or changed; comments of kept keys stay."""
    return _with(text, "schedule", name, values)


def with_feed(text: str, name: str, values: Mapping[str, Any]) -> str:
    """Return the file's text with the feed, new or changed; comments of kept keys stay."""
    return _with(text, "feeds", name, values)


def _with(text: str, section: str, name: str, values: Mapping[str, Any]) -> str:
    document = tomlkit.parse(text)
    if section not in document:
        document[section] = tomlkit.table(is_super_table=True)
    group: Any = document[section]
    if name not in group:
        group[name] = tomlkit.table()
    table = group[name]
    for key in [key for key in table if key not in values]:
        del table[key]
    for key, value in values.items():
        if table.get(key) != value:
            table[key] = value
    return tomlkit.dumps(document)


def without_schedule(text: str, name: str) -> str:
    """Return the file's text without the schedule, as it is if there is none."""
    document = tomlkit.parse(text)
    group: Any = document.get("schedule", {})
    if name in group:
        del group[name]
    return tomlkit.dumps(document)


def _accounts(document: tomlkit.TOMLDocument) -> Any:
    if "accounts" not in document:
        document["accounts"] = tomlkit.table(is_super_table=True)
    return document["accounts"]


def write(file: Path, text: str) -> None:
    """Replace the file in one step; it keeps its permissions, a new one is for its owner only.

    Raises BadConfig (`bad_config`) if the folder or the file cannot be written.
    """
    target = file.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
        _replace(target, text, mode)
    except OSError as error:
        problem = (
            f"{file}: cannot be written: {error.strerror}. Give this user the right to write it."
        )
        raise errors.BadConfig("bad_config", problem) from error


def _replace(target: Path, text: str, mode: int) -> None:
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
