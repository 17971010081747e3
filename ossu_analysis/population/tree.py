"""Areas that stand one below another: the shape that every hierarchy shares, whatever country it is of.

Belongs here: codes and who stands below whom. What is known of an area stands in the classes that use a tree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class AreaTree:
    """Areas and their parents.

    Attributes
    ----------
    codes : tuple of str
        All areas, parents before their children, each family together.
    parent : mapping of str to str
        Parent of each area; an empty text for a root.
    """

    codes: tuple[str, ...]
    parent: Mapping[str, str]

    @classmethod
    def in_order(cls, parent: Mapping[str, str]) -> "AreaTree":
        """The tree of areas given in any order; children of an area keep the order in which they are given."""
        below: dict[str, list[str]] = {}
        for code, above in parent.items():
            below.setdefault(above, []).append(code)
        codes, waiting = [], list(reversed(below.get("", [])))
        while waiting:
            codes.append(waiting.pop())
            waiting += reversed(below.get(codes[-1], []))
        return cls(tuple(codes), dict(parent))

    @cached_property
    def below(self) -> dict[str, list[str]]:
        """Areas directly below each area, in order; the roots below an empty text."""
        children: dict[str, list[str]] = {}
        for code in self.codes:
            children.setdefault(self.parent[code], []).append(code)
        return children

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Areas with nothing below them, in order."""
        return tuple(code for code in self.codes if code not in self.below)

    @cached_property
    def sisters(self) -> dict[str, list[str]]:
        """Leaves by the area directly above them; a leaf that is a root stands above itself."""
        together: dict[str, list[str]] = {}
        for leaf in self.leaves:
            together.setdefault(self.parent[leaf] or leaf, []).append(leaf)
        return together

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each code."""
        return {code: at for at, code in enumerate(self.codes)}

    def depth(self, code: str) -> int:
        """0 for a root."""
        return sum(1 for _ in self.above(code))

    def above(self, code: str) -> Iterator[str]:
        """The parent of an area, its parent, and so on to the root."""
        while self.parent[code]:
            code = self.parent[code]
            yield code

    def family(self, root: str) -> list[str]:
        """An area and all below it, parents before their children."""
        return [root, *(code for child in self.below.get(root, []) for code in self.family(child))]
