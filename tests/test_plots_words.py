"""Figures of wording: the drawn data are read back from the artists."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from coverage_research.keyness import compare_words
from coverage_research.keyness_scores import WORD_COMPARISON
from coverage_research.plots_words import plot_labels, plot_tone, plot_words
from coverage_research.schema import ESTIMATE, SchemaError, conform

TONE = {"outlet": "str", "outlet_name": "str", "lexicon": "str", **ESTIMATE, "agreement": "float64"}
LABELS = {"outlet": "str", "target": "str", "label": "str", "k": "int64", **ESTIMATE}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def points(ax):
    """Drawn marks: value and height, and whether they are filled."""
    return sorted(
        (round(float(x), 6), to_hex(marks.get_facecolor()[0]) != "#ffffff")
        for marks in ax.collections
        if hasattr(marks, "get_sizes") and len(marks.get_offsets())
        for x, _ in np.asarray(marks.get_offsets())
    )


def ends(ax):
    return [
        tuple(segment[:, 0].round(6).tolist())
        for lines in ax.collections
        if hasattr(lines, "get_segments")
        for segment in lines.get_segments()
    ]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def words(*rows):
    """Group, word, estimate, q."""
    table = pd.DataFrame(rows, columns=["group", "word", "estimate", "q"])
    defaults = {"other": "rest", "k": 7, "k_other": 2, "n": 1000, "n_other": 5000, "reason": ""}
    table = table.assign(**defaults, measure="log_odds")
    table = table.assign(low=table["estimate"] - 0.5, high=table["estimate"] + 0.5)
    return conform(table, WORD_COMPARISON)


def test_words_stand_under_their_group_with_interval_and_counts():
    ax = plot_words(words(("a.test", "race", 2.0, 0.01), ("b.test", "ban", 1.0, 0.4)))
    assert points(ax) == [(1.0, False), (2.0, True)]
    assert {(1.5, 2.5), (0.5, 1.5)} <= set(ends(ax))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["race", "ban"]
    assert texts(ax)[:4] == ["a.test (n = 1,000)", "b.test (n = 1,000)", "7 : 2", "7 : 2"]
    assert "log-odds" in ax.get_xlabel()
    heights = ax.get_yticks()
    assert heights[1] - heights[0] > 2  # room for the heading between the groups


def test_refused_comparisons_are_named():
    articles = pd.DataFrame(
        {"article_id": ["a", "b"], "outlet": ["a.test", "b.test"], "title": ["one two", "three"]}
    )
    refused = compare_words(articles)
    ax = plot_words(refused)
    assert (
        texts(ax)[0].replace("\n", " ").startswith("nothing to draw: Not compared: a.test, b.test")
    )
    both = pd.concat([words(("c.test", "race", 2.0, 0.01)), refused], ignore_index=True)
    assert any("Not compared: a.test" in told for told in texts(plot_words(both)))


def test_outlets_are_called_by_their_names_where_there_are_names():
    table = words(("a.test", "race", 2.0, 0.01), ("b.test", "ban", 1.0, 0.4))
    ax = plot_words(table.assign(outlet_name=["The A", None]))
    assert texts(ax)[:2] == ["The A (n = 1,000)", "b.test (n = 1,000)"]
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["a.test"], "title": ["one two"]})
    refused = compare_words(articles).assign(outlet_name="The A")
    assert "Not compared: The A" in texts(plot_words(refused))[0].replace("\n", " ")


def test_words_of_two_measures_are_refused():
    table = pd.concat([words(("a.test", "x", 1.0, 0.1))] * 2).assign(measure=["g2", "chi2"])
    with pytest.raises(SchemaError, match="expected one measure"):
        plot_words(table)
    with pytest.raises(SchemaError, match="missing"):
        plot_words(table.drop(columns="k_other"))


def test_hostile_words_are_drawn_as_they_are():
    ax = plot_words(words(("$x$", "<b>$\\frac{", 1.0, 0.1)))
    ax.figure.canvas.draw()
    assert ax.get_yticklabels()[0].get_text() == r"<b>\$\frac{"


def test_labels_are_shares_by_outlet_under_each_label():
    table = conform(
        pd.DataFrame(
            {
                "outlet": ["a.test", "b.test"],
                "target": "chip*",
                "label": "cheap",
                "k": [1, 3],
                "n": [4, 3],
                "n_stories": [6, 2],
                "estimate": [0.25, 1.0],
                "low": [0.1, np.nan],
                "high": [0.5, np.nan],
                "reason": ["", "2 stories; a bootstrap clustered by story needs at least 5"],
            }
        ),
        LABELS,
    )
    ax = plot_labels(table)
    assert points(ax) == [(0.25, True), (1.0, False)]
    assert (0.1, 0.5) in ends(ax)
    assert texts(ax)[:3] == ["\u201ccheap\u201d before chip*", "1/4", "3/3"]
    assert any(told.startswith("Hollow: no interval: 2 stories") for told in texts(ax))


def tone(**columns):
    table = pd.DataFrame(
        {
            "outlet": ["a.test"] * 2 + ["b.test"] * 2,
            "outlet_name": ["A"] * 2 + ["B"] * 2,
            "lexicon": ["vader", "pattern"] * 2,
            "n": [8, 8, 2, 2],
            "n_stories": 6,
            "estimate": [0.1, -0.1, 0.3, 0.2],
            "low": [0.0, -0.2, np.nan, np.nan],
            "high": [0.2, 0.0, np.nan, np.nan],
            "reason": ["", "", "2 stories; few", "2 stories; few"],
            "agreement": [0.5, 0.5, 1.0, 1.0],
        }
    )
    return conform(table.assign(**columns), TONE)


def test_tone_has_two_marks_a_row():
    ax = plot_tone(tone())
    assert points(ax) == [(-0.1, True), (0.1, True), (0.2, False), (0.3, False)]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["A  n=8  agree 50%", "B  n=2  agree 100%"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["VADER", "Pattern"]
    low, high = ax.get_xlim()
    assert low == -high  # zero stands in the middle
    assert high >= 0.3


def test_tone_by_an_unknown_lexicon_is_refused():
    with pytest.raises(SchemaError, match="expected the lexicons vader, pattern; found mine"):
        plot_tone(tone(lexicon=["vader", "mine"] * 2))
