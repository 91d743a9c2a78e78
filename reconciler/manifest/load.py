"""Loads manifests: files to documents that fit together, or every problem at once."""

from __future__ import annotations

import hashlib
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from reconciler.errors import ManifestError, Problem, ReconcilerError
from reconciler.manifest.bundle import D, Declared, Manifest
from reconciler.manifest.check import check, find_control_characters
from reconciler.manifest.decode import decode
from reconciler.manifest.draft import Draft, Placed
from reconciler.manifest.files import INIT, find_files, read_files
from reconciler.manifest.limits import PROBLEMS
from reconciler.manifest.model import called
from reconciler.manifest.severities import settle
from reconciler.manifest.yaml_tree import Tree, read_trees
from reconciler.printable import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.manifest.model import Document
    from reconciler.manifest.severities import Severities


def load_manifest(
    paths: Sequence[str], *, strict: bool = False, severities: Severities = MappingProxyType({})
) -> Manifest:
    """Load all documents below ``paths`` and check that they fit together.

    Args:
        paths: files, folders (their ``*.yaml`` and ``*.yml``, not what is below), or ``-`` for standard input.
        strict: warnings stop too.
        severities: that differ from the rules' own, by code.

    Raises:
        ManifestError: there are problems; it carries all of them, warnings included.
        ReconcilerError: a path does not exist, or there is no document at all.
    """
    files = find_files(paths)
    problems: list[Problem] = []
    trees: list[Tree] = []
    for file, content in read_files(files, problems):
        if len(problems) <= PROBLEMS:
            trees += read_trees(content, spelled(file), problems)
    if not trees and not problems:
        raise ReconcilerError("no manifests: nothing is declared", where=", ".join(paths), remedy=INIT)
    draft = _decode_all(trees, problems)
    problems = settle([*problems, *check(draft)], severities)
    if any(strict or problem.severity == "error" for problem in problems):
        raise ManifestError(tuple(dict.fromkeys(problems)))
    return Manifest(
        sites=_declared(draft.sites),
        providers=_declared(draft.providers),
        agents=_declared(draft.agents),
        gateways=_declared(draft.gateways),
        digest=_digest([placed.document for placed in draft.documents]),
        files=files,
        warnings=tuple(sorted(problems)),
    )


def _decode_all(trees: list[Tree], problems: list[Problem]) -> Draft:
    placed: list[Placed[Document]] = []
    broken: set[tuple[str, str]] = set()
    whole = not problems
    for tree in trees:
        if len(problems) > PROBLEMS:
            return Draft(tuple(placed), broken, whole=False)
        if tree.unprintable:
            problems += islice(find_control_characters(tree), PROBLEMS)
        before = len(problems)
        document = decode(tree, problems)
        if document is not None:
            placed.append(Placed(document, tree))
        if len(problems) == before:
            continue
        identity = _identity(tree)
        whole = whole and identity is not None
        broken |= {identity} if identity else set()
    placed.sort(key=_order)
    return Draft(tuple(placed), broken, whole)


def _identity(tree: Tree) -> tuple[str, str] | None:
    """Kind and name of a document that did not decode, as far as it has them."""
    try:
        kind, name = tree.value["kind"], tree.value["metadata"]["name"]
    except (KeyError, TypeError):
        return None
    return (kind, called(kind, name)) if isinstance(kind, str) and isinstance(name, str) else None


def _order(placed: Placed[Document]) -> tuple[str, str, str, int]:
    at = placed.tree.at()
    return type(placed.document).__name__, placed.name, at.file, at.line


def _declared(documents: Sequence[Placed[D]]) -> tuple[Declared[D], ...]:
    return tuple(Declared(placed.document, placed.tree) for placed in documents)


def _digest(documents: list[Document]) -> str:
    # No two documents share kind and name by now, so their order is settled by meaning alone.
    return "sha256:" + hashlib.sha256(msgspec.json.encode(documents, order="deterministic")).hexdigest()
