"""Keywords in context and collocations: places that are right, lines that stand in line, text that stays text."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.concordance import (
    COLLOCATIONS,
    KEYWORDS,
    Concordance,
    collocations,
    find_keyword,
    show_keyword,
)
from coverage_research.evidence import evidence
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.text import BREAK, tokens

ARTICLES = pd.DataFrame(
    {
        "article_id": ["b", "a", "c", "d"],
        "title": ["The race for chips", "Racing on", None, "A RACE, a race"],
        "excerpt": ["Curbs cut off all supply of chips.", None, "No race. Off chips", None],
        "outlet": ["north.test", "north.test", "south.test", "south.test"],
        "outlet_name": ["North", "North", "South", "South"],
        "published_at": pd.to_datetime(
            ["2023-05-08 10:00", "2023-05-07 09:00", None, "2023-05-08 08:30"], utc=True
        ),
    }
)
HOSTILE = [
    "<script>alert(1)</script> race <img src=x onerror=alert(1)>",
    "costs $5 in the race for $x^2$ and \\(y\\) \\begin{equation} & \"q\" 'p'",
    "before \u202eevil\u202c race \u2066after\u2069 \x1b[31mred \x07",
    "zero\u200bwidth race \ufeffmark \U000e0041tag",
]


class Reader(HTMLParser):
    """What a page shows: its tags with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def read(shown: Concordance) -> Reader:
    reader = Reader()
    reader.feed(shown._repr_html_())
    reader.close()
    assert not reader.open
    return reader


def columns(text: str) -> int:
    """Columns in a terminal, counted without the package."""
    return sum(
        0
        if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


# Finding ------------------------------------------------------------------------------------------


def test_every_place_is_right_and_the_earliest_come_first():
    found = find_keyword(ARTICLES, ["rac*", "off ... chips"])
    assert list(found.columns) == [*KEYWORDS, "outlet", "outlet_name", "published_at"]
    assert found[["article_id", "field", "match", "keyword"]].to_numpy().tolist() == [
        ["a", "title", "Racing", "rac*"],
        ["d", "title", "RACE", "rac*"],
        ["d", "title", "race", "rac*"],
        ["b", "title", "race", "rac*"],
        ["b", "excerpt", "off all supply of chips", "off ... chips"],
        ["c", "excerpt", "race", "rac*"],
        ["c", "excerpt", "Off chips", "off ... chips"],
    ]
    texts = ARTICLES.set_index("article_id")
    for row in found.itertuples():
        text = texts.loc[row.article_id, row.field]
        assert text[row.start : row.end] == row.match
        assert row.left + row.match + row.right == text


def test_case_gap_and_fields_are_as_asked():
    assert find_keyword(ARTICLES, "RACE", case=True)["match"].tolist() == ["RACE"]
    assert find_keyword(ARTICLES, "off ... chips", gap=2)["article_id"].tolist() == ["c"]
    assert find_keyword(ARTICLES, "race", fields=["excerpt"])["article_id"].tolist() == ["c"]
    with pytest.raises(SchemaError, match="found 'headline'"):
        find_keyword(ARTICLES, "race", fields=["headline"])
    with pytest.raises(SchemaError, match="missing article_id"):
        find_keyword(ARTICLES.drop(columns="article_id"), "race")


def test_context_is_cut_at_words():
    long = pd.DataFrame({"article_id": ["a"], "body": ["left " * 50 + "race" + " right" * 50]})
    row = find_keyword(long, "race", around=12).iloc[0]
    assert (row["left"], row["match"], row["right"]) == (
        "... left left ",
        "race",
        " right ...",
    )
    bare = find_keyword(ARTICLES, "race", around=0)
    assert set(bare["match"]) == {"race", "RACE"}


def test_of_keywords_that_overlap_the_longest_counts():
    found = find_keyword(ARTICLES, ["race", "race for", "race"])
    assert found.loc[found["article_id"] == "b", "match"].tolist() == ["race for"]


def test_keywords_that_cannot_be_read_are_all_named():
    with pytest.raises(ValueError, match=r"'\*' needs .*'a\*b'.*end of a word"):
        find_keyword(ARTICLES, ["*", "a*b", "race"])
    with pytest.raises(ValueError, match="expected at least one; found none"):
        find_keyword(ARTICLES, [])
    with pytest.raises(ValueError, match="around: expected 0 or more; found -1"):
        find_keyword(ARTICLES, "race", around=-1)
    with pytest.raises(ValueError, match="gap: expected 0 or more; found -1"):
        find_keyword(ARTICLES, "race ... chips", gap=-1)


def test_only_columns_that_are_there_follow():
    bare = find_keyword(ARTICLES[["article_id", "title"]], "race")
    assert list(bare.columns) == list(KEYWORDS)
    assert bare["article_id"].tolist() == ["b", "d", "d"]
    none = find_keyword(ARTICLES, "unheard")
    assert none.empty
    assert none.dtypes.equals(find_keyword(ARTICLES, "race").dtypes)


def test_a_repeated_article_counts_once_and_nothing_is_changed():
    before = ARTICLES.copy(deep=True)
    twice = pd.concat([ARTICLES, ARTICLES])
    assert find_keyword(twice, "race").equals(find_keyword(ARTICLES, "race"))
    assert ARTICLES.equals(before)
    assert "invented" not in find_keyword(ARTICLES, "race").attrs
    assert find_keyword(ARTICLES.assign(outlet="a.example"), "race").attrs["invented"]


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab race🚀芯e\u0301\u202e\u200b.,\n<$"), max_size=60))
def test_places_are_right_in_any_text(text):
    articles = pd.DataFrame({"article_id": ["a"], "title": [text]})
    found = find_keyword(articles, "race", around=5)
    for row in found.itertuples():
        assert text[row.start : row.end] == row.match == "race"
    assert len(found) == sum(
        1 for part in re.findall(r"[^\W_]+", text.replace("'", " ")) if part == "race"
    )
    shown = show_keyword(found)
    assert len(str(shown).split("\n")) == 1 + len(found)
    assert len(read(shown).rows) == (1 + len(found) if len(found) else 0)


# Showing ------------------------------------------------------------------------------------------


def test_lines_stand_in_line():
    wide = pd.DataFrame(
        {
            "article_id": ["1", "2", "3", "4"],
            "outlet_name": [
                "North",
                "\u5317\u65b9\u65e5\u62a5",
                "Cafe\u0301",
                "A very long name of an outlet",
            ],
            "title": [
                "The race for chips",
                "\u82af\u7247 \u7ade\u8d5b race \u7ee7\u7eed \u7ade\u8d5b",
                "e\u0301e\u0301 re\u0301sume\u0301 race",
                "far far far far far far far far far far far race on and on and on and on and on and on",
            ],
        }
    )
    for width in (40, 61, 110):
        shown = show_keyword(find_keyword(wide, "race"), width=width)
        title, *lines = str(shown).split("\n")
        assert title == "4 passages with 'race'"
        starts = {columns(line[: line.index("race")]) for line in lines}
        assert len(starts) == 1
        assert max(map(columns, lines)) <= width
        assert abs(starts.pop() + 2 - width / 2) <= 13
    assert repr(shown) == str(shown)


def test_contexts_lose_their_far_ends():
    text = "one two three four five six seven race eight nine ten eleven twelve thirteen"
    found = find_keyword(pd.DataFrame({"article_id": ["a"], "title": [text]}), "race")
    line = str(show_keyword(found, width=40)).split("\n")[1]
    left, right = line.split(" race ")
    assert left.endswith("six seven")
    assert "one" not in left
    assert right.startswith("eight")
    assert "thirteen" not in right


def test_an_accent_stays_with_its_letter():
    text = "x" + "e\u0301" * 40 + " race " + "e\u0301" * 40
    found = find_keyword(pd.DataFrame({"article_id": ["a"], "title": [text]}), "race", around=200)
    line = str(show_keyword(found, width=40)).split("\n")[1]
    left, right = line.split(" race ")
    assert left.split()[1].startswith("e\u0301")
    assert right.endswith("e\u0301")
    assert columns(line) == 40


def test_nothing_found_is_a_sentence():
    none = show_keyword(find_keyword(ARTICLES, "<unheard>"))
    assert str(none) == repr(none) == "No passage with '<unheard>' was found."
    page = read(none)
    assert page.text == "No passage with '<unheard>' was found."
    assert [tag for tag, _ in page.tags] == ["div", "p", "bdi"]
    bare = find_keyword(ARTICLES, "unheard")
    bare.attrs.clear()
    assert str(show_keyword(bare)) == "No passage was found."


def test_the_table_can_be_read_aloud():
    page = read(show_keyword(find_keyword(ARTICLES, "race", fields=["title"])))
    assert page.rows == [
        ["outlet_name", "published_at", "before", "keyword", "after"],
        ["South", "2023-05-08 08:30", "A", "RACE", ", a race"],
        ["South", "2023-05-08 08:30", "A RACE, a", "race", ""],
        ["North", "2023-05-08 10:00", "The", "race", "for chips"],
    ]
    tags = [tag for tag, _ in page.tags]
    assert tags.count("mark") == 3
    assert tags.count("caption") == 1
    scopes = [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert scopes == ["col"] * 5 + ["row"] * 3
    right = [
        attributes
        for tag, attributes in page.tags
        if tag == "td" and "right" in attributes["style"]
    ]
    assert len(right) == 3
    assert all(attributes["dir"] == "auto" for tag, attributes in page.tags if tag == "bdi")


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text):
    articles = pd.DataFrame(
        {"article_id": ["a"], "title": [text], "outlet": [text], "outlet_name": [text]}
    )
    shown = show_keyword(find_keyword(articles, "race"))
    page = read(shown)
    known = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "mark", "span"}
    assert {tag for tag, _ in page.tags} <= known
    allowed = {"class", "scope", "style", "dir"}
    assert {name for _, attributes in page.tags for name in attributes} <= allowed
    assert page.tags[0] == ("div", {"class": "tex2jax_ignore mathjax_ignore"})
    source = shown._repr_html_()
    # A sign that begins a formula stands in an element of its own.
    assert not re.findall(r"(?<!<span>)[$\\]|[$\\](?!</span>)", source)
    for told in (source, str(shown), page.text):
        kinds = {unicodedata.category(sign) for sign in told.replace("\n", "")}
        assert not kinds & {"Cc", "Cf", "Cs"}
    assert text[:4] in page.text
    # The passages themselves are untouched.
    assert find_keyword(articles, "race")["outlet"].tolist() == [text]


def test_a_lone_surrogate_and_joiners():
    table = pd.DataFrame(
        {
            "left": pd.Series(["a\ud800"], dtype=object),
            "match": ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
            "right": [None],
        }
    )
    shown = show_keyword(table)
    str(shown).encode("utf-8")
    assert "a\ufffd" in str(shown)
    assert "\u200c" in str(shown)
    assert read(shown).rows[1] == ["a\ufffd", table["match"].iloc[0], ""]


def test_evidence_is_shown_as_well():
    matches = find_keyword(ARTICLES, "race", fields=["title"]).drop(columns=["left", "right"])
    shown = show_keyword(evidence(matches, ARTICLES))
    assert [row[-2] for row in read(shown).rows[1:]] == ["RACE", "race", "race"]
    with pytest.raises(SchemaError, match="missing left, right"):
        show_keyword(matches)


def test_only_the_first_are_shown_and_the_rest_is_told():
    found = find_keyword(ARTICLES, "race")
    shown = show_keyword(found, most=2)
    assert str(shown).startswith("4 passages with 'race', the first 2 of them\n")
    assert str(shown).count("\n") == 2
    assert str(show_keyword(found.head(1))).startswith("1 passage")
    for setting, says in (({"most": 0}, "most: expected"), ({"width": 39}, "width: expected 40")):
        with pytest.raises(ValueError, match=says):
            show_keyword(found, **setting)


def test_invented_passages_say_so():
    found = find_keyword(ARTICLES.assign(outlet="a.example"), "race")
    for shown in (show_keyword(found), show_keyword(found.iloc[:0])):
        assert "Invented demonstration data" in str(shown)
        assert "Invented demonstration data" in read(shown).text


# Collocations -------------------------------------------------------------------------------------

TEXTS = pd.DataFrame(
    {
        "article_id": list("abcde"),
        "outlet": ["x.test", "x.test", "y.test", "y.test", None],
        "title": [
            "Export curbs bite. Chips of China",
            "New export curbs; chips of China",
            "Export of curbs",
            None,
            "Export curbs",
        ],
    }
)


def test_pairs_are_counted_and_scored():
    found = collocations(TEXTS, min_count=1, stop=()).set_index("collocation")
    assert list(found.reset_index().columns) == list(COLLOCATIONS)
    assert found["k"].to_dict() == {
        "export curbs": 3,
        "chips of": 2,
        "of china": 2,
        "curbs bite": 1,
        "new export": 1,
        "export of": 1,
        "of curbs": 1,
    }
    assert found["n"].unique().tolist() == [17]
    assert found["rank"].tolist() == list(range(1, 8))
    # 2 x 2 table of `export` (4 of 17) before `curbs` (4 of 17), 3 times together.
    cells = np.array([[3.0, 1.0], [1.0, 12.0]])
    expected = np.outer([4, 13], [4, 13]) / 17
    assert found.loc["export curbs", "score"] == pytest.approx(
        2 * (cells * np.log(cells / expected)).sum()
    )
    pmi = collocations(TEXTS, min_count=3, measure="pmi", stop=())
    assert pmi["score"].tolist() == pytest.approx([np.log2(3 * 17 / (4 * 4))])


def test_no_collocation_reaches_across_a_border_or_begins_with_a_stop_word():
    everything = set(collocations(TEXTS, min_count=1, stop=())["collocation"])
    assert (
        not {"bite chips", "curbs chips", "china new", "china export", "curbs export"} & everything
    )
    content = set(collocations(TEXTS, min_count=1)["collocation"])
    assert content == {"export curbs", "curbs bite", "new export"}
    threes = collocations(TEXTS, ngrams=3, min_count=2)
    assert threes["collocation"].tolist() == ["chips of china"]
    wide = set(collocations(TEXTS, min_count=1, window=3)["collocation"])
    assert {"chips china", "export bite"} <= wide
    assert not {"bite chips", "curbs chips", "bite of"} & wide


def test_us_is_a_country_and_no_stop_word():
    articles = pd.DataFrame({"article_id": ["a"], "title": ["U.S. curbs. US curbs. the curbs"]})
    assert collocations(articles, min_count=2)["collocation"].tolist() == ["us curbs"]


def test_groups_are_looked_at_by_themselves():
    found = collocations(TEXTS, by="outlet", min_count=1, stop=(), most=2)
    # The article without an outlet belongs to none of the groups.
    assert found[["outlet", "n", "rank"]].to_numpy().tolist() == [
        ["x.test", 12, 1],
        ["x.test", 12, 2],
        ["y.test", 3, 1],
        ["y.test", 3, 2],
    ]
    alone = collocations(TEXTS[TEXTS["outlet"] == "x.test"], min_count=1, stop=(), most=2)
    mine = found[found["outlet"] == "x.test"].drop(columns="outlet").reset_index(drop=True)
    assert mine.equals(alone)


def test_a_measure_without_a_value_is_missing_and_last():
    articles = pd.DataFrame({"article_id": ["a"], "title": ["chip chip chip"]})
    for measure in ("likelihood_ratio", "pmi", "chi_sq", "student_t", "raw_freq", "mi_like", "jaccard", "poisson_stirling"):  # fmt: skip
        for ngrams in (2, 3):
            found = collocations(articles, ngrams=ngrams, measure=measure, min_count=1)
            assert found["collocation"].tolist() == [" ".join(["chip"] * ngrams)]
            assert found["measure"].tolist() == [measure]
    assert collocations(articles, measure="chi_sq", min_count=1)["rank"].tolist() == [1]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from("a b c chip race . \n\n".split(" ")), max_size=60).map(" ".join),
    st.sampled_from(["likelihood_ratio", "pmi", "chi_sq", "poisson_stirling"]),
    st.sampled_from([2, 3]),
)
def test_any_text_gets_a_ranking(text, measure, ngrams):
    articles = pd.DataFrame({"article_id": ["a"], "title": [text]})
    found = collocations(articles, ngrams=ngrams, measure=measure, min_count=1, stop=())
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    known = found["score"].dropna()
    assert known.is_monotonic_decreasing
    # Those without a score come last.
    assert found["score"].head(len(known)).notna().all()
    forms = [token.form for token in tokens(text, breaks=True)]
    runs = [run.split() for run in " ".join(forms).split(BREAK)]
    assert found["k"].sum() == sum(max(len(run) - ngrams + 1, 0) for run in runs)


def test_collocations_that_cannot_be_asked_for():
    with pytest.raises(ChoiceError, match="ngrams: expected 2 or 3; found 4"):
        collocations(TEXTS, ngrams=4)
    with pytest.raises(ChoiceError, match="measure: expected likelihood_ratio.*found 'luck'"):
        collocations(TEXTS, measure="luck")
    for setting, says in (
        ({"window": 1}, "window: expected at least 2"),
        ({"min_count": 0}, "min_count: expected at least 1"),
        ({"ngrams": 3, "window": 5}, "window: expected 3 for collocations of three"),
    ):
        with pytest.raises(ValueError, match=says):
            collocations(TEXTS, **setting)
    with pytest.raises(SchemaError, match="missing place"):
        collocations(TEXTS, by="place")
    with pytest.raises(SchemaError, match="found 'headline'"):
        collocations(TEXTS, fields=["headline"])
    with pytest.raises(SchemaError, match="missing body"):
        collocations(TEXTS, fields=["body"])


def test_nothing_to_rank():
    for articles in (TEXTS.iloc[:0], TEXTS.assign(title=None)):
        found = collocations(articles, by="outlet")
        assert list(found.columns) == ["outlet", *COLLOCATIONS]
        assert found.empty
    assert collocations(TEXTS.assign(outlet="a.example")).attrs["invented"]
