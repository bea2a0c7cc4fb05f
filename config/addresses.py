"""Host and port: whether they are free, how a browser writes them, whether a page answers there."""

import errno
import http.client
import os
import socket
from urllib.parse import urlsplit

from config.homes import CannotStart

_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def place_to_listen() -> tuple[str, int]:
    """HOST and PORT of the environment. Raises CannotStart for what is no port."""
    port = os.environ.get("PORT") or "8000"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise CannotStart(f"PORT is {port}: set it to a number from 0 to 65535.")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def free_port_or_given(host: str, port: int) -> int:
    """The port, checked to be free on that host, or for 0 a free one. Raises CannotStart."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[
            0
        ]
    except OSError as error:
        raise CannotStart(
            f"HOST is {host}, which is no address of this machine: set it to 127.0.0.1 or 0.0.0.0."
        ) from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen(1)
        except OSError as error:
            raise CannotStart(_sentence(error, host, port)) from error
        return int(probe.getsockname()[1])


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program: stop that one, "
            f"or start with another port, for example PORT={min(port + 1, 65535)} ./run."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} is for root alone: start with another port, for example PORT=8000 ./run."
        )
    return f"HOST is {host}, which is no address of this machine: set it to 127.0.0.1 or 0.0.0.0."


def address_of(host: str, port: int) -> str:
    """The URL that a browser on this machine opens."""
    name = _EVERY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def status_of_first_page(address: str) -> int | None:
    """The HTTP status of the start page, None while nothing answers there."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
