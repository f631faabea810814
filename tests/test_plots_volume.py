"""Volume: what is drawn is what the table holds, and no data are no zeros."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from coverage_research.plots_volume import plot_volume
from coverage_research.schema import SchemaError


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
    assert "4" in [text.get_text() for text in ax.texts]
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
