"""One YAML document to one typed document, or everything that is wrong with its shape.

msgspec decodes fast and stops at the first fault. So on failure the document is validated again, against the JSON
Schema of the same structs, which finds them all; the messages are this program's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.manifest.model import Document

if TYPE_CHECKING:
    from reconciler.errors import Problem
    from reconciler.manifest.yaml_tree import Tree


def decode(tree: Tree, problems: list[Problem]) -> Document | None:
    """The document that ``tree`` says, with everything that is wrong with it added to ``problems``.

    Faulty fields are cut out where the rest still makes a document, so that the rules can look at that.
    """
    try:
        return _convert(tree)
    except msgspec.ValidationError as error:
        from reconciler.manifest.faults import cut_out, find_faults

        faults = list(find_faults(tree, str(error)))
        _report([fault.problem for fault in faults], problems)
        cut_out(tree, [fault.path for fault in faults])
    try:
        return _convert(tree)
    except msgspec.ValidationError as error:
        from reconciler.manifest.faults import plain_fault

        # What is still wrong was told above, or is something that only msgspec minds, such as 8192.0 for 8192.
        if "got `float`" in str(error):
            _report([plain_fault(tree, str(error)).problem], problems)
        return None


def _convert(tree: Tree) -> Document:
    document: Document = msgspec.convert(tree.value, Document)
    return document


def _report(found: list[Problem], problems: list[Problem]) -> None:
    # A word that was refused as ambiguous is no wrong type on top of that.
    told = {problem.location for problem in problems}
    problems += [problem for problem in found if problem.location not in told]
