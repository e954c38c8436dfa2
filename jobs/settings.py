"""What the operator decides: greenroom.toml and the environment, read once and checked."""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs
import pydantic
from pydantic import Field

from jobs import config_file, environment, references, schedules, service_settings, settings_check
from scraper import site as site_model
from scraper.sites import register

Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=64)]


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Database(_Frozen):
    """Where the history is kept."""

    url: str = Field("", description="SQLite file or PostgreSQL database that keeps the history")

    @pydantic.field_validator("url")
    @classmethod
    def _spell(cls, url: str, info: pydantic.ValidationInfo) -> str:
        return settings_check.database_url(url, _base(info))


class Storage(_Frozen):
    """Where files are kept."""

    directory: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("greenroom", appauthor=False),
        description="folder of sessions, locks and, by default, the database",
    )

    artefact_days: int = Field(
        30, ge=0, le=3650, description="days that pictures of failed runs are kept; 0 keeps none"
    )

    @pydantic.field_validator("directory")
    @classmethod
    def _place(cls, directory: Path, info: pydantic.ValidationInfo) -> Path:
        return _base(info) / directory.expanduser()


class Browser(_Frozen):
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


class Site(_Frozen):
    """How one site is read. None and absent names mean the site's own default."""

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


class Account(_Frozen):
    """One of the operator's own sign-ins at a site."""

    site: str = Field(description="the site's name")
    username: str = Field(min_length=1, max_length=254, description="the name to sign in with")
    answer_command: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="program and arguments that print the code of a second factor"
    )


class Settings(_Frozen):
    """Everything in force. `sites` has an entry for every known site."""

    database: Database = Database()
    storage: Storage = Storage()
    browser: Browser = Browser()
    sites: dict[str, Site] = {}
    accounts: dict[Name, Account] = {}
    service: service_settings.Service = service_settings.Service()
    schedule: dict[Name, schedules.Schedule] = {}
    file: Path | None = Field(None, exclude=True)


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings file in force and the environment over it.

    Raises BadConfig (`bad_config`); its message names the place, the key, the fault and the remedy.
    """
    file = config_file.find(config, environ)
    return read(config_file.read(file) if file else "", file, environ)


def read(text: str, file: Path | None, environ: Mapping[str, str]) -> Settings:
    """Check the text of a settings file, with the environment over it. Raises as `load`."""
    tree = config_file.parse(text, file or Path(config_file.NAME))
    origins = environment.lay_over(tree, environ)
    report = settings_check.Report(file=file, origins=origins)
    report.refuse(settings_check.secrets_in(tree))
    base = file.parent if file else Path.cwd()
    try:
        settings = Settings.model_validate(tree, context={"base": base})
    except pydantic.ValidationError as error:
        report.refuse(settings_check.explained(error, Settings))
        raise
    report.refuse(_foreign_names(settings))
    return _completed(settings, file)


def _base(info: pydantic.ValidationInfo) -> Path:
    """Return the folder that relative paths start from: the settings file's."""
    base: Path = info.context["base"] if info.context else Path.cwd()
    return base


def _foreign_names(given: Settings) -> Iterator[settings_check.Problem]:
    """Find sites, and names within a site's layout, that no site here has."""
    for name, chosen in given.sites.items():
        if name in register.SITES:
            yield from _layout_problems(name, chosen, register.SITES[name].layout)
        else:
            yield ("sites", name), f"no such site{settings_check.nearest(name, register.SITES)}"
    variables: dict[str, str] = {}
    for name, account in given.accounts.items():
        if account.site not in register.SITES:
            hint = settings_check.nearest(account.site, register.SITES)
            yield ("accounts", name, "site"), f"no site {account.site!r}{hint}"
        other = variables.setdefault(environment.password_variable(name), name)
        if other != name:
            yield ("accounts", name), f"its password variable is that of {other}; rename one"
    yield from references.problems(given.schedule, sites(given))


def sites(settings: Settings) -> dict[str, str]:
    """Return the site of each account."""
    return {name: account.site for name, account in settings.accounts.items()}


def _layout_problems(
    name: str, chosen: Site, default: site_model.Layout
) -> Iterator[settings_check.Problem]:
    above = ("sites", name)
    for group in ("endpoints", "selectors", "sizes"):
        known = getattr(default, group)
        for key in getattr(chosen, group):
            if key not in known:
                hint = settings_check.nearest(key, known)
                yield (*above, group, key), f"no such name{hint}"
    for key, path in chosen.endpoints.items():
        fault = settings_check.endpoint_fault(path, default.endpoints.get(key, ""))
        if fault:
            yield (*above, "endpoints", key), fault
    unpaced = not chosen.requests_per_minute
    if unpaced and not settings_check.is_loopback(chosen.base_url or default.base_url):
        fault = "0 (unpaced) is for sites on loopback only; set 1 or more"
        yield (*above, "requests_per_minute"), fault


def _completed(settings: Settings, file: Path | None) -> Settings:
    """Fill in what depends on other values: the database's place and the sites left at defaults."""
    directory = settings.storage.directory
    database = settings.database.url or f"sqlite:///{directory / 'greenroom.db'}"
    return settings.model_copy(
        update={
            "database": Database.model_construct(settings.database.model_fields_set, url=database),
            "sites": {name: settings.sites.get(name, Site()) for name in register.SITES},
            "file": file,
        }
    )


def layout(settings: Settings, site: str) -> site_model.Layout:
    """Return the site's layout with the operator's values over its defaults."""
    default = register.SITES[site].layout
    changed: dict[str, Any] = overrides(settings, site)
    for group in ("endpoints", "selectors", "sizes"):
        changed[group] = {**getattr(default, group), **changed.get(group, {})}
    return msgspec.structs.replace(default, **changed)


def overrides(settings: Settings, site: str) -> dict[str, Any]:
    """Return what the operator changed in the site's layout: `{}` for an untouched one."""
    names = ("base_url", "timezone", "endpoints", "selectors", "sizes")
    given = settings.sites[site].model_dump(include=set(names))
    return {name: given[name] for name in names if given[name]}


def session_file(settings: Settings, account: str) -> Path:
    """Return where the account's browser session is kept: cookies, for its owner's eyes only."""
    return settings.storage.directory / "sessions" / f"{account}.json"


def password(account: str, environ: Mapping[str, str]) -> str | None:
    """Return the password that the environment holds for the account, or None."""
    return environ.get(environment.password_variable(account)) or None
