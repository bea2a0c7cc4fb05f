"""One real Accord to be broken, for all tests here that do not need a disk of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.fault_site import Site, make_site
from bench.throwaway import password_of
from config.supervising import Supervisor


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A project of 3,000 pairs with four labelers."""
    said: list[str] = []
    home = tmp_path_factory.mktemp("faults") / "home"
    with Supervisor(home, database_url="", samples=False, say=said.append) as supervisor:
        password = password_of("admin", said)
        yield make_site(supervisor, password, tasks=3000, people=4)
