"""What holds for reports of any plan, whatever its texts are made of."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.health.report import Check, HealthReport, report
from reconciler.plan.model import (
    Change,
    Drift,
    GatewayInfo,
    Plan,
    PlanWarning,
    Refusal,
    Shadow,
    Source,
    summarise,
)
from reconciler.report import as_html, as_json, markdown, text
from reconciler.report.layout import cells
from reconciler.suspects import Suspect
from tests.report.plans import BASE

# A plan takes some milliseconds to make up, more on a busy machine.
bounded = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "line\r\nPlan: 0 to create, 0 to update, 0 to delete, 0 unchanged.\n",
    "`` ` ``` `",
    "` ](https://evil.example) <b>",
    "</summary></details><script>alert(1)</script>",
    "@everyone fixes #1 $x$ | a | www.evil.example https://evil.example/`x`",
    "<!-- -->&amp;&#64;",
    "**bold** _it_ ~~gone~~ [a](b) ![i](j)",
    "\\`",
    "1. # h\n- x\n> q\n\n    code",
    "\ud800",
    "模型 名字",
    "e\u0301",
    "true",
    "12",
    "a -> b",
    "",
    " ",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join),
)


def values_of(names: st.SearchStrategy[str], sentences: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """JSON values; no lone surrogate gets into one."""
    keys, whole = (
        texts.map(lambda text: text.encode("utf-8", "ignore").decode()) for texts in (names, sentences)
    )
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats(allow_nan=False, allow_infinity=False)
        | whole,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )


def some(items: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=most).map(tuple)


def changes_of(names: st.SearchStrategy[str], sentences: st.SearchStrategy[str]) -> st.SearchStrategy[Change]:
    known = st.sampled_from(
        ["provider/x.baseUrl", "provider/x.models[a].cost.input", "agent/defaults.models[b]"]
    )
    return st.builds(
        Change,
        address=names | known,
        surface=st.sampled_from(["config", "auth-store", "models.json"]),
        path=some(names | st.dictionaries(st.just("id"), names, min_size=1), 4),
        actions=st.sampled_from([("create",), ("update",), ("delete",)]),
        reason=st.sampled_from(["manifest", "drift", "release", "retired", "shadow", "stale-copy", "prune"]),
        impact=st.sampled_from(["hot-reload", "restart", "none"]),
        sensitive=st.booleans(),
        before=values_of(names, sentences),
        after=values_of(names, sentences),
        source=st.none() | st.builds(Source, file=names, line=st.integers(0, 10**6)),
        note=sentences,
        file=names,
    )


def reports_of(
    names: st.SearchStrategy[str], sentences: st.SearchStrategy[str]
) -> st.SearchStrategy[HealthReport]:
    verdicts = st.sampled_from(["ok", "warn", "block"])
    check = st.builds(
        Check,
        provider=names,
        subject=names,
        code=names,
        verdict=verdicts,
        message=sentences,
        remedy=sentences,
        trace_id=names,
    )
    return some(check, 4).map(report)


def drifts_of(names: st.SearchStrategy[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Drift]:
    """Anything that may have moved."""
    return st.builds(
        Drift,
        address=names,
        cause=st.sampled_from(["live", "manifest", "both"]),
        kind=st.sampled_from(["changed", "gone", "unchanged"]),
        applied=values,
        live=values,
        declared=values,
        file=names,
        source=st.none() | st.builds(Source, file=names, line=st.integers(1, 99)),
    )


@st.composite
def plans(
    draw: st.DrawFn, names: st.SearchStrategy[str] = TEXTS, sentences: st.SearchStrategy[str] = TEXTS
) -> Plan:
    """Any plan; some have many changes."""
    changes = draw(some(changes_of(names, sentences), 6)) * draw(st.sampled_from([1, 1, 30]))
    gateway = st.builds(
        GatewayInfo,
        name=names,
        release=st.none() | names,
        release_evidence=sentences,
        config=names,
        auth_store=names,
    )
    warning = st.builds(PlanWarning, code=names, address=names, message=sentences)
    refusal = st.builds(Refusal, rule=names, addresses=some(names, 8), message=sentences, option=sentences)
    shadow = st.builds(
        Shadow,
        address=names,
        agent=names,
        what=st.sampled_from(["key", "model"]),
        wins=names,
        place=sentences,
        beats=names,
        remedy=sentences,
    )
    return Plan(
        gateway=draw(gateway),
        base=BASE,
        changes=changes,
        warnings=draw(some(warning)),
        shadows=draw(some(shadow, 2)),
        refusals=draw(some(refusal)),
        health=draw(reports_of(names, sentences)),
        summary=summarise(changes, draw(st.integers(0, 99))),
        complete=draw(st.booleans()),
        drift=draw(some(drifts_of(names, names), 1)),
    )


REPORTS = reports_of(TEXTS, TEXTS)
SUSPECTS = st.builds(
    Suspect, what=TEXTS, evidence=TEXTS, time=TEXTS, addresses=st.lists(TEXTS, max_size=3).map(tuple)
)
WORDS = st.text("abcdefgh", min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, max_size=60).map(" ".join)


def commands(rendered: str) -> set[str]:
    """Characters that a terminal obeys, or that reorder others."""
    return {
        char for char in rendered if char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
    } | {char for char in rendered if unicodedata.bidirectional(char) in _DIRECTIONS}


_DIRECTIONS = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")


@given(plans(), st.sampled_from([20, 80, 200]), st.booleans())
@bounded
def test_no_text_from_outside_commands_a_terminal(plan: Plan, width: int, verbose: bool) -> None:
    assert not commands(text.render_plan(plan, width=width, color=False, verbose=verbose))
    assert not commands(as_json.render_plan(plan))
    assert not commands(markdown.render_plan(plan))
    assert not commands(as_html.render_plan(plan))


@given(REPORTS, some(drifts_of(TEXTS, values_of(TEXTS, TEXTS))), some(SUSPECTS))
@bounded
def test_no_finding_commands_a_terminal(
    checked: HealthReport, found: tuple[Drift, ...], hints: tuple[Suspect, ...]
) -> None:
    for rendered in (
        text.render_health(checked, width=80, color=False),
        as_json.render_health(checked),
        markdown.render_health(checked),
        text.render_drift(found, hints, width=80, color=False),
        as_json.render_drift(found, hints),
        markdown.render_drift(found, hints),
        as_html.render_drift(found, hints),
    ):
        assert not commands(rendered)


@given(plans(WORDS, SENTENCES), st.sampled_from([60, 80, 200]))
@bounded
def test_lines_fit_the_terminal(plan: Plan, width: int) -> None:
    rendered = text.render_plan(plan, width=width, color=False)
    assert max(map(cells, rendered.splitlines())) <= width


@given(reports_of(WORDS, SENTENCES), st.sampled_from([60, 80, 200]))
@bounded
def test_findings_fit_the_terminal(checked: HealthReport, width: int) -> None:
    rendered = text.render_health(checked, width=width, color=False)
    assert max(map(cells, rendered.splitlines())) <= width


@given(plans())
@bounded
def test_colour_adds_nothing_but_colour(plan: Plan) -> None:
    plain = text.render_plan(plan, width=80, color=False)
    colored = text.render_plan(plan, width=80, color=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain
    assert not commands(colored) - {"\x1b"}


@given(plans())
@bounded
def test_every_plan_is_read_back_as_it_was_saved(plan: Plan) -> None:
    """But for what isn't text at all, as in a file name that isn't UTF-8: that comes back spelled out."""
    rendered = as_json.render_plan(plan)
    back = as_json.read_plan(rendered.encode())
    assert as_json.render_plan(back) == rendered
    if _is_text(plan):
        assert back == plan


def _is_text(plan: Plan) -> bool:
    try:
        msgspec.json.encode(plan)
    except UnicodeEncodeError:
        return False
    return True


@given(plans())
@bounded
def test_markdown_from_outside_stays_plain_words_or_code(plan: Plan) -> None:
    rendered = markdown.render_plan(plan)
    assert len(rendered) <= 65_536
    _is_tame(rendered, plan)


ALLOWED_HTML = re.compile(r"</?details>|<details><summary><code>[^<>\n]*</code>: [^<>\n]*</summary>|</?span>")
ALLOWED_TOKENS = {
    "text",
    "code_inline",
    "softbreak",
    "html_inline",
    "strong_open",
    "strong_close",
    "em_open",
    "em_close",
}


def _is_tame(rendered: str, plan: Plan) -> None:
    """No link, image or heading; no HTML but ours; as many blocks of details opened as closed."""
    html = []
    for token in (
        MarkdownIt("gfm-like", {"linkify": False}).enable(["strikethrough", "table"]).parse(rendered)
    ):
        assert token.type.removesuffix("_open").removesuffix("_close") in (
            "paragraph",
            "inline",
            "html_block",
            "bullet_list",
            "list_item",
        )
        html += [token.content.strip()] if token.type == "html_block" else []
        for child in token.children or ():
            assert child.type in ALLOWED_TOKENS
            html += [child.content] if child.type == "html_inline" else []
            assert child.type != "text" or not re.search(r"@\w|#\d|://|www\.", child.content, re.IGNORECASE)
    assert all(ALLOWED_HTML.fullmatch(piece) for piece in html)
    assert sum("<details>" in piece for piece in html) == sum("</details>" in piece for piece in html)


class _Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(" ".join([tag, *(f"{name}={value}" for name, value in attrs if tag != "meta")]))
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


CLASSES = {
    f"{tag} class={name}"
    for tag in ("b", "p", "span")
    for name in ("create", "update", "delete", "ok", "warn", "block")
}
PLAIN = {
    "html lang=en",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "p",
    "strong",
    "small",
    "code",
    "ul",
    "li",
}


@given(plans())
@bounded
def test_a_page_holds_no_tag_from_outside(plan: Plan) -> None:
    tags = _Tags()
    tags.feed(as_html.render_plan(plan))
    assert tags.seen <= PLAIN | CLASSES
    assert not tags.open
