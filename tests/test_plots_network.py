"""The network of who draws on whom: what is drawn is what the table holds."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from coverage_research import plots
from coverage_research.plots_network import plot_network
from coverage_research.schema import SchemaError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def ties(*rows):
    table = pd.DataFrame(rows, columns=["other_outlet", "outlet", "verdict", "k"])
    return table.assign(other_name=table["other_outlet"].str.upper(), outlet_name=table["outlet"])


def bands(ax):
    return {
        patch.get_label().lstrip("_"): patch for patch in ax.patches if isinstance(patch, PathPatch)
    }


def heights(ax, *, right):
    return {
        text.get_text(): text.get_position()[1]
        for text in ax.texts
        if text.get_position()[0] == (1.02 if right else -0.02) and text.get_style() != "italic"
    }


def test_every_row_is_a_band_from_giver_to_taker_whose_width_is_its_articles():
    ax = plot_network(ties(("a", "b", "copy", 4), ("a", "c", "credited", 2)))
    found = bands(ax)
    assert set(found) == {"a > b: copy 4", "a > c: credited 2"}
    wide, narrow = found["a > b: copy 4"], found["a > c: credited 2"]
    assert wide.get_linewidth() == pytest.approx(2 * narrow.get_linewidth())
    assert wide.get_linestyle() != narrow.get_linestyle()
    assert to_hex(wide.get_edgecolor()) != to_hex(narrow.get_edgecolor())
    for band, taker in ((wide, "b"), (narrow, "c")):
        corners = band.get_path().vertices
        assert corners[0][0] == 0
        assert corners[-1][0] == 1
        assert abs(corners[0][1] - heights(ax, right=False)["A"]) < 0.4
        assert abs(corners[-1][1] - heights(ax, right=True)[taker]) < 0.4


def test_an_outlet_that_gives_and_takes_stands_on_both_sides():
    ax = plot_network(ties(("a", "b", "copy", 1), ("b", "a", "copy", 1)))
    assert set(heights(ax, right=False)) == {"A", "B"}
    assert set(heights(ax, right=True)) == {"a", "b"}


def test_both_sides_are_ordered_so_that_bands_do_not_cross_where_they_need_not():
    rows = [(f"g{n}", f"t{(n * 3) % 7}", "credited", 1) for n in range(7)]
    ax = plot_network(ties(*rows))
    left, right = heights(ax, right=False), heights(ax, right=True)
    by_left = sorted(rows, key=lambda row: left[row[0].upper()])
    assert [right[row[1]] for row in by_left] == sorted(right.values())


def test_ties_of_one_outlet_leave_it_apart():
    ax = plot_network(ties(("a", "b", "copy", 1), ("a", "b", "credited", 1), ("a", "c", "copy", 1)))
    starts = [band.get_path().vertices[0][1] for band in bands(ax).values()]
    assert len(set(starts)) == 3


def test_an_unknown_verdict_and_a_missing_name_are_drawn():
    table = ties(("a", "b", "own verdict", 1)).assign(other_name=None)
    ax = plot_network(table)
    assert "a > b: own verdict 1" in bands(ax)
    assert "a" in heights(ax, right=False)


def test_nothing_and_missing_columns_are_told():
    empty = ties(("a", "b", "copy", 1)).iloc[:0]
    assert "no outlet draws on another" in plot_network(empty).texts[0].get_text()
    with pytest.raises(SchemaError, match="verdict"):
        plot_network(ties(("a", "b", "copy", 1)).drop(columns="verdict"))


def test_a_hostile_name_is_drawn_as_text_and_the_given_axes_are_used():
    table = ties(("a", "b", "copy", 1)).assign(outlet_name="<b>$x_1$</b>\n" * 9)
    ax = plots.axes(None)
    assert plot_network(table, ax=ax) is ax
    ax.figure.canvas.draw()
    assert any(r"\$x_1\$" in text.get_text() for text in ax.texts)


def test_ties_of_unknown_order_stand_apart_and_give_nobody_a_role():
    ax = plot_network(
        ties(("a", "b", "copy", 4), ("b", "c", "simultaneous", 2), ("d", "a", "simultaneous", 1))
    )
    found = bands(ax)
    assert set(found) == {"a > b: copy 4", "b - c: simultaneous 2", "d - a: simultaneous 1"}
    assert found["b - c: simultaneous 2"].get_linewidth() == pytest.approx(
        found["a > b: copy 4"].get_linewidth() / 2
    )
    words = {
        text.get_text(): text.get_position() for text in ax.texts if text.get_style() == "italic"
    }
    between = words["order unknown: the sides say nothing of who was first"][1]
    assert words["is drawn on"][1] < heights(ax, right=True)["b"] < between
    for name in ("b - c: simultaneous 2", "d - a: simultaneous 1"):
        assert found[name].get_path().vertices[:, 1].min() > between
    assert heights(ax, right=False)["D"] > between
    assert ax.get_ylim()[0] > max(
        *heights(ax, right=False).values(), *heights(ax, right=True).values()
    )


def test_where_no_order_is_known_no_words_of_direction_are_drawn():
    ax = plot_network(ties(("a", "b", "simultaneous", 1)))
    told = " ".join(text.get_text() for text in ax.texts)
    assert "draws on it" not in told
    assert "order unknown" in told
    assert set(bands(ax)) == {"a - b: simultaneous 1"}
    assert "order unknown: " not in " ".join(
        text.get_text() for text in plot_network(ties(("a", "b", "copy", 1))).texts
    )
