"""Which addresses may be asked: what lies inside, how it is written, and what the list opens."""

from __future__ import annotations

import socket

import pytest

from labelers.reachable import UnreachableError, check_url, system_resolver

INSIDE = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "203.0.113.7", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("64:ff9b:1::808:808", "2002:7f00:1::1", "2002:808:808::1", "2001:0:1::1"),
    *("2001:db8::1", "3fff::1"),
)
OUTSIDE = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


def says(*addresses):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_refused(address):
    with pytest.raises(UnreachableError, match="inside a network"):
        check_url("https://hooks.example.org/", resolve=says(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_may_be_asked(address):
    target = check_url("https://Hooks.Example.org./a b?c=1".replace(" ", ""), resolve=says(address))
    assert (target.host, target.port, target.path) == ("hooks.example.org", 443, "/ab?c=1")
    assert target.addresses == (address,)


def test_one_address_inside_among_public_ones_is_enough():
    with pytest.raises(UnreachableError, match="inside a network"):
        check_url("https://x.example/", resolve=says("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    "written",
    ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "[::1]", "①②⑦.0.0.1"],
)
def test_other_ways_to_write_this_machine_are_seen_through(written):
    with pytest.raises(UnreachableError):
        check_url(f"https://{written}/")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://example.org/", "https://"),
        ("http://example.org/", "https://"),
        ("example.org", "https://"),
        ("https://", "no address"),
        ("https://[::1", "no address"),
        ("https://[fe80::1%25lo]/", "no address"),
        ("https://a..b/", "no address"),
        ("https://user@example.org/", "name and password"),
        ("https://:secret@example.org/", "name and password"),
        ("https://example.org:22/", "Port 22"),
        ("https://example.org:0/", "1 to 65535"),
        ("https://example.org:99999/", "1 to 65535"),
        ("https://example.org/\r\nHost: inside", "space"),
        ("https://example.org/" + "a" * 2000, "2000"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(url, sentence):
    with pytest.raises(UnreachableError, match=sentence):
        check_url(url, resolve=says("8.8.8.8"))


def test_a_name_that_nobody_knows():
    def unknown(host, port):
        raise socket.gaierror("no")

    for resolve in (unknown, says()):
        with pytest.raises(UnreachableError, match=r"no host called x\.example"):
            check_url("https://x.example/", resolve=resolve)


class TestTheList:
    """ACCORD_REACHABLE, and what it opens."""

    def test_names_networks_and_addresses(self, monkeypatch):
        monkeypatch.setenv(
            "ACCORD_REACHABLE", "hooks.local, .corp.example,10.1.0.0/16,192.168.7.7,fd12::/16,"
        )
        for host, address in {
            "hooks.local": "172.16.0.1",
            "a.corp.example": "127.0.0.1",
            "x.example": "10.1.2.3",
            "y.example": "192.168.7.7",
            "z.example": "fd12::5",
            "v.example": "::ffff:10.1.0.9",
        }.items():
            # By plain http and at any port, too.
            assert check_url(f"http://{host}:25/", resolve=says(address)).host == host
        for host, address in {
            "other.local": "172.16.0.1",
            "corp.example": "127.0.0.1",
            "evilcorp.example": "127.0.0.1",
            "x.example": "10.2.0.1",
            "y.example": "192.168.7.8",
        }.items():
            with pytest.raises(UnreachableError):
                check_url(f"https://{host}/", resolve=says(address))

    def test_where_credentials_are_handed_out_needs_its_very_number(self, monkeypatch):
        url = "http://meta.corp.example/"
        monkeypatch.setenv("ACCORD_REACHABLE", "0.0.0.0/0,.corp.example")
        with pytest.raises(UnreachableError):
            check_url(url, resolve=says("169.254.169.254"))
        monkeypatch.setenv("ACCORD_REACHABLE", "169.254.169.254")
        assert check_url(url, resolve=says("169.254.169.254"))


def test_the_system_resolver_names_numbers():
    assert "127.0.0.1" in system_resolver("127.0.0.1", 80)
