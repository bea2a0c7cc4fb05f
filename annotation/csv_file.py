"""The CSV of `labelers.csv_file`, under the name by which annotation's modules know it."""

from labelers.csv_file import (
    BOM,
    CONTENT_TYPE,
    FORMULA,
    ROWS_PER_PIECE,
    rows_as_csv,
    safe_cell,
)

__all__ = ["BOM", "CONTENT_TYPE", "FORMULA", "ROWS_PER_PIECE", "rows_as_csv", "safe_cell"]
