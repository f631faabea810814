import frontmatter
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.schema import SchemaError
from coverage_research.stories import (
    MIN_ITEMS,
    content_stems,
    keep_on_topic,
    largest_story,
    score_topicality,
    story_clusters,
)

OFF_TOPIC = {"scmp.com", "thesun.co.uk", "thestar.com.my"}


def table(titles, story="s", first="a"):
    ids = [f"{first}{number}" for number in range(len(titles))]
    articles = pd.DataFrame({"article_id": ids, "title": titles})
    coverage = pd.DataFrame(
        {
            "story_id": story,
            "article_id": ids,
            "role": ["lead"] + ["related"] * (len(ids) - 1),
            "position": range(len(ids)),
        }
    )
    return articles, coverage


def listed(*pairs):
    return pd.DataFrame(pairs, columns=["story_id", "article_id"], dtype="str")


def test_stories_that_share_an_article_are_one_cluster():
    found = story_clusters(
        listed(("s1", "a"), ("s1", "b"), ("s2", "b"), ("s2", "c"), ("s3", "d"), ("s3", "e"))
    )
    assert found["article_id"].tolist() == list("abcde")
    assert found["cluster"].tolist() == [0, 0, 0, 1, 1]


def test_no_coverage_no_cluster():
    assert list(story_clusters(listed()).columns) == ["article_id", "cluster"]
    with pytest.raises(SchemaError, match="missing story_id"):
        story_clusters(pd.DataFrame({"article_id": ["a"]}))


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=1, max_size=30),
    st.randoms(),
)
def test_clusters_do_not_depend_on_the_order_and_split_no_story(pairs, random):
    rows = [(f"s{story}", f"a{article:02}") for story, article in pairs]
    found = story_clusters(listed(*rows))
    cluster = found.set_index("article_id")["cluster"]
    for story in {row[0] for row in rows}:
        assert len({cluster[article] for name, article in rows if name == story}) == 1
    random.shuffle(rows)
    assert story_clusters(listed(*rows)).equals(found)


def test_grammar_is_no_topic_but_the_us_is():
    assert content_stems("It is for us, but the US and U.S. chips") == ["us", "us", "chip"]


def test_similarity_is_the_mean_cosine_with_the_other_items():
    articles, coverage = table(["curbs chips", "curbs chips", "curbs bread", "robot"])
    found = score_topicality(articles, coverage)
    # Cosines: 1 and 1/2 and 0 for the first; 1/2 and 1/2 and 0 for the third.
    assert found["similarity"].round(6).tolist() == [0.5, 0.5, round(1 / 3, 6), 0]
    assert found["on_topic"].tolist() == [True, True, True, False]


def test_what_stands_apart_in_a_story_is_off_topic():
    articles, coverage = table(
        [
            "Export curbs hit chip makers",
            "Chip makers fear export curbs and lay off staff",
            "Export curbs: makers lay off staff",
            "Curbs on chip exports cost staff",
            "Chip robot bakes bread in Bergen",
        ]
    )
    assert len(articles) - 1 == MIN_ITEMS
    found = score_topicality(articles, coverage)
    assert found["on_topic"].tolist() == [True, True, True, True, False]
    assert 0 < found["similarity"].iloc[4] < found["similarity"].iloc[:4].min()


def test_running_text_counts_where_headlines_say_nothing():
    articles, coverage = table(["Curbs bite", "What now?", "Robot news"])
    articles["excerpt"] = [
        "Chip exports to the island stop in May",
        "In May, chip exports to the island stop",
        "A robot bakes bread",
    ]
    articles["body"] = [None, None, None]
    found = score_topicality(articles, coverage)
    assert found["on_topic"].tolist() == [True, True, False]
    bare = score_topicality(articles[["article_id", "title"]], coverage)
    assert bare["on_topic"].tolist() == [True, False, False]


def test_the_threshold_can_be_set():
    articles, coverage = table(
        ["Curbs hit chips"] + ["Curbs hit chips now"] * 3 + ["Robot eats chips"]
    )
    assert score_topicality(articles, coverage)["on_topic"].tolist() == [True] * 4 + [False]
    assert score_topicality(articles, coverage, threshold=0.1)["on_topic"].all()


def test_words_that_all_items_share_do_not_make_one_on_topic():
    articles, coverage = table(
        [
            f"AI chip: {title}"
            for title in [
                "curbs tighten",
                "curbs tighten again",
                "new curbs tighten",
                "curbs tighten more",
                "robot bakes bread",
            ]
        ]
    )
    assert score_topicality(articles, coverage)["on_topic"].tolist() == [True] * 4 + [False]


def test_the_order_of_the_list_changes_nothing():
    articles, coverage = table(["Curbs hit chips", "Curbs hit", "Chips hit hard", "Bread", "Curbs"])
    found = score_topicality(articles, coverage)
    turned = score_topicality(articles.iloc[::-1], coverage.iloc[::-1])
    pd.testing.assert_frame_equal(found, turned.iloc[::-1].reset_index(drop=True))


def test_articles_without_words_are_off_topic_and_unknown_ones_are_left_out():
    articles, coverage = table(["Curbs hit chips", "the", "Curbs hit chips again"])
    articles.loc[1, "title"] = None
    found = score_topicality(articles.iloc[:2], coverage)
    assert found["article_id"].tolist() == ["a0", "a1"]
    assert found["on_topic"].tolist() == [True, False]
    assert score_topicality(articles.iloc[:0], coverage).empty


def test_leads_and_unscored_items_stay():
    _, coverage = table(["", "", "", ""])
    scored = pd.DataFrame(
        {"story_id": "s", "article_id": ["a0", "a1", "a2"], "on_topic": [False, False, True]}
    )
    kept = keep_on_topic(coverage, scored)
    assert kept["article_id"].tolist() == ["a0", "a2", "a3"]
    assert kept.columns.tolist() == coverage.columns.tolist()
    assert len(coverage) == 4


def test_off_topic_in_one_story_is_not_off_topic_in_another():
    coverage = pd.DataFrame(
        {"story_id": ["s", "t"], "article_id": ["a", "a"], "role": ["related", "related"]}
    )
    scored = pd.DataFrame({"story_id": ["s"], "article_id": ["a"], "on_topic": [False]})
    assert keep_on_topic(coverage, scored)["story_id"].tolist() == ["t"]


@pytest.mark.parametrize("fields", [("title", "excerpt"), ("title",)])
def test_the_seed_has_five_items_off_topic(fields, real_records):
    record = frontmatter.load(str(real_records / "seed.md")).metadata
    items = [record, *record["related"]]
    articles, coverage = table([item["title"] for item in items])
    if "excerpt" in fields:
        articles["excerpt"] = [item["excerpt"] for item in items]
    off = [
        item["provider"]["domain"] in OFF_TOPIC
        or "iflytek" in f"{item['title']} {item['excerpt']}".lower()
        for item in items
    ]
    assert sum(off) == 5
    assert (~score_topicality(articles, coverage)["on_topic"]).tolist() == off


def test_the_largest_story():
    coverage = pd.DataFrame(
        {"story_id": ["s2", "s2", "s1", "s1", "s3"], "article_id": list("abcde")}
    )
    assert largest_story(coverage) == "s1"
    assert largest_story(coverage.iloc[:0]) is None
