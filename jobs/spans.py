"""Lengths of time as people write them: `30m`, `6h`, `1h30m`."""

from __future__ import annotations

import re

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def seconds(value: object) -> object:
    """Read `90`, "90", "30m", "6h" or "1h30m" as seconds; what is no text stays as it is.

    Raises ValueError for any other text.
    """
    if not isinstance(value, str):
        return value
    text = "".join(value.lower().split())
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    if not re.fullmatch(r"(\d+(\.\d+)?[wdhms])+", text, re.ASCII):
        raise ValueError('must be a time span such as "30m", "6h" or "90s"')
    parts = re.findall(r"[\d.]+[wdhms]", text)
    return sum(float(part[:-1]) * _UNITS[part[-1]] for part in parts)


def words(length: float) -> str:
    """Write seconds as `seconds` reads them, in as few units as they have: `1h30m`."""
    rest, said = length, ""
    for unit, size in _UNITS.items():
        if unit == "w" and length % size:
            continue
        count, rest = divmod(rest, size)
        said += f"{count:.0f}{unit}" if count else ""
    return f"{length:g}s" if rest else said or "0s"
