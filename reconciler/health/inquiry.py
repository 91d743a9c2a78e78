"""What is asked of one endpoint, and the findings that come of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.health.answer import Answer, Failure
from reconciler.health.findings import Findings
from reconciler.health.hosts import Destination, NotAllowed, destination
from reconciler.health.models import compare
from reconciler.health.verdicts import judge
from reconciler.secret import Secret
from reconciler.sites.hosts import BUILTIN_HOSTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.health.client import Client
    from reconciler.health.report import Check, Endpoint

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_ONE_WORD = re.compile(r"[\x21-\x7e]+")
_NOT_OURS_TO_SET = frozenset({"host", "connection", "content-length", "transfer-encoding"})


class Inquiry:
    """The check of one endpoint."""

    def __init__(self, endpoint: Endpoint, client: Client, allowed: Collection[str]) -> None:
        raw = endpoint.key.reveal() if endpoint.key is not None else ""
        self.endpoint = endpoint
        self.client = client
        self.key = Secret(raw.strip())
        self.findings = Findings(endpoint, (raw.strip(), *endpoint.headers.values()))
        self._allowed = allowed
        self._padded = raw != raw.strip()

    def checks(self, try_other_site: bool) -> Iterator[Check]:
        """All findings, the endpoint's first."""
        place = self.place(self.endpoint.base_url, self.endpoint.listing)
        problem = self._obstacle(place)
        if problem is not None or isinstance(place, NotAllowed):
            yield from filter(None, [problem])
            yield from self._models(None)
            return
        yield from self._about_the_key(place)
        answer = self._ask(place)
        listed = listing(answer)
        if listed is None:
            yield self._failed(answer, place.name, try_other_site)
            yield from self._models(None)
            return
        yield self._passed(answer, place.name, listed)
        yield from self._models(listed)

    def listed(self) -> frozenset[str] | Check:
        """The ids that the key can see, or why they can't be had."""
        place = self.place(self.endpoint.base_url, self.endpoint.listing)
        if isinstance(place, NotAllowed):
            return self.findings.check(place.code, "block", place.message, place.remedy)
        problem = self._obstacle(place)
        if problem is not None:
            return problem
        answer = self._ask(place)
        ids = listing(answer)
        return self._failed(answer, place.name, False) if ids is None else ids

    def place(self, base_url: str, path: str) -> Destination | NotAllowed:
        """Where ``path`` is, if the key may go there."""
        return destination(base_url, path, self._allowed)

    def headers(self) -> dict[str, str]:
        """The provider's own headers, as far as they can be sent; an unresolved ``${VAR}`` can't."""
        return {
            name: value
            for name, value in self.endpoint.headers.items()
            if _HEADER_NAME.fullmatch(name) and name.lower() not in _NOT_OURS_TO_SET
            if _HEADER_VALUE.fullmatch(value) and "${" not in value
        }

    def _obstacle(self, place: Destination | NotAllowed) -> Check | None:
        """What forbids asking at all."""
        make, fill = self.findings.check, self.findings.fill
        if isinstance(place, NotAllowed):
            return make(place.code, "block", place.message, place.remedy)
        if not self.key:
            message = f"there is no key to check {self.endpoint.name} with"
            page, problem = fill("eys are made on {key_page}."), self.endpoint.key_problem
            if problem is None:
                return make("key-missing", "block", message, f"K{page}")
            where = f"{problem.where}: " if problem.where else ""
            return make(
                "key-missing", "block", f"{message}: {where}{problem.what}", f"{problem.remedy}; k{page}"
            )
        if not _ONE_WORD.fullmatch(self.key.reveal()):
            message = "the key was not sent: it contains spaces, line ends or characters that no key has"
            return make("key-malformed", "block", message, fill("Copy it again from {key_page}."))
        return None

    def _about_the_key(self, place: Destination) -> Iterator[Check]:
        if self._padded:
            yield self.findings.check(
                "key-padded",
                "warn",
                "the key has white space around it, which this check left out",
                "Remove it at its source: sent along, it makes the service refuse the key.",
            )
        if place.host in BUILTIN_HOSTS and not self.key.reveal().startswith("sk-"):
            message = "the key does not begin with sk-, as SiliconFlow's do"
            yield self.findings.check("key-unusual", "warn", message, "Check where it comes from.")

    def _ask(self, place: Destination) -> Answer | Failure:
        from reconciler.health.client import Request

        return self.client.send(Request(place, self.key, self.headers()))

    def _passed(self, answer: Answer | Failure, host: str, listed: Collection[str]) -> Check:
        declared = {use.id for use in self.endpoint.models}
        there = len(declared.intersection(listed))
        message = f"{host} accepts the key and lists {len(listed)} chat models"
        if there == len(declared) == 1:
            message += ", the declared one among them"
        elif declared:
            message += f", {'all' if there == len(declared) else there} of the {len(declared)} declared ones among them"
        return self.findings.check("ok", "ok", message, answer=answer)

    def _models(self, listed: Collection[str] | None) -> Iterator[Check]:
        for found in compare(self.endpoint, listed):
            yield self.findings.check(
                found.code,
                found.level,
                found.message,
                found.remedy,
                subject=found.use.id,
                source=found.use.source,
            )

    def _failed(self, answer: Answer | Failure, host: str, try_other_site: bool) -> Check:
        refused = self.findings.rule(answer).code == "key-refused"
        if refused and not self.endpoint.sibling:
            message = f"site {self.endpoint.site} refuses the key: {self.findings.evidence(answer)}"
            remedy = self.findings.fill("Compare it with the one on {key_page}.")
            return self.findings.check("key-refused", "block", message, remedy, answer=answer)
        if refused and try_other_site and self.endpoint.sibling_base_url:
            return self._tried_elsewhere(answer, self.endpoint.sibling_base_url)
        return self.findings.failure(answer, host)

    def _tried_elsewhere(self, answer: Answer | Failure, base_url: str) -> Check:
        """The finding on a refused key, after showing it to the sibling site."""
        here, there = f"site {self.endpoint.site}", f"site {self.endpoint.sibling}"
        evidence, code = self.findings.evidence(answer), "key-refused"
        remedy = self.findings.fill("Compare it with the one on {key_page}.")
        place = self.place(base_url, self.endpoint.listing)
        if isinstance(place, NotAllowed):
            message = f"{here} refuses the key ({evidence}); {there} was not asked: {place.message}"
            return self.findings.check(code, "block", message, place.remedy, answer=answer)
        other = self._ask(place)
        if listing(other) is not None:
            code = "key-other-site"
            message = f"the key belongs to the other site: {there} accepts it, {here} does not ({evidence})"
            remedy = f"Say `site: {self.endpoint.sibling}` in the provider, or use a key of {here}."
        elif self.findings.rule(other).code == "key-refused":
            message = f"neither {here} nor {there} accepts the key ({evidence}): it is mistyped or revoked"
        else:
            said = self.findings.evidence(other)
            message = (
                f"{here} refuses the key ({evidence}); whether {there} takes it could not be told: {said}"
            )
        return self.findings.check(code, "block", message, remedy, answer=answer)


def listing(answer: Answer | Failure) -> frozenset[str] | None:
    """The ids in a good listing, ``None`` for anything else; rows without an id are skipped."""
    if isinstance(answer, Failure):
        return None
    body = answer.read()
    rows = body.value.get("data") if isinstance(body.value, dict) else None
    if judge(answer.status, body).code != "ok" or not isinstance(rows, list):
        return None
    ids = (row.get("id") for row in rows if isinstance(row, dict))
    return frozenset(model for model in ids if isinstance(model, str) and model)
