"""What every comparison of groups has in common: columns of any dtype, names that may be taken, missing groups."""

from __future__ import annotations

import pandas as pd
import pytest

import coverage_research as cr
from coverage_research.schema import ChoiceError, SchemaError

DEMO = cr.load_demo()
FRAMES = cr.find_frames(DEMO.articles)
LABELS = cr.find_labels(DEMO.articles, {"firm": ["firm*", "compan*"], "chip": "chip*"})
TONE = cr.score_tone(DEMO.articles)
REUSE = cr.measure(DEMO, "reuse")
WAYS = {
    "frame_shares": lambda articles, **by: cr.frame_shares(FRAMES, articles, DEMO.coverage, **by),
    "compare_frames": lambda articles, **by: cr.compare_frames(
        FRAMES, articles, DEMO.coverage, n_permutations=9, n_boot=20, **by
    ),
    "label_shares": lambda articles, **by: cr.label_shares(LABELS, articles, DEMO.coverage, **by),
    "compare_tone": lambda articles, **by: cr.compare_tone(TONE, articles, DEMO.coverage, **by),
}


@pytest.mark.parametrize("way", [*WAYS, "reuse_shares"])
def test_categories_give_what_their_values_give(way: str) -> None:
    coded = DEMO.articles.astype({"outlet": "category", "outlet_name": "category"})
    if way == "reuse_shares":
        one, other = (
            cr.reuse_shares(REUSE, part, DEMO.coverage) for part in (coded, DEMO.articles)
        )
    else:
        one, other = WAYS[way](coded), WAYS[way](DEMO.articles)
    pd.testing.assert_frame_equal(one.astype(str), other.astype(str))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["cluster", "n", "article_id", "estimate"])
def test_a_group_may_not_have_the_name_of_a_column_of_the_result(way: str, name: str) -> None:
    articles = DEMO.articles.assign(cluster="x", n=1, estimate=2.0)
    with pytest.raises(ChoiceError, match=f"by: '{name}' is a column of the result"):
        WAYS[way](articles, by=name)
    for by in ([], ["outlet", "outlet"]):
        with pytest.raises(ChoiceError, match="one or more different columns"):
            WAYS[way](articles, by=by)


@pytest.mark.parametrize("way", WAYS)
def test_articles_without_an_outlet_are_a_group_of_their_own(way: str) -> None:
    articles = DEMO.articles
    part = articles.assign(outlet=articles["outlet"].where(articles.index % 2 == 0))
    assert WAYS[way](part)["outlet"].isna().any()


def test_numbers_for_names_are_refused_at_the_start() -> None:
    articles = DEMO.articles.assign(article_id=range(len(DEMO.articles)))
    for find in (cr.find_frames, cr.score_frames, lambda table: cr.find_labels(table, "chip")):
        with pytest.raises(SchemaError, match="article_id: expected text; found int64"):
            find(articles)


def test_a_corpus_is_no_table() -> None:
    with pytest.raises(SchemaError, match=r"expected a table; found Corpus.*corpus\.articles"):
        cr.find_frames(DEMO)  # type: ignore[arg-type]


def test_nothing_is_no_number() -> None:
    nothing = float("nan")
    with pytest.raises(ValueError, match="min_matches: expected at least 1; found nan"):
        cr.frame_shares(FRAMES, DEMO.articles, DEMO.coverage, min_matches=nothing)
    with pytest.raises(ValueError, match="min_articles: expected at least 1; found nan"):
        cr.compare_frames(FRAMES, DEMO.articles, DEMO.coverage, min_articles=nothing)
    with pytest.raises(ValueError, match="n_boot: expected at least 1; found 0"):
        cr.frame_shares(FRAMES, DEMO.articles, DEMO.coverage, n_boot=0)


def test_matches_of_an_own_codebook_under_a_name_of_the_package_are_not_lost() -> None:
    matches = pd.DataFrame(FRAMES.to_dict("list"))  # what a CSV leaves of it
    matches.loc[0, "frame"] = "mine"
    with pytest.raises(SchemaError, match="codebook 'ai_hardware' has no frame 'mine'"):
        cr.frame_shares(matches, DEMO.articles, DEMO.coverage)
    with pytest.raises(SchemaError, match="codebook 'ai_hardware' has no frame 'mine'"):
        cr.audit_codebook(matches, "ai_hardware")


def test_shares_of_terms_are_drawn_as_what_they_are() -> None:
    shares = cr.frame_shares(FRAMES, DEMO.articles, DEMO.coverage, unit="term")
    ax = cr.plot_frame_shares(shares)
    assert " ".join(ax.get_xlabel().split()).startswith("Matches of the frame (% of all matches")
    ax.figure.clf()
