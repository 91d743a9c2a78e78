"""Words for what was found at one endpoint: cause, evidence, remedy. Every :class:`Check` is made here, masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.health.answer import Answer, Failure
from reconciler.health.body import safe
from reconciler.health.report import Check
from reconciler.health.verdicts import FAILURES, judge

if TYPE_CHECKING:
    from reconciler.errors import Location
    from reconciler.health.report import Endpoint, Level
    from reconciler.health.verdicts import Rule

_LONGEST = 1000  # characters of a whole message


class Findings:
    """Makes the checks of one endpoint.

    Args:
        secrets: what no check may contain, whatever a server echoes.
    """

    def __init__(self, endpoint: Endpoint, secrets: tuple[str, ...]) -> None:
        self._endpoint = endpoint
        self._secrets = secrets

    def check(
        self,
        code: str,
        level: Level,
        message: str,
        remedy: str = "",
        *,
        answer: Answer | Failure | None = None,
        subject: str = "",
        source: Location | None = None,
    ) -> Check:
        """One check; ``answer`` is the evidence behind it."""
        answered = answer if isinstance(answer, Answer) else None
        return Check(
            self._endpoint.name,
            subject,
            code,
            level,
            self._safe(message, _LONGEST),
            self._safe(remedy, _LONGEST),
            self._safe(answered.trace_id, 100) if answered else "",
            answered.status if answered else None,
            source,
        )

    def failure(
        self, answer: Answer | Failure, host: str, model: str = "", source: Location | None = None
    ) -> Check:
        """The check for an answer that isn't what was asked for."""
        rule = self.rule(answer)
        message = f"{self.fill(rule.cause, host, model)}: {self.evidence(answer)}"
        remedy = self.fill(rule.remedy, host, model)
        return self.check(rule.code, rule.level, message, remedy, answer=answer, subject=model, source=source)

    def rule(self, answer: Answer | Failure) -> Rule:
        """What an answer that isn't what was asked for falls under."""
        if isinstance(answer, Failure):
            return FAILURES[answer.code]
        rule = judge(answer.status, answer.read())
        return FAILURES["unexpected-answer"] if rule.code == "ok" else rule

    def evidence(self, answer: Answer | Failure) -> str:
        """What came back, in short: status, code, the server's own words, attempts."""
        tries = f" after {answer.attempts} attempts" if answer.attempts > 1 else ""
        if isinstance(answer, Failure):
            return self._safe(answer.detail) + tries
        head = f"HTTP {answer.status}"
        location = answer.headers.get("location", "")
        if 300 <= answer.status < 400 and location:
            return f"{head} to {self._safe(location)}"
        body = answer.read()
        wait = answer.headers.get("retry-after", "")
        said = self._safe(body.message)
        parts = (
            head,
            f"code {body.code}" if body.code is not None else "",
            f"Retry-After {self._safe(wait, 40)}" if wait else "",
            f"“{said}”" if said else "",
        )
        return ", ".join(filter(None, parts)) + tries

    def fill(self, template: str, host: str = "", model: str = "") -> str:
        """A template of :mod:`reconciler.health.verdicts` with this endpoint's names in it."""
        endpoint = self._endpoint
        return template.format_map(
            {
                "site": f"site {endpoint.site}",
                "host": host,
                "other": endpoint.sibling or "none known",
                "key_page": endpoint.key_page or f"the key page of site {endpoint.site}",
                "base_url": endpoint.base_url,
                "model": model or "the model",
            }
        )

    def _safe(self, text: str, limit: int = 200) -> str:
        return safe(text, self._secrets, limit)
