"""Text of people and models as HTML that cannot do anything: Markdown first, then a strict sieve.

Model output is hostile input. Raw HTML in it is shown as text, links keep only http and https,
pictures are not loaded, and what is left passes a list of allowed elements.
"""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

ELEMENTS = frozenset(
    {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li"}
    | {"strong", "em", "s", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td"}
)
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
_markdown.enable(["table", "strikethrough"]).disable(["image"])


@lru_cache(maxsize=4096)
def render(text: str) -> str:
    """`text` as safe HTML."""
    return nh3.clean(
        _markdown.render(text),
        tags=set(ELEMENTS),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
