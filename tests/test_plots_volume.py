"""Volume: what is drawn is what the table holds, and no data are no zeros."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from coverage_research.plots_volume import plot_volume
from coverage_research.publication_times import without_future
from coverage_research.schema import SchemaError
from coverage_research.volume import volume


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def periods(counts, states=None, **columns):
    begin = pd.date_range("2030-01-01", periods=len(counts), tz="UTC")
    table = pd.DataFrame({"period": begin, "period_end": begin + pd.Timedelta("1D")})
    table["n"] = pd.array(counts, dtype="Int64")
    return table.assign(state=states or "observed", **columns)


def bars(ax):
    """Day, foot and height of each bar that is no ground."""
    return [
        (round(patch.get_x()), round(patch.get_y(), 3), round(patch.get_height(), 3))
        for patch in ax.patches
        if not patch.get_hatch()
    ]


def day(stamp):
    return round(pd.Timestamp(stamp, tz="UTC").timestamp() / 86_400)


def test_a_bar_is_a_period_and_a_gap_is_hatched():
    ax = plot_volume(periods([4, 2, None, 0], ["observed", "partial", "gap", "observed"]))
    first = day("2030-01-01")
    assert bars(ax) == [
        (first, 0, 0.72),
        (first + 1, 0, 0.36),
        (first + 2, 0, 0),
        (first + 3, 0, 0),
    ]
    hatched = [round(patch.get_x()) for patch in ax.patches if patch.get_hatch()]
    assert hatched == [first + 2]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2", "3", "4"]
    assert ax.get_yticks()[[0, 2, 4]] == pytest.approx([0, 0.36, 0.72])
    assert ax.get_ylabel() == "Articles per day"
    assert "articles per day" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert "no data" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert "(UTC)" in ax.get_xlabel()


def test_lanes_share_a_scale_and_bursts_stand_in_their_lane():
    table = pd.concat([periods([4, 0], outlet="a"), periods([1, 2], outlet="b")])
    bursts = pd.DataFrame(
        {
            "outlet": ["b", "z"],
            "level": 1,
            "start": pd.Timestamp("2030-01-02", tz="UTC"),
            "end": pd.Timestamp("2030-01-03", tz="UTC"),
        }
    )
    ax = plot_volume(table, bursts=bursts)
    first = day("2030-01-01")
    assert (first, 1, 0.72) in bars(ax)
    assert (first + 1, 0, 0.36) in bars(ax)
    (drawn,) = [line for line in ax.lines if line.get_gid() == "burst"]
    assert drawn.get_xdata()[0] == first + 1
    assert 0.72 < drawn.get_ydata()[0] < 1
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_yticks() == pytest.approx([1.36, 0.36])
    scale = {(text.get_text(), round(text.xy[1], 2)) for text in ax.texts if text.xy[0] == 1.0}
    assert scale >= {("4", 1.72), ("0", 1.0), ("4", 0.72), ("0", 0.0)}
    assert ax.get_ylabel() == "Articles per day"


def test_the_rolling_mean_breaks_where_there_is_none():
    ax = plot_volume(periods([4, 2, 2], rolling=[None, 3.0, 2.0]))
    (line,) = [line for line in ax.lines if line.get_gid() != "burst"]
    assert [round(value, 3) for value in line.get_ydata()[1:]] == [0.54, 0.36]


def test_articles_of_a_day_only_are_counted_below():
    ax = plot_volume(periods([4, 2], n_day_only=[3, 0]))
    assert any("3 articles have a day only" in text.get_text() for text in ax.texts)


def test_nothing_twice_and_missing_columns_are_told():
    table = periods([1, 2])
    assert "no article has a time" in plot_volume(table.iloc[:0]).texts[0].get_text()
    with pytest.raises(SchemaError, match="repeated"):
        plot_volume(pd.concat([table, table]))
    with pytest.raises(SchemaError, match="state"):
        plot_volume(table.drop(columns="state"))


@pytest.mark.parametrize(
    ("freq", "unit"),
    [
        ("h", "hour"),
        ("D", "day"),
        ("W", "week"),
        ("MS", "month"),
        ("QS", "quarter"),
        ("YS", "year"),
    ],
)
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
def test_the_axis_names_the_period(freq, unit, timezone):
    # In the United States this week has the day of 23 hours.
    stamps = pd.to_datetime(["2026-03-05", "2026-03-11"], utc=True)
    articles = pd.DataFrame({"article_id": ["a", "b"], "published_at": stamps})
    articles["published_precision"] = "minute"
    ax = plot_volume(volume(articles, freq=freq, timezone=timezone))
    assert ax.get_ylabel() == f"Articles per {unit}"


def stamped(*stamps):
    table = pd.DataFrame({"published_at": pd.to_datetime(stamps, utc=True, format="ISO8601")})
    table["article_id"] = [f"a{number}" for number in range(len(table))]
    return table.assign(published_precision="minute")


NOW = pd.Timestamp("2026-01-02 09:00", tz="UTC")


def told(ax):
    return " ".join(text.get_text() for text in ax.texts)


def test_a_stamp_in_the_future_stretches_no_axis():
    articles = stamped(
        "2026-01-01 09:00", "2026-01-03 23:59", "2026-02-11 09:00", "2026-02-11 10:00"
    )
    ax = plot_volume(volume(articles, gaps=False), now=NOW)
    first = day("2026-01-01")
    assert bars(ax) == [(first, 0, 0.72), (first + 1, 0, 0), (first + 2, 0, 0.72)]
    assert "Left out: periods later than tomorrow, which count 2." in told(ax)
    assert ax.get_xlim()[1] < first + 4
    kept = without_future(articles, now=NOW)
    ax = plot_volume(volume(kept), now=NOW)
    assert bars(ax) == [(first, 0, 0.72), (first + 1, 0, 0), (first + 2, 0, 0.72)]
    assert "Left out: 2 articles are stamped later than tomorrow." in told(ax)


def test_nothing_is_left_out_where_nothing_or_all_lies_ahead():
    past = stamped("2026-01-01", "2026-01-02")
    ahead = stamped("2027-01-01", "2027-01-02")
    for articles in (past, ahead):
        ax = plot_volume(volume(articles), now=NOW)
        assert len(bars(ax)) == 2
        assert "Left out" not in told(ax)
