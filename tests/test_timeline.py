import frontmatter
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.lag_summary import lag_summary
from coverage_research.schema import SchemaError
from coverage_research.stories import keep_on_topic, score_topicality
from coverage_research.timeline import outlet_names, story_lags


def table(*rows, story="s"):
    """Articles and coverage from (article_id, outlet, stamp, precision)."""
    articles = pd.DataFrame(
        rows, columns=["article_id", "outlet", "published_at", "published_precision"]
    )
    articles["published_at"] = pd.to_datetime(articles["published_at"], utc=True, format="ISO8601")
    coverage = pd.DataFrame(
        {
            "story_id": story,
            "article_id": articles["article_id"],
            "role": ["lead", *["related"] * (len(rows) - 1)],
        }
    )
    return articles, coverage


def bounds(found):
    return list(zip(found["lag_low"], found["lag_high"], strict=True))


def test_lags_are_hours_after_the_first():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T12:30", "minute"),
            ("b", "y.com", "2030-01-01T12:00", "minute"),
            ("c", "z.com", "2030-01-02T12:00", "minute"),
        )
    )
    assert found["article_id"].tolist() == ["b", "a", "c"]
    assert found["lag_hours"].tolist() == [0, 0.5, 24]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["is_first"].tolist() == [True, False, False]
    assert found["first_id"].tolist() == ["b"] * 3


def test_in_a_tie_nobody_is_first():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T12:00", "minute"),
            ("b", "y.com", "2030-01-01T12:00", "minute"),
            ("c", "z.com", "2030-01-01T13:00", "minute"),
        )
    )
    assert found["rank"].tolist() == [1, 1, 3]
    assert not found["is_first"].any()
    assert found["first_id"].isna().all()
    assert found["lag_hours"].tolist() == [0, 0, 1]


def test_a_day_is_an_interval():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T18:00", "minute"),
            ("b", "y.com", "2030-01-02T00:00", "day"),
            ("c", "z.com", "2030-01-03T00:00", "day"),
        )
    )
    assert bounds(found) == [(0, 0), (6, 30), (30, 54)]
    assert found["lag_hours"].isna().tolist() == [False, True, True]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["is_first"].tolist() == [True, False, False]


def test_a_day_before_makes_all_lags_uncertain():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T00:00", "day"),
            ("b", "y.com", "2030-01-02T01:00", "minute"),
        )
    )
    assert bounds(found) == [(0, 0), (1, 25)]
    assert found["is_first"].tolist() == [True, False]


def test_on_the_same_day_nobody_is_certainly_first():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T00:00", "day"),
            ("b", "y.com", "2030-01-01T10:00", "minute"),
        )
    )
    assert bounds(found) == [(0, 14), (0, 10)]
    assert not found["is_first"].any()
    assert found["rank"].tolist() == [1, 1]


def test_a_day_ends_before_midnight_begins():
    found = story_lags(
        *table(
            ("a", "x.com", "2030-01-01T00:00", "day"),
            ("b", "y.com", "2030-01-02T00:00", "minute"),
            ("c", "z.com", "2030-01-02T00:00", "day"),
        )
    )
    assert found["is_first"].tolist() == [True, False, False]
    assert found["rank"].tolist() == [1, 2, 2]


def test_an_article_alone_is_first_and_one_without_a_time_is_not_there():
    articles, coverage = table(
        ("a", "x.com", "2030-01-01T00:00", "day"), ("b", "y.com", None, "unknown")
    )
    found = story_lags(articles, coverage)
    assert found["article_id"].tolist() == ["a"]
    assert bounds(found) == [(0, 0)]
    assert found["is_first"].all()
    assert story_lags(articles.iloc[1:], coverage).empty


def test_a_story_listed_twice_counts_once_per_story():
    articles, coverage = table(
        ("a", "x.com", "2030-01-01T12:00", "minute"), ("b", "y.com", "2030-01-01T13:00", "minute")
    )
    twice = pd.concat([coverage, coverage, coverage.assign(story_id="t")])
    assert len(story_lags(articles, twice)) == 4


stamps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 24 * 60 * 4), st.sampled_from(["minute", "day"])),
    min_size=1,
    max_size=12,
)


def drawn(rows, shift=0):
    start = pd.Timestamp("2030-01-01", tz="UTC") + pd.Timedelta(days=shift)
    articles = pd.DataFrame(
        {
            "article_id": [f"a{number:02}" for number in range(len(rows))],
            "outlet": [f"o{number % 4}.com" for number in range(len(rows))],
            "published_at": [start + pd.Timedelta(minutes=minutes) for _, minutes, _ in rows],
            "published_precision": [precision for *_, precision in rows],
        }
    )
    coverage = pd.DataFrame(
        {
            "story_id": [f"s{story}" for story, *_ in rows],
            "article_id": articles["article_id"],
            "role": "related",
        }
    )
    return articles, coverage


@given(stamps, st.integers(-400, 400), st.randoms())
def test_neither_order_nor_date_matter(rows, shift, random):
    articles, coverage = drawn(rows)
    found = story_lags(articles, coverage)
    order = list(range(len(rows)))
    random.shuffle(order)
    assert story_lags(articles.iloc[order], coverage.iloc[order]).equals(found)
    moved = story_lags(*drawn(rows, shift))
    assert moved.drop(columns="published_at").equals(found.drop(columns="published_at"))


@given(stamps)
def test_bounds_hold_whatever_the_hour_was(rows):
    articles, coverage = drawn(rows)
    found = story_lags(articles, coverage)
    assert (found["lag_low"] <= found["lag_high"]).all()
    day = articles["published_precision"] == "day"
    stamp = articles["published_at"]
    for hour in (0, 11, 23.9):
        time = stamp.where(~day, stamp.dt.floor("D") + pd.Timedelta(hours=hour))
        sharp = story_lags(
            articles.assign(published_at=time, published_precision="minute"), coverage
        ).merge(found, on=["story_id", "article_id"], suffixes=("", "_bound"))
        assert (sharp["lag_hours"] >= sharp["lag_low_bound"] - 1e-9).all()
        assert (sharp["lag_hours"] <= sharp["lag_high_bound"] + 1e-9).all()
        assert (sharp["rank"] >= sharp["rank_bound"]).all()
        assert (sharp["is_first"] | ~sharp["is_first_bound"]).all()


def test_an_outlet_is_there_with_its_earliest_article():
    articles, coverage = table(
        ("a", "x.com", "2030-01-01T12:00", "minute"),
        ("b", "y.com", "2030-01-01T20:00", "minute"),
        ("c", "y.com", "2030-01-01T14:00", "minute"),
    )
    found = lag_summary(story_lags(articles, coverage), coverage).set_index("outlet")
    assert found["estimate"].to_dict() == {"x.com": 0, "y.com": 2}
    assert found["n"].to_dict() == {"x.com": 1, "y.com": 2}
    assert found["n_first"].to_dict() == {"x.com": 1, "y.com": 0}
    assert found["n_stories"].tolist() == [1, 1]
    assert found["low"].isna().all()
    assert found["reason"].str.startswith("1 story;").all()


def many(lags, precision="minute"):
    parts = []
    for number, lag in enumerate(lags):
        late = pd.Timestamp("2030-01-01", tz="UTC") + pd.Timedelta(hours=lag)
        parts.append(
            table(
                (f"{number}a", "x.com", "2030-01-01T00:00", "minute"),
                (f"{number}b", "y.com", late.isoformat(), precision),
                story=f"s{number}",
            )
        )
    articles = pd.concat([part[0] for part in parts], ignore_index=True)
    return articles, pd.concat([part[1] for part in parts], ignore_index=True)


def test_the_median_over_stories_has_an_interval():
    articles, coverage = many([1, 2, 3, 4, 100])
    row = lag_summary(story_lags(articles, coverage), coverage).set_index("outlet").loc["y.com"]
    assert (row["estimate"], row["low"], row["high"]) == (3, 1, 100)
    assert (row["n"], row["n_stories"], row["reason"]) == (5, 5, "")


def test_days_widen_the_interval():
    articles, coverage = many([24, 24, 48, 72, 72], "day")
    row = lag_summary(story_lags(articles, coverage), coverage).set_index("outlet").loc["y.com"]
    assert (row["estimate"], row["low"], row["high"]) == (60, 24, 96)


def test_a_story_with_one_outlet_has_no_race():
    articles, coverage = table(
        ("a", "x.com", "2030-01-01T12:00", "minute"), ("b", "x.com", "2030-01-01T14:00", "minute")
    )
    found = lag_summary(story_lags(articles, coverage), coverage)
    assert found.empty
    assert "reason" in found.columns


def test_an_article_in_two_stories_counts_once():
    articles, coverage = table(
        ("a", "x.com", "2030-01-01T12:00", "minute"), ("b", "y.com", "2030-01-01T13:00", "minute")
    )
    twice = pd.concat([coverage, coverage.assign(story_id="t")])
    found = lag_summary(story_lags(articles, twice), twice)
    assert found["n"].tolist() == [1, 1]
    assert found["n_first"].tolist() == [1, 0]
    assert found["n_stories"].tolist() == [1, 1]


def test_groups_other_than_outlets():
    articles, coverage = many([1, 2, 3])
    lags = story_lags(articles, coverage)
    lags["kind"] = lags["outlet"].map({"x.com": "paper", "y.com": "blog"})
    found = lag_summary(lags, coverage, by="kind")
    assert found.columns[0] == "kind"
    assert "outlet_name" not in found.columns
    assert found.set_index("kind")["estimate"].to_dict() == {"paper": 0, "blog": 2}


def test_coverage_must_know_the_articles():
    articles, coverage = many([1])
    with pytest.raises(SchemaError, match="1 are not, for instance 0b"):
        lag_summary(story_lags(articles, coverage), coverage.iloc[:1])
    with pytest.raises(SchemaError, match="missing is_first"):
        lag_summary(story_lags(articles, coverage).drop(columns="is_first"), coverage)


def test_invented_outlets_stay_marked():
    articles, coverage = table(
        ("a", "x.example", "2030-01-01T12:00", "minute"),
        ("b", "y.example", "2030-01-01T12:00", "minute"),
    )
    lags = story_lags(articles, coverage)
    assert lag_summary(lags, coverage).attrs["invented"]


def test_names_of_outlets():
    found = outlet_names(pd.DataFrame({"outlet": ["b", "a"], "outlet_name": ["Bee", None]}))
    assert found.to_dict() == {"a": "a", "b": "Bee"}


def test_the_seed(real_records):
    record = frontmatter.load(str(real_records / "seed.md")).metadata
    items = [record, *record["related"]]
    articles = pd.DataFrame(
        {
            "article_id": [item["webUrl"] for item in items],
            "title": [item["title"] for item in items],
            "excerpt": [item["excerpt"] for item in items],
            "outlet": [item["provider"]["domain"] for item in items],
            "published_at": pd.to_datetime([item["publishedDateTime"] for item in items], utc=True),
            "published_precision": "minute",
        }
    )
    coverage = pd.DataFrame(
        {
            "story_id": "s",
            "article_id": articles["article_id"],
            "role": ["lead"] + ["related"] * 11,
            "position": range(12),
        }
    )
    first = story_lags(articles, coverage).iloc[0]
    assert (first["outlet"], str(first["published_at"])) == (
        "thestar.com.my",
        "2023-05-07 11:40:00+00:00",
    )
    on_topic = keep_on_topic(coverage, score_topicality(articles, coverage))
    lags = story_lags(articles, on_topic)
    assert (lags["outlet"].iloc[0], str(lags["published_at"].iloc[0])) == (
        "wsj.com",
        "2023-05-07 13:00:00+00:00",
    )
    assert lags.set_index("outlet")["lag_hours"]["globaltimes.cn"] == 25.6
