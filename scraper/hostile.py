"""A cheap, linear look at a page before an HTML parser sees it.

HTML parsers take quadratic time for deep nesting, for tags of very many attributes and for
formatting elements closed in the wrong order: 60 KB can cost 15 s and gigabytes. No page of ours is
near these limits, so what exceeds them is refused unread (PageChanged `hostile_input`).

An ordinary page is passed on counts over stretches of its bytes; only one that looks odd
there is read tag by tag.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from operator import sub

from scraper import errors

SIZE = 5 * 1024 * 1024
DEPTH = 1000
ATTRIBUTES = 2000
FORMATTING = 500

_MANY_TAGS = 8000
_WINDOW = 4096

_RAW = re.compile(rb"<(?:(script)|(style))[\s/>]|<!--")
_UNNESTED = frozenset(
    b"area base br col embed hr img input link meta param source track wbr"
    b" p li option optgroup td th tr dt dd tbody thead tfoot".split()
)
"""Elements without content, and those that end where another of their kind begins."""

_NAME = re.compile(rb"<(/?[a-zA-Z][^\s/>]*+)")
_START = re.compile(rb"<[a-zA-Z]")
_TAG = re.compile(rb"<[a-zA-Z](?:[^>=]++|=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))?+)*+")
_VALUE = re.compile(rb"=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))")
_ATTRIBUTE = re.compile(rb"[\s/]+[^\s/=]")
_FORMATTING = re.compile(
    rb"<(/?(?:[bisu]|em|tt|big|code|font|nobr|small|strike|strong))[\s/>]", re.IGNORECASE
)
_PERHAPS_FORMATTING = re.compile(rb"<[bisuefctn](?!pan|mg|l|r)", re.IGNORECASE)
_PAIR = re.compile(rb"<([a-z]+)></\1>")


def refuse_size(body: bytes, url: str) -> None:
    """Raise PageChanged `hostile_input` for a body that is larger than any page."""
    if len(body) > SIZE:
        _refuse(f"{len(body)} bytes", url)


def refuse_shape(markup: bytes, url: str) -> None:
    """Raise PageChanged `hostile_input` for markup that would hold up an HTML parser."""
    tags = markup.count(b"<")
    if _may_be_deep(markup, tags) and _depth(_without_raw_text(markup)) > DEPTH:
        _refuse(f"elements nested deeper than {DEPTH}", url)
    if _may_have_a_long_tag(markup):
        for tag in _long_tags(_without_raw_text(markup)):
            bare, values = _VALUE.subn(b"", tag)
            if max(values, len(_ATTRIBUTE.findall(bare))) > ATTRIBUTES:
                _refuse(f"a tag of more than {ATTRIBUTES} attributes", url)
    if tags > FORMATTING and _crossed(markup) > FORMATTING:
        _refuse(f"more than {FORMATTING} formatting elements open or crossed", url)


def _refuse(what: str, url: str) -> None:
    raise errors.PageChanged("hostile_input", f"{what}: no page of ours", url=url)


def _may_be_deep(markup: bytes, tags: int) -> bool:
    """Whether there are very many tags, or very many in a row without a closing one."""
    if tags > _MANY_TAGS:
        return True
    opened = 0
    for start in range(0, len(markup), _WINDOW):
        if markup.find(b"</", start, start + _WINDOW) >= 0:
            opened = 0
        else:
            opened += markup.count(b"<", start, start + _WINDOW)
            if opened > DEPTH // 2:
                return True
    return False


class _Steps(dict[bytes, int]):
    """Tag name, with its slash if it closes -> how it changes the nesting depth."""

    def __missing__(self, name: bytes) -> int:
        bare = name.lstrip(b"/").lower()
        step = self[name] = 0 if bare in _UNNESTED else -1 if name.startswith(b"/") else 1
        return step


def _depth(markup: bytes) -> int:
    """Return a bound of the nesting depth; closing tags that close nothing do not lower it."""
    names, steps = _NAME.findall(markup), _Steps()
    levels = list(accumulate(map(steps.__getitem__, names), initial=0))
    deepest: int = max(map(sub, levels, accumulate(levels, min)))
    counts = Counter(names)
    closed_in_vain = sum(
        max(0, count - counts[name[1:]])
        for name, count in counts.items()
        if name.startswith(b"/") and steps[name]
    )
    return deepest + closed_in_vain


def _without_raw_text(markup: bytes) -> bytes:
    """Return the markup without scripts, styles and comments, where `<` opens no tag."""
    kept, here = [], 0
    while found := _RAW.search(markup, here):
        kept.append(markup[here : found.start()])
        end = b"</script" if found[1] else b"</style" if found[2] else b"-->"
        here = markup.find(end, found.start() + 2)
        if here < 0:
            return b"".join(kept)
        here += 3
    kept.append(markup[here:])
    return b"".join(kept)


def _may_have_a_long_tag(markup: bytes) -> bool:
    find = markup.find
    return any(
        find(b">", start, start + _WINDOW) < 0 or find(b"<", start, start + _WINDOW) < 0
        for start in range(0, len(markup) - _WINDOW, _WINDOW)
    )


def _long_tags(markup: bytes) -> Iterator[bytes]:
    """Yield each tag that fills a window of the markup alone. Linear: no byte is read twice."""
    read = 0
    for start in range(0, len(markup) - _WINDOW, _WINDOW):
        if start < read:
            continue
        stop = start + _WINDOW
        if markup.find(b">", start, stop) < 0:
            first = _START.search(markup, max(read, markup.rfind(b">", read, start)))
        elif markup.find(b"<", start, stop) < 0:
            first = _START.match(markup, max(read, markup.rfind(b"<", read, start)))
        else:
            continue
        read = stop
        if first and (tag := _TAG.match(markup, first.start())):
            read = max(read, tag.end())
            yield tag[0]


def _crossed(markup: bytes) -> int:
    """Return how many formatting tags remain when well nested pairs are taken away."""
    if len(_PERHAPS_FORMATTING.findall(markup)) <= FORMATTING:
        return 0
    names = _FORMATTING.findall(_without_raw_text(markup))
    rest = b"<" + b"><".join(names).lower() + b">"
    for _ in range(10):
        rest = _PAIR.sub(b"", rest)
    return rest.count(b"<")
