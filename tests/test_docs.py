"""The documents speak of everything there is, and of nothing that is not."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
import sqlmodel

from jobs import metrics, report, service, settings
from jobs.cli import app
from models import db, sources, states, tables, upgrade
from scraper import errors
from scraper.sites import register

HOUSE = Path(__file__).parents[1]
DOCS = {path.stem: path.read_text("utf-8") for path in (HOUSE / "docs").glob("*.md")}
PAGES = {**DOCS, "README": (HOUSE / "README.md").read_text("utf-8")}

COMMANDS = sorted(
    [
        *app.COMMANDS,
        *(
            f"{group} {command.name or command.callback.__name__}"
            for group, typer_app in (
                *app.GROUPS.items(),
                *(
                    (f"{group} {inner.name}", inner.typer_instance)
                    for group, typer_app in app.GROUPS.items()
                    for inner in typer_app.registered_groups
                    if inner.typer_instance
                ),
            )
            for command in typer_app.registered_commands
            if command.callback is not None
        ),
    ]
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_using(command: str) -> None:
    assert re.search(rf"greenroom {re.escape(command)}\b", DOCS["using"])


def test_using_speaks_of_no_command_that_is_not_there() -> None:
    said = re.findall(r"^greenroom ((?:[a-z]+ )?[a-z-]+)", DOCS["using"], re.MULTILINE)

    assert said
    assert [
        words
        for words in said
        if words not in COMMANDS
        and words.split()[0] not in app.COMMANDS
        and not any(command.startswith(f"{words} ") for command in COMMANDS)
    ] == []


def keys(model: type[pydantic.BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner: Any = field.annotation
        placeholder = {
            "sites": "<site>.",
            "accounts": "<name>.",
            "schedule": "<name>.",
            "feeds": "<name>.",
            "rules": "<name>.",
        }.get(name, "")
        inner = inner.__args__[1] if placeholder else inner
        if isinstance(inner, type) and issubclass(inner, pydantic.BaseModel):
            yield from keys(inner, f"{above}{name}.{placeholder}")
        elif not field.exclude:
            yield f"{above}{name}"


KEYS = sorted(keys(settings.Settings))


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_in_using(key: str) -> None:
    assert f"| `{key}` |" in DOCS["using"]


def test_using_speaks_of_no_setting_that_is_not_there() -> None:
    said = re.findall(r"^\| `([a-z_.<>]+)` \|", DOCS["using"], re.MULTILINE)

    assert sorted(said) == KEYS


@pytest.mark.parametrize("site", register.SITES)
def test_every_site_and_collector_is_in_using(site: str) -> None:
    assert f"`{site}`" in DOCS["using"]
    assert [name for name in register.SITES[site].collectors if name not in DOCS["using"]] == []


TABLES: dict[str, sqlmodel.main.SQLModelMetaclass] = {
    str(model.__tablename__): model
    for model in (*vars(tables).values(), *sources.TABLES.values())
    if isinstance(model, type)
    and issubclass(model, sqlmodel.SQLModel)
    and hasattr(model, "__table__")
}


def chapter(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", DOCS["data"], re.MULTILINE | re.DOTALL)
    assert found, f"docs/data.md has no heading {name}"
    return found[1]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_and_column_is_in_data(table: str) -> None:
    model: Any = TABLES[table]
    text = chapter(table)

    assert text.strip().startswith(model.__doc__)
    explained = explained_in(text)
    if table in sources.TABLES:
        explained += explained_in(chapter("Tables of sources"))
    assert sorted(explained) == sorted(model.__table__.columns.keys())


def explained_in(text: str) -> list[str]:
    return re.findall(r"`([a-z_0-9]+)`", "\n".join(re.findall(r"^- ([^:\n]*)", text, re.MULTILINE)))


def test_data_speaks_of_no_table_that_is_not_there() -> None:
    said = re.findall(r"^## ([a-z_]+)$", DOCS["data"], re.MULTILINE)

    assert sorted(said) == sorted({*TABLES, "person_states", "v_acts", "v_person_current_state"})


@pytest.mark.parametrize("field", states.ORDER)
def test_every_field_of_a_state_is_in_data_with_its_sources_in_order(field: str) -> None:
    order = " → ".join(states.ORDER[field])

    assert f"\n| `{field}` | {order} |" in chapter("person_states")


@pytest.mark.parametrize("code", errors.CODES)
def test_every_error_code_is_in_operating(code: str) -> None:
    assert f"\n| `{code}` |" in DOCS["operating"]


def test_operating_speaks_of_no_error_code_that_is_not_there() -> None:
    said = re.findall(r"^\| `([a-z_]+)` \| .* \| .* \|$", DOCS["operating"], re.MULTILINE)

    assert sorted(said) == sorted(errors.CODES)


def raised() -> Iterator[tuple[str, str]]:
    """Yield (file, code) for every error that the product makes with a literal code."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    for part in ("jobs", "scraper"):
        for path in sorted((HOUSE / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in kinds:
                    codes = node.args[0] if node.args else None
                    if isinstance(codes, ast.Constant):
                        yield str(path.relative_to(HOUSE)), str(codes.value)


def test_every_code_that_is_raised_is_known() -> None:
    assert [(path, code) for path, code in raised() if code not in errors.CODES] == []


@pytest.mark.parametrize("code", errors.CODES)
def test_no_code_is_kept_that_nothing_can_raise(code: str) -> None:
    sources = (
        path.read_text("utf-8")
        for part in ("jobs", "scraper", "models")
        for path in (HOUSE / part).rglob("*.py")
        if path != HOUSE / "scraper" / "errors.py"
    )

    assert any(f'"{code}"' in source for source in sources)


def test_the_schema_of_a_report_is_the_published_one() -> None:
    published = json.loads((HOUSE / "docs" / "run.schema.json").read_text("utf-8"))

    assert published == report.schema()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = HOUSE if page == "README" else HOUSE / "docs"
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[page])

    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_settings_are_valid(page: str, tmp_path: Path) -> None:
    for example in re.findall(r"```toml\n(.*?)```", PAGES[page], re.DOTALL):
        assert tomllib.loads(example)
        settings.read(example, tmp_path / "greenroom.toml", {})


def test_targets_of_the_makefile_that_pages_name_are_there() -> None:
    makefile = (HOUSE / "Makefile").read_text("utf-8")
    named = {
        name
        for page in PAGES.values()
        for name in re.findall(r"(?:`|^)make (\w+)", page, re.MULTILINE)
    }

    assert named
    assert [name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_every_metric_is_in_operating(tmp_path: Path) -> None:
    database = db.connect(f"sqlite:///{tmp_path / 'greenroom.db'}")
    upgrade.upgrade(database)
    chosen = settings.read(f'[storage]\ndirectory = "{tmp_path}"', None, {})
    state = service.State(chosen=chosen, holder="nobody", beat=0.0)
    said = {family.name for family in metrics.registry(database, state).collect()}
    database.close()

    wanted = {name for name in said if not name.startswith("greenroom_process")}
    assert len(wanted) > 10
    assert [name for name in sorted(wanted) if f"`{name}" not in DOCS["operating"]] == []
