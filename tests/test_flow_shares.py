import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.flow_shares import (
    COMPONENTS,
    MEMBERS,
    OVER_TIME,
    PAIR_LAGS,
    SHARES,
    find_components,
    flow_components,
    flow_lags,
    flow_network,
    flow_over_time,
    flow_shares,
)
from coverage_research.news_flow import news_flow
from coverage_research.schema import ChoiceError, SchemaError, is_invented
from coverage_research.statistics import expanded_tail, shared_ratio_intervals

START = pd.Timestamp("2030-01-07", tz="UTC")  # a Monday
ALL = (flow_shares, flow_over_time, flow_lags, find_components, flow_components)


def table(*rows):
    """Articles from (article_id, outlet, hours) and a precision, minute unless given."""
    return pd.DataFrame(
        {
            "article_id": [row[0] for row in rows],
            "outlet": [row[1] for row in rows],
            "outlet_name": [row[1].split(".")[0].title() for row in rows],
            "published_at": [START + pd.Timedelta(hours=row[2]) for row in rows],
            "published_precision": [(*row, "minute")[3] for row in rows],
        }
    )


def flow_of(articles, *pairs):
    """The rows that `news_flow` would give for pairs of (later, earlier)."""
    every = news_flow(
        articles.assign(title="chips"),
        window="9999D",
        weighting="raw",
        within_outlet=True,
    )
    keys = pd.MultiIndex.from_frame(every[["article_id", "other_id"]])
    found = every[keys.isin(list(pairs))].reset_index(drop=True)
    assert len(found) == len(pairs)
    return found


def cells(shares, *columns, zeros=False):
    kept = shares if zeros else shares[shares["k"] > 0]
    return kept[list(columns)].to_numpy().tolist()


ARTICLES = table(
    ("a1", "agency.com", 0),
    ("a2", "agency.com", 10),
    ("b1", "blog.com", 2),
    ("b2", "blog.com", 12),
    ("p1", "paper.com", 20),
)
FLOW = flow_of(ARTICLES, ("b1", "a1"), ("p1", "a1"), ("p1", "b1"), ("b2", "a2"))


# Shares -------------------------------------------------------------------------------------------


def test_shares_both_ways():
    found = flow_shares(FLOW, ARTICLES)
    assert cells(found, "outlet", "other_outlet", "direction", "k", "n", "estimate") == [
        ["agency.com", "blog.com", "from", 2, 2, 1.0],
        ["agency.com", "paper.com", "from", 1, 2, 0.5],
        ["blog.com", "paper.com", "from", 1, 2, 0.5],
        ["blog.com", "agency.com", "to", 2, 2, 1.0],
        ["paper.com", "agency.com", "to", 1, 1, 1.0],
        ["paper.com", "blog.com", "to", 1, 1, 1.0],
    ]
    # Three outlets, each with two others, both ways: what did not happen is told.
    assert len(found) == 12
    assert list(found.columns) == list(SHARES)
    assert found["outlet_name"].iloc[0] == "Agency"
    assert not found["first_only"].any()
    assert found.attrs["clusters"] == "day"
    assert found["reason"].iloc[0] == "1 day; a bootstrap clustered by day needs at least 5"


def test_only_the_first_match_of_each_later_item():
    found = flow_shares(FLOW, ARTICLES, first_only=True)
    # The paper had it from the agency as well as from the blog, and the agency was first.
    assert cells(found, "outlet", "other_outlet", "direction", "k") == [
        ["agency.com", "blog.com", "from", 2],
        ["agency.com", "paper.com", "from", 1],
        ["blog.com", "agency.com", "to", 2],
        ["paper.com", "agency.com", "to", 1],
    ]
    assert found["first_only"].all()
    both = flow_shares(FLOW, ARTICLES, first_only=None)
    pd.testing.assert_frame_equal(both[12:].reset_index(drop=True), found)
    pd.testing.assert_frame_equal(both[:12], flow_shares(FLOW, ARTICLES))


def test_equally_early_matches_are_all_first():
    articles = table(("a", "x.com", 0), ("b", "y.com", 0), ("c", "z.com", 5), ("d", "y.com", 1))
    flow = flow_of(articles, ("c", "a"), ("c", "b"), ("c", "d"), ("b", "a"))
    found = flow_shares(flow, articles, first_only=True)
    assert cells(found, "outlet", "other_outlet", "direction", "k", "n") == [
        ["x.com", "z.com", "from", 1, 1],
        ["y.com", "z.com", "from", 1, 2],
        ["z.com", "x.com", "to", 1, 1],
        ["z.com", "y.com", "to", 1, 1],
    ]


def test_a_day_may_hold_the_first_match():
    articles = table(("a", "x.com", 5, "day"), ("b", "y.com", 20), ("c", "z.com", 30))
    flow = flow_of(articles, ("c", "a"), ("c", "b"), ("b", "a"))
    found = flow_shares(flow, articles, first_only=True)
    assert cells(found, "outlet", "other_outlet", "direction", "k") == [
        ["x.com", "z.com", "from", 1],
        ["y.com", "z.com", "from", 1],
        ["z.com", "x.com", "to", 1],
        ["z.com", "y.com", "to", 1],
    ]
    # Midnight belongs to the next day.
    later = articles.assign(
        published_at=articles["published_at"].where(
            articles["article_id"] != "b", START + pd.Timedelta("1D")
        )
    )
    flow = flow_of(later, ("c", "a"), ("c", "b"))
    found = flow_shares(flow, later, first_only=True)
    assert cells(found, "outlet", "other_outlet", "direction")[0] == ["x.com", "z.com", "from"]
    assert len(cells(found, "k")) == 2


def test_an_open_order_is_no_following():
    articles = table(("a", "x.com", 5, "day"), ("b", "y.com", 20), ("c", "y.com", 26))
    flow = flow_of(articles, ("b", "a"))
    found = flow_shares(flow, articles)
    assert found["k"].tolist() == [0, 0, 0, 0]
    assert cells(found, "outlet", "direction", "k_open", zeros=True) == [
        ["x.com", "from", 1], ["y.com", "from", 0], ["x.com", "to", 0], ["y.com", "to", 1],
    ]  # fmt: skip
    more = flow_of(articles, ("b", "a"), ("c", "a"))
    found = flow_shares(more, articles).set_index(["outlet", "direction"])
    assert found.loc[("x.com", "from"), ["k", "k_open"]].tolist() == [1, 0]
    assert found.loc[("y.com", "to"), ["k", "k_open"]].tolist() == [1, 1]


def test_only_items_with_a_whole_window():
    articles = table(*[(f"a{n}", "x.com" if n % 2 else "y.com", 10 * n) for n in range(6)])
    flow = flow_of(articles, *[(f"a{n + 1}", f"a{n}") for n in range(5)])
    whole = flow_shares(flow, articles, window="20h").set_index(["outlet", "direction"])
    # Of items at 0, 10, ... 50 those up to 30 can be followed, those from 20 can follow.
    assert whole["n"].to_dict() == {
        ("x.com", "from"): 2, ("y.com", "from"): 2, ("x.com", "to"): 2, ("y.com", "to"): 2,
    }  # fmt: skip
    assert whole["estimate"].tolist() == [1.0] * 4
    assert flow_shares(flow, articles)["k"].tolist() == [2, 3, 3, 2]
    none = flow_shares(flow, articles, window="90h")
    assert none["n"].tolist() == [0] * 4
    assert none["estimate"].isna().all()


def test_within_an_outlet_where_flow_has_it():
    flow = flow_of(ARTICLES, ("a2", "a1"), ("b1", "a1"))
    found = flow_shares(flow, ARTICLES)
    assert cells(found, "outlet", "other_outlet", "direction", "k")[:2] == [
        ["agency.com", "agency.com", "from", 1],
        ["agency.com", "blog.com", "from", 1],
    ]
    assert len(found) == 14


def test_intervals_by_day_are_those_of_the_ratio():
    # Ten days of two items each of x, of which one is followed on the first n days.
    rows, pairs = [], []
    for day in range(10):
        rows += [(f"x{day}", "x.com", 24 * day), (f"w{day}", "x.com", 24 * day + 1)]
        rows += [(f"y{day}", "y.com", 24 * day + 2)]
        pairs += [(f"y{day}", f"x{day}")] * (day < 6)
    articles = table(*rows)
    found = flow_shares(flow_of(articles, *pairs), articles, seed=3).iloc[0]
    expected = shared_ratio_intervals([[1]] * 6 + [[0]] * 4, [2] * 10, seed=3).iloc[0]
    assert (found["k"], found["n"], found["n_stories"]) == (6, 20, 10)
    assert found[["estimate", "low", "high"]].tolist() == expected.iloc[:3].tolist()
    assert found["low"] < found["estimate"] < found["high"]


def test_intervals_by_story_count_what_stories_list():
    coverage = pd.DataFrame(
        {"story_id": ["s", "s", "t", "t", "u"], "article_id": ["a1", "b1", "a2", "b2", "zz"]}
    )
    found = flow_shares(FLOW, ARTICLES, coverage=coverage)
    assert found.attrs["clusters"] == "story"
    assert found["n"].to_list() == [2, 2, 2, 2, 0, 0] * 2
    assert found["n_stories"].to_list() == [2, 2, 2, 2, 0, 0] * 2
    assert found["reason"].iloc[0].startswith("2 stories; a bootstrap clustered by story")
    # The paper is not listed; that the agency was first to be followed by it still counts.
    assert cells(found, "outlet", "other_outlet", "direction", "k")[1] == [
        "agency.com", "paper.com", "from", 1,
    ]  # fmt: skip


outlets = st.sampled_from(["x.com", "y.com", "z.com"])


@st.composite
def drawn_flows(draw):
    rows = draw(
        st.lists(
            st.tuples(outlets, st.integers(0, 200), st.sampled_from(["minute", "minute", "day"])),
            min_size=2,
            max_size=9,
        )
    )
    articles = table(*[(f"a{n}", *row) for n, row in enumerate(rows)])
    every = news_flow(
        articles.assign(title="chips"), window="9999D", weighting="raw", within_outlet=True
    )
    kept = draw(st.lists(st.booleans(), min_size=len(every), max_size=len(every)))
    return articles, every[kept].reset_index(drop=True)


@settings(max_examples=25)
@given(drawn_flows())
def test_shares_are_those_of_the_definition(drawn):
    articles, flow = drawn
    found = flow_shares(flow, articles, n_boot=5)
    sure = flow[flow["is_later"].astype(bool)]
    for row in found.itertuples():
        own, other = (
            ("other_id", "article_id") if row.direction == "from" else ("article_id", "other_id")
        )
        outlet = articles.set_index("article_id")["outlet"]
        hits = {
            name: {
                mine
                for mine, theirs in zip(pairs[own], pairs[other], strict=True)
                if outlet[mine] == row.outlet and outlet[theirs] == row.other_outlet
            }
            for name, pairs in (("sure", sure), ("all", flow))
        }
        assert row.k == len(hits["sure"])
        assert row.k_open == len(hits["all"]) - row.k
        assert row.n == (outlet == row.outlet).sum()
        assert row.estimate == pytest.approx(row.k / row.n)


@settings(max_examples=25)
@given(drawn_flows())
def test_first_matches_are_a_part_that_leaves_nobody_out(drawn):
    articles, flow = drawn
    both = flow_shares(flow, articles, first_only=None, n_boot=5)
    only = both["first_only"].astype(bool)
    every, first = (both[part].reset_index(drop=True) for part in (~only, only))
    assert len(every) == len(first)
    assert (first["k"] <= every["k"].to_numpy()).all()

    def followers(part):
        return set(part.loc[(part["direction"] == "to") & (part["k"] > 0), "outlet"])

    assert followers(first) == followers(every)
    # The same pairs are read from either end, so a cell is empty from both or from neither.
    for part in (every, first):
        ends = {
            direction: {
                tuple(pair if direction == "from" else pair[::-1])
                for pair in cells(rows, "outlet", "other_outlet")
            }
            for direction, rows in part.groupby("direction")
        }
        assert ends.get("from") == ends.get("to")


def random_flow(seed, n=90, days=21):
    """Made-up items of three outlets, pairs of any two in their order, and stories."""
    rng = np.random.default_rng(seed)
    hours = np.sort(rng.integers(0, 24 * days, n))
    articles = table(
        *[
            (
                f"a{number:03}",
                f"{rng.choice(list('xyz'))}.com",
                int(hour),
                rng.choice(["day", "minute"]),
            )
            for number, hour in enumerate(hours)
        ]
    )
    pairs = [(j, i) for i in range(n) for j in range(i + 1, min(i + 9, n)) if rng.random() < 0.1]
    flow = pd.DataFrame(
        {
            "article_id": [f"a{j:03}" for j, _ in pairs],
            "other_id": [f"a{i:03}" for _, i in pairs],
            "is_later": rng.random(len(pairs)) < 0.8,
        }
    )
    listed = rng.random(n) < 0.8
    coverage = pd.DataFrame(
        {
            "story_id": [f"s{number}" for number in rng.integers(0, 25, n)],
            "article_id": articles["article_id"],
        }
    )
    return flow, articles, coverage[listed]


def slow_interval(hits, items, order, n_boot, seed):
    """Bounds of hits / items, both a cluster for each item, by going through all draws."""
    clusters = [cluster for cluster in order if cluster in items]
    n = len(clusters)
    if n < 5:
        return [None, None]
    sums = [(hits.count(cluster), items.count(cluster)) for cluster in clusters]
    if not hits:
        return [0, 1 - 0.025 ** (1 / n)]
    if len(hits) == len(items):
        return [0.025 ** (1 / n), 1]
    draws = []
    rng = np.random.default_rng(seed)
    for _ in range(n_boot):
        drawn = [sums[number] for number in rng.integers(0, n, n)]
        draws.append(sum(hit for hit, _ in drawn) / sum(size for _, size in drawn))
    tail = expanded_tail(0.95, n)
    return np.quantile(draws, [tail, 1 - tail]).tolist()


def slow_rows(flow, articles, cluster, order, *, only, n_boot, seed, part=lambda article: True):
    """One row for each direction and pair of outlets, by the definitions, article by article."""
    outlet = articles.set_index("article_id")["outlet"]
    at = articles.set_index("article_id")
    begin = at["published_at"].where(
        at["published_precision"] != "day", at["published_at"].dt.floor("D")
    )
    last = begin.where(
        at["published_precision"] != "day", begin + pd.Timedelta("1D") - pd.Timedelta("1us")
    )

    def counted(rows):
        pairs = list(zip(rows["article_id"], rows["other_id"], strict=True))
        if not only:
            return pairs
        return [
            (later, earlier)
            for later, earlier in pairs
            if begin[earlier] <= min(last[other] for same, other in pairs if same == later)
        ]

    sure, every = counted(flow[flow["is_later"]]), counted(flow)
    ends = list(zip(flow["article_id"], flow["other_id"], strict=True))
    rows = {}
    for direction in ("from", "to"):
        for one in sorted(set(outlet)):
            mine = [
                name
                for name in outlet.index
                if outlet[name] == one and name in cluster and part(name)
            ]
            for two in sorted(set(outlet)):
                if one == two and not any(outlet[a] == outlet[b] == one for a, b in ends):
                    continue
                matched = [
                    {
                        pair[direction == "from"]
                        for pair in pairs
                        if outlet[pair[direction == "to"]] == two
                    }
                    for pairs in (sure, every)
                ]
                k, k_any = ([name for name in mine if name in found] for found in matched)
                rows[direction, one, two] = [
                    len(k), len(mine), len({cluster[name] for name in mine}), len(k_any) - len(k),
                    *slow_interval([cluster[a] for a in k], [cluster[a] for a in mine], order, n_boot, seed),
                ]  # fmt: skip
    return rows


def as_rows(found, columns):
    return {
        (row.direction, row.outlet, row.other_outlet): [
            None if isinstance(value, float) and np.isnan(value) else pytest.approx(value)
            for value in (getattr(row, name) for name in columns)
        ]
        for row in found.itertuples()
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("by", ["day", "story"])
def test_shares_and_intervals_are_those_of_the_slow_way(seed, only, by):
    flow, articles, coverage = random_flow(seed)
    if by == "day":
        cluster = articles.set_index("article_id")["published_at"].dt.floor("D").to_dict()
        order = sorted(set(cluster.values()))
    else:
        cluster = coverage.set_index("article_id")["story_id"].to_dict()
        order = list(dict.fromkeys(cluster.values()))  # as the articles are called
    found = flow_shares(
        flow, articles, coverage=coverage if by == "story" else None, first_only=only, n_boot=80,
        seed=seed,
    )  # fmt: skip
    expected = slow_rows(flow, articles, cluster, order, only=only, n_boot=80, seed=seed)
    assert expected == as_rows(found, ["k", "n", "n_stories", "k_open", "low", "high"])
    assert sum(row[-1] not in (None, 0, 1) for row in expected.values()) > 5


@pytest.mark.parametrize("seed", range(2))
def test_periods_are_those_of_the_slow_way(seed):
    flow, articles, _ = random_flow(seed, n=150)
    day = articles.set_index("article_id")["published_at"].dt.floor("D")
    found = flow_over_time(flow, articles, n_boot=80, seed=seed)
    assert found["low"].notna().sum() > 10
    for period, rows in found.groupby("period"):
        inside = day[(day >= period) & (day < period + pd.Timedelta("7D"))]
        expected = slow_rows(
            flow, articles, day.to_dict(), sorted(set(day)), only=False, n_boot=80, seed=seed,
            part=lambda name, inside=inside: name in inside.index,
        )  # fmt: skip
        there = set(articles.loc[articles["article_id"].isin(inside.index), "outlet"])
        expected = {
            # Nothing was compared where the other outlet had no item and none matched.
            key: [k, n, days, *(bounds if n and (k or key[2] in there) else [None, None])]
            for key, (k, n, days, _, *bounds) in expected.items()
        }
        assert expected == as_rows(rows, ["k", "n", "n_days", "low", "high"])


def test_lags_have_the_intervals_of_all_pooled_draws():
    flow, articles, coverage = random_flow(5, n=200, days=30)
    rng = np.random.default_rng(5)
    low = rng.integers(0, 48, len(flow)).astype(float)
    flow = flow.assign(lag_low=low, lag_high=low + rng.choice([0, 24], len(flow)))
    found = flow_lags(flow, articles, coverage=coverage, n_boot=60, seed=2)
    cluster = coverage.set_index("article_id")["story_id"].to_dict()
    outlet = articles.set_index("article_id")["outlet"]
    assert found["low"].notna().sum() > 5
    for row in found[found["low"].notna()].itertuples():
        pairs = [
            pair
            for pair in flow[flow["is_later"]].itertuples()
            if pair.article_id in cluster and pair.other_id in cluster
            and outlet[pair.article_id] == row.outlet and outlet[pair.other_id] == row.other_outlet
        ]  # fmt: skip
        bounds = []
        for bound, is_high in (("lag_low", False), ("lag_high", True)):
            groups = {}
            for pair in pairs:
                groups.setdefault(cluster[pair.article_id], []).append(getattr(pair, bound))
            held = sorted(tuple(sorted(group)) for group in groups.values())
            draw, draws = np.random.default_rng(2), []
            for _ in range(60):
                picked = draw.integers(0, len(held), len(held))
                draws.append(np.median([value for number in picked for value in held[number]]))
            tail = expanded_tail(0.95, len(held))
            bounds.append(np.quantile(draws, 1 - tail if is_high else tail))
        assert [row.low, row.high] == pytest.approx(bounds)


# Over time ----------------------------------------------------------------------------------------


def test_shares_by_day():
    articles = table(
        ("a1", "x.com", 1), ("a2", "x.com", 25), ("a3", "x.com", 97), ("b1", "y.com", 2),
        ("b2", "y.com", 49),
    )  # fmt: skip
    found = flow_over_time(flow_of(articles, ("b1", "a1"), ("b2", "a2")), articles, freq="D")
    assert list(found.columns) == list(OVER_TIME)
    part = found[(found["direction"] == "from") & (found["outlet"] == "x.com")]
    assert part["period"].tolist() == [START + pd.Timedelta(days=n) for n in range(5)]
    assert part["k"].tolist() == [1, 1, 0, 0, 0]
    assert part["n"].tolist() == [1, 1, 0, 0, 1]
    assert part["n_other"].tolist() == [1, 0, 1, 0, 0]
    # The second was followed on the next day; the last had nobody who could follow.
    assert part["estimate"].tolist()[:2] == [1, 1]
    assert part["estimate"].isna().tolist() == [False, False, True, True, True]
    assert part["reason"].tolist()[2:] == [
        "no item of the outlet in the period",
        "no item of the outlet in the period",
        "no item of the other outlet in the period",
    ]
    assert part["reason"].iloc[0] == "1 day; a bootstrap clustered by day needs at least 5"
    assert len(found) == 2 * 2 * 5


def test_shares_by_week_have_intervals():
    rows, pairs = [], []
    for day in range(14):
        rows += [(f"x{day}", "x.com", 24 * day), (f"y{day}", "y.com", 24 * day + 2)]
        pairs += [(f"y{day}", f"x{day}")] * (day % 2)
    articles = table(*rows)
    found = flow_over_time(flow_of(articles, *pairs), articles, seed=1)
    part = found[(found["direction"] == "to") & (found["outlet"] == "y.com")]
    assert part["period"].tolist() == [START, START + pd.Timedelta(days=7)]
    assert part["n_days"].tolist() == [7, 7]
    assert part["k"].tolist() == [3, 4]
    expected = shared_ratio_intervals([[0], [1]] * 3 + [[0]], [1] * 7, seed=1).iloc[0]
    assert part.iloc[0][["low", "high"]].tolist() == expected[["low", "high"]].tolist()
    # A zero among compared items is a zero.
    assert found[found["outlet"] == "y.com"].iloc[0][["direction", "estimate"]].tolist() == [
        "from", 0.0,
    ]  # fmt: skip
    month = flow_over_time(flow_of(articles, *pairs), articles, freq="MS")
    assert month["period"].unique().tolist() == [pd.Timestamp("2030-01-01", tz="UTC")]
    assert month["n"].tolist() == [14] * 4
    for freq, start in (("QS", "2030-01-01"), ("YE", "2030-01-01"), ("W-SAT", "2030-01-06")):
        first = flow_over_time(flow_of(articles, *pairs), articles, freq=freq)["period"].iloc[0]
        assert first == pd.Timestamp(start, tz="UTC")


@settings(max_examples=25)
@given(drawn_flows())
def test_periods_add_up(drawn):
    articles, flow = drawn
    whole = flow_shares(flow, articles, n_boot=5)
    keys = ["direction", "outlet", "other_outlet"]
    parts = flow_over_time(flow, articles, freq="D", n_boot=5).groupby(keys)[["k", "n"]].sum()
    compared = whole.set_index(keys)[["k", "n"]]
    pd.testing.assert_frame_equal(parts.sort_index(), compared.sort_index())


@pytest.mark.parametrize("freq", ["h", "2D", "36h", "B", "", "week", "min", "W-XYZ"])
def test_periods_that_do_not_exist(freq):
    for rows in (ARTICLES, ARTICLES[:0]):
        with pytest.raises(ChoiceError, match="freq: expected D, W, MS, QS or YS"):
            flow_over_time(FLOW[: len(rows)], rows, freq=freq)


# Lags ---------------------------------------------------------------------------------------------


def test_median_lags():
    found = flow_lags(FLOW, ARTICLES)
    assert list(found.columns) == list(PAIR_LAGS)
    assert cells(
        found.assign(k=1), "outlet", "other_outlet", "n_pairs", "n", "estimate", "n_stories"
    ) == [
        ["blog.com", "agency.com", 2, 2, 2.0, 1],
        ["paper.com", "blog.com", 1, 1, 18.0, 1],
        ["paper.com", "agency.com", 1, 1, 20.0, 1],
    ]
    assert found["outlet_name"].tolist() == ["Blog", "Paper", "Paper"]
    assert found["reason"].iloc[0].startswith("1 day; a bootstrap clustered by day")
    first = flow_lags(FLOW, ARTICLES, first_only=True)
    assert cells(first.assign(k=1), "outlet", "other_outlet") == [
        ["blog.com", "agency.com"], ["paper.com", "agency.com"],
    ]  # fmt: skip
    coverage = pd.DataFrame({"story_id": "s", "article_id": ["b1", "b2", "a1", "a2"]})
    listed = flow_lags(FLOW, ARTICLES, coverage=coverage)
    assert listed["outlet"].tolist() == ["blog.com"]
    assert listed.attrs["clusters"] == "story"


def test_lags_between_bounds_widen_the_interval():
    rows, pairs = [], []
    for day in range(0, 12, 2):
        rows += [(f"x{day}", "x.com", 24 * day), (f"y{day}", "y.com", 24 * day + 26 + day)]
        pairs.append((f"y{day}", f"x{day}"))
    exact = table(*rows)
    known = flow_lags(flow_of(exact, *pairs), exact).iloc[0]
    assert known["estimate"] == np.median([26, 28, 30, 32, 34, 36])
    assert 26 <= known["low"] < known["estimate"] < known["high"] <= 36
    vague = exact.assign(published_precision=np.where(exact["outlet"] == "x.com", "day", "minute"))
    doubt = flow_lags(flow_of(vague, *pairs), vague).iloc[0]
    assert doubt["estimate"] == known["estimate"] - 12
    assert doubt["low"] == known["low"] - 24
    assert doubt["high"] == known["high"]


# Networks -----------------------------------------------------------------------------------------


def test_a_network_of_outlets():
    graph = flow_network(FLOW, ARTICLES)
    assert isinstance(graph, nx.DiGraph)
    assert dict(graph.nodes(data="n")) == {"agency.com": 2, "blog.com": 2, "paper.com": 1}
    assert graph.nodes["agency.com"]["name"] == "Agency"
    assert graph.edges["agency.com", "blog.com"] == {
        "k": 2, "share": 1.0, "k_from": 2, "share_from": 1.0, "n_pairs": 2, "median_lag": 2.0,
    }  # fmt: skip
    assert graph.edges["agency.com", "paper.com"]["share_from"] == 0.5
    assert set(graph.edges) == {
        ("agency.com", "blog.com"), ("agency.com", "paper.com"), ("blog.com", "paper.com"),
    }  # fmt: skip
    first = flow_network(FLOW, ARTICLES, first_only=True)
    assert ("blog.com", "paper.com") not in first.edges
    assert nx.pagerank(graph.reverse())["agency.com"] > 1 / 3


@settings(max_examples=25)
@given(drawn_flows())
def test_a_network_says_what_the_shares_say(drawn):
    articles, flow = drawn
    shares = flow_shares(flow, articles, n_boot=5)
    graph = flow_network(flow, articles)
    to = shares[(shares["direction"] == "to") & (shares["k"] > 0)]
    assert {(row.other_outlet, row.outlet): row.k for row in to.itertuples()} == {
        (one, two): k for one, two, k in graph.edges(data="k")
    }
    back = shares[(shares["direction"] == "from") & (shares["k"] > 0)]
    assert {(row.outlet, row.other_outlet): row.estimate for row in back.itertuples()} == {
        (one, two): share for one, two, share in graph.edges(data="share_from")
    }


def test_a_network_of_articles():
    graph = flow_network(FLOW, ARTICLES, by="article")
    assert set(graph.edges) == {("a1", "b1"), ("a1", "p1"), ("b1", "p1"), ("a2", "b2")}
    assert graph.edges["a1", "b1"]["lag_low"] == 2.0
    assert graph.nodes["a1"] == {"outlet": "agency.com", "published_at": START.to_pydatetime()}
    first = flow_network(FLOW, ARTICLES, by="article", first_only=True)
    assert ("b1", "p1") not in first.edges
    with pytest.raises(ChoiceError, match="by: expected 'outlet' or 'article'"):
        flow_network(FLOW, ARTICLES, by="story")


# Components ---------------------------------------------------------------------------------------


def test_components_and_who_was_first():
    members = find_components(FLOW, ARTICLES)
    assert list(members.columns) == list(MEMBERS)
    assert members[["component", "article_id", "may_be_first"]].to_numpy().tolist() == [
        [0, "a1", True], [0, "b1", False], [0, "p1", False], [1, "a2", True], [1, "b2", False],
    ]  # fmt: skip
    found = flow_components(FLOW, ARTICLES)
    assert list(found.columns) == list(COMPONENTS)
    assert found["n"].tolist() == [3, 2]
    assert found["n_outlets"].tolist() == [3, 2]
    assert found["n_pairs"].tolist() == [3, 1]
    assert found["first_id"].tolist() == ["a1", "a2"]
    assert found["first_name"].tolist() == ["Agency", "Agency"]
    assert found["is_tie"].tolist() == [False, False]
    assert found["span_hours"].tolist() == [20, 2]
    assert found["first_at"].tolist() == [START, START + pd.Timedelta("10h")]


def test_a_tie_has_no_first_article():
    articles = table(
        ("a", "x.com", 0), ("b", "y.com", 0), ("c", "z.com", 1),
        ("d", "x.com", 50, "day"), ("e", "x.com", 60), ("f", "y.com", 90),
    )  # fmt: skip
    flow = flow_of(articles, ("c", "a"), ("c", "b"), ("f", "d"), ("f", "e"))
    found = flow_components(flow, articles)
    assert found["is_tie"].tolist() == [True, True]
    assert found["first_id"].isna().all()
    # The second was told first by x, in whichever of its articles.
    assert found["first_outlet"].isna().tolist() == [True, False]
    assert found["first_outlet"].iloc[1] == "x.com"
    assert found["first_name"].iloc[1] == "X"


@settings(max_examples=25)
@given(drawn_flows())
def test_components_hold_each_matched_article_once(drawn):
    articles, flow = drawn
    members = find_components(flow, articles)
    assert set(members["article_id"]) == set(flow["article_id"]) | set(flow["other_id"])
    assert members["article_id"].is_unique
    component = members.set_index("article_id")["component"]
    assert (flow["article_id"].map(component) == flow["other_id"].map(component)).all()
    graph = flow_network(flow, articles, by="article")
    assert nx.number_weakly_connected_components(graph) == members["component"].nunique()
    found = flow_components(flow, articles)
    assert found["n"].sum() == len(members)
    assert found["n_pairs"].sum() == len(flow)
    assert members.groupby("component")["may_be_first"].any().all()


# Tables -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ALL)
def test_tables_that_lack_something(function):
    with pytest.raises(SchemaError, match="is_later"):
        function(FLOW.drop(columns="is_later"), ARTICLES)
    with pytest.raises(SchemaError, match="published_precision"):
        function(FLOW, ARTICLES.drop(columns="published_precision"))
    with pytest.raises(SchemaError, match=r"2 are not: a1, b2"):
        function(FLOW, ARTICLES[ARTICLES["article_id"].isin(["a2", "b1", "p1"])])
    undated = ARTICLES.assign(
        published_at=ARTICLES["published_at"].where(ARTICLES["article_id"] != "p1")
    )
    with pytest.raises(SchemaError, match="with time and outlet; 1 are not: p1"):
        function(FLOW, undated)


@pytest.mark.parametrize("function", ALL)
def test_empty_tables_and_input_unchanged(function):
    before = FLOW.copy(deep=True), ARTICLES.copy(deep=True)
    found = function(FLOW, ARTICLES)
    pd.testing.assert_frame_equal(FLOW, before[0])
    pd.testing.assert_frame_equal(ARTICLES, before[1])
    none = function(FLOW[:0], ARTICLES[:0])
    assert none.empty
    assert none.dtypes.equals(found.dtypes)
    assert len(flow_network(FLOW[:0], ARTICLES[:0])) == 0


def test_nothing_followed_is_zeros():
    found = flow_shares(FLOW[:0], ARTICLES)
    assert found["k"].tolist() == [0] * 12
    assert found["n"].tolist() == [2, 2, 2, 2, 1, 1] * 2
    assert flow_components(FLOW[:0], ARTICLES).empty
    alone = flow_shares(FLOW[:0], ARTICLES[:2])
    assert alone.empty


@pytest.mark.parametrize("function", ALL)
def test_repeated_and_coded_articles_and_the_order_of_rows(function):
    expected = function(FLOW, ARTICLES)
    shuffled = function(FLOW[::-1], ARTICLES[::-1])
    pd.testing.assert_frame_equal(shuffled, expected)
    # The first row of an article counts, its name included.
    again = pd.concat([ARTICLES, ARTICLES.assign(published_precision="day")])
    coded = again.astype(
        dict.fromkeys(["outlet", "outlet_name", "published_precision"], "category")
    )
    pd.testing.assert_frame_equal(function(FLOW, coded), expected)


@pytest.mark.parametrize("function", ALL)
def test_invented_articles_stay_so(function):
    assert not is_invented(function(FLOW, ARTICLES))
    invented = ARTICLES.replace({"outlet": {"blog.com": "blog.example"}})
    assert function(FLOW, invented).attrs["invented"]
