"""Hostile text becomes harmless text."""

from __future__ import annotations

import pytest

from annotation.rendering import render

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
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_it_can_run_or_load(text):
    html = render(text)
    for dangerous in ("<script", "<img", "<svg", "<iframe", "<style", 'href="javascript', "<a on"):
        assert dangerous not in html.lower()
    assert 'href="data:' not in html.lower()


def test_markdown_is_shown():
    html = render("**bold** and `code`\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    for element in ("<strong>", "<code>", "<ol>", "<table>"):
        assert element in html


def test_links_carry_no_referrer():
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://example.org)")


def test_raw_html_is_shown_as_text():
    assert "&lt;b&gt;" in render("<b>x</b>")
