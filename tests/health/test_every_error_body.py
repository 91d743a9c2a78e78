"""Every error body that is known of the service, through the command line: verdict, words, trace id, exit code, and that
nothing is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from reconciler.cli.main import run
from reconciler.standin import Fault, StandIn
from reconciler.standin.faults import bare, coded

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-bodies-0123456789abcdef"
MODEL = "deepseek-ai/DeepSeek-V3.2"
CONFIG = '{ meta: { lastTouchedVersion: "2026.9.6" }, gateway: { mode: "local" } }\n'
MANIFESTS = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: global}
spec: {baseUrl: "%s"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {env: BODIES_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2}]
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec: {model: {primary: siliconflow/deepseek-ai/DeepSeek-V3.2}}
"""


class Row(NamedTuple):
    """An answer and what an operator reads of it; a message that is quoted needs no words of its own here."""

    answer: Fault
    code: str
    exit: int
    words: str


def refused(message: str) -> Fault:
    """What the service says of a request that it doesn't take."""
    return coded(400, 20015, message)


def html(status: int) -> Fault:
    """A page where an answer should be."""
    return Fault(status=status, body="<html><title>Sign in</title></html>", content_type="text/html")


KEY_WORDS = "the key is invalid, or belongs to the other site (cn)"
ROWS = (
    Row(coded(400, 20012, "Model does not exist. Please check it carefully."), "model-missing", 5, "does not know"),
    Row(refused("The parameter is invalid. Please check again."), "parameter-refused", 5, "does not take a parameter"),
    Row(refused("Value error, current model does not support parameter `enable_thinking`."), "parameter-refused", 5, "`enable_thinking`"),
    Row(refused("Value error, The `required` option for tool_choice is not yet supported."), "parameter-refused", 5, "tool_choice"),
    Row(refused("Field required"), "parameter-refused", 5, "Field required"),
    Row(refused("length of prompt_tokens (68957) must be less than max_seq_len (65536)."), "limit-exceeded", 5, "longer than"),
    Row(refused("max_total_tokens (33802) must be less than or equal to max_seq_len (32768)"), "limit-exceeded", 5, "(32768)"),
    Row(refused("number of input tokens (300030) has exceeded max_prompt_tokens (98304) limit."), "limit-exceeded", 5, "(98304)"),
    Row(refused("max_tokens (8192) have exceeded max_seq_len (8192) limit."), "limit-exceeded", 5, "contextWindow or maxTokens"),
    Row(bare(401, "Invalid token"), "key-refused", 5, KEY_WORDS),
    Row(bare(401, "Api key is invalid"), "key-refused", 5, KEY_WORDS),
    Row(coded(401, 30014, "Token is invalid."), "key-refused", 5, KEY_WORDS),
    Row(coded(402, 30001, "Sorry, your account balance is insufficient"), "no-balance", 5, "the account has no balance"),
    Row(coded(403, 30001, "Sorry, your account balance is insufficient"), "no-balance", 5, "--skip-health"),
    Row(Fault(status=403, body='{"code":30003,"message":"Model disabled."}'), "model-disabled", 5, "offline"),
    Row(bare(403, "Forbidden"), "forbidden", 5, "permissions"),
    Row(coded(403, 30002, "User disabled"), "account-disabled", 5, "disabled the account"),
    Row(coded(403, 30005, "Real-name needed"), "identity-unverified", 5, "verified by real name"),
    Row(coded(403, 30007, "Tier"), "tier-too-low", 5, "tier"),
    Row(coded(403, 30011, "Paid balance only"), "paid-balance-only", 5, "charged balance"),
    Row(coded(403, 30013, "IP not allowed"), "ip-refused", 5, "address is not on the key's list"),
    Row(bare(404, "404 page not found"), "wrong-path", 5, "ends in /v1, once"),
    Row(Fault(status=404, body="404 page not found", content_type="text/plain"), "wrong-path", 5, "no such path"),
    Row(coded(410, 20092, "This endpoint is deprecated and is no longer available."), "endpoint-retired", 5, "retired this address"),
    Row(coded(429, None, "Request was rejected due to rate limiting. Details: TPM limit reached."), "rate-limited", 0, "TPM limit reached"),
    Row(coded(451, 20021, "NSFW"), "content-refused", 5, "refused the content"),
    Row(coded(500, 50507, "Unknown error."), "service-error", 0, "failed inside"),
    Row(coded(500, 60000, "Internal error."), "service-error", 0, "code 60000"),
    Row(coded(503, 50505, "Model service overloaded. Please try again later."), "service-busy", 0, "overloaded"),
    Row(bare(504, "Gateway Timeout"), "service-timeout", 0, "took too long"),
    Row(coded(200, 30001, "Sorry, your account balance is insufficient"), "no-balance", 5, "HTTP 200, code 30001"),
    Row(coded(200, 50505, "Model service overloaded. Please try again later."), "service-busy", 0, "overloaded"),
    Row(coded(200, 60000, "Internal error."), "service-error", 0, "failed inside"),
    Row(coded(200, None, "Request was rejected due to rate limiting. Details: TPM limit reached."), "rate-limited", 0, "HTTP 200"),
    Row(html(511), "not-the-service", 5, "a network portal"),
    Row(coded(200, 30003, "Model disabled."), "model-disabled", 5, "HTTP 200"),
    Row(html(200), "not-the-service", 5, "a network portal, a proxy or a wrong base URL"),
    Row(html(403), "not-the-service", 5, "Sign in"),
    Row(Fault(status=302, headers={"Location": "https://portal.example/login"}), "redirected", 5, "https://portal.example/login"),
    Row(Fault(status=407), "proxy", 5, "HTTPS_PROXY"),
    Row(Fault(body='{"object": "list", "data": [{"id": "deep'), "unexpected-answer", 5, "did not answer as the API does"),
)  # fmt: skip


def label(row: Row) -> str:
    """A test's name: the status and the first words of the body."""
    return f"{row.answer.status}-{row.answer.body[:60]}"


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BODIES_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "4000")
    Path(".openclaw").mkdir(mode=0o700)
    Path(".openclaw/openclaw.json").write_text(CONFIG, encoding="utf-8")
    Path("manifests").mkdir()
    with StandIn("global", [KEY]) as standin:
        Path("manifests/siliconflow.yaml").write_text(MANIFESTS % standin.base_url, encoding="utf-8")
        yield standin


@pytest.mark.parametrize("row", ROWS, ids=map(label, ROWS))
def test_an_answer_to_the_listing_ends_as_the_table_says(
    row: Row, standin: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    standin.fail_next(row.answer, times=tries(row))
    assert run(["health", "--format", "json", "--no-cache"]) == row.exit
    (found,) = checks(capsys, "")
    assert (found["code"], found["status"]) == (row.code, row.answer.status)
    assert row.words in found["message"] + found["remedy"]
    assert_apply_keeps_to_it(row, standin, capsys)


@pytest.mark.parametrize("row", ROWS, ids=map(label, ROWS))
def test_an_answer_to_a_probe_ends_as_the_table_says(
    row: Row, standin: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Fault(body=msgspec.json.encode({"object": "list", "data": [{"id": MODEL}]}).decode())
    for answer in (good, *[row.answer] * tries(row)):
        standin.fail_next(answer)
    assert run(["health", "--probe", "--format", "json", "--no-cache"]) == row.exit
    (found,) = checks(capsys, MODEL)
    assert (found["code"], found["status"]) == (row.code, row.answer.status)
    assert row.words in found["message"] + found["remedy"]


def tries(row: Row) -> int:
    """How often the request is made: what may pass by itself is asked three times."""
    return 3 if row.answer.status == 429 or row.answer.status >= 500 else 1


def checks(capsys: pytest.CaptureFixture[str], subject: str) -> list[dict[str, Any]]:
    """What was found of ``subject`` in the JSON just printed; every answer has its trace id."""
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err
    found = [check for check in msgspec.json.decode(shown.out)["checks"] if check["subject"] == subject]
    assert all(check["trace_id"].startswith("ti_standin") for check in found)
    return found


def assert_apply_keeps_to_it(row: Row, standin: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """What blocks leaves the state folder as it is, and tells a person why; what doesn't is written."""
    before = files()
    standin.fail_next(row.answer, times=tries(row))
    assert run(["apply", "--yes", "--no-cache"]) == row.exit
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err
    written = {name: data for name, data in files().items() if name != ".openclaw/reconciler/lock"}
    assert (written == before) is (row.exit == 5)
    if row.exit == 5:
        said = " ".join((shown.out + shown.err).split())
        assert row.words in said
        assert "ti_standin" in said


def files() -> dict[str, bytes]:
    """Every file of the state folder."""
    return {str(path): path.read_bytes() for path in Path(".openclaw").rglob("*") if path.is_file()}
