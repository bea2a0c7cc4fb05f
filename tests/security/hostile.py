"""What attackers write, and a reader of pages that sees whether any of it came alive."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

MARK = "zq9"
"""By which what came alive is told from what the page has of its own."""

ALIVE = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror="{MARK}()">',
    f"<svg onload='{MARK}()'><animate onbegin='{MARK}()'/></svg>",
    f"[link](javascript:{MARK}()) [data](data:text/html,{MARK})",
    f"<a href='JaVaScRiPt:{MARK}()'>x</a>",
    f"<iframe src='https://{MARK}.example/'></iframe><form action='https://{MARK}.example'>",
    f"<style>@import 'https://{MARK}.example/x.css'</style>",
    f"{{{{ 7 * 7 }}}} {{% {MARK} %}} ${{7*7}} {{project.__class__}}",
    f"' autofocus onfocus='{MARK}()' x='",
    f"</title></textarea></script><script>{MARK}()</script>",
)
HOSTILE = "\n\n".join(ALIVE)


class Reader(HTMLParser):
    """Collects everything in a page that would run, load or send somewhere else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is dangerous in a tag."""
        given = {name: value or "" for name, value in attrs}
        if tag in {"iframe", "frame", "object", "embed", "base", "style", "applet", "meta"} and (
            tag != "meta" or "http-equiv" in given
        ):
            self.found.append(f"<{tag}>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append("<script> with its code in the page")
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.found.append(f"{name} of <{tag}>")
            if name in {"href", "src", "action", "formaction", "srcset", "data", "xlink:href"}:
                self._check_address(tag, name, value)

    def _check_address(self, tag: str, name: str, value: str) -> None:
        parts = urlsplit("".join(value.split()).lower())
        is_picture = tag == "img" and value.startswith("data:image/")
        if parts.scheme not in {"", "http", "https", "mailto"} and not is_picture:
            self.found.append(f"{name}={value[:40]} of <{tag}>")
        if name != "href" and parts.netloc and parts.netloc != "testserver":
            self.found.append(f"{name}={value[:40]} of <{tag}>")


def alive_in(page: str) -> list[str]:
    """What in a page would run, load from elsewhere or send elsewhere."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.found
