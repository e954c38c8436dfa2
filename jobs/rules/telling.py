"""What is told of an act that fired a rule, and how telling ends."""

from __future__ import annotations

from typing import Any

import msgspec

from models import firings, happened


class Again(Exception):
    """It could not be told now; it may be later."""


class Never(Exception):
    """It cannot be told like this, now or later."""


def body(fired: firings.Firing, act: happened.Act) -> bytes:
    """Return the JSON that a webhook and a command are given; `id` is the same at every attempt."""
    shown = {
        name: fact for name, fact in msgspec.structs.asdict(act).items() if name != "comes_out"
    }
    told: dict[str, Any] = {
        "id": fired.id,
        "rule": fired.rule,
        "fired_at": fired.at,
        "act": shown,
    }
    return msgspec.json.encode(told)
