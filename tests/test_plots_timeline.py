from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from coverage_research.plots_timeline import plot_lags, plot_timeline
from coverage_research.schema import SchemaError
from coverage_research.timeline import story_lags


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def lags(hours, precision="minute", lead=0, title="Chips cost $5 or $6", ending="com"):
    n = len(hours)
    start = pd.Timestamp("2030-01-01 06:00", tz="UTC")
    articles = pd.DataFrame(
        {
            "article_id": [f"a{number:02}" for number in range(n)],
            "outlet": [f"o{number}.{ending}" for number in range(n)],
            "outlet_name": [f"Outlet {number}" for number in range(n)],
            "title": title,
            "published_at": [start + pd.Timedelta(hours=hour) for hour in hours],
            "published_precision": precision,
        }
    )
    coverage = pd.DataFrame(
        {
            "story_id": "s",
            "article_id": articles["article_id"],
            "role": ["lead" if number == lead else "related" for number in range(n)],
        }
    )
    return story_lags(articles, coverage)


def marks(ax, label):
    found = [
        marks
        for marks in ax.collections
        if marks.get_label() == label and hasattr(marks, "get_sizes")
    ]
    return [tuple(point) for one in found for point in np.asarray(one.get_offsets()).round(6)]


def bars(ax):
    return [
        (bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches
    ]


def notes(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_articles_stand_at_their_lag():
    ax = plot_timeline(lags([3, 0, 10]))
    assert marks(ax, "lead") == [(3, 1)]
    assert marks(ax, "related") == [(0, 0), (10, 2)]
    assert marks(ax, "first") == [(0, 0)]
    assert bars(ax) == []
    assert ax.get_xlabel() == "Hours after the first article (1 January 2030, 06:00 UTC)"
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == r"Outlet 1: Chips cost \$5 or \$6"
    assert ax.yaxis_inverted()


def test_days_are_bars_and_nobody_is_called_first():
    ax = plot_timeline(lags([0, 4, 30], precision=["day", "minute", "minute"]))
    assert marks(ax, "lead") == marks(ax, "related") == marks(ax, "first") == []
    drawn = [tuple(round(number, 6) for number in bar) for bar in bars(ax)]
    # 10:00 on the day, and the day itself: 0 to 10 hours, 0 to 14; the next day's noon 26 to 36.
    assert sorted(drawn) == [(0, 10, 1), (0, 14, 0), (26, 10, 2)]
    assert "The stamps do not tell which article was first." in notes(ax)
    assert "some time in the bar" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert ax.get_xlabel() == "Hours after the first article"


def test_long_stories_count_days():
    ax = plot_timeline(lags([0, 48, 600]))
    assert ax.get_xlabel().startswith("Days after")
    assert marks(ax, "related") == [(2, 1), (25, 2)]


def test_only_one_story_at_a_time():
    two = pd.concat([lags([0, 1]), lags([0, 1]).assign(story_id="t")])
    with pytest.raises(SchemaError, match="one story; found 2: s, t"):
        plot_timeline(two)
    with pytest.raises(SchemaError, match="found 2"):
        plot_timeline(two, story_id="s")
    with pytest.raises(SchemaError, match="rows of t; found 1: s"):
        plot_timeline(lags([0, 1]), story_id="t")
    assert marks(plot_timeline(lags([0, 1]), story_id="s"), "related") == [(1, 1)]


def test_rows_without_headlines_or_names():
    bare = lags([0, 1]).drop(columns=["title", "outlet_name"])
    assert [label.get_text() for label in plot_timeline(bare).get_yticklabels()] == [
        "o0.com",
        "o1.com",
    ]
    untitled = lags([0, 1], title=None)
    assert plot_timeline(untitled).get_yticklabels()[0].get_text() == "Outlet 0"


def medians(n=3, **columns):
    table = pd.DataFrame(
        {
            "outlet": [f"o{number}.com" for number in range(n)],
            "outlet_name": [f"Outlet {number}" for number in range(n)],
            "n": range(11, n + 11),
            "n_stories": range(5, n + 5),
            "n_first": range(n),
            "estimate": [2.0 * number for number in range(n)],
            "low": [1.0 * number for number in range(n)],
            "high": [3.0 * number for number in range(n)],
            "reason": "",
        }
    )
    return table.assign(**columns)


def dots(ax):
    return sorted(
        (round(row, 6), round(x, 6), to_hex(marks.get_facecolor()[0]) != "#ffffff")
        for marks in ax.collections
        if hasattr(marks, "get_sizes") and len(marks.get_offsets())
        for x, row in np.asarray(marks.get_offsets())
    )


def test_medians_with_their_counts():
    ax = plot_lags(medians())
    assert dots(ax) == [(0, 0, True), (1, 2, True), (2, 4, True)]
    shown = [text.get_text() for text in ax.texts]
    assert shown[:12] == "articles 11 12 13 stories 5 6 7 first 0 1 2".split(" ")
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"Outlet {n}" for n in range(3)]
    assert ax.get_xlabel() == "Median hours after the first article; line: 95 % interval"


def test_a_median_without_an_interval_is_hollow():
    ax = plot_lags(medians(low=np.nan, high=np.nan, reason="1 story; so"))
    assert [dot[2] for dot in dots(ax)] == [False] * 3
    assert "Hollow: no interval: 1 story; so" in notes(ax)
    assert ax.get_xlabel() == "Median hours after the first article"


def test_long_lags_count_days():
    ax = plot_lags(medians(estimate=[24.0, 240, 480], low=24.0, high=960.0))
    assert [dot[1] for dot in dots(ax)] == [1, 10, 20]
    assert ax.get_xlabel().startswith("Median days")


def test_other_groups_are_named_by_their_column():
    by_kind = medians().drop(columns=["outlet", "outlet_name"]).assign(kind=["a", "b", "c"])
    assert [text.get_text() for text in plot_lags(by_kind).get_yticklabels()] == ["a", "b", "c"]
    alone = medians(1).drop(columns=["outlet", "outlet_name"])
    assert plot_lags(alone).get_yticklabels()[0].get_text() == "all"


@pytest.mark.parametrize("n", [1, 60])
@pytest.mark.parametrize("draw", [plot_timeline, plot_lags])
def test_labels_do_not_overlap(n, draw):
    name = "The Chip and Circuit Gazette of the Northern Isles"
    table = lags(range(n), title=name * 3) if draw is plot_timeline else medians(n)
    ax = draw(table.assign(outlet_name=[f"{name}, edition {number}" for number in range(n)]))
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_yticklabels()]
    assert all(not one.overlaps(two) for one, two in pairwise(boxes))
    width, height = ax.figure.canvas.get_width_height()
    for box in [*boxes, *(text.get_window_extent() for text in ax.texts)]:
        assert box.x0 >= -1
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1


@pytest.mark.parametrize(("draw", "table"), [(plot_timeline, lags([0, 1])), (plot_lags, medians())])
def test_what_all_figures_promise(draw, table):
    before, copy = dict(plt.rcParams), table.copy()
    _, ax = plt.subplots()
    assert draw(table, ax=ax) is ax
    assert dict(plt.rcParams) == before
    assert table.equals(copy)
    assert "Invented" not in notes(ax)
    assert "nothing to draw: no " in notes(draw(table.iloc[:0]))
    invented = draw(table.assign(outlet="x.example"))
    assert "Invented demonstration data" in notes(invented)
    with pytest.raises(SchemaError, match="missing"):
        draw(table[["outlet"]])


def test_a_median_of_days_has_its_bounds_behind_the_dot():
    ax = plot_lags(medians(median_low=[0.0, 1.0, np.nan], median_high=[0.0, 30.0, 9.0]))
    assert bars(ax) == [(1.0, 29.0, 1.0)]
    assert ax.patches[0].get_alpha() < 0.5
    assert ax.get_xlim()[1] > 30
    assert "Pale bar: the median lies within it, since some stamps give only the day." in notes(ax)
    ax = plot_lags(medians(median_low=[0.0, 24.0, 96.0], median_high=[0.0, 48.0, 960.0]))
    assert bars(ax) == [(1.0, 1.0, 1.0), (4.0, 36.0, 2.0)]  # days
    for same in (medians(), medians(median_low=2.0, median_high=2.0)):
        ax = plot_lags(same)
        assert bars(ax) == []
        assert "Pale bar" not in notes(ax)


def test_bounds_are_no_groups():
    alone = medians(1).drop(columns=["outlet", "outlet_name"])
    ax = plot_lags(alone.assign(median_low=1.0, median_high=2.0))
    assert ax.get_yticklabels()[0].get_text() == "all"
