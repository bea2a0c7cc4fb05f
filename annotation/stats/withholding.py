"""Which cells of a table of people may be shown, so that nobody is known by a small one.

A cell is held back where too few people are in it, and so much more besides that what is held back
cannot be had by subtracting what is shown from a total that somebody knows. Nothing here knows what
the cells are.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

LEAST = 5
"""How many people make a cell that may be shown."""

Cell = TypeVar("Cell", bound=Hashable)


def shown_cells(people: Mapping[Cell, int], *, least: int = LEAST) -> set[Cell]:
    """The cells of one row that may be shown; ``people`` counts those in each cell.

    Held back are the cells with fewer than `least` people. Where these would be told by
    subtraction - one cell alone, or several with fewer than `least` people together - the smallest
    of the others are held back as well, until neither is so. Empty cells hold back nothing else.
    """
    occupied = sorted((count, str(cell), cell) for cell, count in people.items() if count > 0)
    held = [entry for entry in occupied if entry[0] < least]
    others = [entry for entry in occupied if entry[0] >= least]
    while held and others and (len(held) < 2 or sum(count for count, *_ in held) < least):
        held.append(others.pop(0))
    return {cell for _count, _name, cell in others}
