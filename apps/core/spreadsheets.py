"""What a spreadsheet does with text that it opens. Pure."""

from __future__ import annotations

# A cell that begins with one of these is a formula to a spreadsheet, whoever wrote it.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """The cell's text, with an apostrophe before what a spreadsheet would run."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULAS) else text
