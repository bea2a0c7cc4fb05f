"""Published tables that several test modules read: facts, typed in with their sources."""

import numpy as np

NONE = None

KRIPPENDORFF_2011 = [
    [1, 1, NONE, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [NONE, 5, 5, 5], [NONE, NONE, 1, 1],
    [NONE, NONE, 3, NONE],
]  # fmt: skip
"""12 units by 4 observers: Krippendorff 2011, "Computing Krippendorff's alpha-reliability"."""

KRIPPENDORFF_3_BY_15 = [
    [*[NONE] * 5, 3, 4, 1, 2, 1, 1, 3, 3, NONE, 3],
    [1, NONE, 2, 1, 3, 3, 4, 3, *[NONE] * 7],
    [NONE, NONE, 2, 1, 3, 4, 4, NONE, 2, 1, 1, 3, 3, NONE, 4],
]
"""3 coders by 15 units: the example of the English Wikipedia article on the coefficient."""

FLEISS_WORKED = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
"""14 raters, 10 subjects, 5 categories: the worked example of Fleiss' kappa, kappa 0.210."""

SIEGEL_CASTELLAN = [
    [5, 6, 7, 1, 2, 4, 3, 8],
    [1, 7, 6, 2, 3, 5, 4, 8],
    [4, 5, 1, 3, 2, 7, 6, 8],
]
"""3 rankings of 8 objects: Siegel and Castellan 1988; W 0.65608."""


def long_format(rows):
    """(item, labeler, value) arrays of a table with one row per item and None where missing."""
    cells = [
        (i, j, value)
        for i, row in enumerate(rows)
        for j, value in enumerate(row)
        if value is not None
    ]
    return tuple(np.array(column) for column in zip(*cells, strict=True))


def from_counts(counts):
    """(item, labeler, value) arrays of a table of counts, one row per item."""
    return long_format([[k for k, n in enumerate(row) for _ in range(n)] for row in counts])
