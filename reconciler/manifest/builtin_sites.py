"""The built-in sites: two independent services with their own accounts, keys and price lists."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.manifest.model import SiteSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILTIN: Mapping[str, SiteSpec] = MappingProxyType(
    {
        "cn": SiteSpec(
            base_url="https://api.siliconflow.cn/v1",
            key_page="https://cloud.siliconflow.cn/account/ak",
            sibling="global",
            catalog="cn",
        ),
        "global": SiteSpec(
            base_url="https://api.siliconflow.com/v1",
            key_page="https://cloud.siliconflow.com/account/ak",
            sibling="cn",
            catalog="global",
        ),
    }
)
"""Sites that need no declaration; a Site of the same name overrides one."""
