"""What the measures find in data that other people coded, against `docs/validity.md`.

The data are not part of the project. After a change of a measure or of a codebook:

    python tests/test_validity_gold.py DATASETS            print the tables
    python tests/test_validity_gold.py DATASETS --write    put them into the document
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path

import documents
import pytest
import test_gold_bursts
import test_gold_coder
import test_gold_flow
import test_gold_gvfc
import test_gold_labels
import test_gold_policy
import test_gold_polnear
import test_gold_reliability
import test_gold_reuse
import test_gold_sources
import test_gold_speech
import test_gold_stories
import test_gold_voice
import test_gold_wire
import test_gold_words
import test_validity

TABLES: dict[str, Callable[[Path], str]] = {
    name: make
    for module in (
        test_gold_policy,
        test_gold_gvfc,
        test_gold_coder,
        test_gold_labels,
        test_gold_words,
        test_gold_polnear,
        test_gold_sources,
        test_gold_voice,
        test_gold_speech,
        test_gold_wire,
        test_gold_stories,
        test_gold_flow,
        test_gold_reuse,
        test_gold_reliability,
        test_gold_bursts,
    )
    for name, make in module.TABLES.items()
}


def test_the_document_has_every_table_and_no_other_numbers() -> None:
    assert sorted(documents.names()) == sorted([*TABLES, *test_validity.TABLES])
    scores = re.findall(r"(?<![\w.])0?\.\d\d?(?!\d)", documents.prose())
    assert not scores, "scores belong into the tables"


@pytest.mark.parametrize("name", list(TABLES))
def test_the_document_says_what_is_computed(name: str, datasets: Path) -> None:
    assert documents.written(name) == TABLES[name](datasets), (
        "docs/validity.md is not what is computed now: python tests/test_validity_gold.py --write"
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    made = {name: functools.partial(make, folder) for name, make in TABLES.items()}
    if "--write" in sys.argv[2:]:
        documents.write(made)
    else:
        for title, make_table in made.items():
            print(f"{title}\n\n{make_table()}\n")
