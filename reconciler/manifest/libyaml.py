"""PyYAML's libyaml event parser, without the rest of PyYAML.

`import yaml` compiles the patterns of the pure-Python reader and resolver and loads every dumper: 9 of the 12 ms
that it takes, at each start, for nothing that is used here. The extension itself only wants the modules of its event
classes, and the names of some error classes. So the package is entered without running its `__init__`; that runs
later, and completes the very same module object, if anyone asks it for more.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec

# Modules of PyYAML that the extension takes one error class from, when it is loaded.
_STAGES = ("reader", "scanner", "parser", "composer", "constructor", "emitter", "serializer", "representer")


class Events(msgspec.Struct, frozen=True):
    """What reading needs of PyYAML.

    Attributes:
        parser: class; called with the text, its objects have ``get_event``.
        events: module with the event classes.
        error: base class of what ``get_event`` raises.
    """

    parser: Any
    events: Any
    error: Any


@cache
def load_events() -> Events:
    """The fastest event parser there is: libyaml's alone, PyYAML's libyaml one, or its pure-Python one."""
    if "yaml" not in sys.modules:
        try:
            return _extension_alone()
        except (ImportError, AttributeError):
            # Another layout of PyYAML, or no extension.
            for name in [name for name in sys.modules if name == "yaml" or name.startswith("yaml.")]:
                del sys.modules[name]
    import yaml

    return Events(getattr(yaml, "CBaseLoader", yaml.BaseLoader), yaml, yaml.YAMLError)


def _extension_alone() -> Events:
    package = _unopened_package()
    sys.modules["yaml"] = package
    import yaml.error
    import yaml.events
    import yaml.nodes
    import yaml.tokens

    marked = yaml.error.MarkedYAMLError
    for stage in _STAGES:
        name = f"{stage.capitalize()}Error"
        base = yaml.error.YAMLError if stage == "reader" else marked
        body = {"__init__": _reader_error} if stage == "reader" else {}
        setattr(package, stage, SimpleNamespace(**{name: type(name, (base,), body)}))
    from yaml._yaml import CParser

    for stage in _STAGES:
        delattr(package, stage)
    return Events(CParser, yaml.events, yaml.error.YAMLError)


def _unopened_package() -> ModuleType:
    """PyYAML's package, whose `__init__` runs when something is asked of it that only then exists."""
    spec = PathFinder.find_spec("yaml")
    if spec is None or spec.loader is None:
        raise ImportError("PyYAML is not installed")
    package, loader = module_from_spec(spec), spec.loader

    def open_package(name: str) -> Any:
        vars(package).pop("__getattr__", None)
        loader.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = open_package
    return package


def _reader_error(self: Any, _name: object, position: int, *_: object) -> None:
    self.position = position
