"""The hosts of the service itself, and the host of an address."""

from __future__ import annotations

import re

CN_ABROAD = "api-st.siliconflow.cn"
"""The CN site for callers abroad, with CN keys (release notes of the CN site, 2024-11-14)."""

BUILTIN_HOSTS: frozenset[str] = frozenset({"api.siliconflow.cn", "api.siliconflow.com", CN_ABROAD})
"""The service's own hosts: a key may go there over https without anyone's leave."""

_END_OF_HOST = re.compile(r"[/?#\\]")


def host_of(url: str) -> str:
    """The host of an address, with its port where one is said; empty where it is no address. No URL is taken apart for its port."""
    scheme, slashes, rest = url.strip().partition("://")
    return _END_OF_HOST.split(rest, maxsplit=1)[0].rpartition("@")[2].lower() if slashes and scheme else ""
