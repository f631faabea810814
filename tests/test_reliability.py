"""Coefficients by worked numbers, by nltk, by what must hold for any codings, and hostile tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coverage_research.coding_units import article_of
from coverage_research.codings import CODINGS, NEEDED, check_codings, frame_codings
from coverage_research.coefficients import weight_matrix
from coverage_research.disagreements import disagreements
from coverage_research.methods_text import methods_text
from coverage_research.reliability import AGREEMENT, ALPHA, MIN_UNITS, agreement, krippendorff_alpha
from coverage_research.schema import ChoiceError, SchemaError

#: Krippendorff's examples (2011): a star is a unit that the coder did not code.
BINARY = ["0100000010", "1110010000"]
NOMINAL = ["aabbdcccedda", "babbbccceddd"]
FOUR = ["123321412***", "1233224125*3", "*3332342251*", "12332441251*"]


def coded(rows, variable="frame"):
    """Codings from one row of values for each coder; a star or None is missing."""
    return pd.DataFrame(
        [
            (f"u{unit:04d}", f"coder{coder}", variable, None if value == "*" else value)
            for coder, row in enumerate(rows)
            for unit, value in enumerate(row)
        ],
        columns=list(NEEDED),
    )


def alpha(rows, **settings_):
    return krippendorff_alpha(coded(rows), n_boot=20, **settings_).iloc[0]


def simulated(n, noise, seed, n_coders=2, shares=(0.5, 0.5)):
    """Codings that are right, or by chance given at random; alpha of the population is known."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(shares), n, p=shares)
    rows = [
        np.where(rng.random(n) < noise, rng.choice(len(shares), n, p=shares), truth)
        for _ in range(n_coders)
    ]
    return coded([row.tolist() for row in rows])


# Worked numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_four_coders_with_missing_codes(metric, expected):
    found = alpha(FOUR, metric=metric)
    assert found["estimate"] == pytest.approx(expected, abs=5e-7)
    assert found[["n", "n_coders", "n_values", "n_codes"]].tolist() == [11, 4, 5, 40]


@pytest.mark.parametrize(("rows", "expected"), [(BINARY, 0.095238), (NOMINAL, 0.691964)])
def test_two_coders(rows, expected):
    assert alpha(rows)["estimate"] == pytest.approx(expected, abs=5e-7)


def test_coefficients_of_a_table_of_four():
    # 20 + 15 of 50 agree; the first says yes 25 times, the second 30 times: Cohen's kappa is .4.
    rows = ["y" * 25 + "n" * 25, "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15]
    found = agreement(
        coded(rows),
        coefficients=["percent", "cohen", "scott", "fleiss", "brennan_prediger", "gwet"],
    ).set_index(["variable", "coefficient"])
    own = found.loc["frame"]
    assert own.loc["percent", "estimate"] == pytest.approx(0.7)
    assert own.loc["cohen", ["observed", "chance", "estimate"]].tolist() == pytest.approx(
        [0.7, 0.5, 0.4]
    )
    # Pooled shares .55 and .45: chance .505 for pi, 2 * .55 * .45 for AC1.
    assert own.loc["scott", "estimate"] == pytest.approx((0.7 - 0.505) / 0.495)
    assert own.loc["fleiss", "estimate"] == pytest.approx(own.loc["scott", "estimate"])
    assert own.loc["brennan_prediger", "estimate"] == pytest.approx(0.4)
    assert own.loc["gwet", "estimate"] == pytest.approx((0.7 - 0.495) / (1 - 0.495))
    assert math.isnan(own.loc["percent", "chance"])


def test_overall_holds_each_variable_against_chance_within_it():
    # Both variables agree no better than chance, one always nearly yes, the other nearly no.
    one = coded(["1" * 9 + "0", "0" + "1" * 9], "a")
    other = coded(["0" * 9 + "1", "1" + "0" * 9], "b")
    both = pd.concat([one, other])
    found = krippendorff_alpha(both).set_index("variable")
    assert found.loc["overall", "estimate"] == pytest.approx(found.loc["a", "estimate"])
    # Thrown together as one variable, the difference of the two would pass as agreement.
    mixed = both.assign(unit_id=both["unit_id"] + both["variable"], variable="all")
    assert krippendorff_alpha(mixed)["estimate"].iloc[0] > 0.5
    assert found.loc["overall", "estimate"] < 0.05


def test_overall_sums_disagreements():
    first, second = coded(NOMINAL, "a"), coded(BINARY, "b")
    found = krippendorff_alpha(pd.concat([first, second])).set_index("variable")
    parts = agreement(pd.concat([first, second]), coefficients=["alpha"]).set_index("variable")
    n = found["n_codes"]
    observed, chance = parts["observed"], parts["chance"]
    above = sum(n[name] * (1 - observed[name]) for name in "ab")
    below = sum(n[name] * (1 - chance[name]) for name in "ab")
    assert found.loc["overall", "estimate"] == pytest.approx(1 - above / below)
    assert parts.loc["overall", "estimate"] == pytest.approx(1 - above / below)
    assert found.loc["overall", "n"] == 12


def test_weights_of_three_values():
    assert weight_matrix([1, 2, 3], "identity").tolist() == np.eye(3).tolist()
    assert weight_matrix([1, 2, 3], "quadratic")[0].tolist() == [1, 0.75, 0]
    assert weight_matrix([10, 20, 90], "ordinal")[0] == pytest.approx([1, 2 / 3, 0])
    assert weight_matrix([0, 1, 3], "ratio")[0].tolist() == [1, 0, 0]
    assert weight_matrix([0, 1, 2, 3], "circular")[0].tolist() == pytest.approx([1, 0.5, 0, 0.5])
    with pytest.raises(SchemaError, match="ratios need values of 0 or more"):
        weight_matrix([-1, 2], "ratio")


# Against nltk -------------------------------------------------------------------------------------

some_codes = st.integers(2, 4).flatmap(
    lambda coders: st.lists(
        st.lists(st.sampled_from([None, 1, 2, 3, 5]), min_size=coders, max_size=coders),
        min_size=3,
        max_size=25,
    )
)


def nltk_task(rows, distance=None):
    from nltk.metrics.agreement import AnnotationTask
    from nltk.metrics.distance import binary_distance

    data = [
        (coder, f"{unit}", value)
        for coder, row in enumerate(rows)
        for unit, value in enumerate(row)
        if value is not None
    ]
    return AnnotationTask(data, distance=distance or binary_distance)


def ordinal_distance(rows):
    """Krippendorff's, by the definition: codes between the two, the ends counted half."""
    held = [
        value
        for column in zip(*rows, strict=True)
        if sum(value is not None for value in column) > 1
        for value in column
        if value is not None
    ]
    count = {value: held.count(value) for value in set(held)}

    def distance(one, other):
        low, high = sorted((one, other))
        between = sum(number for value, number in count.items() if low <= value <= high)
        return (between - (count[low] + count[high]) / 2) ** 2

    return distance


DISTANCES = {
    "nominal": lambda _: None,
    "interval": lambda _: lambda one, other: (one - other) ** 2,
    "ratio": lambda _: lambda one, other: ((one - other) / (one + other)) ** 2,
    "ordinal": ordinal_distance,
}


@pytest.mark.parametrize("metric", DISTANCES)
@given(some_codes)
@settings(max_examples=40)
def test_alpha_is_that_of_nltk(metric, units):
    # nltk has no rule for units that one coder alone has coded.
    units = [unit for unit in units if sum(value is not None for value in unit) > 1]
    assume(len({value for unit in units for value in unit if value is not None}) > 1)
    rows = [list(row) for row in zip(*units, strict=True)]
    assume(sum(any(value is not None for value in row) for row in rows) > 1)
    expected = nltk_task(rows, DISTANCES[metric](rows)).alpha()
    assert alpha(rows, metric=metric)["estimate"] == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=4, max_size=30))
@settings(max_examples=40)
def test_kappa_and_pi_are_those_of_nltk(units):
    rows = [list(row) for row in zip(*units, strict=True)]
    task = nltk_task(rows)
    found = agreement(
        coded(rows), coefficients=["cohen", "scott", "percent", "conger"], n_boot=5
    ).set_index(["variable", "coefficient"])["estimate"]["frame"]
    assert found["percent"] == pytest.approx(task.avg_Ao())
    if len(set(rows[0] + rows[1])) > 1:
        assert found["scott"] == pytest.approx(task.pi())
        assert found["cohen"] == pytest.approx(task.kappa())
        assert found["conger"] == pytest.approx(found["cohen"])


# What must hold for any codings -------------------------------------------------------------------


@given(some_codes, st.permutations([1, 2, 3, 5]), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_names_and_order_do_not_count(units, names, random):
    rows = [list(row) for row in zip(*units, strict=True)]
    codings = coded(rows)
    renamed = dict(zip([1, 2, 3, 5], names, strict=True))
    other = [[None if value is None else f"code {renamed[value]}" for value in row] for row in rows]
    random.shuffle(other)
    relabelled = coded(other).sample(frac=1, random_state=1)
    one, same = (krippendorff_alpha(table, n_boot=5) for table in (codings, relabelled))
    columns = ["n", "n_coders", "n_values", "n_codes", "estimate"]
    pd.testing.assert_frame_equal(one[columns], same[columns])
    shuffled = krippendorff_alpha(codings.sample(frac=1, random_state=2), n_boot=5)
    pd.testing.assert_frame_equal(one, shuffled)


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=30), st.integers(2, 4))
@settings(max_examples=40)
def test_coders_who_agree_have_alpha_one(values, n_coders):
    found = krippendorff_alpha(coded([values] * n_coders)).iloc[0]
    if len(set(values)) == 1:
        assert math.isnan(found["estimate"])
        assert found["reason"].startswith(f"all {len(values) * n_coders} codes are {values[0]!r}")
    else:
        assert found["estimate"] == pytest.approx(1)
        assert (found["reason"] == "") == (len(values) >= MIN_UNITS)


def test_perfect_agreement_of_few_units_is_not_certain():
    widths = []
    for n in (10, 40, 400):
        found = krippendorff_alpha(coded(["ab" * (n // 2)] * 2)).iloc[0]
        assert found["high"] == 1
        widths.append(found["high"] - found["low"])
    assert widths[0] > widths[1] > widths[2] > 0
    # 10 units: up to 1 - .025 ** (1 / 10) = .3085 may differ, over an expected .5.
    n10 = krippendorff_alpha(coded(["ab" * 5] * 2)).iloc[0]
    assert n10["low"] == pytest.approx(1 - 0.30850 / 0.5, abs=1e-4)


def test_independent_codings_have_alpha_about_zero():
    estimates = [
        krippendorff_alpha(simulated(400, 1.0, seed), n_boot=1)["estimate"].iloc[0]
        for seed in range(20)
    ]
    # Standard deviation of one is 1 / sqrt(400).
    assert abs(np.mean(estimates)) < 3 * 0.05 / math.sqrt(20)
    assert np.std(estimates) == pytest.approx(0.05, rel=0.5)


def test_the_interval_narrows_with_units():
    widths = []
    for n in (25, 100, 400, 1600):
        found = krippendorff_alpha(simulated(n, 0.3, 7), n_boot=1000).iloc[0]
        widths.append(found["high"] - found["low"])
    ratios = np.array(widths[:-1]) / np.array(widths[1:])
    # Four times the units, half the width.
    assert ratios == pytest.approx([2, 2, 2], rel=0.3)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held = 0
    for seed in range(60):
        found = krippendorff_alpha(simulated(60, 0.3, 100 + seed), n_boot=300).iloc[0]
        held += found["low"] <= 0.7**2 <= found["high"]
    # Of 60 draws of probability .95, fewer than 51 come about once in a thousand.
    assert held >= 51


def test_words_of_one_article_are_drawn_together():
    one = simulated(12, 0.3, 3)
    # Each article is read as fifty passages that all say the same.
    many = pd.concat(
        [
            one.assign(article=one["unit_id"], unit_id=one["unit_id"] + f":body:{at}-{at + 1}")
            for at in range(50)
        ]
    )
    alone = krippendorff_alpha(one).iloc[0]
    together = krippendorff_alpha(many, cluster="article").iloc[0]
    naive = krippendorff_alpha(many, cluster="unit_id").iloc[0]
    pd.testing.assert_series_equal(krippendorff_alpha(many).iloc[0], together)
    assert together["n"] == 600
    width = alone["high"] - alone["low"]
    assert together["high"] - together["low"] == pytest.approx(width, rel=0.25)
    assert naive["high"] - naive["low"] < width / 4
    assert "coded 600 units of 12 articles for" in methods_text(many, sampled="x", n_boot=50)
    assert "of a bootstrap over articles" in methods_text(many, sampled="x", n_boot=50)
    assert "coded 12 units for" in methods_text(one, sampled="x", n_boot=50)
    few = many[many["article"].isin(one["unit_id"].unique()[:9])]
    assert krippendorff_alpha(few)["reason"].iloc[0].startswith("9 articles to draw from")
    assert agreement(few)["reason"].iloc[0].startswith("9 articles to draw from")


def test_the_seed_fixes_the_interval():
    codings = simulated(40, 0.3, 1)
    one, same, other = (krippendorff_alpha(codings, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one, same)
    assert one["low"].iloc[0] != other["low"].iloc[0]


@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
def test_the_level_widens_the_interval(level):
    codings = simulated(60, 0.3, 1)
    at, usual = (krippendorff_alpha(codings, level=of).iloc[0] for of in (level, 0.95))
    assert (at["high"] - at["low"] < usual["high"] - usual["low"]) == (level < 0.95)


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no coder; agreement needs at least 2"),
        (["ababababab"], "1 coder; agreement needs at least 2"),
        (["ab***", "**aba"], "no unit was coded by two coders"),
        (["aaa*", "aaab"], "all 6 codes are 'a'; where nothing varies, agreement beyond chance"),
    ],
)
def test_no_alpha_but_a_reason(rows, reason):
    found = krippendorff_alpha(coded(rows))
    assert found["reason"].str.startswith(reason).all()
    assert found[["estimate", "low", "high"]].isna().all(axis=None)
    assert found["variable"].iloc[-1] == "overall"


def test_no_interval_below_ten_units():
    few = alpha(["abababaab", "abababbab"])
    assert few["reason"] == "9 units to draw from; an interval needs at least 10"
    assert few["estimate"] < 1
    assert math.isnan(few["low"])
    assert alpha(["abababaaba", "abababbaba"])["reason"] == ""


def test_a_nearly_constant_variable_has_no_interval():
    found = krippendorff_alpha(coded(["0" * 39 + "1", "0" * 38 + "11"])).iloc[0]
    assert found["estimate"] > 0.5
    assert found["reason"].startswith("nearly all codes are the same: ")
    assert math.isnan(found["low"])


def test_kappa_and_pi_are_for_two():
    found = agreement(coded(FOUR), coefficients=["cohen", "scott"]).iloc[:2]
    assert found["reason"].tolist() == [
        "4 coders; cohen is for 2, take conger",
        "4 coders; scott is for 2, take fleiss",
    ]


def test_all_differ_and_all_agree_have_exact_percentages():
    agree = agreement(coded(["ab" * 10] * 2), coefficients="percent").iloc[0]
    differ = agreement(coded(["ab" * 10, "ba" * 10]), coefficients="percent").iloc[0]
    doubt = 1 - 0.025 ** (1 / 20)
    assert agree[["estimate", "low", "high"]].tolist() == pytest.approx([1, 1 - doubt, 1])
    assert differ[["estimate", "low", "high"]].tolist() == pytest.approx([0, 0, doubt])


# Codings ------------------------------------------------------------------------------------------


def test_columns_and_dtypes():
    found, other = krippendorff_alpha(coded(FOUR)), agreement(coded(FOUR))
    assert {name: str(kind) for name, kind in found.dtypes.items()} == ALPHA
    assert {name: str(kind) for name, kind in other.dtypes.items()} == AGREEMENT
    for table in (krippendorff_alpha(coded([])), agreement(coded([]))):
        assert table["variable"].unique().tolist() == ["overall"]


def test_numbers_texts_and_flags_are_the_same_codes():
    rows = [
        ("a", "x", 1),
        ("a", "y", "1"),
        ("b", "x", 0.0),
        ("b", "y", False),
        ("c", "x", 1),
        ("c", "y", " 0 "),
    ]
    codings = pd.DataFrame(rows, columns=["unit_id", "coder", "value"], dtype=object)
    found = disagreements(codings.assign(variable="v"))
    assert found["unit_id"].tolist() == ["c"]
    spaced = coded([["yes", "cafe\u0301"], [" yes\n", "caf\u00e9"]])
    assert disagreements(spaced).empty


def test_text_that_reads_as_the_same_number_is_one_number():
    rows = [["1", "2", "1.0", "3"], ["1.0", "2", "1", "3.00"]]
    assert alpha(rows, metric="interval")["estimate"] == 1
    assert alpha(rows, metric="interval")["n_values"] == 3
    assert alpha(rows, metric="nominal")["estimate"] < 1


@pytest.mark.parametrize("metric", ["ordinal", "interval", "ratio"])
def test_numbers_as_text_stand_in_the_order_of_numbers(metric):
    numbers = [[9, 10, 100, 2, 9, 30], [9, 100, 100, 10, 2, 30]]
    texts = [[str(number) for number in row] for row in numbers]
    one, other = alpha(numbers, metric=metric), alpha(texts, metric=metric)
    assert one["estimate"] == other["estimate"]
    distance = DISTANCES[metric](numbers)
    assert one["estimate"] == pytest.approx(nltk_task(numbers, distance).alpha())


def test_all_that_is_wrong_is_named_at_once():
    rows = [("a", "x", "v", 1), ("a", "x", "v", 2), (None, "x", "v", 1), ("b", None, "v", 1)]
    codings = pd.DataFrame(rows, columns=list(NEEDED))
    with pytest.raises(SchemaError) as raised:
        check_codings(codings)
    for part in ("1 rows without unit_id", "1 rows without coder", "several have a / x / v"):
        assert part in str(raised.value)
    with pytest.raises(SchemaError, match="missing value"):
        check_codings(codings[["unit_id", "coder", "variable"]])
    with pytest.raises(SchemaError, match="expected a table; found list"):
        check_codings([1])
    lists = pd.DataFrame([("a", "x", "v", [1])], columns=list(NEEDED))
    with pytest.raises(SchemaError, match="value: expected text or numbers; found lists"):
        check_codings(lists)


def test_checking_returns_the_same_table_and_equal_rows_are_one():
    codings = coded(NOMINAL)
    before = codings.copy()
    assert check_codings(codings) is codings
    doubled = krippendorff_alpha(pd.concat([codings, codings]))
    pd.testing.assert_frame_equal(doubled, krippendorff_alpha(codings))
    pd.testing.assert_frame_equal(codings, before)


def test_values_that_do_not_suit_the_metric():
    words = pd.concat([coded(["ab", "ab"], "v"), coded([["1", "inf"], ["1", "2"]], "w")])
    with pytest.raises(SchemaError, match=r"v: expected numbers; found a, b; w: .* found inf"):
        krippendorff_alpha(words, metric="interval")
    with pytest.raises(SchemaError, match="give the order by `values`"):
        krippendorff_alpha(coded(["ab", "ab"]), metric="ordinal")
    with pytest.raises(SchemaError, match="expected a, c; found b"):
        krippendorff_alpha(coded(["ab", "ab"]), values=["a", "c"])
    with pytest.raises(SchemaError, match="each of `values` once"):
        krippendorff_alpha(coded(["ab", "ab"]), values=["a", "b", "a"])
    with pytest.raises(SchemaError, match="ratios need values of 0 or more"):
        krippendorff_alpha(coded([[-1, 2], [1, 2]]), metric="ratio")


def test_words_in_an_order_are_ranks():
    words = {"1": "never", "2": "rarely", "3": "often", "4": "mostly", "5": "always"}
    rows = [[words.get(code, "*") for code in row] for row in FOUR]
    codings = coded(rows)
    found = krippendorff_alpha(codings, metric="ordinal", values=list(words.values()))
    by_name = krippendorff_alpha(codings, metric="ordinal", values={"frame": list(words.values())})
    assert found["estimate"].iloc[0] == pytest.approx(0.815388, abs=5e-7)
    pd.testing.assert_frame_equal(found, by_name)


def test_values_that_nobody_gave_change_what_chance_gives():
    codings = coded(["ab" * 10, "ab" * 9 + "ba"])
    two, four = (
        agreement(codings, coefficients=["brennan_prediger"], values=values)["chance"].iloc[0]
        for values in (None, list("abcd"))
    )
    assert (two, four) == (0.5, 0.25)


def test_settings_that_do_not_exist():
    codings = coded(NOMINAL)
    with pytest.raises(ChoiceError, match="metric: expected nominal, ordinal"):
        krippendorff_alpha(codings, metric="euclidean")
    with pytest.raises(ChoiceError, match="coefficients: expected percent"):
        agreement(codings, coefficients=["kappa"])
    with pytest.raises(ChoiceError, match="weights: expected identity"):
        agreement(codings, weights="cubic")
    with pytest.raises(ChoiceError, match="by: 'coder' is a column"):
        krippendorff_alpha(codings, by="coder")
    with pytest.raises(SchemaError, match="missing story"):
        krippendorff_alpha(codings, cluster="story")
    with pytest.raises(ValueError, match="n_boot"):
        krippendorff_alpha(codings, n_boot=0)
    with pytest.raises(ValueError, match="level"):
        agreement(codings, level=1.0)
    with pytest.raises(SchemaError, match="'overall' in 'variable' is the name of the row of all"):
        krippendorff_alpha(codings.assign(variable="overall"))


def test_other_groups_than_variables():
    two = pd.concat(
        [coded(NOMINAL).assign(version="1"), coded(["ab" * 6, "ab" * 6]).assign(version="2")]
    )
    found = krippendorff_alpha(two, by="version").set_index("version")
    assert found["estimate"].round(6).tolist()[:2] == [0.691964, 1.0]
    assert found.index.tolist() == ["1", "2", "overall"]
    both = krippendorff_alpha(two, by=["version", "variable"])
    assert both.columns[:2].tolist() == ["version", "variable"]
    assert both["estimate"].tolist() == pytest.approx(found["estimate"].tolist())


def test_hostile_names_and_values():
    names = [
        "<b>u</b>",
        "=1+1",
        "\u200bzero",
        "🧨",
        "a" * 5000,
        "x:y",
        "'",
        '"',
        "%s",
        "{0}",
        "\\",
        "\n a",
    ]
    rows = [(name, coder, "🤖 frame", "=cmd") for name in names for coder in ("<i>", "💥")]
    rows[0] = (names[0], "<i>", "🤖 frame", "naïve")
    codings = pd.DataFrame(rows, columns=list(NEEDED)).astype("category")
    found = krippendorff_alpha(codings).iloc[0]
    assert (found["n"], found["n_values"]) == (12, 2)
    assert disagreements(codings)[["code_<i>", "code_💥"]].to_numpy().tolist() == [
        ["naïve", "=cmd"]
    ]
    assert found["variable"] == "🤖 frame"


def test_an_invented_table_stays_one():
    codings = coded(NOMINAL)
    codings.attrs["invented"] = True
    for table in (krippendorff_alpha(codings), agreement(codings), disagreements(codings)):
        assert table.attrs["invented"]
    assert "invented" not in krippendorff_alpha(coded(NOMINAL)).attrs


def test_many_numbers_are_refused_by_name_only_where_pairs_are_needed():
    rng = np.random.default_rng(0)
    rows = rng.random((2, 2000)) + 0.5
    close = rows[0] + rng.normal(0, 0.01, 2000)
    found = alpha([rows[0].tolist(), close.tolist()], metric="interval")
    assert found["estimate"] > 0.99
    with pytest.raises(SchemaError, match="at most 3000 different values; found 4000"):
        krippendorff_alpha(coded(rows.tolist()), metric="ratio", n_boot=1)


# Codes as codings ---------------------------------------------------------------------------------


def test_frames_of_articles_as_codings():
    codes = pd.DataFrame(
        {
            "article_id": list("aabbc"),
            "coder": ["x", "y", "x", "x", "y"],
            "frame": ["race", "race", "market", "race", "none"],
        }
    )
    found = frame_codings(codes, frames=["race", "market", "state"])
    assert list(found.columns) == list(CODINGS)
    assert len(found) == 4 * 3
    ones = found[found["value"] == "1"]
    assert sorted(zip(ones["unit_id"], ones["coder"], ones["variable"], strict=True)) == [
        ("a", "x", "race"),
        ("a", "y", "race"),
        ("b", "x", "market"),
        ("b", "x", "race"),
    ]
    check_codings(found)


def test_frames_of_articles_that_cannot_be_codings():
    codes = pd.DataFrame({"article_id": ["a", "b"], "frame": ["race", None]})
    with pytest.raises(SchemaError, match="found 1 without frame"):
        frame_codings(codes)
    with pytest.raises(SchemaError, match="expected market; found race"):
        frame_codings(codes.head(1), frames=["market"])


# Disagreements ------------------------------------------------------------------------------------


def test_disagreements_list_the_most_confused_pair_first():
    rows = ["aaabbcdd*", "abbbbcda*", "abbbbcd*a"]
    found = disagreements(coded(rows))
    assert found["unit_id"].tolist() == ["u0001", "u0002", "u0007"]
    assert found["pair"].tolist() == ["a / b", "a / b", "a / d"]
    assert found["k"].tolist() == [2, 2, 1]
    assert found["n"].tolist() == [8, 8, 8]
    assert found["share"].tolist() == [0.25, 0.25, 0.125]
    assert found["majority"].fillna("-").tolist() == ["b", "b", "-"]
    assert found["n_coders"].tolist() == [3, 3, 2]
    assert found["code_coder2"].fillna("-").tolist() == ["b", "b", "-"]


def test_half_of_the_coders_are_no_majority():
    found = disagreements(coded(["aa", "aa", "bb", "bc", "*d"]))
    assert found["majority"].isna().all()
    assert found["n_coders"].tolist() == [4, 5]


def test_disagreements_show_the_article_of_a_passage():
    codings = coded(["ab", "ba"]).replace({"unit_id": {"u0000": "x:1:body:3-9", "u0001": "x:1"}})
    articles = pd.DataFrame({"article_id": ["x:1", "x:1"], "title": ["<b>Race</b>", "again"]})
    found = disagreements(codings, articles)
    assert found["title"].tolist() == ["<b>Race</b>", "<b>Race</b>"]
    assert "url" not in found.columns
    assert disagreements(codings, articles.assign(title=None))["title"].isna().all()


def test_no_disagreement_is_a_table_with_all_columns():
    found = disagreements(coded(["ab", "ab"]))
    assert len(found) == 0
    assert found.columns[-2:].tolist() == ["code_coder0", "code_coder1"]
    assert disagreements(coded(["ab"])).empty
    assert disagreements(coded([])).empty


def test_only_the_passage_is_cut_off():
    ids = pd.Series(["a:title", "a:other", "a:body:1-2", "a:body:x", "b:title"])
    assert article_of(ids, ["b:title"]).tolist() == ["a", "a:other", "a", "a:body:x", "b:title"]


# The paragraph ------------------------------------------------------------------------------------


def test_the_paragraph_holds_the_numbers_of_the_table():
    both = pd.concat([simulated(40, 0.3, 1), simulated(40, 0.1, 2).assign(variable="race")])
    both = both.assign(codebook="ai_hardware", codebook_version="1.2")
    text = methods_text(both, sampled="drawn at random from 300 articles.")
    found = krippendorff_alpha(both).set_index("variable")
    assert text.startswith("2 coders coded 40 units for 2 variables by the codebook ai_hardware (")
    assert "The units were drawn at random from 300 articles. 40 units (100%) were coded by" in text
    for name in ("frame", "race"):
        row = found.loc[name]
        assert f"{name} {row['estimate']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in text
    assert f"(nominal) was {found.loc['overall', 'estimate']:.2f} [" in text
    assert "lowest for frame" in text
    assert "version 1.2" in text
    assert text.count("\n") == 0


def test_the_paragraph_says_what_is_missing():
    assert "Agreement was not measured (1 coder; agreement needs at least 2)" in methods_text(
        coded(["abab"])
    )
    few = methods_text(coded(["abab*", "abbba"]))
    assert "[how they were drawn]" in few
    assert "4 units (80%) were coded by two or more coders" in few
    assert "frame: 4 units to draw from; an interval needs at least 10" in few
    assert "0 coders coded 0 units" in methods_text(coded([]))
    same = methods_text(pd.concat([coded(NOMINAL), coded(["aa", "aa"], "flat")]))
    assert "flat undefined" in same
    assert "lowest for frame" in same
    words = methods_text(coded(FOUR).assign(article="x"), metric="ordinal", cluster="article")
    assert "(ordinal)" in words
    assert "whole units of 'article'" in words
