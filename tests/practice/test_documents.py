"""What docs/practice.md says is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from fixtures.practice import __main__, client, deeds, faults, options
from fixtures.practice.sites import SITES

TEXT = (Path(__file__).parents[2] / "docs" / "practice.md").read_text("utf-8")


def rows(heading: str) -> dict[str, str]:
    part = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `(\w+)` \|.*?\|(.*)\|$", part, flags=re.MULTILINE))


def test_every_fault_and_its_details_are_documented() -> None:
    documented = rows("kind")
    assert documented.keys() == faults.KINDS.keys()
    for kind, details in faults.KINDS.items():
        assert all(f"`{name}`" in documented[kind] for name in details), kind


def test_every_change_is_documented() -> None:
    assert all(f"`{deed}`" in TEXT for deed in deeds.DEEDS)


def test_every_option_named_exists_and_every_option_is_explained() -> None:
    known = {"--" + name.replace("_", "-") for name in options.Options.__slots__}
    ports = {__main__.port_flag(name) for name in SITES}
    named = set(re.findall(r"`(--[a-z-]+)", TEXT))
    assert named <= known | ports | {"--help"}
    assert all(f"`{name}`" in str(options.Options.__doc__) for name in options.Options.__slots__)


def test_the_credentials_are_those_of_the_world() -> None:
    wanted = options.Options()
    assert (wanted.username, wanted.password) == (client.USERNAME, client.PASSWORD)
    assert all(f"`{word}`" in TEXT for word in (client.USERNAME, client.PASSWORD))
