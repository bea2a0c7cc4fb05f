"""How the API reads JSON: as strictly as it is written, and only what the database can keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# PostgreSQL has no NUL in texts, and UTF-8 no halves of pairs.
NOT_KEPT = re.compile("[\0\ud800-\udfff]")


class JsonParser(JSONParser):
    """DRF's parser; refuses characters that PostgreSQL has no place for, and bottomless nesting."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value in the body.

        Raises:
            ParseError: no JSON, nested too deeply, or with a character that cannot be kept.
        """
        try:
            found = super().parse(stream, media_type, parser_context)
            if any(NOT_KEPT.search(text) for text in texts_in(found)):
                raise ParseError("JSON: remove the characters \\u0000 and lone surrogates.")
        except RecursionError:
            raise ParseError("JSON: nested too deeply.") from None
        return found


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names of fields among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
