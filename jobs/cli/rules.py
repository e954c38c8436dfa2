"""`greenroom rules`: what fires when somebody tips, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs import spans
from jobs.cli import exits, state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jobs.rules import definition
    from models import happened

app = typer.Typer(help="Rules for tips: list, check, try out, and what they fired.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(name="list")
def show(context: typer.Context) -> None:
    """List the rules of the settings."""
    chosen = state.of(context).start()
    for name, rule in chosen.rules.items():
        off = "" if rule.enabled else " (off)"
        print(f"{name:<24} {_condition(rule)} -> {_told(rule)}{off}")
    if not chosen.rules:
        print("There is no rule; write one as [rules.NAME] into the settings file.")


@app.command()
def check(context: typer.Context) -> None:
    """Check the rules of the settings."""
    chosen = state.of(context).start()
    print(f"{len(chosen.rules)} rules, all of them right.")


@app.command(name="test")
def try_out(
    context: typer.Context,
    amount: Annotated[int, typer.Argument(metavar="AMOUNT", min=0, help="Tokens.")],
    kind: Annotated[str, typer.Option(help="The kind of act.")] = "tip",
    user: Annotated[str | None, typer.Option(help="Who acts; nobody for an anonymous tip.")] = None,
    platform: Annotated[str, typer.Option(help="On which platform.")] = "chaturbate",
    room: Annotated[str, typer.Option(help="In which room.")] = "",
    text: Annotated[str | None, typer.Option(help="What is said with it.")] = None,
    private: Annotated[bool, typer.Option("--private", help="In private.")] = False,
) -> int:
    """Say which rules an invented act would fire; nothing is fired."""
    from jobs import settings_check
    from jobs.rules import matching
    from models import moment, records
    from scraper import errors

    if kind not in records.KINDS:
        hint = settings_check.nearest(kind, records.KINDS)
        raise errors.BadConfig("bad_request", f"{kind} is no kind of act{hint}")
    now = moment.now()
    facts = {"platform": platform, "room": room, "kind": kind, "username": user, "text": text}
    act = _invented(now, tokens=amount, private=private, **facts)
    rules = state.of(context).start().rules
    fired = [name for name, rule in rules.items() if matching.matches(rule, act, now)]
    for name in fired:
        print(f"{name}: {_told(rules[name])}")
    if not fired:
        print("No rule fires.")
    return exits.OK


@app.command()
def firings(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Of this rule only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List what rules fired, newest first, and what came of it."""
    import msgspec

    from jobs.cli import opening
    from models import firings as kept
    from models import happened
    from scraper import redact

    with opening.session(context, json=json) as session, session.database.read() as connection:
        found = kept.newest(connection, rule, limit)
        acts = happened.by_id(connection, list({one.interaction_id for one in found}))
    if json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        why = f": {redact.text(one.last_error)}" if one.last_error else ""
        tries = f", {one.attempts} attempts" if one.attempts > 1 else ""
        told = f"{one.rule:<20} {one.way:<8} {one.state}{tries}{why}"
        print(f"{one.at:%Y-%m-%d %H:%M:%S}  {told}  ({_act(acts[one.interaction_id])})")
    if not found:
        print("No rule has fired.")


def _invented(now: datetime, **facts: Any) -> happened.Act:
    """Return an act that nobody has done."""
    from models import happened

    known: dict[str, Any] = {"id": 0, "stands_for": 0, "source": "invented", "key": ""}
    return happened.Act(at=now, read_at=now, **known, **facts)


def _act(act: happened.Act) -> str:
    worth = "" if act.tokens is None else f" of {act.tokens} tokens"
    return f"{act.kind}{worth} by {act.username or 'nobody named'} in {act.platform}/{act.room}"


def _condition(rule: definition.Rule) -> str:
    """Return what a rule takes, and how often it fires at most."""
    nobody = {None: "", True: "by nobody named", False: "by somebody named"}[rule.anonymous]
    parts = [
        " or ".join(rule.kinds),
        _any("of {} tokens", rule.amount),
        _any("by {}", rule.people),
        _any("not by {}", rule.not_people),
        nobody,
        _any("on {}", rule.platforms),
        _any("in {}", rule.rooms),
        _any("with {}", [f'"{word}"' for word in rule.words]),
        f"like {rule.pattern!r}" if rule.pattern else "",
        "in private, too" if rule.private else "",
    ]
    said = " ".join(part for part in parts if part)
    rest = f", then {spans.words(rule.cooldown)} rest" if rule.cooldown else ""
    return f"{said}, {rule.per_minute} a minute at most{rest}"


def _any(said: str, names: Sequence[str]) -> str:
    return said.format(" or ".join(names)) if names else ""


def _told(rule: definition.Rule) -> str:
    """Return how a rule tells; of an address, which may be secret, only the host."""
    from urllib import parse

    told = []
    if rule.webhook:
        told.append(f"webhook {parse.urlsplit(rule.webhook).hostname}")
    if rule.command:
        told.append(f"command {rule.command[0]}")
    if rule.event:
        told.append(f"event {rule.event}")
    return ", ".join(told)
