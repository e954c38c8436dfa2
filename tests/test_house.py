"""The rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PRODUCT = ("models", "scraper", "jobs", "fixtures")
MODULES = sorted(
    path.relative_to(HOUSE)
    for part in PRODUCT
    for path in (HOUSE / part).rglob("*.py")
    if "__pycache__" not in path.parts
)
MODULE_LINES = 250
FUNCTION_LINES = 35
TICK = 0.05

LONGER_MODULES = {
    "models/tables.py": "the whole schema is read as one page",
}
LONGER_FUNCTIONS = {
    "fixtures/practice/churn.py:at_random": "one script of a day, in the order it happens",
    "fixtures/practice/profiles.py:dossier": "one JSON answer of 69 keys, as the site writes it",
    "fixtures/practice/world.py:truth": "one answer that names everything a test may ask",
}

NO_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def tree(path: Path) -> ast.Module:
    return ast.parse((HOUSE / path).read_text(encoding="utf-8"))


def migration(path: Path) -> bool:
    return "migrations" in path.parts


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_is_small(path: Path) -> None:
    lines = len((HOUSE / path).read_text(encoding="utf-8").splitlines())

    assert lines <= MODULE_LINES or str(path) in LONGER_MODULES or migration(path)


@pytest.mark.parametrize("path", LONGER_MODULES)
def test_no_module_is_excused_that_need_not_be(path: str) -> None:
    assert len((HOUSE / path).read_text(encoding="utf-8").splitlines()) > MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_function_is_small(path: Path) -> None:
    assert [name for name in long_functions(path) if name not in LONGER_FUNCTIONS] == []


@pytest.mark.parametrize("name", LONGER_FUNCTIONS)
def test_no_function_is_excused_that_need_not_be(name: str) -> None:
    assert name in long_functions(Path(name.partition(":")[0]))


def long_functions(path: Path) -> list[str]:
    if migration(path):
        return []
    return [
        f"{path}:{node.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_lines(node) > FUNCTION_LINES
    ]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines the function has from its `def`, without its docstring."""
    said = node.body[0] if ast.get_docstring(node) is not None else None
    told = (said.end_lineno or said.lineno) - said.lineno + 1 if said else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - told


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_begins_by_saying_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(tree(path))

    assert said
    assert said.splitlines()[0].endswith((".", ":")), said


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_has_a_name_that_says_something(path: Path) -> None:
    assert path.stem not in NO_NAMES


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_folder_of_modules_is_a_package(path: Path) -> None:
    in_package = (HOUSE / path).with_name("__init__.py").exists()

    assert in_package or migration(path)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_nobody_waits_for_a_quiet_network_or_a_fixed_time(path: Path) -> None:
    text = (HOUSE / path).read_text(encoding="utf-8")
    names = {name for name in ("networkidle", "wait_for_timeout") if name in text}

    assert names == set()
    assert list(fixed_sleeps(tree(path))) == []


def fixed_sleeps(module: ast.Module) -> Iterator[str]:
    """Find calls of `sleep` with a number longer than a tick, which only asks again."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "sleep" and float(str(node.args[0].value)) > TICK:
                yield ast.unparse(node)


@pytest.mark.parametrize("lock", ["requirements.lock", "bench/requirements.lock"])
def test_a_lock_has_exact_versions_and_no_hosts(lock: str) -> None:
    lines = (HOUSE / lock).read_text(encoding="utf-8").splitlines()

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.]+", line)] == []
