"""Samples of units: as many as asked, in the shares asked, the same again for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.coding_units import UNITS, check_units, coding_units, units_of
from coverage_research.sampling import PLAN, sample_units
from coverage_research.schema import ChoiceError, SchemaError


def articles(**sizes: int) -> pd.DataFrame:
    rows = [(f"{name}{n:03d}", name) for name, size in sizes.items() for n in range(size)]
    return pd.DataFrame(rows, columns=["article_id", "outlet"])


def per_stratum(plan: pd.DataFrame) -> dict[str, int]:
    return plan.drop_duplicates("unit_id").groupby("outlet").size().to_dict()


def test_proportional_strata_get_their_share_rounded_by_lot() -> None:
    # 10 units of 57, 28, 15: 5.7, 2.8, 1.5, each rounded up or down.
    table = articles(a=57, b=28, c=15)
    drawn = []
    for seed in range(200):
        plan = sample_units(table, 10, by="outlet", seed=seed)
        assert plan["probability"].round(12).unique().tolist() == [0.1]
        drawn.append(per_stratum(plan))
    counts = pd.DataFrame(drawn)
    assert counts.sum(axis=1).eq(10).all()
    assert {name: set(counts[name]) for name in counts} == {"a": {5, 6}, "b": {2, 3}, "c": {1, 2}}
    # Standard deviations of means of 200 draws: sqrt(.7 * .3 / 200) = .032, .028, .035
    assert (counts.mean() - pd.Series({"a": 5.7, "b": 2.8, "c": 1.5})).abs().max() < 0.13


@pytest.mark.parametrize("allocation", ["proportional", "equal"])
@pytest.mark.parametrize("n", [3, 9, 29])
def test_weights_give_totals_back_also_where_strata_cannot_have_whole_units(
    n: int, allocation: str
) -> None:
    sizes = {"a": 3, "b": 10, "c": 10, "d": 1, "e": 10}
    table = articles(**sizes)
    totals = []
    for seed in range(200):
        plan = sample_units(table, n, by="outlet", allocation=allocation, seed=seed)  # type: ignore[arg-type]
        assert len(plan) == n
        totals.append((1 / plan["probability"]).groupby(plan["outlet"]).sum())
    found = pd.DataFrame(totals).fillna(0)[list("abcde")]
    # Every stratum is drawn now and then, those at the end of the alphabet too.
    assert (found > 0).any().all()
    off = (found.mean() - pd.Series(sizes)[found.columns]).abs()
    assert (off < 4 * found.sem() + 1e-9).all()
    assert found.sum(axis=1).mean() == pytest.approx(34, rel=0.1)


def test_probabilities_are_those_of_many_draws() -> None:
    # Level 4 / 3 for three strata of ten, of which each unit is drawn with 4 / 30; d gives its one.
    table = articles(a=10, b=10, c=10, d=1)
    plan = sample_units(table, 5, by="outlet", allocation="equal")
    told = plan.groupby("outlet")["probability"].first().round(12).to_dict()
    assert told == {"a": round(4 / 30, 12), "b": told["b"], "c": told["b"], "d": 1.0}
    counts = pd.Series(0, index=table["article_id"])
    for seed in range(300):
        counts[sample_units(table, 5, by="outlet", allocation="equal", seed=seed)["unit_id"]] += 1
    # 40 expected, standard deviation sqrt(300 * .133 * .867) = 5.9; 30 units are looked at.
    assert counts.drop("d000").between(40 - 24, 40 + 24).all()
    assert counts["d000"] == 300


def test_double_units_come_from_all_strata() -> None:
    table = articles(a=4, b=4, c=4)
    double = {"a": 0, "b": 0, "c": 0}
    for seed in range(90):
        plan = sample_units(table, 6, by="outlet", double=1 / 6, coders=["Ann", "Ben"], seed=seed)
        double[plan.loc[plan["is_double"], "outlet"].iloc[0]] += 1
    # 30 each, standard deviation 4.5
    assert min(double.values()) > 30 - 18


def test_equal_strata_get_the_same_and_small_ones_all_they_have() -> None:
    plan = sample_units(articles(a=57, b=28, c=2), 12, by="outlet", allocation="equal")
    assert per_stratum(plan) == {"a": 5, "b": 5, "c": 2}
    # Weighted by 1 / probability, the units stand for all articles.
    assert (1 / plan["probability"]).sum() == pytest.approx(87)


def test_double_units_are_coded_by_all_and_others_by_one() -> None:
    plan = sample_units(
        articles(a=60, b=40), 50, by="outlet", double=0.2, coders=["Ann", "Ben", "Eve"], seed=4
    )
    coders = plan.groupby("unit_id")["coder"].nunique()
    double = plan.drop_duplicates("unit_id").set_index("unit_id")["is_double"]
    assert (coders[double] == 3).all()
    assert (coders[~double] == 1).all()
    assert double.sum() == 10
    assert plan[plan["is_double"]].drop_duplicates("unit_id")[
        "outlet"
    ].value_counts().to_dict() == {
        "a": 6,
        "b": 4,
    }
    sizes = plan.groupby("coder").size()
    assert sizes.max() - sizes.min() <= 1
    for _, own in plan.groupby("coder"):
        assert own["order"].tolist() == list(range(1, len(own) + 1))
        # Double units do not stand in a block, by which they could be told.
        assert own["is_double"].astype(int).diff().abs().sum() > 2
    orders = [own.loc[own["is_double"], "unit_id"].tolist() for _, own in plan.groupby("coder")]
    assert orders[0] != orders[1]


def test_shares_of_double_units_that_floats_cannot_hold_are_not_rounded_up() -> None:
    plan = sample_units(articles(a=40), 30, double=0.1, coders=["Ann", "Ben"])
    assert plan[plan["is_double"]]["unit_id"].nunique() == 3


def test_the_seed_and_not_the_order_of_rows_decides() -> None:
    table = articles(a=30, b=10)
    plan = sample_units(table, 10, by="outlet", seed=7)
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(plan, sample_units(shuffled, 10, by="outlet", seed=7))
    doubled = pd.concat([table, table.iloc[:5]])
    pd.testing.assert_frame_equal(plan, sample_units(doubled, 10, by="outlet", seed=7))
    assert set(sample_units(table, 10, seed=8)["unit_id"]) != set(plan["unit_id"])


def test_every_unit_is_drawn_as_often_as_any_other() -> None:
    counts = pd.Series(0, index=list("abcde"))
    table = pd.DataFrame({"article_id": list("abcde")})
    for seed in range(200):
        counts[sample_units(table, 2, seed=seed)["unit_id"]] += 1
    # 80 expected, standard deviation sqrt(200 * .4 * .6) = 6.9
    assert counts.between(80 - 28, 80 + 28).all()


def test_missing_values_and_categories_are_strata() -> None:
    table = articles(a=4, b=4)
    table["outlet"] = table["outlet"].where(table["outlet"] == "a").astype("category")
    plan = sample_units(table, 4, by="outlet")
    assert plan["outlet"].isna().sum() == 2
    assert list(plan.columns) == [*PLAN, "outlet"]


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.floats(0.01, 1),
    st.sampled_from(["proportional", "equal"]),
    st.floats(0, 1),
    st.integers(2, 4),
)
def test_a_plan_holds_what_was_asked(
    sizes: list[int], share: float, allocation: str, double: float, n_coders: int
) -> None:
    table = articles(**{f"o{place}_": size for place, size in enumerate(sizes)})
    n = max(1, int(share * len(table)))
    coders = [f"c{number}" for number in range(n_coders)]
    plan = sample_units(
        table,
        n,
        by="outlet",
        allocation=allocation,  # type: ignore[arg-type]
        double=double,
        coders=coders,
    )
    assert plan["unit_id"].nunique() == n
    assert not plan.duplicated(["unit_id", "coder"]).any()
    assert set(plan["unit_id"]) <= set(table["article_id"])
    doubles = plan.loc[plan["is_double"], "unit_id"].nunique()
    assert double * n - 1e-6 <= doubles < double * n + 1
    assert len(plan) == n + doubles * (n_coders - 1)


def test_invented_articles_make_an_invented_plan() -> None:
    table = articles(a=3).assign(outlet="one.example")
    assert sample_units(table, 2).attrs["invented"] is True
    assert "invented" not in sample_units(articles(a=3), 2).attrs


def test_a_plan_stays_what_it_was() -> None:
    # Codings are resumed by a plan drawn anew, so that a seed may never come to mean another one.
    table = articles(a=7, b=5)
    plan = sample_units(table, 5, by="outlet", double=0.4, coders=["Ann", "Ben"], seed=3)
    assert plan["unit_id"].tolist() == ["b000", "a002", "b004", "a000", "a002", "b004", "a001"]


# Parts of articles --------------------------------------------------------------------------------


def texts(**sizes: int) -> pd.DataFrame:
    """Articles of as many sentences, of outlets by their first letter."""
    return pd.DataFrame(
        {
            "article_id": list(sizes),
            "title": "On",
            "body": ["Up. " * size for size in sizes.values()],
            "outlet": [name[0] for name in sizes],
        }
    )


def test_parts_of_articles_are_drawn_with_the_columns_of_their_articles() -> None:
    table = texts(a1=30, a2=10, b1=20)
    units = coding_units(table, "sentence", fields="body")
    plan = sample_units(units, 12, by="outlet", articles=table, double=0.5, coders=["Ann", "Ben"])
    assert list(plan.columns) == [*PLAN, "article_id", "field", "start", "end", "outlet"]
    assert per_stratum(plan) == {"a": 8, "b": 4}
    assert (plan["outlet"] == plan["article_id"].str[0]).all()
    assert plan["probability"].round(9).unique().tolist() == [0.2]
    drawn = check_units(plan[list(UNITS)].drop_duplicates())
    pd.testing.assert_frame_equal(
        drawn.reset_index(drop=True), units_of(plan["unit_id"], table), check_dtype=True
    )
    # The same where the columns stand among the units, in whatever order these stand.
    beside = units.merge(table[["article_id", "outlet"]]).iloc[::-1]
    again = sample_units(beside, 12, by="outlet", double=0.5, coders=["Ann", "Ben"])
    pd.testing.assert_frame_equal(plan, again)


def test_fields_can_be_strata() -> None:
    units = coding_units(texts(a1=8, a2=8), "sentence")
    plan = sample_units(units, 4, by="field", allocation="equal")
    assert plan["field"].value_counts().to_dict() == {"title": 2, "body": 2}
    assert list(plan.columns) == [*PLAN, "article_id", "field", "start", "end"]


def test_articles_are_units_too() -> None:
    table = texts(a1=1, a2=1, b1=1, b2=1)
    whole = sample_units(coding_units(table), 2, by="outlet", articles=table)
    assert whole["start"].isna().all()
    pd.testing.assert_frame_equal(
        whole[[*PLAN, "outlet"]], sample_units(table, 2, by="outlet"), check_dtype=True
    )
    pd.testing.assert_frame_equal(
        sample_units(table[["article_id"]], 2, by="outlet", articles=table),
        sample_units(table, 2, by="outlet"),
    )


def test_no_more_units_of_an_article_than_asked() -> None:
    table = texts(a1=40, a2=2, a3=1, b1=7)
    units = coding_units(table, "sentence", fields="body")
    plan = sample_units(units, 8, per_article=3)
    assert plan["article_id"].value_counts().max() <= 3
    # 3 + 2 + 1 + 3 are left, of which 8 are drawn.
    chances = plan.drop_duplicates("article_id").set_index("article_id")["probability"] * 9 / 8
    expected = {"a1": 3 / 40, "a2": 1, "a3": 1, "b1": 3 / 7}
    assert chances.round(9).to_dict() == {name: round(expected[name], 9) for name in chances.index}
    with pytest.raises(
        ValueError, match="n: expected 1 to 9, the units there are with 3 of an art"
    ):
        sample_units(units, 10, per_article=3)
    # Where no article has more, the draw is the one without a limit.
    pd.testing.assert_frame_equal(sample_units(units, 8, per_article=40), sample_units(units, 8))


def test_weights_make_up_for_articles_of_many_units() -> None:
    table = texts(a1=24, a2=3, a3=2, b1=9)
    units = coding_units(table, "sentence", fields="body")
    estimates = []
    for seed in range(300):
        plan = sample_units(
            units, 6, by="outlet", articles=table, allocation="equal", per_article=4, seed=seed
        )
        weights = 1 / plan["probability"]
        estimates.append([weights.sum(), weights[plan["article_id"] == "a1"].sum()])
    errors = pd.DataFrame(estimates).sem()
    means = pd.DataFrame(estimates).mean()
    # 38 sentences are there, 24 of them in one article.
    assert abs(means[0] - 38) < 4 * errors[0]
    assert abs(means[1] - 24) < 4 * errors[1]
    assert errors.max() < 1.5


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(1, 6), st.integers(0, 9))
def test_a_plan_of_parts_holds_what_was_asked(sizes: list[int], most: int, seed: int) -> None:
    table = texts(**{f"a{place}": size for place, size in enumerate(sizes)})
    units = coding_units(table, "sentence")
    there = sum(min(most, size + 1) for size in sizes)
    plan = sample_units(units, max(1, there // 2), per_article=most, seed=seed)
    assert len(plan) == max(1, there // 2)
    assert not plan["unit_id"].duplicated().any()
    assert set(plan["unit_id"]) <= set(units["unit_id"])
    assert plan["article_id"].value_counts().max() <= most
    assert plan["probability"].between(0, 1, inclusive="right").all()
    everything = sample_units(units, there, per_article=most, seed=seed)
    assert len(everything) == there


def test_parts_that_cannot_be_drawn_are_refused() -> None:
    table = texts(a1=4, b1=4)
    units = coding_units(table, "sentence")
    with pytest.raises(SchemaError, match="give articles= that have them.*missing outlet"):
        sample_units(units, 2, by="outlet")
    with pytest.raises(SchemaError, match="expected all articles of the units; missing b1"):
        sample_units(units, 2, by="outlet", articles=table.head(1))
    twice = pd.concat([table, table.assign(outlet="z")])
    with pytest.raises(SchemaError, match="several have a1"):
        sample_units(units.head(2), 2, by="outlet", articles=twice)
    with pytest.raises(SchemaError, match="units twice"):
        sample_units(pd.concat([units, units]), 2)
    with pytest.raises(ValueError, match="n: expected 1 to 10, the units there are; found 11"):
        sample_units(units, 11)
    for wrong in (1.5, True, "2"):
        with pytest.raises(ValueError, match="per_article: expected a whole number; found"):
            sample_units(units, 2, per_article=wrong)  # type: ignore[arg-type]
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="per_article: expected at least 1"):
            sample_units(units, 2, per_article=wrong)


def test_invented_parts_make_an_invented_plan() -> None:
    table = texts(a1=3).assign(outlet="one.example")
    units = coding_units(table, "sentence")
    assert sample_units(units, 2).attrs["invented"]
    plain = units.copy()
    plain.attrs.clear()
    assert "invented" not in sample_units(plain, 2).attrs
    assert sample_units(plain, 2, articles=table).attrs["invented"]


def test_what_cannot_be_drawn_is_refused() -> None:
    table = articles(a=5)
    for n in (0, 6):
        with pytest.raises(ValueError, match=r"n: expected 1 to 5"):
            sample_units(table, n)
    for odd in (2.5, True, None, np.nan):
        with pytest.raises(ValueError, match=r"n: expected a whole number; found"):
            sample_units(table, odd)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="double: expected a share"):
        sample_units(table, 2, double=1.5, coders=["Ann", "Ben"])
    with pytest.raises(ValueError, match="two or more coders"):
        sample_units(table, 2, double=0.5)
    for coders in (["Ann", "ann "], [], [""], "Ann"):
        with pytest.raises(ChoiceError, match="coders"):
            sample_units(table, 2, coders=coders)
    with pytest.raises(ChoiceError, match="allocation"):
        sample_units(table, 2, allocation="some")  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="missing topic"):
        sample_units(table, 2, by="topic")
    with pytest.raises(SchemaError, match="2 rows without article_id"):
        sample_units(table.assign(article_id=[None, None, "a", "b", "c"]), 2)
    with pytest.raises(SchemaError, match="several have a000"):
        sample_units(pd.concat([table, table.iloc[:1].assign(outlet="b")]), 2, by="outlet")


def test_nothing_to_draw_from() -> None:
    none = articles(a=1).iloc[:0]
    units = coding_units(texts(a1=1).iloc[:0], "sentence")
    for table, more in ((none, {}), (none, {"per_article": 1}), (units, {"per_article": 2})):
        with pytest.raises(ValueError, match="n: expected (articles|units) to draw from; there"):
            sample_units(table, 1, **more)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    units = coding_units(texts(a1=8, a2=8), "sentence")
    pd.testing.assert_frame_equal(
        sample_units(units, np.int64(4), per_article=np.int32(3)),  # type: ignore[arg-type]
        sample_units(units, 4, per_article=3),
    )


@pytest.mark.parametrize("name", ["_stratum", "_kept", "start"])
def test_strata_by_columns_of_any_name_show_their_values(name: str) -> None:
    table = articles(a=6, b=2).rename(columns={"outlet": name})
    plan = sample_units(table, 4, by=name)
    assert list(plan.columns) == [*PLAN, name]
    assert plan[name].tolist() == plan["unit_id"].str[0].tolist()
    both = sample_units(table.assign(_kept=1, _stratum="s"), 4, by=["_stratum", "_kept"])
    assert both[["_stratum", "_kept"]].drop_duplicates().to_numpy().tolist() == [["s", 1]]
    parts = coding_units(texts(a1=4, b1=4), "sentence")
    known = texts(a1=4, b1=4).rename(columns={"outlet": "_stratum"})
    shown = sample_units(parts, 4, by="_stratum", articles=known)
    assert shown["_stratum"].tolist() == shown["article_id"].str[0].tolist()


def test_whole_numbers_as_article_ids() -> None:
    table = texts(a1=2, b1=2).assign(article_id=[1, 2])
    units = coding_units(table.assign(article_id=["1", "2"]), "sentence")
    plan = sample_units(units.astype({"article_id": "int64"}), 4, by="outlet", articles=table)
    assert set(plan["article_id"]) == {"1", "2"}
    assert (plan["outlet"] == plan["article_id"].map({"1": "a", "2": "b"})).all()


def test_coders_have_the_names_that_they_code_by() -> None:
    table = articles(a=4)
    plan = sample_units(table, 4, coders=["  Jose\u0301  Li\u200b ", "Ann"])
    assert set(plan["coder"]) == {"Jos\u00e9 Li", "Ann"}
    for same in (["Jose\u0301", "Jos\u00e9"], ["Ann", "An\u200bn"], ["Ann", "ANN"]):
        with pytest.raises(ChoiceError, match="coders: expected one or more different names"):
            sample_units(table, 2, coders=same)
    for none in (["\u200b"], ["x" * 101]):
        with pytest.raises(ChoiceError, match="coders: coder: expected a name of 1 to 100"):
            sample_units(table, 2, coders=none)
