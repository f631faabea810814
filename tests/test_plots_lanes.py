"""Swim lanes: what is drawn is what the tables hold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from coverage_research.plots_lanes import plot_lanes
from coverage_research.schema import SchemaError
from coverage_research.timeline import story_lags

DAY = 86_400_000_000


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def lags(*rows):
    """Rows of outlet, time, precision and role; articles are called a0, a1 ..."""
    table = pd.DataFrame(rows, columns=["outlet", "published_at", "published_precision", "role"])
    table["published_at"] = pd.to_datetime(table["published_at"], utc=True)
    table["article_id"] = [f"a{number}" for number in range(len(table))]
    coverage = table.assign(story_id="s")[["story_id", "article_id", "role"]]
    return story_lags(table, coverage)


def three():
    return lags(
        ("x", "2030-01-01 08:00", "minute", "lead"),
        ("y", "2030-01-01 20:00", "minute", "related"),
        ("y", "2030-01-03 00:00", "day", "related"),
    )


def days(stamp):
    return pd.Timestamp(stamp, tz="UTC").timestamp() / 86_400


def marks(ax, label):
    return [
        tuple(np.round(point, 6))
        for drawn in ax.collections
        if drawn.get_label() == label
        for point in drawn.get_offsets()
    ]


def arcs(ax):
    return {patch.get_label().lstrip("_"): patch for patch in ax.patches
            if isinstance(patch, FancyArrowPatch)}  # fmt: skip


def test_marks_stand_in_the_lane_of_their_outlet_at_their_time():
    ax = plot_lanes(three())
    assert marks(ax, "lead") == [(round(days("2030-01-01 08:00"), 6), 0)]
    assert marks(ax, "related") == [(round(days("2030-01-01 20:00"), 6), 1)]
    bar = next(patch for patch in ax.patches if isinstance(patch, Rectangle))
    assert (bar.get_x(), bar.get_width()) == (days("2030-01-03"), 1.0)
    assert bar.get_y() + bar.get_height() / 2 == pytest.approx(1)
    assert marks(ax, "first of its story") == marks(ax, "lead")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x  n=1", "y  n=2"]
    assert "(UTC)" in ax.get_xlabel()


def test_an_arc_runs_from_the_earlier_to_the_later_and_lost_ties_are_counted():
    ties = pd.DataFrame(
        {"article_id": ["a1", "a1"], "other_id": ["a0", "zz"], "verdict": ["copy", "copy"]}
    )
    ax = plot_lanes(three(), ties=ties)
    found = arcs(ax)
    assert list(found) == ["a0 > a1: copy"]
    start, end = found["a0 > a1: copy"]._posA_posB
    assert (start[1], end[1]) == (0, 1)
    assert start[0] < end[0]
    assert any("1 ties of articles that are not drawn" in text.get_text() for text in ax.texts)


def test_axis_holds_everything_and_a_single_moment_has_room():
    ax = plot_lanes(three())
    low, high = ax.get_xlim()
    assert low < days("2030-01-01 08:00")
    assert high > days("2030-01-04")
    ax = plot_lanes(lags(("x", "2030-01-01 08:00", "minute", "lead")))
    assert ax.get_xlim()[1] > ax.get_xlim()[0]
    ax.figure.canvas.draw()


def test_a_crowd_is_thin_strokes():
    many = lags(
        *[(f"o{n % 9}", f"2030-01-{1 + n % 28:02d}", "minute", "related") for n in range(400)]
    )
    ax = plot_lanes(many)
    assert len(marks(ax, "related")) == 400
    assert next(d for d in ax.collections if d.get_label() == "related").get_alpha() < 1


def test_nothing_missing_times_and_missing_columns_are_told():
    table = three()
    assert "no article has a time" in plot_lanes(table.iloc[:0]).texts[0].get_text()
    with pytest.raises(SchemaError, match="time in every row"):
        plot_lanes(table.assign(published_at=pd.NaT))
    with pytest.raises(SchemaError, match="verdict"):
        plot_lanes(table, ties=pd.DataFrame({"article_id": [], "other_id": []}))


def has_head(arc):
    return arc.get_arrowstyle().arrow != "-"


def test_an_arc_has_no_head_where_the_order_is_unknown():
    table = lags(
        ("x", "2030-01-01 08:00", "minute", "lead"),
        ("y", "2030-01-01 08:05", "minute", "related"),
        ("z", "2030-01-01 00:00", "day", "related"),
        ("w", "2030-01-02 09:00", "minute", "related"),
    )
    rows = [
        ("a1", "a0", "simultaneous"),  # five minutes are no order
        ("a2", "a0", "common_source"),  # some time of the same day
        ("a2", "a1", "credited"),  # the same, but it names whom it follows
        ("a3", "a2", "copy"),  # the next day
        ("a3", "a0", "copy"),
    ]
    ties = pd.DataFrame(rows, columns=["article_id", "other_id", "verdict"])
    found = arcs(plot_lanes(table, ties=ties))
    assert {name: has_head(arc) for name, arc in found.items()} == {
        "a0 - a1: simultaneous": False,
        "a0 - a2: common_source": False,
        "a1 > a2: credited": True,
        "a2 > a3: copy": True,
        "a0 > a3: copy": True,
    }


def test_the_ring_of_a_day_stands_in_its_middle_and_not_at_midnight():
    table = lags(
        ("x", "2030-01-01 00:00", "day", "lead"), ("y", "2030-01-03 09:00", "minute", "related")
    )
    assert table["is_first"].tolist() == [True, False]
    assert marks(plot_lanes(table), "first of its story") == [(days("2030-01-01 12:00"), 0)]
