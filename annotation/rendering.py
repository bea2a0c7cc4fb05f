"""Text of people and models as HTML that cannot do anything: Markdown first, then a strict sieve.

Model output is hostile input. Raw HTML in it is shown as text, links keep only http and https,
pictures are not loaded, hidden characters are shown by their code points, and what is left passes a
list of allowed elements with allowed values. Text that would take Markdown, or the reader's
browser, more than about a second (too long, too much markup, too many blocks) is shown as it is.
"""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment as CommentToken
from pygments.token import Generic, Keyword, Name, Number, Operator, String, _TokenType

from annotation import hidden_characters

MOST_CHARACTERS = 200_000
MOST_MARKUP = 15_000
MOST_BLOCKS = 30_000
MOST_MARKED = 500
"""Stretches of hidden characters that get an element of their own; further ones are plain text."""

_MARKUP = re.compile(r"[\[\]*_~`|>#<&=!\\-]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
_SIGNS = re.compile(r"[`*_\[\]<>&~|\\\t\r\xa0]")
"""What Markdown or the sieve may make something else of, wherever it stands."""
_BLANK_LINES = re.compile(r"\n{2,}")

CODE_CLASSES: dict[_TokenType, str] = {
    CommentToken: "c",
    Keyword: "k",
    Keyword.Constant: "m",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nc",
    Name.Decorator: "nd",
    Name.Function: "nf",
    Name.Tag: "nt",
    Number: "m",
    Operator.Word: "k",
    String: "s",
    Generic.Deleted: "gd",
    Generic.Inserted: "gi",
    Generic.Subheading: "gu",
}
"""Pygments' short names for what item.css has a colour for."""
LANGUAGES = frozenset(
    {"bash", "c", "c#", "c++", "cpp", "cs", "csharp", "css", "dart", "diff", "dockerfile"}
    | {"go", "golang", "haskell", "html", "java", "javascript", "js", "json", "jsx"}
    | {"kotlin", "lua", "makefile", "perl", "php", "powershell", "py", "python", "python3"}
    | {"r", "rb", "rs", "ruby", "rust", "scala", "sh", "shell", "sql", "swift", "toml"}
    | {"ts", "tsx", "typescript", "xml", "yaml", "yml", "zsh"}
)
"""Those whose lexers never stood still on hostile code of `_MOST_CODE` characters."""
_MOST_CODE = 10_000
_COLOURING_SECONDS = 0.15

_TURNED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "table"}
_TURNED |= {"th", "td"}
_ELEMENTS = _TURNED | {"br", "hr", "strong", "em", "s", "code", "pre", "a", "span", "div"}
_ELEMENTS |= {"thead", "tbody", "tr"}
_ATTRIBUTES = {"*": set(), "a": {"href"}, "ol": {"start"}, "span": {"title"}}
_VALUES = {
    **{tag: {"dir": {"ltr", "rtl"}} for tag in _TURNED},
    "code": {"dir": {"auto"}},
    "pre": {"class": {"plain"}},
    "div": {"class": {"table"}, "tabindex": {"0"}},
    "span": {"class": {"hidden-character", *CODE_CLASSES.values()}},
}


def _escape(text: str) -> str:
    return escape(text, quote=False)


class _Left:
    """What may still be spent on one text."""

    def __init__(self) -> None:
        self.marks = MOST_MARKED
        self.colouring_until = time.perf_counter() + _COLOURING_SECONDS

    def marked(self, text: str) -> str:
        """The text as HTML, its hidden characters made visible."""
        return "".join(
            _escape(piece) if isinstance(piece, str) else self._mark(piece)
            for piece in hidden_characters.split(text)
        )

    def _mark(self, hidden: hidden_characters.Hidden) -> str:
        self.marks -= 1
        if self.marks < 0:
            return f"[{hidden.label}]"
        return f'<span class="hidden-character" title="{hidden.names}">{hidden.label}</span>'

    def coloured(self, code: str, language: str) -> str:
        """Code as HTML in colours; when time is up, the rest without."""
        if len(code) > _MOST_CODE or hidden_characters.has_hidden(code):
            return self.marked(code)
        named: list[tuple[str, str]] = []
        done = 0
        for start, kind, value in get_lexer_by_name(language).get_tokens_unprocessed(code):
            while kind not in CODE_CLASSES and kind.parent is not None:
                kind = kind.parent
            named.append((CODE_CLASSES.get(kind, ""), value))
            done = start + len(value)
            if time.perf_counter() > self.colouring_until:
                break
        pieces = []
        for name, group in groupby(named, key=itemgetter(0)):
            shown = _escape("".join(value for _, value in group))
            pieces.append(f'<span class="{name}">{shown}</span>' if name else shown)
        return "".join(pieces) + _escape(code[done:])


class _Renderer(RendererHTML):
    """HTML of Markdown's tokens, with what a labeler needs to read any text."""

    def text(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        return str(env["left"].marked(tokens[idx].content))

    def code_inline(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        code = tokens[idx].content
        turned = ' dir="auto"' if _RIGHT_TO_LEFT.search(code) else ""
        return f"<code{turned}>{env['left'].marked(code)}</code>"

    def code_block(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        return f"<pre><code>{env['left'].marked(tokens[idx].content)}</code></pre>\n"

    def fence(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        code, words = tokens[idx].content, tokens[idx].info.split()
        language = words[0].lower() if words else ""
        known = language in LANGUAGES
        shown = env["left"].coloured(code, language) if known else env["left"].marked(code)
        return f"<pre><code>{shown}</code></pre>\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        # The table scrolls by itself, and whoever has no mouse scrolls it with the arrow keys.
        return '<div class="table" tabindex="0">' + self.renderToken(tokens, idx, options, env)

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self.renderToken(tokens, idx, options, env) + "</div>\n"


def _markdown(*, breaks: bool) -> MarkdownIt:
    options = {"html": False, "linkify": False, "breaks": breaks}
    parser = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    return parser.enable(["table", "strikethrough"]).disable(["image"])


# Models mean the line breaks they write; people who write guidelines wrap their lines.
_of_models = _markdown(breaks=True)
_of_people = _markdown(breaks=False)


class _Kept:
    """What was made of recent texts, bounded by their size: a text may have 100,000 characters."""

    def __init__(self, make: Callable[[str], str], most_characters: int) -> None:
        self._make, self._most = make, most_characters
        self._size = 0
        self._made: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, text: str) -> str:
        with self._lock:
            if text in self._made:
                self._made.move_to_end(text)
                return self._made[text]
        html = self._make(text)
        with self._lock:
            if text not in self._made:
                self._made[text] = html
                self._size += len(text) + len(html)
            while self._size > self._most:
                other, others = self._made.popitem(last=False)
                self._size -= len(other) + len(others)
        return html


def render(text: str) -> str:
    """A message as safe HTML."""
    return _kept(text)


def render_document(text: str) -> str:
    """Guidelines as safe HTML: a single line break is a space, as Markdown has it."""
    return _rendered(_of_people, text)


def render_raw(text: str) -> str:
    """The text letter by letter as safe HTML, for a place that keeps spaces and line ends.

    Empty when nothing is hidden in it: then the text itself can be shown.
    """
    return _sieve(_Left().marked(text)) if hidden_characters.has_hidden(text) else ""


def _rendered(parser: MarkdownIt, text: str) -> str:
    left = _Left()
    if len(text) <= MOST_CHARACTERS and len(_MARKUP.findall(text)) <= MOST_MARKUP:
        env = {"left": left}
        tokens = parser.parse(text, env)
        if len(tokens) <= MOST_BLOCKS:
            _set_levels(tokens)
            if _RIGHT_TO_LEFT.search(text):
                _set_directions(tokens)
            return _sieve(parser.renderer.render(tokens, parser.options, env))
    return _sieve(f'<pre class="plain">{left.marked(text)}</pre>')


def _of_a_model(text: str) -> str:
    if not _is_plain(text):
        return _rendered(_of_models, text)
    # What Markdown and the sieve would make of it, at a tenth of their cost.
    words = text.strip("\n")
    paragraphs = _BLANK_LINES.split(words) if words else []
    return "".join("<p>" + words.replace("\n", "<br>\n") + "</p>\n" for words in paragraphs)


def _is_plain(text: str) -> bool:
    """Whether a text is paragraphs of mere words, as most prompts and many answers are."""
    if len(text) > MOST_MARKUP or _SIGNS.search(text) or hidden_characters.has_hidden(text):
        return False
    if not text.isascii() and _RIGHT_TO_LEFT.search(text):
        return False
    lines = filter(None, text.split("\n"))
    return all(
        (line[0].isalpha() or line[0] in "\"'(") and not line[-1].isspace() for line in lines
    )


_kept = _Kept(_of_a_model, most_characters=16_000_000)


def _set_levels(tokens: Sequence[Token]) -> None:
    """Put headings below those of the page (h1 and h2), each at most one level below the last."""
    level = 2
    for token in tokens:
        if token.type == "heading_open":
            level = min(int(token.tag[1]) + 2, level + 1, 6)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"


def _set_directions(tokens: Sequence[Token]) -> None:
    """Give each block the direction of its first letter, where the block around it has another.

    The browser's own dir="auto" looks past blocks that have a direction, and so would put the
    bullets of a Hebrew list on the wrong side; and it takes code for the language.
    """
    first: dict[int, str] = {}
    around: list[int] = []
    for at, token in enumerate(tokens):
        if token.nesting == 1:
            around.append(at)
        elif token.nesting == -1:
            around.pop()
        elif token.type == "inline" and (direction := _first_direction(token.children or [])):
            for opening in around:
                first.setdefault(opening, direction)
    inherited = ["ltr"]
    for at, token in enumerate(tokens):
        if token.nesting == -1:
            inherited.pop()
        elif token.nesting == 1:
            own = first.get(at, inherited[-1]) if token.tag in _TURNED else inherited[-1]
            if own != inherited[-1]:
                token.attrSet("dir", own)
            inherited.append(own)


def _first_direction(children: Sequence[Token]) -> str | None:
    for token in children:
        if token.type != "text":
            continue
        for character in token.content:
            kind = unicodedata.bidirectional(character)
            if kind in {"L", "R", "AL"}:
                return "ltr" if kind == "L" else "rtl"
    return None


def _sieve(html: str) -> str:
    return nh3.clean(
        html,
        tags=_ELEMENTS,
        attributes=_ATTRIBUTES,
        tag_attribute_values=_VALUES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        # A link followed must not cost what was entered on the page.
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
