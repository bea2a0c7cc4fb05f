"""Sentences that were written where no reader is known, put into the reader's language.

Pure modules, workers and trainers say what happened in one English sentence, which is raised or
stored. A page finds the template that it was made from; what fits none is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import gettext


def in_words(sentence: str, templates: Iterable[str]) -> str:
    """`sentence` in the active language, by the first of `templates` that could have made it.

    A template is a message of the catalogue with {names} for what differs; more particular ones
    come first.
    """
    for template in templates:
        found = _pattern(template).fullmatch(sentence)
        if found:
            return gettext(template).format(**found.groupdict())
    return sentence


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    # split gives text, name, text, name, ..., text.
    parts = re.split(r"\{(\w+)\}", template)
    texts = [
        f"(?P<{part}>.*?)" if number % 2 else re.escape(part.replace("{{", "{").replace("}}", "}"))
        for number, part in enumerate(parts)
    ]
    return re.compile("".join(texts), re.DOTALL)
