"""Ports and addresses: taken, free, and as a browser writes them."""

import socket

import pytest

from config.addresses import address_of, free_port_or_given, status_of_first_page
from config.homes import CannotStart


def test_a_taken_port_is_one_sentence_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} on 127.0.0.1 is taken"):
            free_port_or_given("127.0.0.1", port)
        assert free_port_or_given("127.0.0.1", 0) != port


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_refused(host: str) -> None:
    with pytest.raises(CannotStart, match="no address of this machine"):
        free_port_or_given(host, 0)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("labels.example", "http://labels.example:8000"),
    ],
)
def test_addresses_open_in_a_browser(host: str, address: str) -> None:
    assert address_of(host, 8000) == address


def test_nobody_answers_on_a_free_port() -> None:
    assert status_of_first_page(address_of("127.0.0.1", free_port_or_given("127.0.0.1", 0))) is None
