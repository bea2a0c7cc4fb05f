"""Every page for everyone in Japanese; see `tests.browser.everyone`."""

from __future__ import annotations

import json

import pytest

from tests.browser.everyone import walk

pytestmark = pytest.mark.browser


def test_every_page_is_for_everyone_in_japanese(browse, house):
    problems = walk(browse, house, "ja")
    assert problems == {}, json.dumps(problems, ensure_ascii=False, indent=1)
