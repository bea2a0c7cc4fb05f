"""The client lies in a folder of its own, which nothing of the server imports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CLIENT = Path(__file__).resolve().parents[2] / "client"
sys.path.insert(0, str(CLIENT))


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """No token and no address of whoever runs the tests."""
    for name in ("ACCORD_URL", "ACCORD_TOKEN", "ACCORD_ALLOW_HTTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACCORD_CONFIG", str(tmp_path / "config" / "config.json"))
