"""`greenroom search`: texts and notes by their words."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models import search as search_

_SHOWN = 160

Words = Annotated[
    list[str],
    typer.Argument(metavar="WORDS", help='All of them; "words side by side", or begin*.'),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="USERNAME", help="By, or about, whoever had this name."),
]
Kinds = Annotated[
    list[str] | None, typer.Option(help="chat, tip, note … Several times: any of them.")
]


def search(
    context: typer.Context,
    words: Words,
    username: From = None,
    room: Annotated[str | None, typer.Option(help="In this room.")] = None,
    kind: Kinds = None,
    since: Annotated[dt.datetime | None, typer.Option(help="Not before this time (UTC).")] = None,
    until: Annotated[dt.datetime | None, typer.Option(help="Before this time (UTC).")] = None,
    best: Annotated[bool, typer.Option("--best", help="The best first, not the newest.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Find chat, tips and notes by their words, the newest first."""
    from jobs import searches
    from jobs.cli import opening
    from models import search as search_

    narrow = search_.Narrow(
        username=username.lower() if username else None,
        room=room.lower() if room else None,
        kinds=tuple(kind or ()),
        since=times.utc(since),
        until=times.utc(until),
    )
    phrases = searches.phrases(words)
    with opening.session(context, json=json) as session:
        found = searches.find(session.database, phrases, narrow, best=best, limit=limit)
    _print(found, json=json)


def _print(found: Sequence[search_.Found], *, json: bool) -> None:
    import msgspec

    for one in found:
        print(msgspec.json.encode(one).decode() if json else _line(one))
    if not found:
        print("nothing has these words", file=sys.stderr)


def _line(found: search_.Found) -> str:
    """Say what was found in one line, on which no sign of a text moves the terminal."""
    facts = [f"{found.at:%Y-%m-%d %H:%M:%S}", found.kind]
    if found.room is not None:
        facts.append(f"in {found.room}")
    facts.append(found.username or "(nobody named)")
    if found.tokens is not None:
        facts.append(f"{found.tokens:+}")
    if found.private and found.kind != "note":
        facts.append("(private)")
    return f"{'  '.join(facts)}:  {_snippet(found)}"


def _snippet(found: search_.Found) -> str:
    """Return the text around its first mark, with the marks to be seen."""
    first = found.marks[0][0] if found.marks else 0
    start = max(0, first - _SHOWN // 2) if len(found.text) > _SHOWN else 0
    end = min(len(found.text), start + _SHOWN)
    said, place = "… " * (start > 0), start
    for begins, ends in found.marks:
        if begins < end:
            said += _harmless(found.text[place:begins])
            said += _marked(_harmless(found.text[begins : min(ends, end)]))
            place = min(ends, end)
    return said + _harmless(found.text[place:end]) + " …" * (end < len(found.text))


def _marked(words: str) -> str:
    return typer.style(words, bold=True, fg="yellow") if sys.stdout.isatty() else f"*{words}*"


def _harmless(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
