"""Where a key may go. Pure.

A manifest is somebody's pull request; if its ``baseUrl`` alone decided where the key is sent, editing it would
collect the key of the job that checks it. So only the operator widens this, with ``--allow-host``.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

import msgspec

from reconciler.sites.hosts import BUILTIN_HOSTS

if TYPE_CHECKING:
    from collections.abc import Collection

# Deliberately narrower than the standards: no user name, no back slash, nothing that two URL parsers could read
# as two different hosts.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>"
    + _LABEL
    + r"(?:\."
    + _LABEL
    + r")*|\[[0-9a-f:]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[a-z0-9._~%/:+=-]*)?(?:\?[a-z0-9._~%/:+=&-]*)?",
    re.ASCII | re.IGNORECASE,
)


class Destination(msgspec.Struct, frozen=True):
    """An address that may have the key; ``name`` is the host, with the port where one is said."""

    url: str
    host: str
    name: str
    loopback: bool


class NotAllowed(msgspec.Struct, frozen=True):
    """Why an address may not have the key: a check's code, cause and remedy."""

    code: str
    message: str
    remedy: str


def destination(base_url: str, path: str, allowed: Collection[str] = ()) -> Destination | NotAllowed:
    """The address of ``path`` below ``base_url``, if a key may go there.

    It may go to the service's own hosts and to ``allowed`` ones over https, and to loopback.

    Args:
        path: with its query, such as ``/models?sub_type=chat``.
        allowed: hosts, or ``host:port``, that the operator named.
    """
    url = base_url.rstrip("/") + path
    match = _URL.fullmatch(url)
    if match is None or not path.startswith("/"):
        return NotAllowed(
            "bad-url",
            f"{_shown(url)} is not a plain web address, so the key was not sent",
            "Write it as https://HOST/v1, without user name, spaces or fragments.",
        )
    host = match["host"].lower()
    name = f"{host}:{match['port']}" if match["port"] else host
    if _is_loopback(host):
        return Destination(url, host, name, loopback=True)
    if host not in BUILTIN_HOSTS and {host, name}.isdisjoint(entry.lower() for entry in allowed):
        return NotAllowed(
            "host-not-allowed",
            f"the key was not sent to {host}: it is not one of SiliconFlow's hosts, and the operator has not allowed it",
            f"If this host may have the key, say --allow-host {host} (or put it into RECONCILER_ALLOW_HOSTS).",
        )
    if match["scheme"].lower() != "https":
        return NotAllowed(
            "not-https",
            f"the key was not sent to {host}: plain http would show it to everyone on the way",
            "Write the base URL with https://.",
        )
    return Destination(url, host, name, loopback=False)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    """The address without what may be a password in it."""
    return re.sub(r"//[^/]*@", "//…@", "".join(filter(str.isprintable, url)))[:100]
