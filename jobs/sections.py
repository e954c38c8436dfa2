"""The sections of the settings file that say where things are kept and how sites are read."""

from __future__ import annotations

import shutil
import zoneinfo
from pathlib import Path
from typing import Annotated

import platformdirs
import pydantic
from pydantic import Field

from jobs import settings_check


class Frozen(pydantic.BaseModel):
    """A section whose keys are all known, and do not change."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Database(Frozen):
    """Where the history is kept."""

    url: str = Field("", description="SQLite file or PostgreSQL database that keeps the history")

    @pydantic.field_validator("url")
    @classmethod
    def _spell(cls, url: str, info: pydantic.ValidationInfo) -> str:
        return settings_check.database_url(url, _base(info))


class Storage(Frozen):
    """Where files are kept."""

    directory: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("greenroom", appauthor=False),
        description="folder of sessions, locks and, by default, the database",
    )

    artefact_days: int = Field(
        30, ge=0, le=3650, description="days that pictures of failed runs are kept; 0 keeps none"
    )

    pictures_mb: int = Field(
        500, ge=0, description="megabytes that pictures of watched people may take; 0 keeps none"
    )

    @pydantic.field_validator("directory")
    @classmethod
    def _place(cls, directory: Path, info: pydantic.ValidationInfo) -> Path:
        return _base(info) / directory.expanduser()


class Browser(Frozen):
    """Which browser signs in and reads."""

    executable: Path | None = Field(None, description="the Chromium to start; default: found")
    headless: bool = Field(default=True, description="without a window")
    endpoint: str | None = Field(
        None,
        description="address (ws, wss, http or https) of a running Chromium to use instead",
    )

    @pydantic.field_validator("executable")
    @classmethod
    def _place(cls, executable: Path | None, info: pydantic.ValidationInfo) -> Path | None:
        if executable is None:
            return None
        found = shutil.which(executable.name) if executable.name == str(executable) else None
        return Path(found) if found else _base(info) / executable.expanduser()

    @pydantic.field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str | None) -> str | None:
        return endpoint and settings_check.endpoint(endpoint)


class Site(Frozen):
    """How one site is read. None and absent names mean the site's own default."""

    enabled: bool = Field(default=True, description="whether anything is asked there at all")
    base_url: str | None = Field(None, description="where the site is; http:// on loopback only")
    requests_per_minute: int = Field(
        30,
        ge=0,
        le=6000,
        description="pace of all runs of an account; 0 is unpaced, on loopback only",
    )
    timezone: str | None = Field(None, description="IANA zone of times the site writes without one")
    retries: int = Field(3, ge=0, le=100, description="how often a passing trouble is tried again")
    retry_wait_seconds: float = Field(
        5.0, ge=0, le=3600, description="first wait before trying again; it doubles, with jitter"
    )
    request_timeout_seconds: float = Field(
        30.0, gt=0, le=3600, description="how long one answer may take"
    )
    endpoints: dict[str, str] = Field({}, description="paths that differ from the default, by name")
    selectors: dict[str, str] = Field({}, description="selectors and texts that differ, by name")
    sizes: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="page sizes and limits that differ, by name"
    )

    @pydantic.field_validator("base_url")
    @classmethod
    def _address(cls, base_url: str | None) -> str | None:
        return base_url and settings_check.base_url(base_url)

    @pydantic.field_validator("timezone")
    @classmethod
    def _zone(cls, timezone: str | None) -> str | None:
        if timezone is not None and timezone not in zoneinfo.available_timezones():
            raise ValueError('must be an IANA time zone such as "America/New_York"')
        return timezone


class Account(Frozen):
    """One of the operator's own sign-ins at a site."""

    site: str = Field(description="the site's name")
    username: str = Field(min_length=1, max_length=254, description="the name to sign in with")
    answer_command: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="program and arguments that print the code of a second factor"
    )


class Feed(Frozen):
    """A feed that the service listens to."""

    feed: str = Field(description="what is listened to, such as chaturbate.events")
    account: str = Field(description="as which account")
    target: str | None = Field(None, description="the room, where it is not the account's own")
    enabled: bool = Field(default=True, description="whether it is listened to at all")


class Thinning(Frozen):
    """How a table of snapshots is thinned out."""

    all_days: int = Field(30, ge=1, le=36_500, description="days of which all snapshots are kept")
    hourly_days: int = Field(
        365, ge=1, le=36_500, description="days of which one an hour is; before, one a day"
    )

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Thinning:
        if self.hourly_days < self.all_days:
            raise ValueError("hourly_days cannot be fewer than all_days")
        return self


class Retention(Frozen):
    """What `greenroom db prune` lets go of; what is not named here is kept for good."""

    thin: dict[str, Thinning] = Field({}, description="tables of snapshots that are thinned out")
    payload_days: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="days that the bodies of payloads are kept, by kind"
    )


def _base(info: pydantic.ValidationInfo) -> Path:
    """Return the folder that relative paths start from: the settings file's."""
    base: Path = info.context["base"] if info.context else Path.cwd()
    return base
