"""Golden cases: a folder each, with what was asked, what came back and what must be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from scraper import errors, payload
from scraper.sites import register

FOLDER = Path(__file__).parents[2] / "fixtures"
REWRITE = os.environ.get("GREENROOM_REWRITE_FIXTURES") == "1"
EVERY_PARSER_HAS = {"good", "empty", "truncated", "foreign", "signed_out"}


def cases() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/*/*/request.json"))


def name(case: Path) -> str:
    return str(case.relative_to(FOLDER))


def names_of(site: str, kind: str) -> set[str]:
    return {case.name for case in cases() if case.parts[-3:-1] == (site, kind)}


def answer(case: Path) -> payload.Payload:
    """Return the payload that a case's files are."""
    (body,) = case.glob("body.*")
    told = msgspec.json.decode((case / "payload.json").read_bytes())
    asked = msgspec.json.decode((case / "request.json").read_bytes())
    came = msgspec.convert({**told, "request": asked, "body": b""}, payload.Payload)
    return msgspec.structs.replace(came, body=body.read_bytes())


def outcome(case: Path) -> tuple[str, Any]:
    """Return the file that today's guard and parser would write, and what would be in it."""
    site = register.SITES[case.parts[-3]]
    came = answer(case)
    try:
        site.guard(came, site.layout)
        batch = site.parsers[came.request.kind](came, site.layout)
    except errors.GreenroomError as error:
        said: dict[str, Any] = {"error": type(error).__name__, "code": error.code}
        if error.retry_after is not None:
            said["retry_after"] = error.retry_after
        return "error.json", said
    return "batch.json", json.loads(msgspec.json.encode(batch))


def expected(case: Path) -> tuple[str, Any]:
    """Return the file with what must be read, and what is in it."""
    for file in ("batch.json", "error.json"):
        if (case / file).exists():
            return file, json.loads((case / file).read_text("utf-8"))
    return "nothing", "run with GREENROOM_REWRITE_FIXTURES=1, then read the difference"


def rewrite(case: Path, file: str, said: Any) -> None:
    for old in ("batch.json", "error.json"):
        (case / old).unlink(missing_ok=True)
    text = json.dumps(said, indent=2, ensure_ascii=False)
    (case / file).write_text(text + "\n", "utf-8")


def missing(site: str, kinds: Iterable[str]) -> dict[str, set[str]]:
    """Return the cases that the parsers of a site still lack, by kind."""
    lacking = {kind: EVERY_PARSER_HAS - names_of(site, kind) for kind in kinds}
    return {kind: names for kind, names in lacking.items() if names}
