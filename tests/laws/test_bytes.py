"""Law 4: apply makes owned fields equal to the manifest, and every other byte stays as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import json5
from hypothesis import given, settings

from reconciler.json5 import Document, Row
from reconciler.state.ownership import decode_path
from tests.laws.generated import BASE, KEY, Case, cases
from tests.laws.json5_texts import comments, is_subsequence, tokens
from tests.laws.target import Target, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.json5.parse import Member
    from reconciler.json5.path import Path
    from reconciler.plan.model import Change

Wanted = dict[tuple[str, ...], Any]


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_owned_fields_become_what_the_manifests_say(case: Case) -> None:
    """Read back by a library that shares nothing with the program, and compared with the documents themselves."""
    with target_of(case) as target:
        target.apply()
        after = meaning(target)
        for path, value in wanted(case).items():
            assert alike(path, reach(after, path), value), path


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_what_nobody_declared_means_what_it_meant(case: Case) -> None:
    with target_of(case) as target:
        owned = {decode_path(change.path) for change in target.plan().plan.changes}
        target.apply()
        before, after = leaves(case.meaning), leaves(meaning(target))
        for path in before.keys() | after.keys():
            if not any(path[: len(head)] == head or head[: len(path)] == path for head in map(plain, owned)):
                assert before.get(path) == after.get(path), path


@given(case=cases())
@settings(max_examples=100, deadline=None)
def test_every_byte_around_the_changed_values_stays(case: Case) -> None:
    with target_of(case) as target:
        before = target.texts()
        changes = target.plan().plan.changes
        target.apply()
        after = target.texts()
        assert after.keys() == before.keys()
        for name, text in before.items():
            kept = without_changed_values(text, changes, included=name != "openclaw.json")
            assert is_subsequence(tokens(kept), tokens(after[name])), after[name]
            assert is_subsequence(comments(kept), comments(after[name]))
            assert is_subsequence(comments(after[name]), comments(text))
            assert after[name].count("\r") == after[name].count("\n") * ("\r" in text)
            assert after[name].startswith("\ufeff") == text.startswith("\ufeff")
            if is_strict(text):
                assert is_strict(after[name])
            assert (target.state / name).stat().st_mode & 0o777 == 0o600


@given(case=cases())
@settings(max_examples=10, deadline=None)
def test_what_openclaw_must_not_miss_is_neither_dropped_nor_made_up(case: Case) -> None:
    """Without `meta` or `gateway.mode` OpenClaw puts its own backup over the file."""
    for section in ("meta", "gateway"):
        del case.meaning[section]
        bare = Case({"openclaw.json": json.dumps(case.meaning)}, case.meaning, case.documents, case.seed)
        with target_of(case) as whole, target_of(bare) as lacking:
            whole.apply()
            lacking.apply()
            assert section in json5.loads(whole.texts()["openclaw.json"].removeprefix("\ufeff"))
            assert section not in meaning(lacking)


def meaning(target: Target) -> Any:
    """What the config files mean together, by another parser."""
    texts = {name: text.removeprefix("\ufeff") for name, text in target.texts().items()}
    root = json5.loads(texts["openclaw.json"])
    if "providers.json5" in texts:
        assert root["models"]["providers"] == {"$include": "./providers.json5"}
        root["models"]["providers"] = json5.loads(texts["providers.json5"])
    return root


def wanted(case: Case) -> Wanted:
    """What the documents say of fields that every release takes, by where OpenClaw reads them."""
    found: Wanted = {}
    for document in case.documents:
        name, spec = document["metadata"]["name"], document["spec"]
        if document["kind"] == "Provider":
            found.update(_of_provider(("models", "providers", name), name, spec))
        elif document["kind"] == "Agent":
            where = ("agents", "defaults") if name == "defaults" else ("agents", "*", name)
            for field, value in spec["model"].items():
                found[(*where, "model", field)] = value
    return found


def _of_provider(where: tuple[str, ...], name: str, spec: Any) -> Wanted:
    variable = spec["key"].get("env") or spec["key"]["inline"]
    found: Wanted = {(*where, "baseUrl"): BASE, (*where, "apiKey"): f"${{{variable}}}"}
    if "inline" in spec["key"]:
        found["env", "vars", variable] = KEY
    for key, value in spec.get("headers", {}).items():
        found[(*where, "headers", key)] = value
    for model in spec["models"]:
        row = (*where, "models", model["id"])
        for field in ("name", "contextWindow", "maxTokens", "reasoning", "input"):
            if field in model:
                found[(*row, field)] = model[field]
        for group in ("cost", "compat"):
            for key, value in model.get(group, {}).items():
                if key != "supportsTools":  # not of every release
                    found[(*row, group, key)] = value
        if "alias" in model:
            found["agents", "defaults", "models", f"{name}/{model['id']}", "alias"] = model["alias"]
    return found


def reach(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path; ``*`` is whichever of `list` and `entries` the config has, rows go by id."""
    for step in path:
        if step == "*":
            value = value["list"] if "list" in value else value["entries"]
        elif isinstance(value, list):
            value = next(row for row in value if row["id"] == step)
        elif isinstance(value, str) and step == "primary":
            return value
        else:
            value = value[step]
    return value


def alike(path: tuple[str, ...], left: Any, right: Any) -> bool:
    """Equal, or spelled otherwise in a way that OpenClaw takes for the same."""
    if path[-1] == "baseUrl":
        return str(left).rstrip("/") == str(right)
    return sorted(left) == sorted(right) if isinstance(left, list) else bool(left == right)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Every scalar and every empty container by its path; rows of a list by their id."""
    if isinstance(value, dict) and value:
        return {k: v for key, item in value.items() for k, v in leaves(item, (*path, key)).items()}
    if isinstance(value, list) and value:
        steps = [item["id"] if isinstance(item, dict) and "id" in item else i for i, item in enumerate(value)]
        return {
            k: v
            for step, item in zip(steps, value, strict=True)
            for k, v in leaves(item, (*path, step)).items()
        }
    return {path: value}


def plain(path: Path) -> tuple[Any, ...]:
    """A path with rows as their ids."""
    return tuple(step.id if isinstance(step, Row) else step for step in path)


def without_changed_values(text: str, changes: tuple[Change, ...], *, included: bool) -> str:
    """The text without the values that are replaced; what is created has none."""
    document = Document.parse(text.encode())
    head = ("models", "providers")
    spans: set[tuple[int, int]] = set()
    for change in changes:
        path = decode_path(change.path)
        if included and path[:2] == head:
            spans.update(_spans(document, path[2:]))
        elif not included:
            spans.update(_spans(document, path))
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _spans(document: Document, path: Path) -> Iterator[tuple[int, int]]:
    """Where the value at ``path`` stands, or the string that becomes an object on the way there."""
    member: Member | None = document.root()
    for step in path:
        if member is None or member.inner is None:
            break
        found = [inner for inner in member.inner.members if _is(inner, step)]
        member = found[-1] if found else None
    if member is not None and member.key and (member.inner is None or path[-1] == member.key):
        yield member.value_start, member.value_end


def _is(member: Member, step: object) -> bool:
    if isinstance(step, Row):
        return isinstance(member.value, dict) and member.value.get("id") == step.id
    return member.key == step


def is_strict(text: str) -> bool:
    """Whether it is strict JSON."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        return False
    return True
