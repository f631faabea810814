"""The flow matrix: what is drawn is what the table holds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coverage_research.plots_flow import plot_flow
from coverage_research.schema import SchemaError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def shares(**columns):
    table = pd.DataFrame(
        {
            "outlet": ["a", "a", "b"],
            "outlet_name": ["Ay", "Ay", "Bee"],
            "other_outlet": ["b", "c", "a"],
            "other_name": ["Bee", "Sea", "Ay"],
            "direction": "from",
            "first_only": False,
            "k": [5, 1, 0],
            "n": [10, 10, 4],
            "n_stories": 6,
            "estimate": [0.5, 0.1, 0.0],
            "low": [0.3, 0.0, np.nan],
            "high": [0.7, 0.25, np.nan],
            "reason": ["", "", "4 stories; few"],
        }
    )
    return table.assign(**columns)


def notes(ax):
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ")


def test_the_cells_are_the_shares_in_the_order_of_the_table():
    ax = plot_flow(shares())
    drawn = ax.images[0].get_array()
    expected = np.full((3, 3), np.nan)
    expected[0, 1], expected[0, 2], expected[1, 0] = 0.5, 0.1, 0.0
    assert np.allclose(np.ma.filled(drawn, np.nan), expected, equal_nan=True)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Ay", "Bee", "Sea"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ay  n=10", "Bee  n=4", "Sea"]
    assert ax.images[0].get_clim() == (0, 0.5)
    assert {text.get_text() for text in ax.texts} >= {"50\n30-70", "10\n0-25", "0"}
    assert "Darkest: 50%" in notes(ax)
    assert "No interval: 4 stories; few" in notes(ax)


def test_the_words_say_which_direction_and_which_matches():
    assert plot_flow(shares()).get_ylabel() == "earlier (rows)"
    ax = plot_flow(shares(direction="to", first_only=True))
    assert ax.get_ylabel() == "later (rows)"
    assert "followed the column's outlet by its first match" in notes(ax)


def test_two_rows_of_a_pair_are_refused_with_the_remedy():
    with pytest.raises(SchemaError, match="Keep one direction"):
        plot_flow(pd.concat([shares(), shares(direction="to")]))


def test_many_outlets_have_no_numbers_but_all_their_names():
    outlets = [f"o{n}" for n in range(30)]
    pairs = [(a, b) for a in outlets for b in outlets if a != b]
    table = pd.DataFrame(pairs, columns=["outlet", "other_outlet"]).assign(
        direction="from", first_only=False, k=1, n=4, n_stories=9, estimate=0.25, low=0.1, high=0.4,
        reason="",
    )  # fmt: skip
    ax = plot_flow(table)
    assert len(ax.get_xticklabels()) == 30
    assert not [text for text in ax.texts if text.get_text().startswith("25")]


def test_nothing_and_shares_of_nothing_are_drawn():
    assert "no outlet follows another" in notes(plot_flow(shares().iloc[:0]))
    plot_flow(shares(estimate=np.nan, low=np.nan, high=np.nan)).figure.canvas.draw()


def test_no_pair_is_told_and_has_no_darkest_cell():
    ax = plot_flow(shares(k=0, estimate=0.0))
    assert "No pair found." in notes(ax)
    assert "Darkest" not in notes(ax)
    assert "No pair found" not in notes(plot_flow(shares()))
