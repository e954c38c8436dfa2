"""What runs say while they work: lines for people or for programs, without secrets.

The home of loguru. The rest of jobs says things through `log`.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import loguru
import msgspec

from scraper import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

log = loguru.logger

FOREIGN = ("alembic", "apscheduler", "asyncio", "httpcore", "httpx", "sqlalchemy", "uvicorn")
"""Libraries whose lines are kept from WARNING on."""

SILENT = ("stamina",)
"""Libraries that say what we say ourselves."""

_TYPED: set[str] = set()
_HIDDEN: set[str] = set()
_COLOURS = {"DEBUG": "2", "INFO": "36", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}


class Stream(Protocol):
    """Where lines go: a file, a terminal."""

    def write(self, text: str, /) -> int:
        """Take text."""
        ...

    def flush(self) -> None:
        """Hand on what was taken."""
        ...

    def isatty(self) -> bool:
        """Tell whether somebody watches."""
        ...


def configure(
    *,
    json: bool = False,
    stream: Stream | None = None,
    level: str = "INFO",
    secrets: Collection[str] = (),
) -> None:
    """Send all lines from `level` on to `stream` (standard error): short text, or JSON objects.

    `secrets` are hidden in messages and exceptions, beside what `hide` was told and what
    `scraper.redact` knows by itself. Calling again replaces the former configuration.
    """
    _HIDDEN.clear()
    _HIDDEN.update(secrets)
    form = _as_json if json else _coloured if (stream or sys.stderr).isatty() else _plain
    log.remove()
    _add(form, stream, level)
    _take_over_logging()


@contextmanager
def copied(stream: Stream, run: int | None = None) -> Iterator[None]:
    """Send all lines (of a run), from DEBUG on and as JSON objects, to another stream, too."""
    added = _add(_as_json, stream, "DEBUG", run)
    try:
        yield
    finally:
        log.remove(added)


def _add(
    form: Callable[..., str], stream: Stream | None, level: str, run: int | None = None
) -> int:
    def sink(message: loguru.Message) -> None:
        out = stream or sys.stderr  # looked up anew: a progress bar may stand in for it
        line = form(message.record, lambda text: redact.text(text, _HIDDEN | _TYPED))
        with suppress(OSError, ValueError):  # a closed stream must not end a run
            out.write(line + "\n")
            out.flush()

    return log.add(
        sink,
        level=level,
        format="{message}",
        filter=lambda record: run in {None, record["extra"].get("run")},
        backtrace=False,
        diagnose=False,
        catch=False,
    )


def hide(*secrets: str) -> None:
    """Hide more secrets from now on: what is typed, what the vault or a site hands out."""
    _TYPED.update(filter(None, secrets))


def hidden() -> frozenset[str]:
    """Return all that `hide` was told."""
    return frozenset(_TYPED)


@contextmanager
def bound(run_id: int) -> Iterator[None]:
    """Put the run's id on every line said inside, in this task and the tasks it starts."""
    with log.contextualize(run=run_id):
        yield


def _as_json(record: loguru.Record, hide: Callable[[str], str]) -> str:
    """Return one JSON object: at, level, run, message, where, then extras and the exception."""
    extra = {key: _hidden(value, hide) for key, value in record["extra"].items()}
    line: dict[str, Any] = {
        "at": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        **({"run": extra.pop("run")} if "run" in extra else {}),
        "message": hide(record["message"]),
        "where": f"{record['name']}:{record['line']}",
        **extra,
    }
    if record["exception"]:
        line["exception"] = hide(_trace(record))
    return msgspec.json.encode(line).decode()


def _plain(record: loguru.Record, hide: Callable[[str], str]) -> str:
    """Return `12:00:01 warning run 7: message`, the exception on the lines after it."""
    return _human(record, hide, record["level"].name.lower())


def _coloured(record: loguru.Record, hide: Callable[[str], str]) -> str:
    name = record["level"].name
    return _human(record, hide, f"\x1b[{_COLOURS.get(name, '0')}m{name.lower()}\x1b[0m")


def _human(record: loguru.Record, hide: Callable[[str], str], level: str) -> str:
    run = f" run {record['extra']['run']}" if "run" in record["extra"] else ""
    said = hide(record["message"]).translate(_CONTROL)
    line = f"{record['time']:%H:%M:%S} {level}{run}: {said}"
    return f"{line}\n{_visible(hide(_trace(record)))}" if record["exception"] else line


def _visible(text: str) -> str:
    """Return the text with control characters spelt out, but for the ends of lines."""
    return "\n".join(line.translate(_CONTROL) for line in text.splitlines())


def _trace(record: loguru.Record) -> str:
    caught = record["exception"]
    return "".join(traceback.format_exception(*caught)).rstrip() if caught else ""


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    return value if isinstance(value, (int, float)) or value is None else hide(str(value))


class _Passing(logging.Handler):
    """Hands lines of the standard logging on to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        said = log.opt(exception=record.exc_info).bind(logger=record.name)
        said.log(record.levelno, record.getMessage())


def _take_over_logging() -> None:
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Passing)]:
        root.removeHandler(handler)
    root.addHandler(_Passing())
    for name in FOREIGN:
        foreign = logging.getLogger(name)
        foreign.handlers.clear()
        foreign.propagate = True
        foreign.setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
