from __future__ import annotations

import os
from pathlib import Path

import pytest

from scraper import errors
from scraper.fetch import chromium


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_configured_browser_comes_first(tmp_path: Path) -> None:
    configured = program(tmp_path / "my chromium")
    assert chromium.find_chromium(str(configured)) == str(configured)


def test_a_configured_browser_that_is_not_there_is_an_error_not_a_reason_to_take_another(
    tmp_path: Path,
) -> None:
    with pytest.raises(errors.BadConfig) as caught:
        chromium.find_chromium(str(tmp_path / "none"))
    assert caught.value.code == "browser_missing"
    assert "browser.executable" in caught.value.message


def test_playwrights_own_browser_comes_before_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = program(tmp_path / "bin" / "chromium")
    monkeypatch.setenv("PATH", str(system.parent))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "own"))
    assert chromium.find_chromium(None) == str(system)
    revision = chromium.expected_revision()
    own = program(tmp_path / "own" / f"chromium-{revision}" / "chrome-linux64" / "chrome")
    assert chromium.find_chromium(None) == str(own)


def test_a_browser_without_windows_is_taken_where_none_is_to_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = program(tmp_path / "bin" / "chromium")
    shell = program(tmp_path / "bin" / "chromium-headless-shell")
    monkeypatch.setenv("PATH", str(whole.parent))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "own"))

    assert chromium.find_chromium(None) == str(shell)
    assert chromium.find_chromium(None, window=True) == str(whole)
    folder = f"chromium_headless_shell-{chromium.expected_revision()}"
    own = program(tmp_path / "own" / folder / "linux64" / "chrome-headless-shell")
    assert chromium.find_chromium(None) == str(own)
    assert chromium.find_chromium(None, window=True) == str(whole)


def test_where_no_browser_is_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    if any(map(os.path.exists, chromium.APPLICATIONS)):
        pytest.skip("this machine has a browser outside PATH")
    with pytest.raises(errors.BadConfig) as caught:
        chromium.find_chromium(None)
    assert "make setup" in caught.value.remedy


def test_the_browsers_files_go_to_its_folder_unless_that_is_too_deep(tmp_path: Path) -> None:
    assert chromium.environment(Path("/short"))["TMPDIR"] == "/short"
    deep = tmp_path / ("x" * 60)
    assert chromium.environment(deep)["TMPDIR"] != str(deep)
