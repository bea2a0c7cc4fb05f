"""Collected static files: every module is named, and imported, by one name with a hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command

IMPORT = re.compile(r"""^import .* from "(\..*?)";$""", re.MULTILINE)


@pytest.fixture
def collected(settings, tmp_path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "config.storage.HashedStaticFiles"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_our_modules_import_each_other_by_hashed_names(collected) -> None:
    [page] = (collected / "annotation").glob("label.????????????.js")
    found = IMPORT.findall(page.read_text())
    assert len(found) > 5
    for name in found:
        assert re.search(r"\.[0-9a-f]{12}\.js$", name), name
        assert (page.parent / name).resolve().is_file(), name
