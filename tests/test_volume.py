"""Volume: counts that can be made by hand, zeros against gaps, and whose clock it is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.collection_gaps import GAPS, find_gaps, gap_intervals
from coverage_research.publication_times import (
    after_tomorrow,
    dated_articles,
    publishing_hours,
    without_future,
)
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.volume import volume

START = pd.Timestamp("2030-01-01", tz="UTC")  # a Tuesday


def at(hours, precision="minute", prefix="a", **columns):
    stamps = (START + pd.to_timedelta(np.asarray(hours, dtype=float), unit="h")).as_unit("us")
    table = pd.DataFrame({"article_id": [f"{prefix}{n}" for n in range(len(stamps))]})
    return table.assign(published_at=stamps, published_precision=precision, **columns)


def moment(hours):
    return START + pd.Timedelta(hours, "h")


# --- counting ---------------------------------------------------------------------------------


def test_days_by_hand():
    found = volume(at([1, 2, 2, 50, 71.99, 72]), rolling=2)
    assert found["n"].tolist() == [3, 0, 2, 1]
    assert found["cumulative"].tolist() == [3, 3, 5, 6]
    assert found["rolling"].tolist()[1:] == [1.5, 1.0, 1.5]
    assert np.isnan(found["rolling"].iloc[0])
    assert found["period"].tolist() == [moment(24 * day) for day in range(4)]
    assert found["period_end"].tolist() == [moment(24 * day) for day in range(1, 5)]
    assert found["hours_observed"].tolist() == [24.0] * 4
    assert set(found["state"]) == {"observed"}


def test_every_group_has_every_period():
    table = at([1, 30, 80], outlet=["x.example", "x.example", "y.example"], outlet_name="The X")
    found = volume(table, by="outlet")
    assert found.groupby("outlet")["n"].apply(list).to_dict() == {
        "x.example": [1, 1, 0, 0],
        "y.example": [0, 0, 0, 1],
    }
    assert found["outlet_name"].eq("The X").all()
    assert found.attrs["invented"]


def test_an_article_counts_once_however_often_it_stands_in_a_table():
    table = at([1, 2, 30])
    assert volume(pd.concat([table, table]))["n"].tolist() == [2, 1]
    matches = pd.DataFrame(
        {"article_id": ["a0", "a0", "a0", "a2", "gone"], "frame": ["f", "f", "g", "g", "f"]}
    )
    found = volume(table, matches=matches, by="frame")
    assert found[["frame", "n"]].to_numpy().tolist() == [["f", 1], ["f", 0], ["g", 1], ["g", 1]]
    assert volume(table, matches=matches)["n"].tolist() == [1, 1]


def test_columns_of_both_tables_divide_together():
    table = at([1, 2], outlet=["x", "y"])
    matches = pd.DataFrame({"article_id": ["a0"], "frame": ["f"]})
    found = volume(table, matches=matches, by=["outlet", "frame"])
    assert found[["outlet", "frame", "n"]].to_numpy().tolist() == [["x", "f", 1], ["y", "f", 0]]
    # A group without a match is there with a zero.
    assert volume(table, matches=matches, by="outlet")["n"].tolist() == [1, 0]


def test_groups_keep_their_dtype_and_a_missing_name_is_a_group():
    assert volume(at([1, 2], wave=[7, 8]), by="wave")["wave"].tolist() == [7, 8]
    found = volume(at([1, 2, 3], outlet=["x", None, None]), by="outlet")
    assert found.loc[found["outlet"].isna(), "n"].tolist() == [2]
    coded = at([1, 2]).assign(outlet=pd.Categorical(["x", "y"], categories=["x", "y", "z"]))
    assert volume(coded, by="outlet")["outlet"].tolist() == ["x", "y"]


def test_undated_articles_are_told():
    table = at([1, 2, 3]).assign(
        published_at=lambda t: t["published_at"].where([True, True, False])
    )
    found = volume(table)
    assert found["n"].sum() == 2
    assert found.attrs["n_undated"] == 1


@pytest.mark.parametrize(
    ("freq", "periods"),
    [
        ("W", ["2029-12-31", "2030-01-07"]),
        ("MS", ["2030-01-01"]),
        ("QS", ["2030-01-01"]),
        ("YS", ["2030-01-01"]),
    ],
)
def test_longer_periods_begin_where_the_calendar_does(freq, periods):
    found = volume(at([30, 24 * 7]), freq=freq)
    assert found["period"].dt.strftime("%Y-%m-%d").tolist() == periods
    assert found["n"].sum() == 2


STAMPS = st.lists(st.floats(0, 24 * 400), min_size=1, max_size=40)


@settings(max_examples=60)
@given(
    STAMPS,
    st.sampled_from(["D", "W", "MS", "QS", "YS"]),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.booleans(),
)
def test_nothing_is_lost_and_periods_join(hours, freq, timezone, day_only):
    table = at(hours, "day" if day_only else "minute")
    found = volume(table, freq=freq, timezone=timezone)
    assert found["n"].sum() + found["n_day_only"].sum() == len(hours)
    assert found["period_end"].iloc[:-1].tolist() == found["period"].iloc[1:].tolist()
    assert str(found["period"].dt.tz) == timezone
    assert found["n"].iloc[0] + found["n_day_only"].iloc[0] > 0
    assert (found["hours_observed"] >= 0).all()
    shuffled = volume(table.sample(frac=1, random_state=0), freq=freq, timezone=timezone)
    pd.testing.assert_frame_equal(found, shuffled)


def test_hours_have_one_length_whatever_clocks_do():
    """Clocks went back in New York on 3 November 2030 and forward on 10 March."""
    for day in ("2030-11-03", "2030-03-10"):
        table = at([0, 30]).assign(
            published_at=pd.to_datetime([f"{day} 00:30Z", f"{day} 23:30Z"]).as_unit("us")
        )
        found = volume(table, freq="h", timezone="America/New_York")
        assert len(found) == 24
        assert (found["period_end"] - found["period"]).eq(pd.Timedelta("1h")).all()
    days = volume(at([24 * 306, 24 * 308]), timezone="America/New_York")
    assert days["hours_observed"].max() == 25


def test_half_hours_of_a_zone_are_kept():
    found = volume(at([0.1]), freq="h", timezone="Asia/Kolkata")
    assert found["period"].dt.strftime("%H:%M").tolist() == ["05:00"]


# --- days without a time ------------------------------------------------------------------------


def test_a_day_has_no_hour():
    table = pd.concat([at([1, 5]), at([0, 0, 24], "day", "d")])
    found = volume(table, freq="h")
    assert found["n"].sum() == 2
    assert found.loc[found["n_day_only"] > 0, ["period", "n_day_only"]].to_numpy().tolist() == [
        [moment(0), 2],
        [moment(24), 1],
    ]
    assert found.attrs["n_day_only"] == 3
    assert volume(table)["n"].tolist() == [4, 1]


def test_a_day_of_utc_is_none_elsewhere():
    found = volume(at([0], "day"), timezone="Asia/Tokyo")
    assert found["n"].sum() == 0
    assert found["n_day_only"].tolist() == [1, 0]
    assert volume(at([0], "day"), timezone="Asia/Tokyo", freq="YS")["n"].tolist() == [1]


def test_an_article_in_two_groups_is_one_article_in_attrs():
    matches = pd.DataFrame({"article_id": ["a0", "a0"], "frame": ["f", "g"]})
    found = volume(at([0], "day"), freq="h", matches=matches, by="frame")
    assert found["n_day_only"].sum() == 2
    assert found.attrs["n_day_only"] == 1


# --- gaps -----------------------------------------------------------------------------------------

HOURLY = [*range(200), *range(400, 600)]


def test_a_hole_in_an_hourly_collection_is_a_gap():
    found = find_gaps(at(HOURLY))
    assert list(found.columns) == list(GAPS)
    assert found[["start", "end"]].to_numpy().tolist() == [[moment(199), moment(400)]]
    assert found["hours"].tolist() == [201.0]
    # One an hour; hours of the day and the rate shrink it a little.
    assert found["expected"].iloc[0] == pytest.approx(201, rel=0.05)
    assert found["p"].iloc[0] < 1e-6


def test_periods_in_a_gap_are_missing_and_those_beside_it_partial():
    found = volume(at(HOURLY), rolling=3)
    assert found["n"].isna().sum() == 8 - 1
    assert (
        found["state"].tolist()
        == ["observed"] * 8 + ["partial"] + ["gap"] * 7 + ["partial"] + ["observed"] * 8
    )
    assert found.loc[found["state"] == "gap", "hours_observed"].eq(0).all()
    assert found.loc[found["state"] == "partial", "n"].tolist() == [8, 8]
    assert found["hours_observed"].iloc[8] == 7.0
    # The mean needs three observed days.
    assert found["rolling"].notna().tolist() == [False] * 2 + [True] * 6 + [False] * 11 + [True] * 6
    assert found["cumulative"].iloc[-1] == found["n"].sum() == 400


def test_gaps_can_be_given_or_denied():
    assert set(volume(at(HOURLY), gaps=False)["state"]) == {"observed"}
    found = volume(at(HOURLY), gaps=[("2030-01-12", "2030-01-14"), ("2030-01-13", "2030-01-15")])
    assert found.loc[found["state"] == "gap", "period"].dt.day.tolist() == [12, 13, 14]
    table = pd.DataFrame({"start": [moment(24)], "end": [moment(48)]})
    told = volume(at(HOURLY), gaps=table)
    # Articles in a time that was said to be closed: counted, and the day is not called a gap.
    assert told[["n", "state"]].iloc[1].tolist() == [24, "partial"]


def test_only_with_known_edges_is_there_a_gap_at_them():
    table = at(range(100, 300))
    assert find_gaps(table).empty
    found = find_gaps(table, start=START, end=moment(500))
    assert found[["start", "end"]].to_numpy().tolist() == [
        [START, moment(100)],
        [moment(299), moment(500)],
    ]


def test_a_month_of_which_collecting_saw_a_week_is_partial():
    found = volume(at([24 * 24 + n for n in range(24 * 21)]), freq="MS")
    assert found["state"].tolist() == ["partial", "partial"]
    assert found["hours_observed"].iloc[0] == pytest.approx(24 * 7)


def test_two_holes_with_a_few_articles_between_them():
    hours = [*range(300), *range(700, 710), *range(1100, 1400)]
    assert find_gaps(at(hours))["hours"].tolist() == [401.0, 391.0]


def test_quiet_nights_and_weekends_are_no_gaps():
    weeks = [
        24 * day + hour
        for day in range(70)
        if (day + 1) % 7 < 5  # the first day is a Tuesday
        for hour in (8, 9, 10, 11, 12, 13, 14, 15, 16)
        for _ in range(3)
    ]
    table = at(np.array(weeks) + np.linspace(0, 0.9, len(weeks)))
    assert find_gaps(table).empty
    # Three weeks missing are one all the same.
    kept = [hour for hour in weeks if not 24 * 25 <= hour < 24 * 46]
    assert len(find_gaps(at(kept))) == 1


def test_days_without_a_time_leave_whole_days():
    days = [24 * day for day in range(90) if not 40 <= day < 60 for _ in range(5)]
    found = find_gaps(at(days, "day"))
    assert found[["start", "end"]].to_numpy().tolist() == [[moment(24 * 40), moment(24 * 60)]]
    assert found["hours"].tolist() == [480.0]


def test_chance_alone_makes_no_gaps():
    """Steady, in waves and in clumps: of 60 made collections none is broken."""
    rng = np.random.default_rng(0)
    for kind in range(60):
        hours = rng.uniform(0, 24 * 90, int(rng.integers(20, 2000)))
        if kind % 2:
            hours = hours[rng.random(len(hours)) < (1 + np.sin(hours / 24 * 2 * np.pi)) / 2]
        if kind % 3 == 0:
            hours = np.concatenate([hours, rng.uniform(500, 540, len(hours))])
        assert find_gaps(at(np.sort(hours))).empty


def test_a_collection_of_stories_is_not_broken_at_each_pause():
    """Fifty articles in two days, once every few weeks: pauses are what is usual there."""
    rng = np.random.default_rng(1)
    begins = np.cumsum(rng.exponential(24 * 20, 30))
    hours = np.concatenate([begin + rng.uniform(0, 48, 50) for begin in begins])
    assert len(find_gaps(at(np.sort(hours)))) < 3


def test_few_articles_have_no_rate():
    assert find_gaps(at([*range(10), 10_000])).empty
    assert find_gaps(at([])).empty
    assert find_gaps(at([5] * 50)).empty


def test_shorter_stretches_are_reported_when_asked_for():
    hours = np.concatenate([np.arange(0, 100, 0.05), np.arange(110, 200, 0.05)])
    assert find_gaps(at(hours)).empty
    found = find_gaps(at(hours), min_hours=6)
    assert found["hours"].round(2).tolist() == [10.05]


@settings(max_examples=40)
@given(st.lists(st.floats(0, 3000), min_size=0, max_size=80), st.integers(0, 2))
def test_gaps_hold_no_article_and_do_not_depend_on_order(hours, ends):
    table = at([*hours, *range(40 * ends)])
    found = find_gaps(table, min_hours=1, alpha=0.5)
    for start, end in zip(found["start"], found["end"], strict=True):
        assert not table["published_at"].between(start, end, inclusive="neither").any()
    assert found["p"].between(0, 0.5).all()
    again = find_gaps(table.sample(frac=1, random_state=1), min_hours=1, alpha=0.5)
    pd.testing.assert_frame_equal(found, again)


def test_intervals_are_read_and_merged():
    found = gap_intervals([("2030-01-03", "2030-01-05T12:00+02:00"), ("2030-01-05", "2030-01-06")])
    assert found.to_numpy().tolist() == [[moment(48), moment(120)]]
    assert gap_intervals([]).empty


def test_all_bad_intervals_are_named():
    wrong = [("2030-01-02", "2030-01-01"), ("2030-01-01", None), ("x", "y"), ("2030", "2031")]
    with pytest.raises(SchemaError, match=r"row 0: .*row 1: .*row 2: ") as told:
        gap_intervals(wrong)
    assert "row 3" not in str(told.value)


# --- hours of publication ---------------------------------------------------------------------


def test_hours_and_weekdays_by_hand():
    table = pd.concat(
        [at([22, 46.5], outlet="x.example"), at([0, 24, 24], "day", "d", outlet="x.example")]
    )
    found = publishing_hours(table, zones={"x.example": "Asia/Tokyo"})
    hours = found[(found["unit"] == "hour") & (found["n"] > 0)]
    assert hours[["clock", "value", "n", "of", "share"]].to_numpy().tolist() == [
        ["utc", 22, 2, 2, 1.0],
        ["local", 7, 2, 2, 1.0],
    ]
    assert hours["n_day_only"].isna().all()
    days = found[(found["unit"] == "weekday") & (found["clock"] == "utc")]
    assert days["n"].tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert days["n_day_only"].tolist() == [0, 1, 2, 0, 0, 0, 0]
    local = found[(found["unit"] == "weekday") & (found["clock"] == "local")]
    assert local["n"].tolist() == [0, 0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(("offset", "zone"), [(0, "Etc/GMT"), (5, "Etc/GMT-5"), (-8, "Etc/GMT+8")])
def test_a_zone_is_guessed_only_when_asked_and_the_night_is_clear(offset, zone):
    hours = [24 * day + hour - offset for day in range(20) for hour in range(7, 23)]
    table = at(np.array(hours) + 24, outlet="x.example")
    assert set(publishing_hours(table)["clock"]) == {"utc"}
    found = publishing_hours(table, guess=True)
    assert found.loc[
        found["clock"] == "local", ["timezone", "basis"]
    ].drop_duplicates().to_numpy().tolist() == [[zone, "guessed"]]
    local = found[(found["clock"] == "local") & (found["unit"] == "hour") & (found["n"] > 0)]
    assert local["value"].tolist() == list(range(7, 23))
    given_zone = publishing_hours(table, zones={"x.example": "UTC"}, guess=True)
    assert set(given_zone["basis"]) == {"utc", "given"}


def test_no_zone_is_guessed_from_few_or_even_hours():
    even = at(range(240), outlet="x.example")
    few = at([24 * day + hour for day in range(5) for hour in range(9, 17)], outlet="x.example")
    for table in (even, few):
        assert set(publishing_hours(table, guess=True)["clock"]) == {"utc"}


def test_shares_of_hours_are_missing_without_minutes():
    found = publishing_hours(at([0, 24], "day", outlet="x.example"))
    assert found["share"].isna().all()
    assert found["n_day_only"].sum() == 2


# --- hostile and empty input --------------------------------------------------------------------


def test_empty_tables_have_the_columns():
    table = at([], outlet=[])
    assert volume(table).empty
    assert list(volume(table, by="outlet").columns)[2] == "outlet"
    assert publishing_hours(table).empty
    undated = at([1, 2]).assign(published_at=pd.Series([pd.NaT] * 2).dt.tz_localize("UTC"))
    assert volume(undated).attrs["n_undated"] == 2
    none = pd.DataFrame({"article_id": ["zz"], "frame": ["f"]})
    assert volume(at([1]), matches=none, by="frame").empty


def test_names_from_anywhere_stay_names():
    names = ["=1+1", "<b>x</b>", "🙂", "\u200b", "a" * 10_000]
    found = volume(at(range(5), outlet=names), by="outlet")
    assert sorted(found["outlet"]) == sorted(names)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: volume(t, freq="M"), ChoiceError, "freq: expected one of h, D, W"),
        (lambda t: volume(t, timezone="Mars/Base"), ChoiceError, "IANA name"),
        (lambda t: volume(t, timezone="../etc/passwd"), ChoiceError, "IANA name"),
        (lambda t: volume(t, rolling=0), ValueError, "rolling"),
        (lambda t: volume(t, by="state"), ChoiceError, "column of the result"),
        (lambda t: volume(t, by="outlet"), SchemaError, "missing outlet"),
        (lambda t: volume(t, by="frame", matches=t[["article_id"]]), SchemaError, "missing frame"),
        (lambda t: volume(t.drop(columns="published_at")), SchemaError, "missing published_at"),
        (lambda t: volume(t.assign(published_at="today")), SchemaError, "times with a zone"),
        (lambda t: find_gaps(t, min_hours=-1), ValueError, "min_hours"),
        (lambda t: find_gaps(t, alpha=0), ValueError, "alpha"),
        (lambda t: publishing_hours(t, by="published_at", zones={"x": "?"}), ChoiceError, "IANA"),
    ],
)
def test_bad_input_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call(at([1, 2]))


def test_a_table_that_would_fill_the_memory_is_refused():
    table = at([0, 24 * 365 * 200], outlet=["x", "y"])
    groups = pd.concat([table, at(range(20), prefix="b", outlet=[f"o{n}" for n in range(20)])])
    with pytest.raises(ValueError, match="Choose a longer period"):
        volume(groups, freq="h", by="outlet", gaps=False)


def test_input_stays_as_it_was():
    table = at(HOURLY)
    before = table.copy(deep=True)
    volume(table)
    find_gaps(table)
    pd.testing.assert_frame_equal(table, before)
    assert len(dated_articles(pd.concat([table, table]))) == len(table)


# --- stamps that lie ahead ----------------------------------------------------------------------


def test_articles_later_than_tomorrow_are_left_out_and_counted():
    table = at([0, 47.9, 48, 9000, 9000], outlet="x.example")
    table.loc[4, "article_id"] = "a3"  # twice in the table, one article
    table.loc[5] = {**table.loc[0], "article_id": "undated", "published_at": pd.NaT}
    before = table.copy()
    kept = without_future(table, now=moment(1))
    assert kept["article_id"].tolist() == ["a0", "a1", "undated"]
    assert kept.attrs["n_future"] == 2
    assert kept.attrs["invented"]
    assert table.equals(before)
    assert "n_future" not in table.attrs
    found = volume(kept)
    assert (found.attrs["n_future"], found.attrs["n_undated"]) == (2, 1)
    assert found["n"].tolist() == [1, 1]
    assert volume(table.head(2)).attrs["n_future"] == 0
    assert without_future(table.head(0), now=moment(1)).empty
    with pytest.raises(SchemaError, match="published_at"):
        without_future(table[["article_id"]])


def test_tomorrow_is_one_of_utc_and_the_clock_tells_it_unless_given():
    # Still the first in New York, but the second in UTC: tomorrow is the third.
    now = pd.Timestamp("2030-01-01 20:00", tz="America/New_York")
    times = pd.Series(pd.to_datetime(["2030-01-03 23:59", "2030-01-04 00:00", None], utc=True))
    assert after_tomorrow(times, now=now).tolist() == [False, True, False]
    ahead = pd.Series([pd.Timestamp.now("UTC") + pd.Timedelta(days=days) for days in (-1, 0, 3)])
    assert after_tomorrow(ahead).tolist() == [False, False, True]
