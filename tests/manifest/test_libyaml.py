"""The bare event parser leaves PyYAML whole for everyone else in the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

READ = """
import sys
from reconciler.manifest.yaml_tree import read_trees
problems = []
assert read_trees(b"a: [1, yes-man]", "f", problems)[0].value == {"a": [1, "yes-man"]}
for text in (b"a: [", b"a: \\x07", b"a: 'b"):
    read_trees(text, "f", problems)
assert [problem.code for problem in problems] == ["yaml-syntax"] * 3
assert "yaml.reader" not in sys.modules
"""

LATER_USES = {
    "load": "import yaml; assert yaml.safe_load('a: [1]') == {'a': [1]}",
    "from": "from yaml import CSafeLoader, load; assert load('a: {b: 1}', CSafeLoader) == {'a': {'b': 1}}",
    "star": "from yaml import *; assert safe_dump({'a': 1}) == 'a: 1\\n'",
    "submodule": "import yaml.scanner; assert issubclass(yaml.scanner.ScannerError, yaml.YAMLError)",
    "errors": """
import yaml
try:
    yaml.load("a: [", yaml.CSafeLoader)
except yaml.YAMLError as error:
    assert error.problem_mark.line == 1
""",
    "version": "import yaml; assert yaml.__version__ and yaml.__with_libyaml__",
    "read again": READ.replace('assert "yaml.reader" not in sys.modules', ""),
}


@pytest.mark.parametrize("use", LATER_USES)
def test_pyyaml_is_whole_after_the_bare_parser_was_used(use: str) -> None:
    subprocess.run([sys.executable, "-c", READ + LATER_USES[use]], check=True)


@pytest.mark.parametrize("use", LATER_USES)
def test_a_process_that_has_loaded_pyyaml_already_reads_with_that(use: str) -> None:
    read = READ.replace('assert "yaml.reader" not in sys.modules', "")
    subprocess.run([sys.executable, "-c", LATER_USES[use] + read], check=True)


TELL = """
import sys
from reconciler.errors import ManifestError
from reconciler.manifest.load import load_manifest
for path in sys.argv[1:]:
    try:
        print(load_manifest([path]).digest)
    except ManifestError as error:
        print(*(f"{problem.location} {problem.code}" for problem in error.problems))
"""


def test_without_libyaml_the_pure_parser_finds_the_same() -> None:
    root = Path(__file__).parents[2]
    paths = sorted(str(path) for path in [root / "manifests", *(root / "manifests" / "examples").iterdir()])
    paths += sorted(str(path) for path in (Path(__file__).parent / "bad").iterdir() if path.suffix != ".txt")
    told = [
        subprocess.run(
            [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True
        ).stdout
        for code in (TELL, "import sys; sys.modules['yaml._yaml'] = None" + TELL)
    ]
    assert told[0].splitlines() == told[1].splitlines()
