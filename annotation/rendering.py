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


def _markdown(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": breaks})
    return parser.enable(["table", "strikethrough"]).disable(["image"])


# Models mean the line breaks they write; people who write guidelines wrap their lines.
_of_models = _markdown(breaks=True)
_of_people = _markdown(breaks=False)


@lru_cache(maxsize=4096)
def render(text: str) -> str:
    """A message as safe HTML."""
    return _sieve(_of_models.render(text))


def render_document(text: str) -> str:
    """Guidelines as safe HTML: a single line break is a space, as Markdown has it."""
    return _sieve(_of_people.render(text))


def _sieve(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(ELEMENTS),
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        # A link followed must not cost what was entered on the page.
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
