"""The matrix of articles by frames: its table, and what is drawn of it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coverage_research.codebook import Codebook, Frame
from coverage_research.frame_matrix import MATRIX, frame_matrix
from coverage_research.framing import find_frames
from coverage_research.plots_matrix import plot_frame_matrix
from coverage_research.schema import SchemaError
from coverage_research.terms import Term

BOOK = Codebook(
    "own",
    "1",
    "t",
    "s",
    "en",
    tuple(Frame(f, f.title(), "d", "i", "e", ("a", "b"), (Term(f"{f}*"),)) for f in ("on", "tw")),
)
ARTICLES = pd.DataFrame(
    {
        "article_id": ["late", "none", "early"],
        "title": ["Ones one two ones", "nothing", "two"],
        "published_at": pd.to_datetime(["2024-01-02", None, "2024-01-01 10:30"], utc=True, format="ISO8601"),
        "outlet": "a.test",
        "outlet_name": "A",
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_every_article_by_every_frame_in_the_order_of_time():
    matrix = frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES)
    assert list(matrix.columns) == list(MATRIX)
    assert matrix[["article_id", "frame", "k", "n_articles", "words"]].to_numpy().tolist() == [
        ["early", "on", 0, 0, ""],
        ["early", "tw", 1, 1, "two"],
        ["late", "on", 3, 1, "ones, one"],
        ["late", "tw", 1, 1, "two"],
        ["none", "on", 0, 0, ""],
        ["none", "tw", 0, 0, ""],
    ]
    assert matrix["k"].sum() == len(find_frames(ARTICLES, BOOK))
    bare = frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES[["article_id", "title"]])
    assert bare["article_id"].drop_duplicates().tolist() == ["early", "late", "none"]
    assert frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES.iloc[:0]).empty


def test_neighbours_in_time_share_a_row():
    matrix = frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES, rows=2)
    assert matrix[["row", "frame", "n", "n_articles", "k"]].to_numpy().tolist() == [
        [0, "on", 2, 1, 3],
        [0, "tw", 2, 2, 2],
        [1, "on", 1, 0, 0],
        [1, "tw", 1, 0, 0],
    ]
    assert matrix["words"].isna().all()
    assert matrix["published_until"].iloc[0] == pd.Timestamp("2024-01-02", tz="UTC")
    with pytest.raises(ValueError, match="rows: expected at least 1; found 0"):
        frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES, rows=0)


def test_cells_are_shaded_by_matches_and_named_by_words():
    ax = plot_frame_matrix(frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES))
    assert ax.images[0].get_array().tolist() == [[0, 1], [3, 1], [0, 0]]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "A  2024-01-01 10:30",
        "A  2024-01-02 00:00",
        "A  no time",
    ]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["On", "Tw"]
    drawn = {
        text.get_position(): text.get_text()
        for text in ax.texts
        if text.get_position()[1] in (0, 1)
    }
    assert drawn[0, 1] == "ones +1"
    assert drawn[1, 0] == "two"


def test_rows_of_several_articles_are_shaded_by_share():
    many = pd.DataFrame(
        {
            "article_id": [f"a{number:03}" for number in range(100)],
            "title": ["one"] * 25 + ["nothing"] * 75,
            "published_at": pd.date_range("2024-01-01", periods=100, tz="UTC"),
        }
    )
    ax = plot_frame_matrix(frame_matrix(find_frames(many, BOOK), many, rows=3))
    np.testing.assert_allclose(ax.images[0].get_array(), [[25 / 34, 0], [0, 0], [0, 0]])
    assert any("100 articles in the order of time, 34 (the last 32)" in text.get_text() for text in ax.texts)  # fmt: skip
    assert ax.get_yticklabels()[1].get_text() == "2024-02-04"


def test_a_cell_drawn_twice_is_refused():
    matrix = frame_matrix(find_frames(ARTICLES, BOOK), ARTICLES)
    with pytest.raises(SchemaError, match="some are repeated"):
        plot_frame_matrix(pd.concat([matrix, matrix]))
    with pytest.raises(SchemaError, match="missing words"):
        plot_frame_matrix(matrix.drop(columns="words"))


def test_hostile_text_is_drawn_as_it_is():
    hostile = ARTICLES.assign(outlet_name="$<b>\u202e$", title="on$e$ <script>")
    ax = plot_frame_matrix(frame_matrix(find_frames(hostile, BOOK), hostile))
    ax.figure.canvas.draw()
    assert ax.get_yticklabels()[0].get_text().startswith(r"\$<b> \$")


def test_a_stamp_that_gives_only_the_day_has_no_hour():
    dated = ARTICLES.assign(published_precision=["day", "unknown", "minute"])
    matrix = frame_matrix(find_frames(dated, BOOK), dated)
    assert matrix["published_precision"].tolist() == ["minute"] * 2 + ["day"] * 2 + ["unknown"] * 2
    labels = [label.get_text() for label in plot_frame_matrix(matrix).get_yticklabels()]
    assert labels == ["A  2024-01-01 10:30", "A  2024-01-02", "A  no time"]
    shared = frame_matrix(find_frames(dated, BOOK), dated, rows=2)
    assert shared["published_precision"].isna().all()
