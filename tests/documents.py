"""`docs/validity.md`: tables that are computed stand between marks, and nowhere else are scores."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from coverage_research.statistics import wilson

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "validity.md"


def shown(value: float, bounds: tuple[float, float]) -> str:
    """A score with its interval."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f} ({bounds[0]:.2f}–{bounds[1]:.2f})"


def share(hits: int, n: int) -> str:
    """A share of independent cases with its interval."""
    return shown(hits / n, wilson(hits, n)) if n else "–"


def f1_bounds(coded: int, found: int, hits: int) -> tuple[float, float]:
    """Bounds of F1 = 2J / (1 + J), which rises with the share J = hits / (coded or found)."""
    low, high = wilson(hits, coded + found - hits)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def f1(coded: int, found: int, hits: int) -> str:
    """F1 with its interval."""
    if not coded + found:
        return "–"
    return shown(2 * hits / (coded + found), f1_bounds(coded, found, hits))


def names() -> list[str]:
    """Names of the tables in the document, in order."""
    return re.findall(r"<!-- table: (.+?) -->", DOCUMENT.read_text("utf-8"))


def prose() -> str:
    """The document without its tables, the computed ones and those recorded once."""
    text = DOCUMENT.read_text("utf-8")
    return re.sub(r"<!-- (table|recorded): .+? -->.*?<!-- end -->", "", text, flags=re.DOTALL)


def parts(text: str, name: str) -> tuple[str, str, str]:
    """The document before, inside and after the marks of a table."""
    before, mark, rest = text.partition(f"<!-- table: {name} -->\n")
    inside, end, after = rest.partition("<!-- end -->")
    assert mark, f"no place for {name!r} in {DOCUMENT.name}"
    assert end, f"no end of {name!r} in {DOCUMENT.name}"
    return before + mark, inside, end + after


def written(name: str) -> str:
    """What the document says in a table."""
    return parts(DOCUMENT.read_text("utf-8"), name)[1].strip()


def write(tables: Mapping[str, Callable[[], str]]) -> None:
    """Put tables into the document."""
    for name, make in tables.items():
        text = DOCUMENT.read_text("utf-8")
        before, _, after = parts(text, name)
        DOCUMENT.write_text(f"{before}\n{make()}\n\n{after}", "utf-8")
