"""What OpenClaw will use, and why: for a terminal, as JSON, and as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.effective.chains import NOT_SET, REDACTED
from reconciler.printable import printable
from reconciler.report.display import plural, show
from reconciler.report.layout import BLANK, Line, line, paint, paragraph
from reconciler.report.markdown import code, prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.effective.chains import Candidate, Chain
    from reconciler.effective.uses import Use
    from reconciler.explaining import AgentExplained, Explanation, ModelExplained, Setting
    from reconciler.openclaw.sessions import Pin
    from reconciler.report.layout import Style

FEW = 5
_LABEL = 10
_NOTHING = {
    "base URL": "nothing: the config has no such provider",
    "key": "none: OpenClaw sends no key",
    "model": "none chosen: OpenClaw takes its own default",
}


def render_text(explanation: Explanation, *, width: int, color: bool, verbose: bool) -> str:
    """The explanation for a terminal.

    Args:
        verbose: name every pinned session.
    """
    lines: list[Line] = [
        *paragraph("", f"OpenClaw {explanation.release}, from {explanation.evidence}", width, 0, 2)
    ]
    for agent in explanation.agents:
        lines += [BLANK, *_agent(agent, _who(agent), width, verbose)]
    for agent in explanation.unused:
        lines += [
            BLANK,
            *_agent(agent, f"used by no agent; what the {_who(agent)} would get", width, verbose),
        ]
    if explanation.shared:
        lines += [
            BLANK,
            line("head", "gateway"),
            *(one for use in explanation.shared for one in _use(use, width)),
        ]
    for settings, refs in _alike(explanation.models):
        lines += [BLANK, *_model(refs, settings, width)]
    lines += _around(explanation, width)
    if explanation.unreadable:
        lines += [BLANK, line("warn", "Not looked into")]
        for one in explanation.unreadable:
            lines += paragraph("", f"{printable(one.place)}: {printable(one.message)}", width, 2, 2)
            lines += paragraph("dim", printable(one.remedy), width, 4, lead=(("dim", "    -> "),))
    return paint(lines, color)


def _around(explanation: Explanation, width: int) -> Iterator[Line]:
    """What is neither an agent's nor a model's."""
    if explanation.elsewhere:
        yield BLANK
        yield line("head", "Elsewhere in the config, managed by nobody here")
    for place in explanation.elsewhere:
        yield from paragraph("", printable(f"{place.place}: {place.says}"), width, 2, 2)
        yield from paragraph("dim", printable(place.where), width, 4)
    if explanation.warnings:
        yield BLANK
        yield line("head", "Warnings")
    for warning in explanation.warnings:
        said = f"{warning.message} [{warning.code}]"
        yield from paragraph("", printable(said), width, 4, lead=(("warn", "  ! "),))
        yield from paragraph("dim", printable(warning.address), width, 6)


def render_markdown(explanation: Explanation) -> str:
    """The explanation as a comment."""
    lines = [f"**reconciler explain**: OpenClaw {prose(explanation.release)}"]
    for agent in explanation.agents:
        lines += ["", f"**{_who(agent)}**", ""]
        for chain in agent.chains:
            lines += _chain_bullets(chain)
            lines += map(_use_bullet, agent.uses if chain.what == "model" else ())
        lines += [f"- {code(pin.session)} keeps {code(pin.model)} — {code(pin.place)}" for pin in agent.pins]
    for settings, refs in _alike(explanation.models):
        lines += [
            "",
            f"<details><summary>{plural(len(refs), 'model')}: why each field is there</summary>",
            "",
        ]
        lines += [f"- {code(ref)}" for ref in refs]
        for setting in settings:
            why = f": {prose(setting.why)}" if setting.why else ""
            value = code(f"{setting.name}: {show(setting.value)}")
            lines.append(f"  - {value} — {prose(setting.origin)}{why}")
        lines += ["", "</details>"]
    for agent in explanation.unused:
        lines += ["", f"**used by no agent; what the {_who(agent)} would get**", ""]
        lines += [bullet for chain in agent.chains for bullet in _chain_bullets(chain)]
    lines += ["", "**gateway**", "", *map(_use_bullet, explanation.shared)] if explanation.shared else []
    if explanation.elsewhere:
        lines += ["", "**Elsewhere in the config, managed by nobody here**", ""]
        lines += [
            f"- {code(one.place)}: {prose(one.says)} — {code(one.where)}" for one in explanation.elsewhere
        ]
    lines += [
        "",
        *(f"- ⚠️ {prose(w.message)} ({code(w.code)}): {code(w.address)}" for w in explanation.warnings),
    ]
    lines += [
        f"- ⚠️ {code(one.place)}: {prose(one.message)}. {prose(one.remedy)}" for one in explanation.unreadable
    ]
    return "\n".join(lines) + "\n"


def render_json(explanation: Explanation) -> str:
    """The explanation as a stable object; of each chain the first candidate is the one that is used."""
    from reconciler.report.as_json import dump

    return dump(explanation)


def _who(agent: AgentExplained) -> str:
    return f"agent{'s' if len(agent.agents) > 1 else ''} {', '.join(map(printable, agent.agents))}"


def _agent(agent: AgentExplained, title: str, width: int, verbose: bool) -> Iterator[Line]:
    yield from paragraph("head", title, width, 0)
    provider = ""
    for chain in agent.chains:
        if chain.what != "model" and chain.provider != provider:
            provider = chain.provider
            yield line("", f"  provider {printable(provider)}")
        yield from _chain(chain, width)
        if chain.what == "model":
            for use in agent.uses:
                yield from _use(use, width)
    yield from _pins(agent.pins, width, verbose)


def _chain(chain: Chain, width: int) -> Iterator[Line]:
    winner = chain.winner
    if winner is None:
        yield from _row(chain.what, "warn", _NOTHING[chain.what], "", width)
    else:
        style: Style = "ok" if _is_usable(winner) else "fail"
        yield from _row(chain.what, style, _said(winner), winner.place, width)
    for beaten in chain.beaten:
        yield from _row(
            "  beats" if winner else "  unused", "dim", _compared(beaten, winner), beaten.place, width
        )


def _use(use: Use, width: int) -> Iterator[Line]:
    yield from _row(use.use, "", use.ref, f"{use.place}{f' (alias {use.alias})' if use.alias else ''}", width)


def _use_bullet(use: Use) -> str:
    return f"- {use.use}: {code(use.ref)} — {code(use.place)}"


def _is_usable(candidate: Candidate) -> bool:
    return candidate.value not in (NOT_SET, REDACTED)


def _said(candidate: Candidate) -> str:
    if candidate.value == REDACTED:
        return f"{REDACTED}, which OpenClaw sends as the key"
    return candidate.value


def _compared(beaten: Candidate, winner: Candidate | None) -> str:
    same = winner is not None and beaten.value == winner.value
    return f"{_said(beaten)} (the same)" if same else _said(beaten)


def _row(label: str, style: Style, value: str, place: str, width: int) -> Iterator[Line]:
    lead: Line = (("dim", f"    {label:<{_LABEL - 1}} "),)
    yield from paragraph(style, printable(value), width, 4 + _LABEL, lead=lead)
    if place:
        yield from paragraph("dim", printable(place), width, 4 + _LABEL, 2)


def _pins(pins: Sequence[Pin], width: int, verbose: bool) -> Iterator[Line]:
    if not pins:
        return
    yield line(
        "", f"  {plural(len(pins), 'session')} with a model of {'its' if len(pins) == 1 else 'their'} own"
    )
    for pin in pins if verbose else pins[:FEW]:
        yield from paragraph("", f"{printable(pin.session)}: {printable(pin.model)}", width, 4, 2)
    if not verbose and len(pins) > FEW:
        yield line("dim", f"    and {len(pins) - FEW} more; -v names them")


def _alike(models: Sequence[ModelExplained]) -> Iterator[tuple[tuple[Setting, ...], list[str]]]:
    """Models whose fields are the same for the same reasons, said once."""
    groups: dict[str, tuple[tuple[Setting, ...], list[str]]] = {}
    for model in models:
        key = msgspec.json.encode(model.settings).decode()
        groups.setdefault(key, (model.settings, []))[1].append(model.ref)
    yield from (group for group in groups.values() if group[0])


def _model(refs: list[str], settings: tuple[Setting, ...], width: int) -> Iterator[Line]:
    for ref in refs:
        yield line("head", f"model {printable(ref)}")
    for setting in settings:
        yield from paragraph("", f"{setting.name}: {show(setting.value)}", width, 2, 2)
        why = f": {setting.why}" if setting.why else ""
        yield from paragraph("dim", printable(f"{setting.origin}{why}"), width, 6)


def _chain_bullets(chain: Chain) -> Iterator[str]:
    title = chain.what if chain.what == "model" else f"{chain.what} of {code(chain.provider)}"
    winner = chain.winner
    if winner is None:
        yield f"- ⚠️ {title}: {_NOTHING[chain.what]}"
    else:
        mark = "" if _is_usable(winner) else "⛔ "
        yield f"- {mark}{title}: {code(_said(winner))} — {code(winner.place)}"
    for beaten in chain.beaten:
        yield f"  - {'beats' if winner else 'unused'} {code(_compared(beaten, winner))} — {code(beaten.place)}"
