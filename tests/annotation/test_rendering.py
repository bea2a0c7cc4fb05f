"""Hostile text becomes harmless text, and every text becomes one that can be read."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

import annotation
from annotation import rendering
from annotation.rendering import (
    CODE_CLASSES,
    LANGUAGES,
    MOST_CHARACTERS,
    MOST_MARKED,
    _Kept,
    render,
    render_document,
    render_raw,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](JaVaScRiPt:alert(1))",
    "<iframe src=//evil.example></iframe>",
    "![x](https://evil.example/track.png)",
    '<a href="https://x.example" onclick="alert(1)">x</a>',
    "<style>body{display:none}</style>",
    "```html\n<script>alert(1)</script>\n```",
    "```html\n\u202e<script>alert(1)</script>\n```",
    "\u200b<script>\u200balert(1)</script>\u200b",
    "`\u202e<img src=x onerror=alert(1)>`",
    "<\u200bscript>alert(1)</\u200bscript>",
    '```" onload="alert(1)\nx\n```',
    '<span class="hidden-character" style="position:fixed" onclick="x">x</span>',
    '[x](https://x.example "a title\u202e")',
]
ALLOWED = re.compile(
    r"<(?:/?(?:p|br|hr|h[1-6]|blockquote|ul|ol|li|strong|em|s|code|pre|table|thead|tbody|tr|th|td"
    r"|span|div|a)|a href=\"https?://[^\"<>]*\" target=\"_blank\""
    r" rel=\"noopener noreferrer nofollow\"|ol start=\"\d+\"|code dir=\"auto\"|pre class=\"plain\""
    r"|div class=\"table\" tabindex=\"0\"|span class=\"[a-z]{1,2}\""
    r"|span class=\"hidden-character\" title=\"[A-Za-z ,-]+\""
    r"|(?:p|h[1-6]|blockquote|ul|ol|li|table|th|td) dir=\"(?:ltr|rtl)\")>"
)
LONG = {
    "one word": "a" * 100_000,
    "brackets": "[" * 100_000,
    "stars": "*[" * 50_000,
    "backticks": "".join("`" * n + " " for n in range(1, 446)),
    "fences": "```\n" * 25_000,
    "quotes": ">" * 100_000,
    "quote and lines": ">" * 10_000 + "a\n" + "b\n" * 10_000,
    "bullets": "- a\n" * 25_000,
    "cells": "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n" + "|\n" * 200,
    "zero width": "a\u200b" * 50_000,
    "Hebrew bullets": "- \u05e9\n" * 14_000,
    "code that is slow to colour": "```c\n" + "\n" * 9_900 + "```\n" + "```cs\n" + "a\n" * 4_900,
    "too long": "word " * 100_000,
}


@pytest.mark.parametrize("text", [*HOSTILE, *LONG.values()], ids=[*HOSTILE, *LONG])
def test_nothing_but_what_is_allowed_comes_through(text):
    for html in (render(text), render_document(text), render_raw(text)):
        rest = ALLOWED.sub("", html)
        assert "<" not in rest
        assert ">" not in rest


@pytest.mark.parametrize("text", LONG.values(), ids=list(LONG))
def test_a_long_hostile_text_takes_about_a_second_at_most(text):
    began = time.thread_time()
    html = render_document(text)
    assert time.thread_time() - began < 3
    assert len(html) < 1_000_000


def test_what_is_too_much_for_markdown_is_shown_as_it_is():
    text = "# " + "a" * MOST_CHARACTERS
    assert render(text) == f'<pre class="plain">{text}</pre>'
    assert render(text[:1000]).startswith("<h3>")


def test_markdown_is_shown():
    html = render("**bold** and `code`\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    for element in ("<strong>", "<code>", "<ol>", "<table>"):
        assert element in html


def test_a_table_scrolls_by_itself():
    assert render("|a|\n|-|\n|b|").startswith('<div class="table" tabindex="0"><table>')


def test_links_carry_no_referrer():
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://example.org)")


def test_raw_html_is_shown_as_text():
    assert "&lt;b&gt;" in render("<b>x</b>")


def test_line_breaks_of_models_stay_and_those_of_documents_are_spaces():
    assert "<br>" in render("one\ntwo")
    assert "<br>" not in render_document("one\ntwo")


def test_code_is_coloured_by_classes():
    html = render("```python\ndef f():\n    return 'a'  # <b>\n```")
    assert '<span class="k">def</span> <span class="nf">f</span>' in html
    assert "<span class=\"s\">'a'</span>" in html
    assert '<span class="c"># &lt;b&gt;</span>' in html
    assert "style" not in html


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_keeps_every_letter(language):
    code = "class A { /* x */ } # <!-- 'y' --> 1.5 \"z\" $v\n\n\tdef f(x): return x &amp; `q`\n"
    html = render(f"~~~{language}\n{code}~~~")
    text = re.sub(r"<[^>]+>", "", html)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, letter)
    assert text.strip() == code.strip()


def test_code_without_a_known_language_has_no_colours():
    assert render("```\nif x\n```") == render("```nonsense\nif x\n```")
    assert "<span" not in render("```nonsense\nif x\n```")


def test_every_colour_has_a_rule():
    css = (Path(annotation.__file__).parent / "static/annotation/item.css").read_text()
    for name in set(CODE_CLASSES.values()):
        assert re.search(rf"\.prose pre \.{name}\b", css), name


def test_headings_stand_below_those_of_the_page_and_leave_no_level_out():
    html = render("# One\n\n###### Six\n\n## Two\n\nAgain\n=====")
    assert re.findall(r"<(h\d)>", html) == ["h3", "h4", "h4", "h3"]


MARK = '<span class="hidden-character" title="right-to-left override">U+202E</span>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\u202eb", f"<p>a{MARK}b</p>"),
        ("a&#x202e;b", f"<p>a{MARK}b</p>"),
        ("`a\u202eb`", f"<code>a{MARK}b</code>"),
        ("    a\u202eb", f"<pre><code>a{MARK}b"),
        ("```\na\u202eb\n```", f"<pre><code>a{MARK}b"),
        ("```python\nif a\u202eb\n```", f"<pre><code>if a{MARK}b"),
        ("|a\u202eb|\n|-|", f"<th>a{MARK}b</th>"),
        ("[a\u202eb](https://x.example)", f">a{MARK}b</a>"),
    ],
)
def test_hidden_characters_are_shown_and_not_sent(text, html):
    made = render(text)
    assert html in made
    assert "\u202e" not in made


def test_a_link_cannot_hide_them_in_its_address():
    assert "\u202e" not in render("[a](https://x.example/\u202eb) <https://y.example/\u202e>")


def test_of_very_many_hidden_characters_the_later_ones_have_no_element():
    html = render("a\u200b" * (MOST_MARKED + 10))
    assert html.count("<span") == MOST_MARKED
    assert html.count("[U+200B]") == 10


def test_the_raw_text_is_made_only_where_something_is_hidden():
    assert render_raw("**a** <b>\n") == ""
    assert render_raw("**a** <b>\u202e") == f"**a** &lt;b&gt;{MARK}"


def test_each_block_has_the_direction_of_its_first_letter():
    hebrew = "\u05e9\u05dc\u05d5\u05dd"
    html = render(
        f"Hello\n\n`code` {hebrew}\n\n- {hebrew}\n- in English\n\n> {hebrew}\n\n# {hebrew}"
    )
    assert html.startswith("<p>Hello</p>")
    assert f'<p dir="rtl"><code>code</code> {hebrew}</p>' in html
    assert f'<ul dir="rtl">\n<li>{hebrew}</li>\n<li dir="ltr">in English</li>' in html
    assert f'<blockquote dir="rtl">\n<p>{hebrew}</p>' in html
    assert f'<h3 dir="rtl">{hebrew}</h3>' in html
    assert '<table dir="rtl">' in render(f"|{hebrew}|\n|-|\n|a|")


def test_what_was_made_is_kept_within_its_bound():
    made = []

    def make(text: str) -> str:
        made.append(text)
        return text * 2

    kept = _Kept(make, most_characters=30)
    assert [kept("aaaa"), kept("aaaa"), kept("bbbb")] == ["a" * 8, "a" * 8, "b" * 8]
    kept("aaaa")
    kept("cccc")
    assert made == ["aaaa", "bbbb", "cccc"]
    kept("aaaa")
    kept("bbbb")
    assert made == ["aaaa", "bbbb", "cccc", "bbbb"]
    assert kept("d" * 100) == "d" * 200
    kept("d" * 100)
    assert made[-2:] == ["d" * 100] * 2


PIECES = ["a", "Word", "x-y", "1.", "- ", "=", "#", "!", '"', "(", ")", ":", "日本", "é", "²", "@"]
PIECES += [
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n\n\n",
    "\u3000",
    "&",
    "*",
    "\u200b",
    "\xa0",
    "\u05d0",
    "\t",
    "\r",
]


def test_mere_words_become_what_markdown_makes_of_them():
    chance = random.Random(5)
    plain = 0
    for number in range(1500):
        # Every other text of nothing but what is often plain.
        pieces = PIECES[: 21 if number % 2 else None]
        text = "".join(chance.choices(pieces, k=chance.randint(0, 10)))
        plain += rendering._is_plain(text)
        assert render(text) == rendering._rendered(rendering._of_models, text), text
    assert plain > 200
