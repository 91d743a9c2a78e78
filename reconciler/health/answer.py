"""What comes back from an endpoint: an answer, or a failure on the way. No network library is needed to name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from reconciler.health.body import parse_body

if TYPE_CHECKING:
    from reconciler.health.body import Body


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1

    def read(self) -> Body:
        """What the body says."""
        return parse_body(self.body, self.headers.get("content-type", ""))

    @property
    def trace_id(self) -> str:
        """The service's own id of this answer, as it came."""
        return self.headers.get("x-siliconcloud-trace-id") or self.headers.get("x-request-id") or ""


class Failure(msgspec.Struct, frozen=True):
    """Why there is no answer.

    Attributes:
        code: a key of :data:`reconciler.health.verdicts.FAILURES`.
        retry: another attempt may succeed.
    """

    code: str
    detail: str
    retry: bool = False
    attempts: int = 1
