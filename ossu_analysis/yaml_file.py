"""A YAML file that people edit, as plain values: whatever stands in it is a value or a fault with its row.

Nothing is lost or made up on the way: a key that stands twice, a day that is none, a number that is none and nesting
deeper than any file of ours are faults. Plain values are those of YAML 1.2: ``010`` is ten, ``1:30`` and
``yes`` are texts, not 8, 90 and true.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ossu_analysis.errors import Fault, FaultsFound
from ossu_analysis.text_table import read_text

DEEPEST, LARGEST = 20, 1_000_000
"""Ours are 6 deep and hold some thousand values; some thousand levels end the process that builds them."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {
    "int": r"[-+]?[0-9]+$",
    "float": r"([-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.inf|\.nan)$",
    "bool": r"(true|True|TRUE|false|False|FALSE)$",
}


class _Loader(_Base):
    """Values that cannot be are errors with their place, as broken syntax is."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Make a value; what Python refuses (30 February, 5,000 digits) and numbers without end are refused."""
        try:
            is_whole = getattr(node, "tag", "").endswith(":int")
            made = int(node.value) if is_whole else super().construct_object(node, deep)
        except ValueError as error:
            raise _unreadable(node) from error
        if isinstance(made, float) and not math.isfinite(made):
            raise _unreadable(node)
        return made

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Make a mapping; of two equal keys one would be lost."""
        seen = set[str]()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, str(key.value), key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)

    yaml_implicit_resolvers = {  # noqa: RUF012 - the library asks for a dictionary of the class
        first: [(tag, said) for tag, said in known if tag.rpartition(":")[2] not in _PLAIN]
        for first, known in _Base.yaml_implicit_resolvers.items()
    }


for _kind, _pattern in _PLAIN.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list("-+.0123456789tTfF"))


def _unreadable(node: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, str(node.value)[:40], node.start_mark)


def read_yaml(path: Path, file: str) -> Any:
    """Content of a YAML file.

    Parameters
    ----------
    path : Path
    file : str
        How faults name it.

    Raises
    ------
    FaultsFound
        Missing file, bytes that are not UTF-8, and everything named at the top, by its row.
    """
    said = read_text(path, file)
    try:
        faults = list(_too_much(said, file))
        if faults:
            raise FaultsFound(faults)
        return yaml.load(said, Loader=_Loader)
    except yaml.YAMLError as error:
        mark, found = getattr(error, "problem_mark", None), getattr(error, "problem", "")
        code = "unreadable_value" if isinstance(error, yaml.constructor.ConstructorError) else "broken_yaml"
        place = {"row": mark.line + 1} if mark else {}
        raise FaultsFound([Fault(f"reference.{code}", file, **place, found=str(found or ""))]) from error


def _too_much(said: str, file: str) -> Iterator[Fault]:
    """The first place that is nested too deep, refers to itself or grows beyond all measure, before it is built."""
    opened, sizes = [("", 0)], dict[str, int]()
    for event in yaml.parse(said, Loader=_Base):
        name, size = getattr(event, "anchor", None) or "", int(isinstance(event, yaml.ScalarEvent))
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((name, 1))
            name = ""  # its size is known when it closes
        if isinstance(event, yaml.CollectionEndEvent):
            name, size = opened.pop()
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(name, LARGEST + 1)  # what is not closed yet refers to itself
        sizes[name] = size
        opened[-1] = opened[-1][0], opened[-1][1] + size
        if len(opened) > DEEPEST or opened[-1][1] > LARGEST:
            yield Fault("reference.too_deep", file, row=event.start_mark.line + 1)
            return
