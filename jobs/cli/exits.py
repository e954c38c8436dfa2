"""Exit codes: what a script learns from a command without reading what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

OK = 0
PARTIAL = 1
USAGE = 2
NEEDS_OPERATOR = 3
FAILED = 4
CANCELLED = 5
BUSY = 6

OF_STATUS: Mapping[str, int] = {
    "ok": OK,
    "partial": PARTIAL,
    "held": PARTIAL,
    "needs_operator": NEEDS_OPERATOR,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "busy": BUSY,
}
"""The exit code for each way a run can end."""

_OF_ERROR: Mapping[type[errors.GreenroomError], int] = {
    errors.BadConfig: USAGE,
    errors.SignInAgain: NEEDS_OPERATOR,
    errors.NeedsOperator: NEEDS_OPERATOR,
    errors.Busy: BUSY,
}


def of_error(error: errors.GreenroomError) -> int:
    """Return the exit code for an error that ended a command."""
    return _OF_ERROR.get(type(error), FAILED)
