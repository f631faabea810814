"""Cascade, precedence and blind spots: what is drawn is what the tables hold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from coverage_research.plots_blind_spots import plot_blind_spots
from coverage_research.plots_cascade import plot_cascade
from coverage_research.plots_movers import plot_precedence
from coverage_research.schema import SchemaError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def notes(ax):
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ")


def steps():
    return pd.DataFrame(
        {
            "story_id": ["s", "s", "t"],
            "hours": [0.0, 5.0, 0.0],
            "n_outlets": [2, 2, 1],
            "share_low": [0.5, 1.0, 1.0],
            "share_high": [0.5, 1.0, 1.0],
        }
    )


def pooled(**columns):
    table = pd.DataFrame(
        {
            "hours": [0.0, 6.0],
            "share_low": 0.5,
            "share_high": 0.5,
            "n": 4,
            "n_stories": 6,
            "estimate": [0.5, 0.9],
            "low": [0.4, np.nan],
            "high": [0.6, np.nan],
            "reason": ["", "4 stories; few"],
        }
    )
    return table.assign(**columns)


def test_a_cascade_climbs_at_its_hours_to_its_shares():
    ax = plot_cascade(steps())
    lines = [line.get_xydata() for line in ax.lines]
    assert lines[0][:2].tolist() == [[0.0, 0.5], [5.0, 1.0]]
    assert lines[0][-1][1] == 1.0
    assert ax.get_ylim()[0] <= 0
    assert ax.get_ylim()[1] >= 1
    assert "2 stories of 1 to 2 outlets" in notes(ax)


def test_the_mean_has_its_intervals_and_is_hollow_without():
    ax = plot_cascade(steps(), shares=pooled())
    filled = {
        tuple(point): to_hex(marks.get_facecolor()[0]) != "#ffffff"
        for marks in ax.collections
        if hasattr(marks, "get_sizes") and len(marks.get_sizes())
        for point in np.asarray(marks.get_offsets())
    }
    assert filled == {(0.0, 0.5): True, (6.0, 0.9): False}
    assert "no interval: 4 stories; few" in notes(ax)


def test_a_cascade_of_nothing_and_without_columns():
    assert "no story with a dated outlet" in notes(plot_cascade(steps().iloc[:0]))
    with pytest.raises(SchemaError, match="share_low"):
        plot_cascade(steps().drop(columns="share_low"))
    with pytest.raises(SchemaError, match="estimate"):
        plot_cascade(steps(), shares=pooled().drop(columns="estimate"))


def strengths(**columns):
    table = pd.DataFrame(
        {
            "outlet": ["a", "b", "c"],
            "n_matches": [9, 9, 2],
            "wins": [7, 2, 0],
            "losses": [2, 7, 2],
            "ties": 0,
            "n": 9,
            "n_stories": 9,
            "estimate": [0.6, -0.6, np.nan],
            "low": [0.1, -1.5, np.nan],
            "high": [1.5, -0.1, np.nan],
            "reason": ["", "", "never earlier than another"],
        }
    )
    return table.assign(**columns)


def test_precedence_has_a_dot_per_estimate_and_the_counts_beside_it():
    ax = plot_precedence(strengths())
    dots = [
        tuple(point)
        for marks in ax.collections
        if hasattr(marks, "get_sizes") and len(marks.get_sizes())
        for point in np.asarray(marks.get_offsets())
    ]
    assert dots == [(0.6, 0), (-0.6, 1)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in ax.texts][:4] == ["ahead", "7", "2", "0"]
    low, high = ax.get_xlim()
    assert low == -high
    assert high > 1.5
    assert "never earlier than another" in notes(ax)


def test_precedence_of_nothing_and_without_columns():
    assert "no story with two dated outlets" in notes(plot_precedence(strengths().iloc[:0]))
    with pytest.raises(SchemaError, match="wins"):
        plot_precedence(strengths().drop(columns="wins"))


def cells():
    return pd.DataFrame(
        {
            "story_id": ["s", "t", "s", "t"],
            "outlet": ["a", "a", "b", "b"],
            "outlet_name": ["Ay", "Ay", "Bee", "Bee"],
            "state": ["covered", "absent", "absent", "outside"],
            "expected": [0.9, 0.97, 0.4, np.nan],
            "is_notable": [False, True, False, False],
        }
    )


def test_a_blind_spot_is_a_cross_and_other_absences_have_their_probability():
    ax = plot_blind_spots(cells(), titles=pd.Series({"s": "A $x$ story"}))
    picture = np.asarray(ax.images[0].get_array())
    assert picture.tolist() == [[1, 0], [0, 2]]
    crosses = [
        tuple(point)
        for marks in ax.collections
        for point in np.asarray(marks.get_offsets())
        if len(marks.get_offsets())
    ]
    assert crosses == [(1, 0)]
    assert {text.get_text(): text.get_position() for text in ax.texts}["40"] == (0, 1)
    assert [label.get_text() for label in ax.get_xticklabels()] == [r"A \$x\$ story", "t"]
    assert "1 notable absence." in notes(ax)


def test_blind_spots_of_nothing_twice_and_without_columns():
    assert "no story and outlet" in notes(plot_blind_spots(cells().iloc[:0]))
    with pytest.raises(SchemaError, match="repeated"):
        plot_blind_spots(pd.concat([cells(), cells()]))
    with pytest.raises(SchemaError, match="expected"):
        plot_blind_spots(cells().drop(columns="expected"))
