"""Samples of units: as many as asked, in the shares asked, the same again for the same seed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.sampling import PLAN, sample_units
from coverage_research.schema import ChoiceError, SchemaError


def articles(**sizes: int) -> pd.DataFrame:
    rows = [(f"{name}{n:03d}", name) for name, size in sizes.items() for n in range(size)]
    return pd.DataFrame(rows, columns=["article_id", "outlet"])


def per_stratum(plan: pd.DataFrame) -> dict[str, int]:
    return plan.drop_duplicates("unit_id").groupby("outlet").size().to_dict()


def test_proportional_strata_get_units_by_largest_remainder() -> None:
    # 10 units of 57, 28, 15: 5.7, 2.8, 1.5; whole 5, 2, 1, and the two left go to .8 and .7.
    plan = sample_units(articles(a=57, b=28, c=15), 10, by="outlet")
    assert per_stratum(plan) == {"a": 6, "b": 3, "c": 1}
    assert plan.groupby("outlet")["probability"].first().round(6).to_dict() == {
        "a": round(6 / 57, 6),
        "b": round(3 / 28, 6),
        "c": round(1 / 15, 6),
    }


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


def test_what_cannot_be_drawn_is_refused() -> None:
    table = articles(a=5)
    for n in (0, 6, True):
        with pytest.raises(ValueError, match=r"n: expected 1 to 5"):
            sample_units(table, n)
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
