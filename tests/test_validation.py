"""Scores against hand codes that can be counted by hand, corrected shares, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coverage_research as cr
from coverage_research.coder import score_codes, train_coder
from coverage_research.coding_units import coding_units, span_units, units_of
from coverage_research.codings import NEEDED, frame_codings
from coverage_research.sampling import sample_units
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.statistics import wilson
from coverage_research.validation import VALIDITY, validate

DEMO = cr.load_demo()
CODES = cr.load_demo_codes()


def tables(gold, has, n_coded=None, coders=("Ann",)):
    """Counts of one frame, hand codes of the first articles, and the articles."""
    ids = [f"a{number:04d}" for number in range(len(gold))]
    codings = pd.DataFrame(
        [
            (unit, coder, "race", int(code))
            for unit, code in list(zip(ids, gold, strict=True))[:n_coded]
            for coder in coders
        ],
        columns=list(NEEDED),
    )
    counts = pd.DataFrame({"article_id": ids, "race": np.asarray(has, dtype=int)})
    return counts, codings, pd.DataFrame({"article_id": ids})


def simulated(n, n_coded, share, rates, seed):
    recall, specificity = rates
    rng = np.random.default_rng(seed)
    gold = rng.random(n) < share
    has = np.where(gold, rng.random(n) < recall, rng.random(n) > specificity)
    return tables(gold, has, n_coded)


# Counted by hand ----------------------------------------------------------------------------------


def test_counts_and_scores():
    # 12 with the frame, of which 9 found; 20 without, of which 5 found.
    row = validate(*tables([1] * 12 + [0] * 20, [1] * 9 + [0] * 3 + [1] * 5 + [0] * 15)).loc[0]
    assert row[["frame", "n", "n_stories", "undecided"]].tolist() == ["race", 32, 32, 0]
    assert row[["tp", "fp", "fn", "tn"]].tolist() == [9, 5, 3, 15]
    assert row[["precision", "recall", "specificity", "f1"]].tolist() == pytest.approx(
        [9 / 14, 9 / 12, 15 / 20, 18 / 26]
    )
    assert row[["precision_low", "precision_high"]].tolist() == pytest.approx(wilson(9, 14))
    assert row[["recall_low", "recall_high"]].tolist() == pytest.approx(wilson(9, 12))
    assert row[["specificity_low", "specificity_high"]].tolist() == pytest.approx(wilson(15, 20))
    assert row["f1_low"] < 18 / 26 < row["f1_high"]
    assert row["reason"] == ""
    # All articles are coded, so the corrected share is that of the hand codes.
    assert row["share"] == pytest.approx(14 / 32)
    assert row["corrected"] == pytest.approx(12 / 32)


def test_rogan_and_gladen_by_hand():
    # Of 40 coded units recall is .8 and specificity .9; of all 100, 38 are found.
    gold = [1] * 20 + [0] * 20 + [0] * 60
    has = [1] * 16 + [0] * 4 + [1] * 2 + [0] * 18 + [1] * 20 + [0] * 40
    row = validate(*tables(gold, has, n_coded=40)).loc[0]
    assert row[["n", "n_units"]].tolist() == [40, 100]
    assert row["share"] == pytest.approx(0.38)
    assert row["corrected"] == pytest.approx((0.38 + 0.9 - 1) / (0.8 + 0.9 - 1))
    assert row["corrected_low"] < 0.4 < row["corrected_high"]
    assert row["corrected_reason"] == ""


def test_correction_does_not_leave_zero_to_one():
    none = [1] * 18 + [0] * 2 + [1] * 4 + [0] * 16
    row = validate(*tables([1] * 20 + [0] * 100, none + [0] * 80, n_coded=40)).loc[0]
    assert row["share"] < 0.2
    assert row[["corrected", "corrected_low"]].tolist() == [0, 0]
    full = validate(*tables([1] * 20 + [0] * 100, none + [1] * 80, n_coded=40)).loc[0]
    assert full["corrected_high"] == 1


# The correction -----------------------------------------------------------------------------------


def test_corrected_shares_hold_the_truth_where_found_ones_do_not():
    corrected = found = 0
    for seed in range(40):
        row = validate(*simulated(600, 150, 0.1, (0.9, 0.8), seed), n_boot=300).loc[0]
        corrected += row["corrected_low"] <= 0.1 <= row["corrected_high"]
        found += row["share_low"] <= 0.1 <= row["share_high"]
    # Of 40 draws of probability .95, fewer than 33 come about once in a thousand.
    assert corrected >= 33
    assert found == 0


def test_more_coded_articles_narrow_the_correction():
    widths = [
        row["corrected_high"] - row["corrected_low"]
        for n_coded in (60, 240, 960)
        for row in [validate(*simulated(4000, n_coded, 0.4, (0.8, 0.9), 5)).loc[0]]
    ]
    assert widths[0] > 1.4 * widths[1] > 1.4 * 1.2 * widths[2]


def test_perfect_coding_of_few_articles_is_not_certain():
    gold = [1, 0] * 20
    row = validate(*tables(gold + [0] * 400, gold + [1, 0, 0, 0] * 100, n_coded=40)).loc[0]
    assert row[["recall", "specificity"]].tolist() == [1, 1]
    assert row["corrected"] == pytest.approx(120 / 440)
    # With 20 articles recall could be .025 ** (1 / 20) = .8316, and so could specificity.
    bound = 0.025 ** (1 / 20)
    assert row["corrected_high"] == pytest.approx(120 / 440 / bound)
    assert row["corrected_low"] == pytest.approx((120 / 440 + bound - 1) / bound)


def test_no_correction_where_found_and_coded_are_unrelated():
    by_chance = validate(*simulated(400, 200, 0.5, (0.5, 0.5), 1)).loc[0]
    assert by_chance["corrected_reason"].startswith("recall + specificity - 1 is ")
    assert "; below 0.2 what is found says too little" in by_chance["corrected_reason"]
    assert by_chance[["corrected", "corrected_low", "corrected_high"]].isna().all()
    assert by_chance["share_low"] < by_chance["share"] < by_chance["share_high"]
    # Good enough as it stands, but of so few articles that it could be chance.
    few = validate(*tables([1] * 10 + [0] * 10, [1] * 5 + [0] * 5 + [1] * 2 + [0] * 8)).loc[0]
    assert "could be below 0.05" in few["corrected_reason"]
    assert math.isnan(few["corrected"])


@pytest.mark.parametrize(("n_with", "n_without", "what"), [(9, 30, "with"), (30, 9, "without")])
def test_no_correction_from_few_articles(n_with, n_without, what):
    gold = [1] * n_with + [0] * n_without
    row = validate(*tables(gold, gold)).loc[0]
    assert row["corrected_reason"] == f"9 coded units {what} the frame; a correction needs 10"
    assert math.isnan(row["corrected"])


# Stories ------------------------------------------------------------------------------------------


def test_articles_of_a_story_are_drawn_together():
    # 60 stories, in each of which four articles say the same.
    kinds = [(1, 1), (1, 1), (1, 0), (0, 0), (0, 0), (0, 1)] * 10
    gold, has = zip(*[kind for kind in kinds for _ in range(4)], strict=True)
    found, codings, articles = tables(gold, has)
    coverage = articles.assign(story_id=[f"s{number // 4}" for number in range(240)])
    alone = validate(found, codings, articles).loc[0]
    together = validate(found, codings, articles, coverage=coverage).loc[0]
    assert (alone["n_stories"], together["n_stories"]) == (240, 60)
    assert alone["f1"] == together["f1"]
    for name in ("precision", "recall", "f1", "share", "corrected"):
        widths = [row[f"{name}_high"] - row[f"{name}_low"] for row in (alone, together)]
        # Four copies in each story, and so intervals of twice the width.
        assert widths[1] == pytest.approx(2 * widths[0], rel=0.25), name


def test_too_few_stories():
    found, codings, articles = tables([1, 0] * 20, [1, 0] * 20)
    coverage = pd.DataFrame({"story_id": ["s1", "s2"] * 20, "article_id": articles["article_id"]})
    row = validate(found, codings, articles, coverage=coverage).loc[0]
    assert "needs at least 5" in row["reason"]
    assert "needs at least 5" in row["corrected_reason"]
    assert row["corrected"] == pytest.approx(0.5)
    assert row[["precision_low", "f1_low", "share_low", "corrected_low"]].isna().all()


# Samples ------------------------------------------------------------------------------------------


def test_weighted_scores_by_hand():
    # Units of a large stratum stand for 10, those of a small one for 1.
    kinds = [(1, 1, 0.1)] * 8 + [(1, 0, 0.1)] * 3 + [(0, 0, 0.1)] * 12 + [(0, 1, 0.1)] * 2
    kinds += [(1, 1, 1.0)] * 20 + [(0, 0, 1.0)] * 10 + [(0, 1, 1.0)] * 20
    gold, has, chance = zip(*kinds, strict=True)
    # Of 225 that were not coded 70 were found.
    found, codings, articles = tables([*gold, *[0] * 225], [*has, *[1] * 70, *[0] * 155], 75)
    sample = pd.DataFrame({"unit_id": articles["article_id"].head(75), "probability": chance})
    row = validate(found, codings, articles, sample=sample).loc[0]
    assert row[["n", "tp", "fp", "fn", "tn"]].tolist() == [75, 28, 22, 3, 22]
    recall, specificity = 100 / 130, 130 / 170
    assert row["precision"] == pytest.approx(100 / (100 + 40))
    assert row["recall"] == pytest.approx(recall)
    assert row["specificity"] == pytest.approx(specificity)
    assert row["f1"] == pytest.approx(200 / (200 + 40 + 30))
    assert row["share"] == pytest.approx(0.4)
    assert row["corrected"] == pytest.approx((0.4 + specificity - 1) / (recall + specificity - 1))
    for name in ("precision", "recall", "specificity", "f1", "corrected"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    # Fewer cases in effect than units: Wilson's interval would be too narrow.
    low, high = wilson(recall * 31, 31)
    assert row["recall_high"] - row["recall_low"] > high - low


def test_equal_weights_change_nothing():
    found, codings, articles = simulated(200, 80, 0.4, (0.8, 0.9), 3)
    plan = sample_units(articles, 200, coders=["Ann", "Ben"], double=0.5)
    for chance in (1.0, 0.4):
        pd.testing.assert_frame_equal(
            validate(found, codings, articles, n_boot=50),
            validate(found, codings, articles, n_boot=50, sample=plan.assign(probability=chance)),
        )


def test_weights_make_up_for_strata_of_unequal_size():
    # In a few articles of one kind the frame is common and always found; in the many others it is
    # rare and found in three of five.
    rng = np.random.default_rng(2)
    kind = np.repeat(["few", "many"], [60, 1140])
    gold = rng.random(1200) < np.where(kind == "few", 0.9, 0.2)
    has = gold & ((kind == "few") | (rng.random(1200) < 0.6))
    found, codings, articles = tables(gold, has)
    articles["kind"] = kind
    recall, share = has[gold].mean(), gold.mean()
    weighted, plain, held = [], [], 0
    for seed in range(30):
        plan = sample_units(articles, 120, by="kind", allocation="equal", seed=seed)
        hand = codings[codings["unit_id"].isin(plan["unit_id"])]
        row = validate(found, hand, articles, sample=plan, n_boot=200).loc[0]
        weighted.append([row["recall"], row["corrected"]])
        held += row["recall_low"] <= recall <= row["recall_high"]
        plain.append(validate(found, hand, articles, n_boot=1).loc[0, ["recall", "corrected"]])
    means = np.mean(np.array(weighted, dtype=float), axis=0)
    assert means == pytest.approx([recall, share], abs=0.06)
    others = np.mean(np.array(plain, dtype=float), axis=0)
    assert others[0] > recall + 0.15
    assert others[1] < share - 0.04
    # Of 30 draws of probability .95, fewer than 24 come about once in a thousand.
    assert held >= 24


def test_rates_of_one_take_as_many_cases_as_the_weights_are_worth():
    gold = [1] * 20 + [0] * 20 + [1, 0, 0, 0] * 200
    found, codings, articles = tables(gold, gold, n_coded=40)
    chance = [1.0] * 10 + [0.1] * 10 + [1.0] * 10 + [0.1] * 10
    sample = pd.DataFrame({"unit_id": articles["article_id"].head(40), "probability": chance})
    row = validate(found, codings, articles, sample=sample).loc[0]
    cases = (10 * 1 + 10 * 10) ** 2 / (10 * 1 + 10 * 100)
    bound = 0.025 ** (1 / cases)
    assert cases == pytest.approx(11.98, abs=0.01)
    assert row[["recall", "recall_low", "recall_high"]].tolist() == pytest.approx([1, bound, 1])
    assert row["corrected_high"] == pytest.approx(220 / 840 / bound)
    nothing = validate(found.assign(race=0), codings, articles, sample=sample).loc[0]
    assert nothing[["recall_low", "recall_high"]].tolist() == pytest.approx([0, 1 - bound])


def test_samples_that_say_no_probability():
    found, codings, articles = tables([1, 0] * 4, [1, 0] * 4)
    sample = pd.DataFrame({"unit_id": articles["article_id"], "probability": 0.5})
    with pytest.raises(SchemaError, match="missing probability"):
        validate(found, codings, articles, sample=sample[["unit_id"]])
    with pytest.raises(SchemaError, match=r"not of this sample \(a0006, a0007\)"):
        validate(found, codings, articles, sample=sample.head(6))
    twice = pd.concat([sample, sample.head(1).assign(probability=0.4)])
    with pytest.raises(SchemaError, match=r"several \(a0000\)"):
        validate(found, codings, articles, sample=twice)
    for wrong in (0, -1, 1.5, None, "x"):
        with pytest.raises(SchemaError, match=r"no number above 0 and up to 1 \(a0000"):
            validate(found, codings, articles, sample=sample.assign(probability=wrong))
    sample.attrs["invented"] = True
    assert validate(found, codings, articles, sample=sample, n_boot=5).attrs["invented"]


# Tables of what was found, and of hand codes ------------------------------------------------------


def test_matches_scores_and_leading_frames_say_the_same():
    matches = cr.find_frames(DEMO.articles, progress=False)
    scores = cr.score_frames(DEMO.articles, progress=False)
    codings = frame_codings(CODES)
    one = validate(matches, codings, DEMO.articles, n_boot=50)
    other = validate(scores, codings, DEMO.articles, n_boot=50)
    pd.testing.assert_frame_equal(one, other)
    assert one["n"].eq(len(DEMO.articles)).all()
    for row in one.itertuples():
        coded = set(CODES.loc[CODES["frame"] == row.frame, "article_id"])
        has = set(matches.loc[matches["frame"] == row.frame, "article_id"])
        assert (row.tp, row.fp, row.fn) == (len(coded & has), len(has - coded), len(coded - has))
    stricter = [
        validate(table, codings, DEMO.articles, at_least=3, n_boot=50)
        for table in (matches, scores)
    ]
    pd.testing.assert_frame_equal(*stricter)
    assert stricter[0]["tp"].sum() < one["tp"].sum()


def test_frames_that_lead_together_all_count():
    articles = pd.DataFrame(
        {"article_id": ["a", "b", "c"], "title": ["A race for profit", "Rain", "Profit"]}
    )
    leading = cr.dominant_frame(cr.find_frames(articles), articles)
    codings = pd.DataFrame(
        {
            "unit_id": list("abc"),
            "coder": "x",
            "variable": "frame",
            "value": ["race", "none", "race"],
        }
    )
    found = validate(leading, codings, articles).set_index("frame")
    assert found.loc["race", ["tp", "fp", "fn", "tn"]].tolist() == [1, 0, 1, 1]
    assert found.loc["market", ["tp", "fp", "fn", "tn"]].tolist() == [0, 2, 0, 1]
    assert "none" not in found.index


def test_a_trained_coder_is_held_against_codes_by_name():
    articles = pd.DataFrame(
        {"article_id": list("abcd"), "title": ["Chip race", "Race on", "Share price", "Shares up"]}
    )
    codes = pd.DataFrame(
        {"article_id": list("abcd"), "frame": ["race", "race", "market", "market"]}
    )
    scored = score_codes(articles, train_coder(articles, codes))
    codings = codes.rename(columns={"article_id": "unit_id", "frame": "value"}).assign(
        coder="x", variable="topic"
    )
    found = validate(scored, codings, articles, variable="topic")
    assert found["frame"].tolist() == ["market", "race"]
    assert found["f1"].tolist() == [1, 1]


def test_the_majority_of_coders_counts_and_ties_are_left_out():
    rows = [
        *[("a", coder, "race", value) for coder, value in zip("xyz", "110", strict=True)],
        *[("b", coder, "race", value) for coder, value in zip("xy", "10", strict=True)],
        *[("c", coder, "race", value) for coder, value in zip("xy", ["no", "0"], strict=True)],
    ]
    codings = pd.DataFrame(rows, columns=list(NEEDED))
    articles = pd.DataFrame({"article_id": list("abc")})
    counts = articles.assign(race=[1, 1, 1])
    row = validate(counts, codings, articles).loc[0]
    assert row[["n", "undecided", "tp", "fp"]].tolist() == [2, 1, 1, 1]
    by_one = validate(counts, codings, articles, coder="x").loc[0]
    assert by_one[["n", "undecided", "tp", "fp"]].tolist() == [3, 0, 2, 1]
    with pytest.raises(ChoiceError, match="coder: expected one of x, y, z; found 'q'"):
        validate(counts, codings, articles, coder="q")


def test_words_for_yes():
    found, codings, articles = tables([1] * 5 + [0] * 5, [1] * 10)
    words = codings.assign(value=codings["value"].map({1: "YES", 0: "absent"}))
    assert validate(found, words, articles).loc[0, "tp"] == 5
    other = codings.assign(value=codings["value"].map({1: "ja", 0: "nein"}))
    assert validate(found, other, articles).loc[0, "tp"] == 0
    assert validate(found, other, articles, positive=["Ja"]).loc[0, "tp"] == 5
    flags = codings.assign(value=codings["value"] == 1)
    assert validate(found, flags, articles).loc[0, "tp"] == 5


# Parts of articles --------------------------------------------------------------------------------


def sentences(*bodies):
    """Articles, their sentences, and what a dictionary of two frames finds in them."""
    articles = pd.DataFrame(
        {"article_id": [f"a{n}" for n in range(len(bodies))], "title": "Chips", "body": bodies}
    )
    rows = [
        (article_id, "body", at, at + len(word), frame)
        for article_id, body in zip(articles["article_id"], bodies, strict=True)
        for word, frame in (("race", "race"), ("profit", "market"))
        for at in range(len(body))
        if body.startswith(word, at)
    ]
    found = pd.DataFrame(rows, columns=["article_id", "field", "start", "end", "frame"])
    return articles, coding_units(articles, "sentence", fields="body"), found


def coded(units, codes, frame="race"):
    return pd.DataFrame(
        {"unit_id": units["unit_id"], "coder": "Ann", "variable": frame, "value": codes}
    )


def test_frames_of_sentences_are_those_of_matches_in_them():
    articles, units, found = sentences("A race. A profit race! Rain.", "Rain. No race. Profit?")
    result = validate(found, coded(units, [1, 0, 1, 0, 1, 0]), units).set_index("frame")
    row = result.loc["race"]
    assert row[["n", "n_stories", "tp", "fp", "fn", "tn"]].tolist() == [6, 2, 2, 1, 1, 2]
    assert row[["n_units", "share"]].tolist() == [6, 0.5]
    assert result.loc["market", ["n", "share"]].tolist() == [0, 1 / 6]
    # The same matches, held against whole articles.
    whole = validate(found, coded(coding_units(articles), [1, 0]), articles).set_index("frame")
    assert whole.loc["race", ["n", "tp", "fp"]].tolist() == [2, 1, 1]
    same = validate(found, coded(coding_units(articles), [1, 0]), coding_units(articles))
    pd.testing.assert_frame_equal(whole, same.set_index("frame"))


def test_a_match_is_in_a_unit_if_they_share_a_character():
    spans = [(0, 2), (2, 4), (4, 6), (6, 8), (0, 8), (3, 5)]
    units = span_units(
        pd.DataFrame(
            [("a", "body", start, end) for start, end in spans],
            columns=["article_id", "field", "start", "end"],
        )
    )
    match = pd.DataFrame(
        {"article_id": ["a", "a", "b"], "field": ["body", "title", "body"], "start": [3, 0, 0]}
    ).assign(end=[5, 9, 9], frame="race")
    row = validate(match, coded(units, [0, 1, 1, 0, 1, 1]), units).loc[0]
    assert row[["tp", "fp", "fn", "tn"]].tolist() == [4, 0, 0, 2]
    assert row["n_stories"] == 1


def test_whole_articles_and_parts_of_them_side_by_side():
    articles, units, found = sentences("A race. A race. Rain.", "Rain.")
    both = pd.concat([coding_units(articles), units])
    row = validate(found, coded(both, [1, 0, 1, 1, 0, 0]), both).loc[0]
    assert row[["tp", "fp", "fn", "tn"]].tolist() == [3, 0, 0, 3]
    twice = validate(found, coded(both, [1, 0, 0, 0, 0, 0]), both, at_least=2).loc[0]
    assert twice[["tp", "fp", "fn", "tn"]].tolist() == [1, 0, 0, 5]


def test_frames_that_were_looked_for_and_not_found_are_told():
    articles = DEMO.articles.head(3)
    units = coding_units(articles, "headline")
    found = cr.find_frames(articles, progress=False)
    result = validate(found, coded(units, 1, "race").iloc[:0], units, n_boot=20)
    assert set(result["frame"]) == set(found.attrs["frames"])
    assert (result["n_units"] == 3).all()
    assert result.attrs["invented"]
    none = validate(found.iloc[:0], coded(units, 1, "race"), units, n_boot=20).set_index("frame")
    assert none.loc["race", ["fn", "share"]].tolist() == [3, 0]


def test_parts_of_an_article_and_of_a_story_are_drawn_together():
    kinds = [("A race.", 1), ("A race.", 1), ("A race.", 0), ("Rain.", 0), ("Rain.", 0)] * 8
    kinds += [("Rain.", 1)] * 8
    articles, units, found = sentences(*[f"{text} " * 4 for text, _ in kinds])
    codings = coded(units, [code for _, code in kinds for _ in range(4)])
    together = validate(found, codings, units).loc[0]
    assert together[["n", "n_stories", "n_units"]].tolist() == [192, 48, 192]
    # As if each sentence were an article.
    apart = articles.loc[articles.index.repeat(4)].reset_index(drop=True)
    apart["article_id"] = units["unit_id"]
    has = pd.DataFrame({"article_id": units["unit_id"]})
    has["race"] = [int("race" in text) for text, _ in kinds for _ in range(4)]
    alone = validate(has, codings, apart).loc[0]
    assert alone["n_stories"] == 192
    for name in ("precision", "recall", "f1", "share", "corrected"):
        assert together[name] == alone[name]
        widths = [row[f"{name}_high"] - row[f"{name}_low"] for row in (alone, together)]
        # Four equal sentences in each article, and so intervals of twice the width.
        assert widths[1] == pytest.approx(2 * widths[0], rel=0.25), name
    coverage = articles[["article_id"]].assign(story_id=[f"s{n // 4}" for n in range(48)])
    stories = validate(found, codings, units, coverage=coverage).loc[0]
    assert stories["n_stories"] == 12


def test_parts_that_cannot_be_held_against_codes():
    articles, units, found = sentences("A race. Rain.", "Rain.")
    codings = coded(units, [1, 0, 0])
    with pytest.raises(SchemaError, match=r"article_ids of the articles; found .*coding_units"):
        validate(found, codings, articles)
    with pytest.raises(SchemaError, match="expected names of the units; found a1:body:0-5"):
        validate(found, codings, units.head(2))
    for table in (found.drop(columns="start"), articles.assign(race=1)):
        with pytest.raises(SchemaError, match="found: matches with their places"):
            validate(table, codings, units)
    with pytest.raises(SchemaError, match="units twice"):
        validate(found, codings, pd.concat([units, units]))


def test_strange_names_of_parts():
    names = ["a#1", "a:b", "a:title", "e\u0301", "\U0001f525", " x", "<b>"]
    articles = pd.DataFrame({"article_id": names, "title": "A race"})
    units = coding_units(articles, "headline")
    found = units.drop(columns="unit_id").assign(start=2, frame="race")
    codings = coded(units, 1)
    row = validate(found, codings, units).loc[0]
    assert row[["tp", "fn", "n_stories"]].tolist() == [7, 0, 7]
    composed = codings.assign(unit_id=codings["unit_id"].str.normalize("NFC"))
    assert validate(found, composed, units).loc[0, "tp"] == 7
    whole = validate(found, coded(coding_units(articles), 1), articles).loc[0]
    assert whole["tp"] == 7


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(["title", "body"]), st.integers(0, 12)
        ).flatmap(
            lambda told: st.tuples(
                *map(st.just, told), st.integers(told[2] + 1, 14), st.sampled_from("xy")
            )
        ),
        max_size=12,
    ),
    st.sets(
        st.tuples(st.integers(0, 2), st.sampled_from(["title", "body"]), st.integers(0, 12)),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
)
@settings(max_examples=60)
def test_overlaps_as_counted_one_by_one(matches, places, at_least):
    columns = ["article_id", "field", "start", "end"]
    found = pd.DataFrame(matches, columns=[*columns, "frame"]).astype({"article_id": str})
    spans = pd.DataFrame([(*told, told[2] + 3) for told in places], columns=columns)
    units = span_units(spans.astype({"article_id": str}))
    articles = pd.DataFrame({"article_id": list("012")})
    pd.testing.assert_frame_equal(units_of(units["unit_id"], articles), units)
    result = validate(
        found, coded(units, 1, "x"), units, frames=["x"], at_least=at_least, n_boot=5
    ).loc[0]
    expected = sum(
        sum(
            str(article) == unit.article_id
            and field == unit.field
            and frame == "x"
            and bool(set(range(start, end)) & set(range(unit.start, unit.end)))
            for article, field, start, end, frame in matches
        )
        >= at_least
        for unit in units.itertuples()
    )
    assert result["tp"] == expected
    assert result["tp"] + result["fn"] == len(units)


# Refusals and hostile tables ----------------------------------------------------------------------


def test_nothing_to_divide_by_has_a_reason():
    articles = pd.DataFrame({"article_id": list("abcdef")})
    codings = pd.DataFrame(
        {"unit_id": list("abcdef"), "coder": "x", "variable": "race", "value": "0"}
    )
    counts = articles.assign(race=0, market=1)
    found = validate(counts, codings, articles).set_index("frame")
    assert found.loc["race", "reason"] == (
        "never found among coded units, so there is no precision; no coded unit has it, so "
        "there is no recall; neither coded nor found, so there is no f1"
    )
    assert found.loc["race", "specificity"] == 1
    assert found.loc["market", ["n", "reason"]].tolist() == [0, "no unit was coded for it"]
    assert found.loc["market", "share"] == 1
    everywhere = validate(counts, codings.assign(value="1"), articles, frames=["race"]).loc[0]
    assert "so there is no specificity" in everywhere["reason"]


def test_columns_dtypes_and_no_rows():
    found, codings, articles = tables([1, 0], [1, 0])
    result = validate(found, codings, articles)
    assert {name: str(kind) for name, kind in result.dtypes.items()} == VALIDITY
    nothing = pd.DataFrame({"article_id": ["a0000"], "frame": [None]})
    empty = validate(nothing, codings.iloc[:0], articles)
    assert empty.empty
    assert {name: str(kind) for name, kind in empty.dtypes.items()} == VALIDITY
    none = validate(found.iloc[:0], codings.iloc[:0], articles.iloc[:0]).loc[0]
    assert none[["n", "n_units", "reason"]].tolist() == [0, 0, "no unit was coded for it"]


def test_what_is_wrong_is_named():
    found, codings, articles = tables([1, 0], [1, 0])
    with pytest.raises(SchemaError, match="expected article_ids of the articles; found a0001"):
        validate(found, codings, articles.head(1))
    with pytest.raises(SchemaError, match="found: expected a column frame, or one of counts"):
        validate(articles.assign(title="x"), codings, articles)
    with pytest.raises(ChoiceError, match="frames: expected frames that were coded or looked for"):
        validate(found, codings, articles, frames=["race", "rcae"])
    with pytest.raises(SchemaError, match=r"make each a variable \(frame_codings\)"):
        validate(found, pd.concat([codings, codings.assign(value=1 - codings["value"])]), articles)
    for wrong in ({"n_boot": 0}, {"level": 0.0}, {"at_least": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            validate(found, codings, articles, **wrong)


def test_repeated_articles_missing_codes_and_strange_names():
    found, codings, articles = tables([1, 0] * 6, [1, 0] * 6)
    odd = {"a0000": "=1+1", "a0001": "🧨\u200b", "a0002": "<script>" + "x" * 5000}
    found, articles = (table.replace({"article_id": odd}) for table in (found, articles))
    codings = codings.replace({"unit_id": odd})
    once = validate(found, codings, articles)
    twice = validate(
        pd.concat([found, found]), pd.concat([codings, codings]), pd.concat([articles, articles])
    )
    pd.testing.assert_frame_equal(once, twice)
    blank = codings.assign(value=codings["value"].astype(object))
    blank.loc[[0, 1], "value"] = [None, " "]
    assert validate(found, blank, articles).loc[0, "n"] == 10
    elsewhere = pd.concat([found, pd.DataFrame({"article_id": ["other"], "race": [1]})])
    pd.testing.assert_frame_equal(once, validate(elsewhere, codings, articles))


def test_articles_that_cannot_be_told_apart():
    found, codings, articles = tables([1, 0], [1, 0])
    with pytest.raises(SchemaError, match="articles: 1 rows without article_id"):
        validate(found, codings, pd.concat([articles, pd.DataFrame({"article_id": [None]})]))
    names = ["cafe\u0301", "caf\u00e9", " a0", "a0", "b"]
    same = pd.DataFrame({"article_id": names, "title": "A race"})
    told = r"found 'cafe\\u0301', 'caf\\xe9', ' a0', 'a0'$"
    for table in (same, coding_units(same, "headline")):
        with pytest.raises(SchemaError, match=told):
            validate(found, codings.iloc[:0], table)
    # Matches of no article are those of no unit.
    more = pd.concat([found, pd.DataFrame({"article_id": [None], "race": [1]})])
    pd.testing.assert_frame_equal(
        validate(more, codings, articles), validate(found, codings, articles)
    )


def test_inputs_stay_as_they_are_and_invented_data_is_marked():
    given_ = [cr.find_frames(DEMO.articles, progress=False), frame_codings(CODES), DEMO.articles]
    before = [table.copy() for table in given_]
    result = validate(*given_, coverage=DEMO.coverage, n_boot=20)
    for table, same in zip(given_, before, strict=True):
        pd.testing.assert_frame_equal(table, same)
    assert result.attrs["invented"]
    assert "invented" not in validate(*tables([1, 0], [1, 0])).attrs


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=60)
def test_what_holds_for_any_codes(pairs):
    gold, has = zip(*pairs, strict=True)
    found, codings, articles = tables(gold, has)
    row = validate(found, codings, articles, n_boot=30).loc[0]
    assert row[["tp", "fp", "fn", "tn"]].sum() == row["n"] == len(pairs)
    assert row["tp"] + row["fn"] == sum(gold)
    for name in ("precision", "recall", "specificity", "f1", "share", "corrected"):
        if not math.isnan(row[f"{name}_low"]):
            bounds = [row[f"{name}_low"], row[name], row[f"{name}_high"]]
            assert -1e-9 <= bounds[0] <= bounds[2] <= 1 + 1e-9
    if not math.isnan(row["corrected"]):
        # Where all articles are coded, the correction gives back the hand codes.
        assert row["corrected"] == pytest.approx(sum(gold) / len(gold))
    shuffled = validate(
        found.sample(frac=1, random_state=0),
        codings.sample(frac=1, random_state=1),
        articles,
        n_boot=30,
    )
    pd.testing.assert_frame_equal(shuffled, row.to_frame().T.astype(shuffled.dtypes.to_dict()))
