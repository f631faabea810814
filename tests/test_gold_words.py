"""Keyness against numbers that others computed: AllSides headlines, left against right."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coverage_research.keyness import compare_counts


@functools.cache
def gold(datasets: Path) -> pd.DataFrame:
    """The words as they are, `null` and `nan` among them."""
    path = datasets / "allsides" / "keyness_dev.csv"
    return pd.read_csv(path, keep_default_na=False, index_col="word")


@functools.cache
def differences(datasets: Path) -> dict[str, pd.Series]:
    """Largest differences from the gold, by measure.

    The gold has a sign and no Yates' correction, and takes chi2 and G2 over all words of the
    headlines, the log-odds over those listed, with a flat prior of 0.01.
    """
    told = gold(datasets)
    counts = told[["n_left", "n_right"]].set_axis(["left", "right"], axis=1)
    totals = {side: int(told[f"N_{side}"].iloc[0]) for side in counts.columns}
    found = {
        "g2": compare_counts(counts, measure="g2", against="pairs", totals=totals),
        "chi2": compare_counts(counts, measure="chi2", against="pairs", totals=totals, yates=False),
        "log_odds": compare_counts(counts, against="pairs", alpha=0.01, variance="two_term"),
    }
    found = {name: table.set_index("word").loc[told.index] for name, table in found.items()}
    one_sided = np.isinf(told["log_ratio"])
    ratio = found["g2"]["log_ratio"]
    assert (ratio[one_sided] == told["log_ratio"][one_sided]).all()
    # What differs below comes from the six decimals of the file.
    return {
        "G2": (found["g2"]["estimate"] - told["g2"]).abs(),
        "chi-square": (found["chi2"]["estimate"] - told["chi2"]).abs(),
        "log ratio": (ratio - told["log_ratio"])[~one_sided].abs(),
        "z of the log-odds": (found["log_odds"]["z"] - told["z_lor"]).abs(),
    }


def keyness_table(datasets: Path) -> str:
    rows = [
        f"| {measure} | {len(apart):,} | {apart.max():.7f} |"
        for measure, apart in differences(datasets).items()
    ]
    return "\n".join(["| measure | words | largest difference |", "| --- | ---: | ---: |", *rows])


TABLES: dict[str, Callable[[Path], str]] = {"AllSides, keyness": keyness_table}


@pytest.mark.parametrize(
    ("measure", "at_most"),
    [("G2", 1e-6), ("chi-square", 1e-6), ("log ratio", 1e-6), ("z of the log-odds", 1e-6)],
)
def test_statistics_are_those_of_others(datasets: Path, measure: str, at_most: float) -> None:
    apart = differences(datasets)[measure]
    assert len(apart) > 2000
    assert apart.notna().all()
    assert apart.max() <= at_most


def test_the_other_variant_is_told_apart(datasets: Path) -> None:
    told = gold(datasets)
    counts = told[["n_left", "n_right"]]
    for settings in ({"variance": "four_term"}, {"alpha": 0.1}, {"prior": "informative"}):
        found = compare_counts(counts, against="pairs", **{"alpha": 0.01, **settings})
        apart = found.set_index("word").loc[told.index, "z"] - told["z_lor"]
        assert apart.abs().max() > 0.1


def test_the_table_names_each_measure(datasets: Path) -> None:
    for make in TABLES.values():
        lines = make(datasets).split("\n")
        assert len(lines) == 6
        assert all(line.count("|") == 4 for line in lines)
