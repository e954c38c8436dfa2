"""The command `greenroom`: its groups, its global options, and how it ends.

Command modules import what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from jobs.cli import (
    accounts,
    beginning,
    collect,
    config,
    database,
    demonstration,
    exits,
    exporting,
    feeds,
    health,
    lists,
    pages,
    people,
    rules,
    runs,
    schedule,
    searching,
    serving,
    sessions,
    state,
    stats,
    vault,
    web,
)
from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GARBAGE = 10_000
"""Objects made between two looks for garbage: what a command imports stays."""

GROUPS: Mapping[str, typer.Typer] = {
    "accounts": accounts.app,
    "config": config.app,
    "db": database.app,
    "feeds": feeds.app,
    "lists": lists.app,
    "people": people.app,
    "rules": rules.app,
    "runs": runs.app,
    "schedule": schedule.app,
    "sessions": sessions.app,
    "stats": stats.app,
    "vault": vault.app,
    "web": web.app,
}
"""Groups of commands: `greenroom NAME COMMAND`."""

COMMANDS: Mapping[str, Callable[..., int | None]] = {
    "collect": collect.collect,
    "collectors": collect.collectors,
    "demo": demonstration.demo,
    "doctor": health.doctor,
    "export": exporting.export,
    "fetch": pages.fetch,
    "fixture": pages.fixture,
    "import-page": pages.import_page,
    "init": beginning.init,
    "parse": pages.parse,
    "reparse": pages.reparse,
    "search": searching.search,
    "serve": serving.serve,
}
"""Commands of their own: `greenroom NAME`; the docstring is the help."""

_INTERRUPTED = 130


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="greenroom",
        help="Your own record of your own cam-site accounts, each list proved complete.",
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name, no_args_is_help=True)
    for name, command in COMMANDS.items():
        app.command(name)(command)
    return app


def main() -> None:
    """Run the command line of this process and exit."""
    gc.set_threshold(GARBAGE)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # people have names that not every console knows
            stream.reconfigure(errors="backslashreplace")
    ended = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # told to stop once more: we are doing it
    try:
        sys.stdout.flush()
    except OSError:  # nobody reads any more, or there is no room: the exit code is all we can say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ended = ended or exits.PARTIAL
    sys.exit(ended)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code. Errors go to standard error, without secrets."""
    try:
        ended = build()(args=list(arguments), prog_name="greenroom", standalone_mode=False)
    except errors.GreenroomError as error:
        return _say(error)
    except TyperException as error:
        return _say_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        ended = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place that can say it without secrets
        return _say_defect(error)
    if ended == _INTERRUPTED:
        print("cancelled", file=sys.stderr)
        return exits.CANCELLED
    return ended if isinstance(ended, int) else exits.OK


def _options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The settings file. Default: GREENROOM_CONFIG, else greenroom.toml here, "
            "else in the user's configuration folder.",
        ),
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log JSON lines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log warnings only.")] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            is_eager=True,
            callback=lambda asked: _print_version(asked=asked),
        ),
    ] = False,
) -> None:
    level = "DEBUG" if verbose else "WARNING" if quiet else "INFO"
    context.obj = state.State(
        environ=dict(os.environ), config=config, json_logs=log_json, level=level
    )


def _print_version(*, asked: bool) -> None:
    if asked:
        from importlib import metadata

        print(f"greenroom {metadata.version('greenroom')}")
        raise typer.Exit


def _say(error: errors.GreenroomError) -> int:
    from scraper import redact

    print(f"error[{error.code}]: {redact.text(error.message)}", file=sys.stderr)
    if error.url:
        print(f"url: {redact.url(error.url)}", file=sys.stderr)
    if error.message != error.remedy:
        print(f"remedy: {error.remedy}", file=sys.stderr)
    return exits.of_error(error)


def _say_usage(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "greenroom"
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Usage:"):  # a group named without a command: the message is its help
        print(message, file=sys.stderr)
        return exits.USAGE
    print(f"error[bad_request]: {message}", file=sys.stderr)
    print(f"remedy: `{command} --help` says what can be asked.", file=sys.stderr)
    return exits.USAGE


def _say_defect(error: Exception) -> int:
    from jobs import environment, logs
    from scraper import redact

    hidden = environment.secrets(os.environ) | logs.hidden()
    print(redact.text("".join(traceback.format_exception(error)), hidden), file=sys.stderr)
    print(f"error[internal]: {type(error).__name__}", file=sys.stderr)
    print(f"remedy: {errors.CODES['internal']}", file=sys.stderr)
    return exits.FAILED
