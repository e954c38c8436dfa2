"""What the operator decides: greenroom.toml and the environment, read once and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pydantic
from pydantic import Field

from jobs import (
    config_file,
    environment,
    references,
    schedules,
    sections,
    service_settings,
    settings_check,
)
from jobs.rules import definition
from scraper import site as site_model
from scraper.sites import register

Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=64)]


class Settings(sections.Frozen):
    """Everything in force. `sites` has an entry for every known site."""

    database: sections.Database = sections.Database()
    storage: sections.Storage = Field(default_factory=sections.Storage)
    browser: sections.Browser = sections.Browser()
    sites: dict[str, sections.Site] = Field({})
    accounts: dict[Name, sections.Account] = Field({})
    service: service_settings.Service = service_settings.Service()
    retention: sections.Retention = sections.Retention()
    schedule: dict[Name, schedules.Schedule] = Field({})
    feeds: dict[Name, sections.Feed] = Field({})
    rules: dict[Name, definition.Rule] = Field({})
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
    yield from references.feed_problems(given.feeds, given.accounts)


def sites(settings: Settings) -> dict[str, str]:
    """Return the site of each account."""
    return {name: account.site for name, account in settings.accounts.items()}


def _layout_problems(
    name: str, chosen: sections.Site, default: site_model.Layout
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
    unpaced = chosen.requests_per_minute == 0
    if unpaced and not settings_check.is_loopback(chosen.base_url or default.base_url):
        fault = "0 (unpaced) is for sites on loopback only; set 1 or more"
        yield (*above, "requests_per_minute"), fault


def _completed(settings: Settings, file: Path | None) -> Settings:
    """Fill in what depends on other values: the database's place and the sites left at defaults."""
    directory = settings.storage.directory
    given = settings.database
    database = given.url or f"sqlite:///{directory / 'greenroom.db'}"
    return settings.model_copy(
        update={
            "database": sections.Database.model_construct(
                settings.database.model_fields_set, url=database
            ),
            "sites": {
                name: _paced(settings.sites.get(name, sections.Site()), known.requests_per_minute)
                for name, known in register.SITES.items()
            },
            "file": file,
        }
    )


def _paced(site: sections.Site, requests_per_minute: int) -> sections.Site:
    """Give a site its own pace where the operator has named none."""
    if "requests_per_minute" in site.model_fields_set:
        return site
    values = dict(site) | {"requests_per_minute": requests_per_minute}
    return sections.Site.model_construct(site.model_fields_set, **values)


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
