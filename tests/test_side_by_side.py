"""Two texts side by side: nothing lost, nothing marked that is not in both."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.passages import find_passages
from coverage_research.plots_passages import plot_passages
from coverage_research.schema import SchemaError
from coverage_research.side_by_side import SIDES, side_by_side
from coverage_research.text import words

COPY = "The ministry said on Monday that seven plants would open along the coast"


def articles(first, second, **columns):
    return pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "outlet": ["one.example", "two.example"],
            "outlet_name": ["One", None],
            "title": ["First", "Second"],
            "excerpt": [first, second],
            "published_at": pd.to_datetime(["2030-01-01", None], utc=True),
        }
    ).assign(**columns)


PAIR = pd.DataFrame({"article_id": ["b"], "other_id": ["a"]})


def laid(table, **settings):
    return side_by_side(table, find_passages(table, PAIR, progress=False), **settings)


def of_side(result, side):
    return result[result["side"].eq(side)]


def test_shared_changed_and_other_words_are_told_apart():
    table = articles(COPY, "Officials: " + COPY.replace("seven", "nine") + ", it is heard.")
    result = laid(table)
    assert list(result.columns) == list(SIDES)
    later = of_side(result, "later")
    assert later[["field", "kind", "text"]].to_numpy().tolist() == [
        ["title", "other", "Second"],
        ["excerpt", "other", "Officials: "],
        ["excerpt", "shared", "The ministry said on Monday that "],
        ["excerpt", "changed", "nine "],
        ["excerpt", "shared", "plants would open along the coast"],
        ["excerpt", "other", ", it is heard."],
    ]
    assert later["outlet_name"].unique().tolist() == ["two.example"]
    assert of_side(result, "earlier")["outlet_name"].unique().tolist() == ["One"]


def test_what_is_far_from_a_passage_gives_way_to_an_ellipsis():
    far = "Far away words. " * 100
    result = laid(articles(COPY, far + COPY + ". " + far), around=40)
    later = of_side(result, "later")
    told = later[later["field"].eq("excerpt")]["text"].tolist()
    assert told[0] == " ... "
    assert told[-1] == " ... "
    assert len(told[1]) == 40
    ax = plot_passages(result)
    assert "shared" in {text.get_gid() for text in ax.texts}


PHRASES = st.lists(
    st.sampled_from([COPY, "seven plants", "no more", "<b>&amp;</b>", "x" * 90, ".", "\n\n", "😀"]),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(PHRASES, PHRASES)
def test_pieces_are_the_text_and_shared_ones_are_in_both(first, second):
    table = articles(" ".join(first), " ".join(second))
    result = laid(table, around=10_000)
    for side, article in (("earlier", "a"), ("later", "b")):
        rows = of_side(result, side)
        for field, pieces in rows.groupby("field"):
            text = table.set_index("article_id").loc[article, field]
            assert "".join(pieces["text"]) == text
            spans = zip(pieces["start"], pieces["end"], strict=True)
            assert [text[start:end] for start, end in spans] == pieces["text"].tolist()
    shared = {
        side: rows["text"] for side, rows in result[result["kind"].eq("shared")].groupby("side")
    }
    counted = [sum(len(words(text)) for text in texts) for texts in shared.values()]
    assert len(set(counted)) <= 1


def test_several_pairs_foreign_texts_and_bad_settings_are_refused():
    table = articles(COPY, COPY)
    passages = find_passages(table, PAIR, progress=False)
    with pytest.raises(SchemaError, match="one pair; found 2"):
        side_by_side(table, pd.concat([passages, passages.assign(article_id="a", other_id="b")]))
    with pytest.raises(SchemaError, match="expected a, which"):
        side_by_side(table.iloc[1:], passages)
    with pytest.raises(SchemaError, match="missing or another one"):
        side_by_side(articles(COPY, None), passages)
    with pytest.raises(ValueError, match="around"):
        side_by_side(table, passages, around=-1)
    assert side_by_side(table, passages.iloc[:0]).empty
