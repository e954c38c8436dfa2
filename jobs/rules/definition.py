"""What a rule may say; a contradiction is refused with its reason before it is kept."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from jobs import settings_check, spans
from models import records

Seconds = Annotated[float, pydantic.BeforeValidator(spans.seconds)]
Way = Literal["webhook", "command", "event"]
Text = Annotated[str, Field(min_length=1, max_length=200)]

WAYS: tuple[Way, ...] = ("webhook", "command", "event")

_AMOUNT = re.compile(
    r"(?P<exact>\d{1,9})|(?P<low>\d{1,9})-(?P<high>\d{1,9})|(?P<sign>[<>]=?)(?P<than>\d{1,9})"
)
_LITERAL = re.compile(r"\\[^1-9]|\[\^?\]?[^\]]*\]")
_REPEATS = re.compile(r"[+*?{]")
_REFUSED = re.compile(r"\)[+*?{]|\(\?|\\[1-9]")
_MOST_REPEATS = 2
_MOST_GROUPS = 3


class Rule(pydantic.BaseModel):
    """Which acts are told, and how; a rule without a condition takes every tip."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kinds: tuple[str, ...] = Field(("tip",), description="kinds of acts")
    amount: tuple[str, ...] = Field(
        (), description='tokens: exact, a span or a bound ("33", "50-98", ">=200"), or a list'
    )
    platforms: tuple[str, ...] = Field((), description="only acts of these platforms")
    rooms: tuple[str, ...] = Field((), description="only acts in these rooms")
    people: tuple[str, ...] = Field((), description="only acts of these people")
    not_people: tuple[str, ...] = Field((), description="no acts of these people")
    words: tuple[Text, ...] = Field((), description="only texts that hold one of these")
    pattern: Text | None = Field(None, description="only texts that match this regular expression")
    anonymous: bool | None = Field(
        None, description="only acts of nobody (true) or somebody (false)"
    )
    private: bool = Field(default=False, description="private acts too")
    max_age: Annotated[Seconds, Field(ge=1, le=86_400)] = Field(
        120.0, description="how old an act may be; what is read later from history fires nothing"
    )
    webhook: str | None = Field(None, description="address that is sent the act, as JSON")
    command: tuple[Text, ...] = Field(
        (), description="program and arguments that are given the act"
    )
    event: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")] | None = Field(
        None, description="name of an event for overlays that listen"
    )
    per_minute: int = Field(60, ge=1, le=6000, description="firings a minute at most")
    cooldown: Annotated[Seconds, Field(ge=0, le=86_400)] = Field(
        0.0, description="how long it rests after a firing"
    )
    enabled: bool = Field(default=True, description="whether it fires at all")

    @pydantic.field_validator(
        "kinds", "amount", "platforms", "rooms", "people", "not_people", "words", mode="before"
    )
    @classmethod
    def _list(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @pydantic.field_validator("amount", mode="before")
    @classmethod
    def _numbers(cls, given: object) -> object:
        many = given if isinstance(given, (list, tuple)) else (given,)
        return tuple(str(one) if type(one) is int else one for one in many)

    @pydantic.field_validator("kinds")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in records.KINDS:
                raise ValueError(
                    f"{kind} is no kind of act{settings_check.nearest(kind, records.KINDS)}"
                )
        return kinds

    @pydantic.field_validator("amount")
    @classmethod
    def _spans(cls, amounts: tuple[str, ...]) -> tuple[str, ...]:
        for amount in amounts:
            low, high = bounds(amount)
            if low > high:
                raise ValueError(f"{amount} holds no number")
        return amounts

    @pydantic.field_validator("platforms", "rooms", "people", "not_people")
    @classmethod
    def _lower(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in names)

    @pydantic.field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            if _may_take_long(pattern):
                raise ValueError(
                    "could take very long: at most two repeats and three groups, none repeated"
                )
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"is no regular expression ({error})") from error
        return pattern

    @pydantic.field_validator("webhook")
    @classmethod
    def _address(cls, webhook: str | None) -> str | None:
        if webhook is None or webhook.startswith("https://"):
            return webhook
        if not webhook.startswith("http://") or not settings_check.is_loopback(webhook):
            raise ValueError("must begin with https:// (http:// is for loopback only)")
        return webhook

    @pydantic.model_validator(mode="after")
    def _says_how(self) -> Rule:
        if not self.ways:
            raise ValueError("tells nobody; set webhook, command or event")
        if set(self.people) & set(self.not_people):
            raise ValueError("people and not_people name the same")
        return self

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in which it tells."""
        return tuple(way for way in WAYS if getattr(self, way))


def bounds(amount: str) -> tuple[int, int]:
    """Return the least and the most tokens that an amount means. Raises ValueError."""
    found = _AMOUNT.fullmatch("".join(amount.split()))
    if not found:
        raise ValueError('must be like "33", "50-98" or ">=200"')
    if found["exact"]:
        return int(found["exact"]), int(found["exact"])
    if found["sign"]:
        than, most = int(found["than"]), 10**9
        spans_of = {">": (than + 1, most), ">=": (than, most), "<": (0, than - 1), "<=": (0, than)}
        return spans_of[found["sign"]]
    return int(found["low"]), int(found["high"])


def _may_take_long(pattern: str) -> bool:
    """Tell whether a hostile text could keep a pattern busy: people choose what they write."""
    bare = _LITERAL.sub("x", pattern)
    return (
        _REFUSED.search(bare) is not None
        or len(_REPEATS.findall(bare)) > _MOST_REPEATS
        or bare.count("(") > _MOST_GROUPS
    )
