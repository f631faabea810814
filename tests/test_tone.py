"""Tone: two lexicons side by side, and their agreement against nltk's."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask

from coverage_research.samples import load_demo
from coverage_research.schema import SchemaError
from coverage_research.tone import TONE, _alpha, compare_tone, score_tone, tone_agreement


def articles(*titles, **columns):
    ids = [f"a{number}" for number in range(len(titles))]
    return pd.DataFrame({"article_id": ids, "title": list(titles), **columns})


def test_the_published_sentence():
    scored = score_tone(articles("VADER is smart, handsome, and funny."))
    assert scored["vader"].round(4).tolist() == [0.8316]
    assert scored["pattern"].iloc[0] > 0
    assert scored["agree"].tolist() == [True]
    assert scored.attrs["lexicons"]["vader"].startswith("vaderSentiment 3")


def test_the_tone_of_an_article_is_the_mean_of_its_sentences():
    whole = score_tone(articles("It is great.", excerpt=["It is awful. It is a table."]))
    parts = score_tone(articles("It is great.", "It is awful.", "It is a table."))
    assert whole["n_sentences"].tolist() == [3]
    for lexicon in ("vader", "pattern"):
        assert whole[lexicon].iloc[0] == pytest.approx(parts[lexicon].mean())
    assert parts["agree"].tolist() == [True, True, True]


def test_the_body_goes_before_the_excerpt():
    table = articles("A table.", excerpt=["It is awful."], body=["It is great."])
    assert score_tone(table)["vader"].iloc[0] > 0


def test_a_blank_body_is_none():
    table = articles("A table.", excerpt=["It is awful."], body=["  "])
    assert score_tone(table)["vader"].iloc[0] < 0


@pytest.mark.parametrize("text", [None, "", "   ", "\u202e", "\x00"])
def test_no_text_has_no_tone(text):
    scored = score_tone(articles(text))
    assert list(scored.columns) == list(TONE)
    if scored["n_sentences"].iloc[0] == 0:
        assert scored[["vader", "pattern", "agree"]].isna().all(axis=None)
    else:
        assert scored["vader"].tolist() == [0]


def test_hostile_texts_are_scored_in_reasonable_time():
    scored = score_tone(
        articles(
            "<script>alert(1)</script> \U0001f600 good",
            "bad " * 50_000,
            "!" * 99_000,
            "\U0001f600" * 9_000,
        )
    )
    assert scored["vader"].notna().all()
    assert scored["vader"].between(-1, 1).all()
    assert scored["vader"].iloc[1] < -0.9


def test_tone_of_outlets():
    table = articles("Great.", "Awful.", "Great.", outlet=["n.test", "n.test", "s.test"])
    coverage = pd.DataFrame({"story_id": ["s", "s", "t"], "article_id": ["a0", "a1", "a2"]})
    compared = compare_tone(score_tone(table), table, coverage)
    assert compared[["outlet", "lexicon", "n", "n_stories"]].to_numpy().tolist() == [
        ["n.test", "vader", 2, 1],
        ["n.test", "pattern", 2, 1],
        ["s.test", "vader", 1, 1],
        ["s.test", "pattern", 1, 1],
    ]
    tone = score_tone(table)
    assert compared["estimate"].iloc[0] == pytest.approx(tone["vader"].iloc[:2].mean())
    assert (compared["reason"] != "").all()
    assert compared["agreement"].tolist() == [1, 1, 1, 1]
    with pytest.raises(SchemaError, match="missing subjectivity"):
        compare_tone(tone.drop(columns="subjectivity"), table, coverage)
    assert compare_tone(tone.iloc[:0], table, coverage).empty


def test_agreement_on_the_demonstration_corpus():
    demo = load_demo()
    agreement = tone_agreement(score_tone(demo.articles), demo.coverage).set_index("measure")
    assert agreement["n"].tolist() == [54, 54, 54]
    assert (agreement["low"] <= agreement["estimate"]).all()
    assert (agreement["estimate"] <= agreement["high"]).all()
    # They agree on little more than half: the reason for never reporting one alone.
    assert agreement.loc["same_sign", "estimate"] < 0.8
    assert agreement.attrs["invented"]


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=2, max_size=30))
def test_alpha_is_nltks(signs):
    values = np.array(signs)
    found = _alpha(values)
    if len(np.unique(values)) == 1:
        assert math.isnan(found)
        return
    data = [
        (f"c{coder}", unit, code)
        for unit, codes in enumerate(signs)
        for coder, code in enumerate(codes)
    ]
    assert found == pytest.approx(AnnotationTask(data).alpha())
