"""What a throw-away server says at its first start, and how it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bench.throwaway import folder, heed_signals, password_of
from config.supervising import Supervisor


def test_the_admins_password_is_found_among_what_is_printed() -> None:
    lines = ["Sign in as (shown only now):", "  admin      s3cret-word", "  labeler    other"]
    assert password_of("admin", lines) == "s3cret-word"
    with pytest.raises(LookupError, match="no password for admin"):
        password_of("admin", lines[:1])


def test_the_first_signal_ends_in_order_and_the_second_hurries(tmp_path: Path) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    supervisor = Supervisor(tmp_path / "home", database_url="")
    try:
        heed_signals(supervisor)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert not supervisor.hurry
        os.kill(os.getpid(), signal.SIGINT)
        assert supervisor.hurry
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_the_folder_is_gone_afterwards() -> None:
    with folder() as made:
        (made / "file").write_text("x")
    assert not made.exists()
