from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from coverage_research.plots import order_open
from coverage_research.plots_sourcing import plot_reuse
from coverage_research.reuse import SHARES, VERDICTS
from coverage_research.schema import SchemaError, empty


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def shares(n=2, **columns):
    table = pd.DataFrame(
        {
            "outlet": [f"o{number}.com" for number in range(n)],
            "outlet_name": [f"Outlet {number}" for number in range(n)],
            "other_outlet": "x.com",
            "other_name": "Source",
            "verdict": [VERDICTS[number % 5] for number in range(n)],
            "k": range(1, n + 1),
            "n": n + 1,
            "n_stories": 9,
            "estimate": [(number + 1) / (n + 1) for number in range(n)],
            "low": [number / (n + 1) for number in range(n)],
            "high": 1.0,
            "reason": "",
        }
    )
    return table.assign(**columns)


def points(ax):
    """Drawn marks: share, row, and whether they are filled."""
    return sorted(
        (row, share, to_hex(marks.get_facecolor()[0]) != "#ffffff")
        for marks in ax.collections
        if hasattr(marks, "get_sizes") and len(marks.get_offsets())
        for share, row in np.asarray(marks.get_offsets())
    )


def notes(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_each_row_is_a_mark_with_its_counts_and_interval():
    table = shares(3)
    ax = plot_reuse(table)
    assert points(ax) == [(0, 0.25, True), (1, 0.5, True), (2, 0.75, True)]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [f"Outlet {n} \N{LEFTWARDS ARROW} Source" for n in range(3)]
    assert [text.get_text() for text in ax.texts][:3] == ["1 of 4", "2 of 4", "3 of 4"]
    ends = [
        segment[:, 0].tolist()
        for lines in ax.collections
        if hasattr(lines, "get_segments")
        for segment in lines.get_segments()
    ]
    assert [0.25, 1.0] in ends
    assert [0.5, 1.0] in ends
    assert ax.yaxis_inverted()
    assert ax.get_xlim()[0] <= 0
    assert ax.get_xlim()[1] >= 1


def test_a_mark_without_an_interval_is_hollow_and_the_note_says_why():
    ax = plot_reuse(shares(2, low=[np.nan, 0.1], high=[np.nan, 1.0], reason=["1 story; so", ""]))
    assert [mark[2] for mark in points(ax)] == [False, True]
    assert "Hollow: no interval: 1 story; so" in notes(ax)


def test_verdicts_differ_by_shape_and_are_named():
    ax = plot_reuse(shares(5))
    handles, words = ax.get_legend_handles_labels()
    assert len(words) == len(set(words)) == 5
    shapes = {tuple(handle.get_paths()[0].vertices.ravel().round(3)) for handle in handles}
    assert len(shapes) == 5
    assert "guess" in plot_reuse(shares(1, verdict="guess")).get_legend_handles_labels()[1]


@pytest.mark.parametrize("n", [1, 40])
def test_labels_do_not_overlap(n):
    long = [
        f"The Chip and Circuit Gazette of the Northern Isles, edition {number}"
        for number in range(n)
    ]
    ax = plot_reuse(shares(n, outlet_name=long, other_name=long))
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert all(not one.overlaps(two) for one, two in pairwise(boxes))
    width, height = ax.figure.canvas.get_width_height()
    legend = ax.get_legend().get_window_extent()
    for box in [*boxes, legend, ax.texts[0].get_window_extent()]:
        assert box.x0 >= -1
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1


def test_given_axes_are_used_and_nothing_else_changes():
    before = dict(plt.rcParams)
    table = shares(2)
    copy = table.copy()
    _, ax = plt.subplots()
    assert plot_reuse(table, ax=ax) is ax
    assert dict(plt.rcParams) == before
    assert table.equals(copy)


def test_nothing_to_draw():
    ax = plot_reuse(empty(SHARES))
    assert "nothing to draw: no outlet repeats another" in notes(ax)


def test_invented_data_are_called_so():
    assert "Invented demonstration data" in notes(plot_reuse(shares(1, outlet="x.example")))
    assert "Invented" not in notes(plot_reuse(shares(1)))


def test_a_table_of_something_else_is_refused():
    with pytest.raises(SchemaError, match="missing verdict"):
        plot_reuse(shares().drop(columns="verdict"))


def test_a_pair_without_a_known_order_has_a_dash_and_no_arrow():
    ax = plot_reuse(shares(2, verdict=["copy", "simultaneous"]))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [
        "Outlet 0 \N{LEFTWARDS ARROW} Source",
        "Outlet 1 \N{EN DASH} Source",
    ]
    assert ax.get_xlabel().startswith("Share of the articles of the outlet named first")


@pytest.mark.parametrize(
    ("columns", "is_open"),
    [
        ({"verdict": "copy"}, False),
        ({"verdict": "simultaneous"}, True),
        ({"verdict": None}, False),
        # Known to the minute; the same minute; a day that holds the other's time; no time.
        ({"verdict": "copy", "lag_low": 1.0, "lag_high": 1.0}, False),
        ({"verdict": "common_source", "lag_low": 0.0, "lag_high": 0.0}, True),
        ({"verdict": "common_source", "lag_low": -5.0, "lag_high": 19.0}, True),
        ({"verdict": "common_source", "lag_low": 5.0, "lag_high": 29.0}, False),
        ({"verdict": "undecided", "lag_low": np.nan, "lag_high": np.nan}, True),
        # A credit tells its direction by itself; closeness leaves the order open all the same.
        ({"verdict": "credited", "lag_low": -5.0, "lag_high": 19.0}, False),
        ({"verdict": "simultaneous", "lag_low": 0.1, "lag_high": 0.1}, True),
        ({"verdict": "copy", "is_later": False}, True),
        ({"verdict": "copy", "is_later": True}, False),
        ({"verdict": "copy", "is_later": None}, True),
    ],
)
def test_what_leaves_the_order_open(columns, is_open):
    ties = pd.DataFrame({name: [value] for name, value in columns.items()}, index=[7])
    found = order_open(ties)
    assert found.dtype == bool
    assert found.to_dict() == {7: is_open}
