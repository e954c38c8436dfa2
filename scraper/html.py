"""The home of selectolax and w3lib: from the bytes of a page to strictly read values.

Pages are decoded before they are parsed (Lexbor takes bytes for UTF-8 whatever they say), looked
over by `scraper.hostile` before Lexbor sees them, and read with functions that name the selector
and the URL when something is not there.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError
from w3lib.encoding import html_to_unicode

from scraper import errors, hostile, payload

Node = LexborNode
"""An element of a page."""


class Page(NamedTuple):
    """A parsed page and where it came from."""

    tree: LexborHTMLParser
    url: str
    markup: bytes


def read(answer: payload.Payload, end: str = "") -> Page:
    """Parse a page whose markup must hold the text `end`.

    Raises TryLater (`empty_answer`, `body_truncated` when `end` is missing) and PageChanged
    (`hostile_input` for what no real page is like).
    """
    if not answer.body:
        raise errors.TryLater("empty_answer", url=answer.url)
    markup = clean(answer)
    if end and markup.rfind(end.encode()) < 0 and end.lower().encode() not in markup.lower():
        raise errors.TryLater("body_truncated", f"the page lacks its end {end}", url=answer.url)
    return Page(LexborHTMLParser(markup), answer.url, markup)


def clean(answer: payload.Payload) -> bytes:
    """Return the page as UTF-8 without NUL, or raise PageChanged `hostile_input`.

    The encoding is taken from the byte order mark, the header, the page's own `meta`, and is
    UTF-8 otherwise; what is not of it becomes U+FFFD.
    """
    hostile.refuse_size(answer.body, answer.url)
    markup = _utf8(answer.body, answer.headers.get("content-type"))
    if b"\0" in markup:
        markup = markup.replace(b"\0", b"")
    hostile.refuse_shape(markup, answer.url)
    return markup


_SAYS_UTF8 = re.compile(r"charset=[\"']?utf-?8\b", re.IGNORECASE)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _utf8(body: bytes, content_type: str | None) -> bytes:
    if _SAYS_UTF8.search(content_type or "") and not body.startswith(_BOMS):
        return body  # Lexbor itself replaces what is not of it
    try:
        _, text = html_to_unicode(content_type, body, default_encoding="utf-8")
    except (LookupError, UnicodeError, ValueError):  # a charset that is no text encoding
        text = body.decode("utf-8", "replace")
    return str(text).encode("utf-8", "replace")


def all_of(page: Page, css: str, within: Node | None = None) -> list[Node]:
    """Return every match of `css`, in document order, on the page or inside a node.

    Raises BadConfig for a selector that cannot be read.
    """
    try:
        return (within or page.tree).css(css)
    except SelectolaxError as error:
        raise errors.BadConfig(
            "bad_config", f"{css!r} is no CSS selector: {error}", url=page.url
        ) from error


def maybe(page: Page, css: str, within: Node | None = None) -> Node | None:
    """Return the first match of `css`, or None where the site itself makes it optional."""
    try:
        return (within or page.tree).css_first(css)
    except SelectolaxError as error:
        raise errors.BadConfig(
            "bad_config", f"{css!r} is no CSS selector: {error}", url=page.url
        ) from error


def one(page: Page, css: str, within: Node | None = None) -> Node:
    """Return the first match of `css`, or raise PageChanged `selector_missing`."""
    node = maybe(page, css, within)
    if node is None:
        raise errors.PageChanged("selector_missing", f"no {css!r} on the page", url=page.url)
    return node


def text(page: Page, css: str, within: Node | None = None) -> str:
    """Return the stripped text of the first match of `css`, or raise PageChanged."""
    return one(page, css, within).text(strip=True)


def attribute(page: Page, css: str, name: str, within: Node | None = None) -> str:
    """Return an attribute of the first match of `css`, or raise PageChanged."""
    value = one(page, css, within).attributes.get(name)
    if value is None:
        raise errors.PageChanged(
            "selector_missing", f"{css!r} has no attribute {name!r}", url=page.url
        )
    return value


def by_place(nodes: Iterable[Node]) -> dict[int, Node]:
    """Return nodes by where they stand in the tree, for `around`."""
    return {node.mem_id: node for node in nodes}


def around(node: Node, places: Mapping[int, Node]) -> Node | None:
    """Return the nearest of the nodes in `places` that `node` is or stands inside of."""
    here: Node | None = node
    while here is not None and here.mem_id not in places:
        here = here.parent
    return places[here.mem_id] if here is not None else None


def is_in_class(node: Node, names: frozenset[str]) -> bool:
    """Whether `node` stands inside an element that has a class of one of these names."""
    above = node.parent
    while above is not None:
        classes = above.attributes.get("class")
        if classes and not names.isdisjoint(classes.split()):
            return True
        above = above.parent
    return False


def plain(markup: str, url: str) -> str:
    """Return the text of a piece of markup. Raises PageChanged `hostile_input`."""
    body = markup.replace("\0", "").encode("utf-8", "replace")
    hostile.refuse_size(body, url)
    hostile.refuse_shape(body, url)
    return " ".join(LexborHTMLParser(body).text(separator=" ").split())


def language(page: Page) -> str:
    """Return the page's own `lang`, lower case, or an empty text."""
    root = maybe(page, "html[lang]")
    return (root.attributes.get("lang") or "").lower() if root else ""


def path_of(url: str) -> str:
    """Return the path of a URL, absolute or not; an unreadable one has none."""
    try:
        return urlsplit(url.strip()).path
    except ValueError:
        return ""
