"""Pages are decoded before they are parsed, and read strictly."""

import pytest

from scraper import errors, html
from tests.scraper import given_answers as given

PAGE = '<html lang="de-AT"><body><ul><li id="a" class="x"> one </li><li>two</li></ul></body></html>'


def page(text: str = PAGE) -> html.Page:
    return html.read(given.answer(text, url="https://site.invalid/list/"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>naïve café</p>".encode(), "text/html; charset=utf-8"),
        ("<p>naïve café</p>".encode(), "text/html"),
        ("<p>naïve café</p>".encode("utf-8-sig"), "text/html; charset=utf-8"),
        ("<p>naïve café</p>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ("<p>naïve café</p>".encode("latin-1"), 'text/html; charset="cp1252"'),
        ('<meta charset="cp1252"><p>naïve café</p>'.encode("cp1252"), "text/html"),
        ("<p>naïve café</p>".encode("utf-16"), "text/html"),
        ("<p>naïve café</p>".encode(), "text/html; charset=rot13"),
        ("<p>naïve café</p>".encode(), "text/html; charset=no-such-thing"),
    ],
)
def test_a_page_is_decoded_by_its_mark_its_header_or_its_own_word(
    body: bytes, content_type: str
) -> None:
    answer = given.answer(body, content_type=content_type)

    assert html.text(html.read(answer), "p") == "naïve café"


def test_bytes_that_are_no_text_become_replacement_characters_and_hide_nothing() -> None:
    answer = given.answer(
        b"<p>al\xff\xfeice</p><p>bob</p>", content_type="text/html; charset=utf-8"
    )

    assert [node.text() for node in html.all_of(html.read(answer), "p")] == ["al��ice", "bob"]


def test_nul_is_dropped_and_half_a_surrogate_is_replaced() -> None:
    answer = given.answer(b"<p>a\x00b</p><p>&#xD83D;</p>")

    assert [node.text() for node in html.all_of(html.read(answer), "p")] == ["ab", "�"]


def test_a_charset_that_makes_half_surrogates_leaves_a_text() -> None:
    answer = given.answer(b"<p>a\\ud83db</p>", content_type="text/html; charset=unicode_escape")

    assert html.text(html.read(answer), "p")


def test_a_missing_node_is_an_error_that_names_selector_and_address() -> None:
    with pytest.raises(errors.PageChanged) as refused:
        html.one(page(), "table.rows")

    assert refused.value.code == "selector_missing"
    assert "table.rows" in refused.value.message
    assert refused.value.url == "https://site.invalid/list/"


def test_a_missing_attribute_is_an_error() -> None:
    with pytest.raises(errors.PageChanged) as refused:
        html.attribute(page(), "li", "data-room")

    assert refused.value.code == "selector_missing"
    assert "data-room" in refused.value.message


def test_text_and_attribute_are_those_of_the_first_match() -> None:
    assert (html.text(page(), "li"), html.attribute(page(), "li", "id")) == ("one", "a")


def test_readers_look_inside_a_node_when_they_are_given_one() -> None:
    found = page("<div><p>1</p></div><section><p>2</p></section>")
    section = html.one(found, "section")

    assert html.text(found, "p", section) == "2"
    assert html.maybe(found, "div", section) is None
    assert [node.text() for node in html.all_of(found, "p", section)] == ["2"]


@pytest.mark.parametrize("read", [html.one, html.maybe, html.all_of])
def test_a_selector_that_cannot_be_read_is_a_bad_setting(read: object) -> None:
    with pytest.raises(errors.BadConfig) as refused:
        read(page(), "li[")  # type: ignore[operator]

    assert "li[" in refused.value.message


def test_the_nearest_of_several_containers_is_found() -> None:
    found = page("<div id=a><div id=b><p>x</p></div></div><p id=out>y</p>")
    places = html.by_place(html.all_of(found, "div"))
    inner, outer = html.one(found, "div p"), html.one(found, "#out")
    nearest = html.around(inner, places)

    assert nearest is not None
    assert nearest.attributes["id"] == "b"
    assert html.around(outer, places) is None


def test_a_page_without_its_end_was_cut_off() -> None:
    with pytest.raises(errors.TryLater) as refused:
        html.read(given.answer(PAGE[:-9]), "</html>")

    assert refused.value.code == "body_truncated"


@pytest.mark.parametrize("text", [PAGE, PAGE.upper(), PAGE + "<!-- served by 7 -->\n"])
def test_a_page_with_its_end_is_whole(text: str) -> None:
    html.read(given.answer(text), "</html>")


def test_an_empty_page_is_no_page() -> None:
    with pytest.raises(errors.TryLater) as refused:
        html.read(given.answer(b""))

    assert refused.value.code == "empty_answer"


def test_a_page_names_its_language() -> None:
    assert (html.language(page()), html.language(page("<p>x</p>"))) == ("de-at", "")


@pytest.mark.parametrize(
    ("url", "path"),
    [("https://site.invalid/a/?b", "/a/"), (" /a#b ", "/a"), ("http://[", ""), ("", "")],
)
def test_the_path_of_an_address_is_read_from_any(url: str, path: str) -> None:
    assert html.path_of(url) == path


def test_a_node_inside_an_area_of_a_class_is_known() -> None:
    found = page('<div class="other menu"><p><a>x</a></p></div><b class="menu">y</b>')

    assert html.is_in_class(html.one(found, "a"), frozenset({"menu", "aside"}))
    assert not html.is_in_class(html.one(found, "b"), frozenset({"menu"}))
