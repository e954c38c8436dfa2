"""Every golden case is read as its folder says."""

from pathlib import Path

import pytest

from scraper.sites import register
from tests.scraper import given_cases as given


@pytest.mark.parametrize("case", given.cases(), ids=given.name)
def test_a_golden_case_is_read_as_its_folder_says(case: Path) -> None:
    outcome = given.outcome(case)
    if given.REWRITE:
        given.rewrite(case, *outcome)

    assert outcome == given.expected(case)


@pytest.mark.parametrize("site", register.SITES)
def test_every_parser_has_a_good_an_empty_a_truncated_a_foreign_and_a_signed_out_case(
    site: str,
) -> None:
    assert given.missing(site, register.SITES[site].parsers) == {}


@pytest.mark.parametrize("case", given.cases(), ids=given.name)
def test_a_golden_case_stands_in_the_folder_of_its_kind(case: Path) -> None:
    assert given.answer(case).request.kind == case.parts[-2]


def test_every_good_case_states_something() -> None:
    good = [case for case in given.cases() if case.name == "good"]

    assert [given.name(case) for case in good if not states(case)] == []


def states(case: Path) -> bool:
    file, said = given.expected(case)
    return file == "batch.json" and bool(said["records"] or said["leads"])
