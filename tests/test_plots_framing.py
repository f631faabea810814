"""The figure of framing and what all figures share, read back from the artists."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

from coverage_research import plots
from coverage_research.frame_shares import frame_shares
from coverage_research.framing import find_frames
from coverage_research.plots_framing import plot_frame_shares
from coverage_research.plots_panels import _STEP, SCALE
from coverage_research.schema import ESTIMATE, INVENTED_NOTE, SchemaError, empty

FEW = "1 story; a bootstrap clustered by story needs at least 5"


@pytest.fixture(autouse=True)
def _no_figures_left():
    with mpl.rc_context():
        mpl.use("Agg")
        yield
        plt.close("all")


def cells(*rows, **extra):
    columns = ("outlet", "outlet_name", "frame", "k", "n", "estimate", "low", "high", "reason")
    table = pd.DataFrame(list(rows), columns=columns).assign(codebook="x", n_stories=1, **extra)
    return table.astype({"low": float, "high": float})


SMALL = cells(
    ("a.test", "A", "race", 1, 2, 0.5, None, None, FEW),
    ("a.test", "A", "market", 0, 2, 0.0, None, None, FEW),
    ("b.test", "B", "race", 30, 40, 0.75, 0.6, 0.9, ""),
    ("b.test", "B", "market", 40, 40, 1.0, 0.9, 1.0, ""),
)


def dots(ax):
    """Filled and hollow dots as (row, frame, share)."""
    drawn = {}
    for artist in ax.collections:
        if isinstance(artist, PathCollection):
            offsets = np.asarray(artist.get_offsets())
            drawn[artist.get_label()] = sorted(
                (int(y), int((x + 1e-9) // _STEP), round(x - (x + 1e-9) // _STEP * _STEP, 6))
                for x, y in offsets
            )
    return drawn


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_the_drawn_data_are_those_of_the_table():
    ax = plot_frame_shares(SMALL)
    assert dots(ax) == {
        "with interval": [(1, 0, 0.75), (1, 1, 1.0)],
        "without interval": [(0, 0, 0.5), (0, 1, 0.0)],
    }
    *_, lines = (artist for artist in ax.collections if isinstance(artist, LineCollection))
    ends = [segment[:, 0].tolist() for segment in lines.get_segments()]
    assert np.allclose(ends, [[0.6, 0.9], [_STEP + 0.9, _STEP + 1.0]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A  n=2", "B  n=40"]
    assert [word for word in words(ax) if word not in ("0", "50", "100%")][:4] == [
        "1/2",
        "0/2",
        "race",
        "market",
    ]
    assert f"Hollow: no interval: {FEW}" in [word.replace("\n", " ") for word in words(ax)]
    hollow = next(c for c in ax.collections if c.get_label() == "without interval")
    assert np.allclose(hollow.get_facecolors(), 1.0)  # white
    # The scale of a panel is honest: 0 to 100 %.
    scale = sorted((text.xy[0], text.get_text()) for text in ax.texts if text.get_gid() == SCALE)
    assert [told for _, told in scale] == ["0", "50", "100%"] * 2
    assert np.allclose([at for at, _ in scale], [0, 0.5, 1, _STEP, _STEP + 0.5, _STEP + 1])
    assert "95 % interval" in ax.get_xlabel()


def test_labels_of_frames_and_other_groups():
    ax = plot_frame_shares(SMALL.assign(label=["Race", "Market", "Race", "Market"]))
    assert {"Race", "Market"} <= set(words(ax))
    by_role = SMALL.drop(columns=["outlet_name"]).rename(columns={"outlet": "role"})
    ax = plot_frame_shares(by_role)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a.test  n=2", "b.test  n=40"]
    assert "group's" in ax.get_xlabel().replace("\n", " ")
    whole = SMALL[SMALL["outlet"] == "b.test"].drop(columns=["outlet", "outlet_name"])
    ax = plot_frame_shares(whole)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["all  n=40"]
    two = SMALL.assign(role=None, outlet_name=["A", "A", None, None])
    ax = plot_frame_shares(two)
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown == ["A / (none)  n=2", "b.test / (none)  n=40"]


def test_given_axes_are_used_and_the_table_is_left_alone():
    figure, (left, right) = plt.subplots(1, 2)
    before = SMALL.copy(deep=True)
    assert plot_frame_shares(SMALL, ax=left) is left
    assert not right.collections
    pd.testing.assert_frame_equal(SMALL, before)
    assert plt.get_fignums() == [figure.number]


def test_refusals():
    with pytest.raises(SchemaError, match="missing k"):
        plot_frame_shares(SMALL.drop(columns="k"))
    with pytest.raises(SchemaError, match=r"1 more, the first for a\.test / race"):
        plot_frame_shares(pd.concat([SMALL, SMALL.head(1)]))


def test_empty_and_invented():
    nothing = empty({"outlet": "str", "frame": "str", "k": "int64", **ESTIMATE})
    nothing.attrs["invented"] = True
    assert words(plot_frame_shares(nothing)) == ["nothing to draw: no articles", INVENTED_NOTE]
    ax = plot_frame_shares(SMALL.assign(outlet=["a.example", "a.example", "b.test", "b.test"]))
    assert INVENTED_NOTE in words(ax)
    assert INVENTED_NOTE not in words(plot_frame_shares(SMALL))


def overlapping(boxes):
    return [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one.overlaps(other)
    ]


@pytest.mark.parametrize(("n_outlets", "size"), [(1, None), (10, None), (10, (7, 3.2)), (60, None)])
def test_nothing_is_overprinted(n_outlets, size):
    name = "The Very Long Gazette of the Southern Isles and Provinces"
    articles = pd.DataFrame(
        {
            "article_id": [f"a{i}" for i in range(2 * n_outlets)],
            "title": ["The race for profits" if i % 3 else "Doubt" for i in range(2 * n_outlets)],
            "outlet": [f"o{i // 2}.example" for i in range(2 * n_outlets)],
            "outlet_name": [f"{name} {i // 2}" for i in range(2 * n_outlets)],
        }
    )
    coverage = pd.DataFrame({"story_id": "s", "article_id": list(articles["article_id"])})
    shares = frame_shares(find_frames(articles), articles, coverage)
    ax = plt.subplots(figsize=size, layout="constrained")[1] if size else None
    ax = plot_frame_shares(shares, ax=ax)
    figure = ax.figure
    figure.canvas.draw()
    figure.canvas.draw()
    shown = figure.bbox.expanded(1.01, 1.01)
    rows = ax.get_yticklabels()
    assert len({label.get_text() for label in rows}) == n_outlets
    below = [ax.xaxis.label]
    texts = [text for text in [*ax.texts, *rows, *below] if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert not overlapping(boxes)
    for text, box in zip(texts, boxes, strict=True):
        inside = (shown.x0 <= box.x0, box.x1 <= shown.x1, shown.y0 <= box.y0, box.y1 <= shown.y1)
        assert all(inside), text.get_text()


# What all figures share


def test_shorten_is_safe():
    assert plots.shorten("a\x00b\n c\u202e") == "a b c"
    assert plots.shorten("$\\frac{$") == r"\$\frac{\$"
    assert plots.shorten(None) == plots.shorten(float("nan")) == plots.shorten(pd.NA) == ""
    assert plots.shorten("x" * 50, 10) == "xxxxxxx..."
    assert plots.shorten(12) == "12"
    ax = plots.axes(None)
    ax.set_title(plots.shorten("a $\\frac{$ b"))
    ax.figure.canvas.draw()  # would fail as a formula


def test_labels_stay_apart():
    names = ["The Gazette of the Isles, north", "The Gazette of the Isles, south", "Short"]
    shown = plots.labels(names, 20)
    assert len(set(shown)) == 3
    assert shown[2] == "Short"
    assert plots.labels(["Same", "Same"]) == ["Same", "Same"]


def test_no_interval_sums_up():
    few = "a bootstrap clustered by story needs at least 5"
    table = pd.DataFrame({"reason": [f"2 stories; {few}", "", f"4 stories; {few}", None, "other"]})
    told = plots.no_interval(table)
    assert told == f"Hollow: no interval: 2 to 4 stories; {few} | other"
    assert plots.no_interval(pd.DataFrame({"reason": ["", ""]})) == ""
    assert plots.no_interval(pd.DataFrame({"x": [1]})) == ""
    many = pd.DataFrame({"reason": list("abcde")})
    assert plots.no_interval(many) == "Hollow: no interval: a | b | c | and 2 more in the table"
    assert "2 stories; x" in plots.no_interval(pd.DataFrame({"reason": ["2 stories; x"]}))


def test_dots_are_hollow_without_interval():
    table = pd.DataFrame(
        {"estimate": [0.2, 0.5, None], "low": [0.1, None, None], "high": [0.4, None, None]}
    )
    ax = plots.axes(None)
    plots.dots(ax, table, [0, 1, 2], label="share")
    lines, filled, hollow = ax.collections
    assert [segment.tolist() for segment in lines.get_segments()] == [[[0.1, 0], [0.4, 0]]]
    assert filled.get_offsets().tolist() == [[0.2, 0]]
    assert hollow.get_offsets().tolist() == [[0.5, 1]]
    assert np.allclose(hollow.get_facecolors(), 1.0)
    assert ax.get_legend_handles_labels()[1] == ["share"]


def test_share_axis_is_whole():
    ax = plots.axes(None)
    plots.share_axis(ax)
    plots.share_axis(ax, "y")
    for low, high in (ax.get_xlim(), ax.get_ylim()):
        assert low <= 0
        assert high >= 1
    assert ax.xaxis.get_major_formatter()(0.5) == "50%"


def test_finish_can_be_called_again_and_keeps_settings():
    table = pd.DataFrame({"outlet": ["a.example"]})
    before = mpl.rcParams.copy()
    ax = plots.axes(None)
    plots.finish(ax, table, notes=["once", ""])
    plots.finish(ax, table, notes=["twice"])
    assert words(ax) == [INVENTED_NOTE, "twice"]
    assert not ax.spines["top"].get_visible()
    assert mpl.rcParams == before


def test_finish_on_a_free_axes_of_a_subfigure():
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[0].add_axes((0.1, 0.1, 0.5, 0.5))
    plots.finish(ax, pd.DataFrame(), notes=["word " * 60])
    assert "\n" in words(ax)[0]


def test_colours_and_markers_match():
    assert len(plots.OKABE_ITO) == len(plots.MARKERS) == 8
    assert len(set(plots.OKABE_ITO.values())) == 8
