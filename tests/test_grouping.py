"""Stories by text, time and lists."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from coverage_research.corpus import read_corpus
from coverage_research.grouping import (
    GROUPED,
    MOST,
    _Groups,
    _merge,
    _usual,
    _vectors,
    group_stories,
)
from coverage_research.schema import SchemaError

CURBS = ["Export curbs hit chip makers", "Chip makers fear export curbs", "Export curbs: chips hit"]
BREAD = ["Robot bakes bread in Oslo", "Oslo robot bakes its first bread"]


def articles(titles, times=None, precision="minute"):
    stamps = ["2030-01-01"] * len(titles) if times is None else times
    return pd.DataFrame(
        {
            "article_id": [f"a{number}" for number in range(len(titles))],
            "title": titles,
            "published_at": pd.to_datetime(stamps, utc=True, format="ISO8601"),
            "published_precision": precision,
        }
    )


def coverage(*lists):
    rows = [
        (f"s{number}", article, "lead" if place == 0 else "related", place)
        for number, listed in enumerate(lists)
        for place, article in enumerate(listed)
    ]
    return pd.DataFrame(rows, columns=["story_id", "article_id", "role", "position"])


def stories(grouped):
    return {frozenset(rows) for _, rows in grouped.groupby("story_id")["article_id"]}


def test_articles_about_one_thing_are_one_story():
    grouped = group_stories(articles([*CURBS, *BREAD]))
    assert stories(grouped) == {frozenset({"a0", "a1", "a2"}), frozenset({"a3", "a4"})}
    assert list(grouped.columns) == list(GROUPED)
    assert grouped["story_id"].unique().tolist() == ["g-a0", "g-a3"]
    assert grouped["n_items"].tolist() == [3, 3, 3, 2, 2]
    assert grouped["role"].tolist() == ["lead", "related", "related", "lead", "related"]


def test_a_story_ends_after_a_silence():
    times = ["2030-01-01", "2030-01-02", "2030-01-09"]
    early, late = frozenset({"a0", "a1"}), frozenset({"a2"})
    titles = [CURBS[0]] * 3 + BREAD
    table = articles(titles, [*times, "2030-01-01", "2030-01-01"])
    assert {early, late} <= stories(group_stories(table))
    assert early | late in stories(group_stories(table, gap="7D"))


def test_a_chain_without_a_silence_is_one_story():
    times = [f"2030-01-{day:02d}" for day in range(1, 20, 2)]
    table = articles([CURBS[0]] * 10 + BREAD, [*times, "2030-01-01", "2030-01-01"])
    assert frozenset(f"a{n}" for n in range(10)) in stories(group_stories(table))


def test_a_day_alone_stands_for_all_of_it():
    times = ["2030-01-01", "2030-01-04T23:00"]
    table = articles([*[CURBS[0]] * 2, *BREAD], [*times, "2030-01-01", "2030-01-01"])
    table["published_precision"] = ["day", "minute", "minute", "minute"]
    assert frozenset({"a0", "a1"}) in stories(group_stories(table, gap="3D"))
    table["published_precision"] = "minute"
    assert frozenset({"a0"}) in stories(group_stories(table, gap="3D"))


def test_a_list_helps_what_the_words_leave_open_and_not_what_they_deny(monkeypatch):
    monkeypatch.setattr("coverage_research.grouping.MOST", 0.3)
    titles = [
        *CURBS,
        "Makers of chips seek a winding path past curbs",
        *BREAD,
        "Curling final in Bern",
    ]
    table = articles(titles)
    lists = coverage(["a0", "a1", "a2", "a3", "a6"], ["a4", "a5"])
    apart, together = group_stories(table), group_stories(table, lists)
    assert frozenset({"a3"}) in stories(apart)
    assert frozenset({"a0", "a1", "a2", "a3"}) in stories(together)
    assert frozenset({"a6"}) in stories(together)
    leads = together[together["role"].eq("lead")]["article_id"].tolist()
    assert set(leads) == {"a0", "a4", "a6"}


def test_lists_that_share_articles_become_one_story():
    table = articles([*CURBS, "Chip makers and curbs", *BREAD])
    lists = coverage(["a0", "a1", "a2"], ["a3", "a1", "a2"])
    grouped = group_stories(table, lists)
    assert frozenset({"a0", "a1", "a2", "a3"}) in stories(grouped)
    assert grouped.loc[grouped["story_id"].eq("g-a0"), "role"].tolist().count("lead") == 2


def test_an_article_without_a_time_joins_and_does_not_bridge():
    times = ["2030-01-01", "2030-02-01", None]
    table = articles([CURBS[0], CURBS[0], CURBS[0], *BREAD], [*times, "2030-01-01", "2030-01-01"])
    found = stories(group_stories(table))
    assert frozenset({"a0", "a2"}) in found
    assert frozenset({"a1"}) in found


def test_similarity_is_the_mean_with_the_others_and_missing_alone():
    table = articles([*CURBS, *BREAD, "Curling final in Bern"])
    grouped = group_stories(table).set_index("article_id")
    vectors = _vectors(table).toarray()
    assert grouped.loc["a0", "similarity"] == pytest.approx(
        (vectors[0] @ vectors[1] + vectors[0] @ vectors[2]) / 2
    )
    assert np.isnan(grouped.loc["a5", "similarity"])


@pytest.mark.parametrize("small", [0, 2_000])
def test_vectors_are_those_of_scikit_learn_but_for_what_one_article_has(monkeypatch, small):
    from sklearn.feature_extraction.text import TfidfVectorizer

    from coverage_research.stems import content_stems

    monkeypatch.setattr("coverage_research.grouping._SMALL", small)
    monkeypatch.setattr("coverage_research.grouping._COMMON", 0.4)
    table = articles([*CURBS, *BREAD, "the", "Robot"])

    def features(text):
        stems = content_stems(text)
        return stems + [f"{one} {two}" for one, two in itertools.pairwise(stems)]

    made = TfidfVectorizer(
        analyzer=features, sublinear_tf=True, max_df=1.0 if small else 0.4
    ).fit_transform(table["title"])
    having = np.bincount(made.indices, minlength=made.shape[1])
    expected = made.toarray()[:, having > 1]
    # Curbs, chips and robot stand in three of seven articles, which is more than .4 of them.
    assert expected.shape[1] == (having > 1).sum() > 3
    found = _vectors(table).toarray()
    assert sorted(found.T.tolist()) == sorted(expected.T.tolist())


def test_no_word_that_two_articles_have():
    table = articles(["Curbs", "Bread", "the"])
    assert _vectors(table).toarray().tolist() == [[0], [0], [0]]
    assert len(stories(group_stories(table))) == 3


def test_what_is_usual_is_the_mean_of_all_pairs():
    vectors = _vectors(articles([*CURBS, *BREAD])).toarray()
    pairs = [vectors[i] @ vectors[j] for i in range(5) for j in range(5) if i != j]
    assert _usual(sparse.csr_array(vectors)) == pytest.approx(np.mean(pairs))


WORDS = st.lists(
    st.sampled_from("curbs chips robot bread makers oslo fab hill".split()), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_groups_are_those_of_average_link_whatever_the_order(drawn, random):
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    table = articles([" ".join(words) for words in drawn])
    vectors = _vectors(table)
    enough = min(3.0 * _usual(vectors), MOST)
    similar = np.asarray((vectors @ vectors.T).todense())
    upper = np.round(similar[np.triu_indices(len(table), 1)], 9)
    if len(np.unique(upper)) < len(upper) or not 0 < enough < 1:
        return  # ties may be broken either way
    far = squareform(1 - similar, checks=False)
    expected = fcluster(linkage(far, "average"), 1 - enough, "distance")
    shuffled = table.sample(frac=1, random_state=random.randrange(1000))
    grouped = group_stories(shuffled).set_index("article_id")["story_id"]
    found = grouped.loc[table["article_id"]].to_numpy()
    same = found[:, None] == found[None, :]
    assert (same == (expected[:, None] == expected[None, :])).all()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.integers(0, 20)), min_size=1, max_size=15),
    st.randoms(use_true_random=False),
)
def test_every_article_has_one_story_in_any_order_of_rows(drawn, random):
    table = articles(
        [" ".join(words) for words, _ in drawn], [f"2030-01-{1 + day:02d}" for _, day in drawn]
    )
    grouped = group_stories(table)
    assert sorted(grouped["article_id"]) == sorted(table["article_id"])
    shuffled = table.sample(frac=1, random_state=random.randrange(1000))
    pd.testing.assert_frame_equal(group_stories(shuffled), grouped)
    for _, rows in grouped.groupby("story_id"):
        times = rows["article_id"].map(table.set_index("article_id")["published_at"])
        assert times.is_monotonic_increasing
        assert times.diff().max() <= pd.Timedelta("3D") or len(rows) == 1


def test_groups_of_several_are_merged_by_the_mean_of_their_pairs():
    """Two alike and two alike, .4 between them: summed over one side only, that would be .8."""
    vectors = sparse.csr_array([[1, 0], [0.4, 0.84**0.5]])[[0, 1, 0, 1]]
    groups = _Groups(vectors, np.ones(4), np.zeros(4), np.zeros(4))
    assert _merge(groups, 0, 0.41, progress=False).tolist() == [0, 1, 0, 1]
    assert _merge(groups, 0, 0.39, progress=False).tolist() == [0, 0, 0, 0]
    # Apart from two that are nearest to each other by the mean of its cosines with them, .4 and .68.
    vectors = sparse.csr_array([[0.4, 0.6, 0.48**0.5], [1, 0, 0], [0.8, 0.6, 0]])
    cosine = (vectors @ vectors.T).toarray()
    mean = (cosine[0, 1] + cosine[0, 2]) / 2
    groups = _Groups(vectors, np.ones(3), np.zeros(3), np.zeros(3))
    assert _merge(groups, 0, mean + 0.01, progress=False).tolist() == [0, 1, 1]
    assert _merge(groups, 0, mean - 0.01, progress=False).tolist() == [0, 0, 0]


def test_a_wide_block_is_cut(monkeypatch):
    table = articles([*CURBS, *BREAD] * 4)
    whole = group_stories(table)
    monkeypatch.setattr("coverage_research.grouping._CELLS", 3)
    pd.testing.assert_frame_equal(group_stories(table), whole)


def test_odd_input():
    assert group_stories(articles(["x"]).iloc[:0]).empty
    assert group_stories(articles([""]))["story_id"].tolist() == ["g-a0"]
    assert len(group_stories(articles([None, "the of and", "😀"]))) == 3
    with pytest.raises(ValueError, match="listed"):
        group_stories(articles(["x"]), listed=2)
    with pytest.raises(ValueError, match="gap"):
        group_stories(articles(["x"]), gap="-1D")
    with pytest.raises(ValueError, match="times_usual"):
        group_stories(articles(["x"]), times_usual=0)
    with pytest.raises(SchemaError, match="published_at"):
        group_stories(articles(["x"]).drop(columns="published_at"))


def test_the_seed(real_records):
    """The lead's list mixes in a chatbot (twice as news, once as a release), an implant, cars."""
    corpus = read_corpus(real_records / "seed.md", cache=False)
    grouped = group_stories(corpus.articles, corpus.coverage)
    chatbot = grouped[grouped["n_items"].eq(3)]
    assert grouped["n_items"].value_counts().to_dict() == {7: 7, 3: 3, 1: 2}
    assert chatbot["story_id"].nunique() == 1
    story = grouped[grouped["n_items"].eq(7)]
    outlets = corpus.articles.set_index("article_id")["outlet"].loc[story["article_id"]]
    assert story["story_id"].nunique() == 1
    assert sorted(outlets) == [
        "businessinsider.com",
        "cointelegraph.com",
        "fudzilla.com",
        "globaltimes.cn",
        "insidebitcoins.com",
        "manilatimes.net",
        "wsj.com",
    ]


def test_seven_leads_of_one_set_are_one_story(real_records):
    corpus = read_corpus(real_records, cache=False)
    grouped = group_stories(corpus.articles, corpus.coverage)
    largest = grouped[grouped["story_id"].eq(grouped["story_id"].mode()[0])]
    leads = corpus.coverage[corpus.coverage["role"].eq("lead")].groupby("article_id").size()
    assert largest["article_id"].isin(leads.index).sum() >= 5
