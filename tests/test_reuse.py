import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.credits import find_credits
from coverage_research.origins import find_origins
from coverage_research.passages import find_passages
from coverage_research.reuse import (
    COPY_CONTAINMENT,
    REUSE,
    VERDICTS,
    containment,
    find_reuse,
    jaccard,
    reuse_shares,
)
from coverage_research.schema import ChoiceError, SchemaError

PASSAGE = "the quiet fab on the hill made its very first chip on a rainy monday"
OTHER = "bakers in the harbour town sell out of rye bread before noon each friday"


def table(*rows):
    """Articles from (article_id, outlet, hours, excerpt), headlines that share nothing."""
    start = pd.Timestamp("2030-01-01", tz="UTC")
    return pd.DataFrame(
        {
            "article_id": [row[0] for row in rows],
            "outlet": [row[1] for row in rows],
            "outlet_name": [row[1].split(".")[0].title() for row in rows],
            "title": [f"Headline {row[0]}" for row in rows],
            "excerpt": [row[3] for row in rows],
            "published_at": [start + pd.Timedelta(hours=row[2]) for row in rows],
            "published_precision": "minute",
        }
    )


def story(articles):
    return pd.DataFrame({"story_id": "s", "article_id": articles["article_id"]})


def test_oracles():
    assert containment({1, 2, 3, 4}, {3, 4, 5}) == pytest.approx(2 / 3)
    assert jaccard({1, 2, 3}, {2, 3, 4}) == 0.5
    assert jaccard("aaab", "aabbc", bag=True) == pytest.approx(1 / 3)
    assert containment({1}, set()) == jaccard(set(), set()) == jaccard("", "", bag=True) == 0


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_similarities_lie_between_0_and_1(a, b):
    assert 0 <= jaccard(a, b) == jaccard(b, a) <= min(1, containment(a, b) + (not b))
    assert 0 <= containment(a, b) <= 1
    assert not a or containment(a, a) == jaccard(a, a) == 1


def test_a_copy_has_its_span():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, f"Note: {PASSAGE.upper()}!"))
    found = find_reuse(articles)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["article_id"], row["other_id"], row["verdict"]) == ("b", "a", "copy")
    assert (row["outlet"], row["other_outlet"]) == ("y.com", "x.com")
    assert (row["lag_hours"], row["lag_low"], row["lag_high"]) == (3, 3, 3)
    assert articles["excerpt"][1][row["start"] : row["end"]] == PASSAGE.upper()
    assert row["field"] == "excerpt"
    # 15 words of the passage, `Note`, and the headline's two
    assert (row["n_words"], row["shared_words"]) == (18, 15)
    # 11 shingles are shared, and `Note` begins one more
    assert row["containment"] == pytest.approx(11 / 12)
    assert row["jaccard"] == pytest.approx(11 / 12)
    assert row["rival"].startswith("Both may have taken the passage from a third")


def test_a_passage_in_a_longer_text_is_undecided():
    long = f"{PASSAGE} {OTHER} and then {OTHER.replace('rye', 'wheat')} again and again"
    found = find_reuse(table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, long)))
    assert found["containment"].iloc[0] < COPY_CONTAINMENT
    assert found["verdict"].tolist() == ["undecided"]
    turned = find_reuse(table(("a", "x.com", 0, long), ("b", "y.com", 3, PASSAGE)))
    assert turned["verdict"].tolist() == ["copy"]


def test_the_shortest_run():
    eight = " ".join(PASSAGE.split()[:8])
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, f"{eight} {OTHER}"))
    assert len(find_reuse(articles)) == 1
    assert find_reuse(articles, min_run=9).empty
    assert find_reuse(articles, min_run=9).columns.tolist() == find_reuse(articles).columns.tolist()
    with pytest.raises(ValueError, match="at least 1; found 0 and 5"):
        find_reuse(articles, min_run=0)


def test_no_run_reaches_from_the_headline_into_the_text():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, None))
    head, tail = PASSAGE.split()[:7], PASSAGE.split()[7:14]
    articles.loc[1, ["title", "excerpt"]] = [" ".join(head), " ".join(tail)]
    assert find_reuse(articles).empty
    articles.loc[1, "title"] = PASSAGE
    row = find_reuse(articles).iloc[0]
    assert (row["field"], row["start"], row["end"]) == ("title", 0, len(PASSAGE))


def test_the_body_is_the_running_text_where_there_is_one():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, "cut"))
    articles["body"] = [None, PASSAGE]
    assert find_reuse(articles)["field"].tolist() == ["body"]


def test_outside_the_window_and_within_an_outlet_nothing_is_reuse():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 49, PASSAGE))
    assert len(find_reuse(articles, window="3D")) == 1
    assert find_reuse(articles, window="2D").empty
    assert find_reuse(articles.assign(outlet="x.com")).empty


def test_articles_without_a_time_are_left_out():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 1, PASSAGE))
    articles.loc[1, "published_at"] = pd.NaT
    assert find_reuse(articles).empty


def test_close_stamps_are_simultaneous():
    near = find_reuse(table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 0.2, PASSAGE)))
    assert near["verdict"].tolist() == ["simultaneous"]
    far = find_reuse(table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 0.25, PASSAGE)))
    assert far["verdict"].tolist() == ["copy"]


def test_a_day_only_stamp_leaves_the_order_open():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 20, PASSAGE))
    articles.loc[0, "published_precision"] = "day"
    row = find_reuse(articles).iloc[0]
    assert (row["lag_low"], row["lag_high"], row["verdict"]) == (-4, 20, "simultaneous")
    assert pd.isna(row["lag_hours"])


def test_a_credit_goes_before_the_stamps():
    articles = table(
        ("a", "x.com", 0, PASSAGE), ("b", "reuters.com", 20, PASSAGE), ("c", "z.com", 60, OTHER)
    )
    articles["published_precision"] = ["day", "minute", "minute"]
    articles.loc[0, "title"] = "According to Reuters, a fab"
    row = find_reuse(articles, credits=find_credits(articles)).iloc[0]
    # The first stamp belongs to the article that credits the other, so it cannot be the source.
    assert (row["article_id"], row["other_id"], row["verdict"]) == ("a", "b", "credited")
    assert (row["lag_low"], row["lag_high"]) == (-20, 4)


def test_the_same_mark_is_a_common_source():
    marked = f"OSLO, May 4 (AP) - {PASSAGE}"
    articles = table(("a", "x.com", 0, marked), ("b", "y.com", 5, marked))
    origins = find_origins(articles)
    assert find_reuse(articles)["verdict"].tolist() == ["copy"]
    assert find_reuse(articles, origins=origins)["verdict"].tolist() == ["common_source"]
    one = origins[origins["article_id"] == "b"]
    assert find_reuse(articles, origins=one)["verdict"].tolist() == ["copy"]


def test_marks_without_a_name_and_of_the_outlet_itself_tell_nothing():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 5, PASSAGE))
    marks = pd.DataFrame({"article_id": ["a", "b"], "origin": "agency", "name": "AP"})
    for origins, verdict in (
        (marks, "common_source"),
        (marks.drop(columns="origin"), "common_source"),
        (marks.assign(origin="own"), "copy"),
        (marks.assign(name=None), "copy"),
    ):
        assert find_reuse(articles, origins=origins)["verdict"].tolist() == [verdict]


def test_the_mark_of_the_other_outlet_is_a_credit():
    marked = f"OSLO, May 4 (Reuters) - {PASSAGE}"
    articles = table(("a", "reuters.com", 0, marked), ("b", "y.com", 5, marked))
    articles["outlet_name"] = ["Reuters", "Y"]
    found = find_reuse(articles, origins=find_origins(articles))
    assert found["verdict"].tolist() == ["credited"]


def test_a_credit_without_shared_words_needs_the_story():
    articles = table(
        ("a", "reuters.com", 0, "A robot bakes bread"),
        ("b", "reuters.com", 1, "The fab stops making chips"),
        ("c", "y.com", 5, "Chips: the fab stops, according to Reuters"),
        ("d", "reuters.com", 6, "Chips: the fab stops"),
    )
    found = find_credits(articles)
    assert find_reuse(articles, credits=found).empty
    assert find_reuse(articles, coverage=story(articles)).empty
    row = find_reuse(articles, credits=found, coverage=story(articles)).iloc[0]
    assert (row["article_id"], row["other_id"], row["verdict"]) == ("c", "b", "credited")
    assert (row["field"], row["start"], row["end"], row["containment"]) == ("", 0, 0, 0)
    elsewhere = story(articles).assign(story_id=["s", "s", "t", "s"])
    assert find_reuse(articles, credits=found, coverage=elsewhere).empty


def test_a_credit_with_shared_words_is_one_row():
    articles = table(
        ("a", "reuters.com", 0, PASSAGE), ("b", "y.com", 5, f"{PASSAGE}, according to Reuters")
    )
    found = find_reuse(articles, credits=find_credits(articles), coverage=story(articles))
    assert found["verdict"].tolist() == ["credited"]
    assert found["field"].tolist() == ["excerpt"]


def test_every_pair_of_three_copies():
    articles = table(
        ("a", "x.com", 0, PASSAGE), ("b", "y.com", 5, PASSAGE), ("c", "z.com", 9, PASSAGE)
    )
    found = find_reuse(articles)
    assert found[["article_id", "other_id"]].to_numpy().tolist() == [
        ["b", "a"],
        ["c", "a"],
        ["c", "b"],
    ]


def test_many_copies_are_compared_in_pieces(monkeypatch):
    articles = table(*[(f"a{n}", f"o{n}.com", n, PASSAGE) for n in range(8)])
    whole = find_reuse(articles)
    assert len(whole) == 28
    for module in ("shared_runs", "set_similarity", "overlaps"):
        monkeypatch.setattr(f"coverage_research.{module}.HELD", 12)
    pd.testing.assert_frame_equal(find_reuse(articles), whole)


HEADLINE = "Quiet fab on the hill wins"


def headlines(*titles):
    articles = table(*[(f"a{n}", f"o{n}.com", 2 * n, None) for n in range(len(titles))])
    return articles.assign(title=list(titles))


def test_headlines_alike_link_a_pair_and_make_no_copy():
    articles = headlines(HEADLINE, HEADLINE.upper() + "!", "Fab on the hill wins")
    found = find_reuse(articles)
    assert found[["article_id", "other_id", "link", "verdict"]].to_numpy().tolist() == [
        ["a1", "a0", "title", "undecided"],
        ["a2", "a0", "title", "undecided"],
        ["a2", "a1", "title", "undecided"],
    ]
    # Six words are not the eight of a passage, though they are the whole text.
    assert found["containment"].tolist() == [1, 1, 1]
    assert found["longest_run"].tolist() == [6, 5, 5]
    assert found["title_similarity"].tolist() == pytest.approx([1, 5 / 6, 5 / 6])
    assert found["rival"].str.startswith("Headlines so much alike").all()
    assert len(find_reuse(articles, title_similarity=0.9)) == 1
    assert find_reuse(articles, title_similarity=None).empty


def test_headlines_in_another_order_are_alike_and_short_ones_are_not():
    turned = headlines("Curbs hit makers, analysts warn", "Analysts warn: curbs hit makers")
    assert find_reuse(turned)["title_similarity"].tolist() == [1]
    assert find_reuse(headlines("Chips rise again", "Chips rise again")).empty
    assert len(find_reuse(headlines("Chips rise once again", "Chips rise once again"))) == 1
    close = headlines(HEADLINE, HEADLINE)
    close.loc[1, "published_at"] = close.loc[0, "published_at"]
    assert find_reuse(close)["verdict"].tolist() == ["simultaneous"]
    assert find_reuse(headlines(HEADLINE, HEADLINE), window="1h").empty


def test_a_link_names_all_that_links():
    articles = table(("a", "reuters.com", 0, PASSAGE), ("b", "y.com", 5, f"{PASSAGE}, Reuters"))
    articles["title"] = [HEADLINE, HEADLINE]
    credits_ = pd.DataFrame({"article_id": ["b"], "credited": ["reuters.com"]})
    row = find_reuse(articles, credits=credits_).iloc[0]
    assert (row["link"], row["verdict"]) == ("passage | title | credit", "credited")
    assert (row["longest_run"], row["shared_shingles"]) == (15, 12)
    assert find_reuse(articles)["link"].tolist() == ["passage | title"]
    alone = find_reuse(articles.assign(excerpt=None, title=["One", "Two"]), credits=credits_)
    assert alone.empty
    told = find_reuse(
        articles.assign(excerpt=None, title=["One", "Two"]),
        credits=credits_,
        coverage=story(articles),
    )
    assert told["link"].tolist() == ["credit"]


def test_both_directions_of_containment():
    longer = f"{PASSAGE} {OTHER}"
    row = find_reuse(table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, longer))).iloc[0]
    n_first, n_second = 15 - 4, 15 + 14 - 4
    assert row["shared_shingles"] == n_first
    assert row["other_containment"] == 1
    assert row["containment"] == pytest.approx(n_first / n_second)
    assert row["jaccard"] == pytest.approx(n_first / n_second)


def test_without_a_window_all_are_compared_with_all():
    articles = table(
        ("a", "x.com", 0, PASSAGE), ("b", "y.com", 24 * 400, PASSAGE), ("c", "z.com", 0, PASSAGE)
    )
    articles.loc[2, "published_at"] = pd.NaT
    assert find_reuse(articles).empty
    found = find_reuse(articles, window=None)
    assert found[["article_id", "other_id", "verdict"]].to_numpy().tolist() == [
        ["b", "a", "copy"],
        ["c", "a", "undecided"],
        ["c", "b", "undecided"],
    ]
    assert found["lag_low"].isna().tolist() == [False, True, True]
    assert found["lag_hours"].tolist()[0] == 24 * 400
    assert found["rival"].iloc[1].startswith("A time is missing")
    credits_ = pd.DataFrame({"article_id": ["a"], "credited": ["z.com"]})
    row = find_reuse(articles, window=None, credits=credits_).iloc[0]
    # Of two without an order, the one that is credited is taken for the earlier.
    assert (row["article_id"], row["other_id"], row["verdict"]) == ("a", "c", "credited")
    assert len(find_reuse(articles.assign(published_at=pd.NaT), window=None)) == 3
    bare = articles.assign(excerpt=None)
    told = find_reuse(bare, window=None, credits=credits_, coverage=story(bare))
    assert told[["article_id", "other_id", "link"]].to_numpy().tolist() == [["a", "c", "credit"]]


def test_pairs_within_an_outlet_when_asked():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "x.com", 3, PASSAGE))
    assert find_reuse(articles).empty
    row = find_reuse(articles, same_outlet=True).iloc[0]
    assert (row["outlet"], row["other_outlet"], row["verdict"]) == ("x.com", "x.com", "copy")


def test_an_outlet_that_is_missing_is_no_other_outlet():
    articles = table(
        ("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, PASSAGE), ("c", "z.com", 6, PASSAGE)
    )
    articles.loc[1:, "outlet"] = None
    credits_ = pd.DataFrame({"article_id": ["a", "b"], "credited": ["x.com", "x.com"]})
    found = find_reuse(articles, credits=credits_)
    assert found[["article_id", "other_id", "verdict"]].to_numpy().tolist() == [
        ["b", "a", "credited"],
        ["c", "a", "copy"],
    ]


def test_the_fewest_shingles():
    eight = " ".join(PASSAGE.split()[:8])
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 3, f"{eight} {OTHER}"))
    assert len(find_reuse(articles, min_shingles=4)) == 1
    assert find_reuse(articles, min_shingles=5).empty
    # Counted with the pairs or behind them, it is the same.
    for common in (None, 500):
        settings = {"min_run": 5, "size": 5, "common": common}
        assert len(find_reuse(articles, min_shingles=4, **settings)) == 1
        assert find_reuse(articles, min_shingles=5, **settings).empty


def test_a_run_shorter_than_a_shingle_is_found_too():
    articles = table(
        ("a", "x.com", 0, "one two three four"), ("b", "y.com", 3, "five one two three")
    )
    row = find_reuse(articles, min_run=3).iloc[0]
    assert (row["longest_run"], row["start"], row["end"], row["containment"]) == (3, 5, 18, 0)


def test_boilerplate_links_nothing_and_leaves_the_numbers_as_they_are():
    notice = "all rights reserved no part of this may be printed again"
    own = [" ".join(f"w{n}x{k}" for k in range(20)) for n in range(12)]
    rows = [(f"a{n:02}", f"o{n}.com", n, f"{own[n]} {notice}") for n in range(12)]
    rows[7] = ("a07", "o7.com", 7, f"{own[3]} {notice}")
    articles = table(*rows)
    every = find_reuse(articles, common=None)
    assert len(every) == 66
    found = find_reuse(articles, common=10)
    assert found[["article_id", "other_id", "verdict"]].to_numpy().tolist() == [
        ["a07", "a03", "copy"]
    ]
    both = every[(every["article_id"] == "a07") & (every["other_id"] == "a03")]
    pd.testing.assert_frame_equal(found, both.reset_index(drop=True))
    # The word before the notice may be the same by chance; with seven of its words it is a run.
    chance = articles.assign(excerpt=[f"{text} said {notice}" for text in own])
    assert find_reuse(chance, common=10).empty
    # A text that is printed by all is a copy each time, however many there are.
    assert len(find_reuse(articles.assign(excerpt=notice), common=10)) == 66


def test_a_headline_that_many_have_is_a_rubric():
    articles = headlines(*["The chips of the week"] * 8, HEADLINE, HEADLINE)
    assert len(find_reuse(articles)) == 29
    found = find_reuse(articles, common=7)
    assert found[["article_id", "other_id"]].to_numpy().tolist() == [["a9", "a8"]]


def test_words_can_be_cut_the_plain_way():
    dotted = "the U.S. and the U.K. won't ask for it"
    spaced = dotted.replace(".", " ").replace("'", " ")
    articles = table(("a", "x.com", 0, dotted), ("b", "y.com", 3, spaced))
    assert find_reuse(articles, min_run=6).empty
    assert find_reuse(articles, min_run=6, tokenizer="plain")["longest_run"].tolist() == [12]
    with pytest.raises(ChoiceError, match="no tokenizer 'other'; there are package, plain"):
        find_reuse(articles, tokenizer="other")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "found 8 and 0"),
        ({"min_shingles": -1}, "min_shingles: expected at least 0; found -1"),
        ({"common": 0}, "common: expected at least 1, or None; found 0"),
        ({"title_similarity": 0}, "above 0 and at most 1, or None; found 0"),
        ({"title_similarity": 1.5}, "above 0 and at most 1, or None; found 1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        find_reuse(table(("a", "x.com", 0, PASSAGE)), **settings)


def test_hostile_texts():
    texts = [
        PASSAGE + " \u200b\u200b",
        f"<p>{PASSAGE}</p> \U0001f680",
        "x" * 100_000,
        " \n\n ",
        None,
    ]
    rows = [(f"a{n}", f"o{n}.com", n, text) for n, text in enumerate(texts)]
    articles = pd.concat([table(*rows), table(rows[0])])  # an article twice counts once
    articles.loc[articles["article_id"] == "a4", "title"] = None
    before = articles.copy()
    found = find_reuse(articles)
    assert found[["article_id", "other_id", "longest_run"]].to_numpy().tolist() == [
        ["a1", "a0", 15]
    ]
    pd.testing.assert_frame_equal(articles, before)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == dict(REUSE)
    assert list(find_reuse(articles.iloc[:0])) == list(REUSE)


def test_copies_are_left_out_and_headlines_alike_are_not_copies_by_verdict():
    articles = table(
        ("a", "x.com", 0, f"{PASSAGE} {OTHER}"),
        ("b", "y.com", 5, f"{PASSAGE} {OTHER}"),
        ("c", "z.com", 9, "A text of their own about the same thing, which nobody else has"),
    ).assign(title=HEADLINE)
    found = find_reuse(articles)
    assert dict(zip(found["article_id"] + found["other_id"], found["link"], strict=True)) == {
        "ba": "passage | title",
        "ca": "title",
        "cb": "title",
    }
    assert set(found.loc[found["containment"] >= COPY_CONTAINMENT, "article_id"]) == {"b"}


VOCABULARY = [f"w{number}" for number in range(6)]
word_lists = st.lists(
    st.tuples(
        st.lists(st.sampled_from(VOCABULARY), max_size=14),
        st.integers(0, 60),
        st.sampled_from(["x.com", "y.com"]),
    ),
    min_size=2,
    max_size=5,
)


def longest_common_run(a, b):
    return max(
        (
            size
            for size in range(1, len(b) + 1)
            for start in range(len(b) - size + 1)
            if any(a[at : at + size] == b[start : start + size] for at in range(len(a)))
        ),
        default=0,
    )


@given(word_lists, st.randoms())
def test_pairs_are_those_of_the_definition(drawn, random):
    rows = [(f"a{n}", outlet, hour, " ".join(text)) for n, (text, hour, outlet) in enumerate(drawn)]
    articles = table(*rows)
    articles["title"] = ""
    found = find_reuse(articles, min_run=3, size=2, window="1D")
    pairs = {
        tuple(sorted(pair)) for pair in zip(found["article_id"], found["other_id"], strict=True)
    }
    expected = {
        (one[0], two[0])
        for number, one in enumerate(rows)
        for two in rows[number + 1 :]
        if one[1] != two[1]
        and abs(one[2] - two[2]) <= 24
        and longest_common_run(one[3].split(), two[3].split()) >= 3
    }
    assert pairs == expected
    text = articles.set_index("article_id")["excerpt"]
    for row in found.itertuples():
        run = text[row.article_id][row.start : row.end].split()
        assert len(run) == longest_common_run(
            text[row.other_id].split(), text[row.article_id].split()
        )
        assert f" {' '.join(run)} " in f" {text[row.other_id]} "
        assert 0 < row.jaccard <= row.containment <= 1
        assert row.verdict in VERDICTS
        assert row.lag_low >= 0
    order = list(range(len(rows)))
    random.shuffle(order)
    assert find_reuse(articles.iloc[order], min_run=3, size=2, window="1D").equals(found)


def test_shares_count_distinct_articles_of_the_later_outlet():
    articles = table(
        ("a", "x.com", 0, PASSAGE),
        ("b", "x.com", 1, PASSAGE),
        ("c", "y.com", 5, PASSAGE),
        ("d", "y.com", 6, OTHER),
    )
    reuse = find_reuse(articles)
    assert len(reuse) == 2
    # Listed by two stories, every article still counts once.
    coverage = pd.concat([story(articles), story(articles).assign(story_id="t")])
    found = reuse_shares(reuse, articles, coverage)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["outlet"], row["other_outlet"], row["verdict"]) == ("y.com", "x.com", "copy")
    assert (row["outlet_name"], row["other_name"]) == ("Y", "X")
    assert (row["k"], row["n"], row["n_stories"], row["estimate"]) == (1, 2, 1, 0.5)
    assert row["reason"].startswith("1 story")


def test_shares_have_intervals_over_stories():
    parts, covers = [], []
    for number in range(6):
        copied = PASSAGE.replace("chip", f"chip{number}").replace("fab", f"fab{number}")
        part = table(
            (f"{number}a", "x.com", 0, copied),
            (f"{number}b", "y.com", 5, copied if number % 2 else OTHER[: 20 + number]),
        )
        parts.append(part)
        covers.append(story(part).assign(story_id=f"s{number}"))
    articles, coverage = pd.concat(parts, ignore_index=True), pd.concat(covers)
    reuse = find_reuse(articles)
    reuse = reuse[reuse["article_id"].str[0] == reuse["other_id"].str[0]]
    row = reuse_shares(reuse, articles, coverage).iloc[0]
    assert (row["k"], row["n"], row["n_stories"], row["estimate"]) == (3, 6, 6, 0.5)
    assert 0 < row["low"] < 0.5 < row["high"] < 1
    assert row["reason"] == ""


def test_nothing_in_nothing_out():
    articles = table(("a", "x.com", 0, PASSAGE), ("b", "y.com", 5, OTHER))
    found = find_reuse(articles)
    assert found.empty
    assert reuse_shares(found, articles, story(articles)).empty
    assert find_reuse(articles.iloc[:0]).empty
    assert find_reuse(articles.assign(title="", excerpt="")).empty
    with pytest.raises(SchemaError, match="missing outlet"):
        find_reuse(articles.drop(columns="outlet"))


def test_unnamed_outlets_and_invented_ones():
    articles = table(("a", "x.example", 0, PASSAGE), ("b", "y.example", 5, PASSAGE))
    articles = articles.drop(columns="outlet_name")
    reuse = find_reuse(articles, origins=find_origins(articles))
    found = reuse_shares(reuse, articles, story(articles))
    assert found["other_name"].tolist() == ["x.example"]
    assert found.attrs["invented"]


def test_the_seed(real_records):
    import frontmatter

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
    found = find_reuse(
        articles,
        credits=find_credits(articles),
        origins=find_origins(articles),
        coverage=story(articles),
    )
    told = found[["outlet", "other_outlet", "verdict", "link"]].to_numpy().tolist()
    assert sorted(told) == [
        ["cointelegraph.com", "insidebitcoins.com", "undecided", "title"],
        ["fudzilla.com", "wsj.com", "credited", "credit"],
        ["manilatimes.net", "globaltimes.cn", "copy", "passage"],
    ]
    copied = found.set_index("outlet").loc["manilatimes.net"]
    assert copied["lag_hours"] == 23.5
    passage = find_passages(articles, found[found["verdict"] == "copy"])
    # The same words; the first is written in capitals in one of them.
    assert passage[["field", "other_field", "n_words", "n_gaps"]].to_numpy().tolist() == [
        ["excerpt", "excerpt", 44, 0]
    ]
    assert passage["match"].iloc[0] != passage["other_match"].iloc[0]
