"""Which addresses of the web may be asked by the site itself, for a person who named them.

Only what everybody on the internet may reach. ACCORD_REACHABLE names what is allowed besides: host
names (`hooks.example.org`, `.example.org` with all below it), addresses and networks
(`10.1.0.0/16`), separated by commas. `reaching` does the asking.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from django.utils.translation import gettext, gettext_noop

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

NAT64 = ipaddress.ip_network("64:ff9b::/96")
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")
)
"""Set apart by the registries, though Python's own tables do not all say so."""
METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")
)
"""Where clouds hand out credentials; a network on the list never opens these, only their name."""


NO_ADDRESS = gettext_noop("This is no address of the web.")
TOO_LONG = gettext_noop("The address holds a space or is longer than 2000 characters.")
NEEDS_HTTPS = gettext_noop("Use an address that begins with https://.")
HAS_PASSWORD = gettext_noop("Leave name and password out of the address: it is shown to others.")
NO_PORT = gettext_noop("The port is a number from 1 to 65535.")
PORT_REFUSED = gettext_noop("Port {port} may not be used; use 443, or one from 1024 up.")
NO_HOST = gettext_noop("There is no host called {host}. Check the address.")
INSIDE = gettext_noop(
    "{host} is an address inside a network, which may not be reached from here. Whoever runs this "
    "site can allow it with ACCORD_REACHABLE."
)
SENTENCES = (
    NO_ADDRESS,
    TOO_LONG,
    NEEDS_HTTPS,
    HAS_PASSWORD,
    NO_PORT,
    PORT_REFUSED,
    NO_HOST,
    INSIDE,
)
"""All that a refusal may say, for those who show it later in another language."""


class UnreachableError(Exception):
    """An address that may not be asked, or did not answer as it should; says what to do."""

    def __init__(self, sentence: str, **named: object) -> None:
        super().__init__(gettext(sentence).format(**named))


@dataclass(frozen=True)
class Target:
    """A checked address: the parts of its URL, and the addresses that it stands for."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of `host`, as this machine resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed_besides() -> tuple[str, ...]:
    """What ACCORD_REACHABLE names."""
    named = os.environ.get("ACCORD_REACHABLE", "").split(",")
    return tuple(entry.strip().lower() for entry in named if entry.strip())


def check_url(url: str, *, allow_http: bool = False, resolve: Resolver | None = None) -> Target:
    """The target that `url` names, resolved once.

    What ACCORD_REACHABLE allows may also be asked by plain http and at any port; everything else
    by https (http with `allow_http`) at 80, 443 or from 1024 up.

    Raises:
        UnreachableError: it is no address of the web, or one that must not be asked.
    """
    parts = _parts(url)
    host = _host(parts)
    port = _port(parts)
    try:
        addresses = (resolve or system_resolver)(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise UnreachableError(NO_HOST, host=host)
    # One address inside is enough to refuse: which of them answers is not for us to choose.
    listed = [_is_listed(host, address) for address in addresses]
    if parts.scheme == "http" and not (allow_http or all(listed)):
        raise UnreachableError(NEEDS_HTTPS)
    if not all(listed) and port not in (80, 443) and port < 1024:
        raise UnreachableError(PORT_REFUSED, port=port)
    asked = quote(parts.path or "/", safe=_IN_PATHS)
    if parts.query:
        asked += "?" + quote(parts.query, safe=_IN_PATHS + "?")
    return Target(url, parts.scheme, host, port, asked, tuple(addresses))


_IN_PATHS = "/%:@!$&'()*+,;=~"


def _parts(url: str) -> SplitResult:
    if len(url) > 2000 or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise UnreachableError(TOO_LONG)
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise UnreachableError(NO_ADDRESS) from problem
    if parts.scheme not in ("http", "https"):
        raise UnreachableError(NEEDS_HTTPS)
    if parts.username is not None or parts.password is not None:
        raise UnreachableError(HAS_PASSWORD)
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host or "%" in host:
        raise UnreachableError(NO_ADDRESS)
    try:
        return host if ":" in host else host.encode("idna").decode().lower()
    except UnicodeError as problem:
        raise UnreachableError(NO_ADDRESS) from problem


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as problem:
        raise UnreachableError(NO_PORT) from problem
    if port == 0:
        raise UnreachableError(NO_PORT)
    return port or (443 if parts.scheme == "https" else 80)


def _is_named(host: str) -> bool:
    """Whether the list allows `host` by its name."""
    return any(
        host == entry or (entry.startswith(".") and host.endswith(entry))
        for entry in allowed_besides()
    )


def _is_listed(host: str, text: str) -> bool:
    """Whether the list allows `text`; refuses it where it is neither listed nor public."""
    try:
        address = _plain(ipaddress.ip_address(text.split("%")[0]))
    except ValueError as problem:
        raise UnreachableError(NO_ADDRESS) from problem
    if address is not None:
        if _is_in_networks(address) or (_is_named(host) and address not in METADATA):
            return True
        if is_public(address):
            return False
    raise UnreachableError(INSIDE, host=host)


def _plain(address: Address) -> Address | None:
    """The address that is really reached: the IPv4 one inside an IPv6 one; None for tunnels."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None or address.teredo is not None:
        return None
    return address


def is_public(address: Address) -> bool:
    """Whether everybody on the internet may reach it, as far as its number says."""
    if address in METADATA or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        # 2000::/3 is all that is given out; the rest is local, mapped, or nobody's.
        return address.is_global and int(address) >> 125 == 1
    return address.is_global


def _is_in_networks(address: Address) -> bool:
    """Whether the list allows it by number."""
    for entry in allowed_besides():
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue
        alone = network.num_addresses == 1
        if address in network and (alone or address not in METADATA):
            return True
    return False
