"""The hosts of the service itself."""

from __future__ import annotations

CN_ABROAD = "api-st.siliconflow.cn"
"""The CN site for callers abroad, with CN keys (release notes of the CN site, 2024-11-14)."""

BUILTIN_HOSTS: frozenset[str] = frozenset({"api.siliconflow.cn", "api.siliconflow.com", CN_ABROAD})
"""The service's own hosts: a key may go there over https without anyone's leave."""
