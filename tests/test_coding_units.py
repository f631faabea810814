"""Units of coding: they cover what can be seen, keep their names, and show what the text has."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import coverage_research as cr
from coverage_research.coding_units import (
    UNITS,
    article_of,
    check_units,
    coding_units,
    span_units,
    unit_context,
    units_of,
)
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.text import sentences

BODY = (
    "The race is on. Dr. Ito left!\n\nShares rose by 4.5 points. Why?\r\n \r\n  They did not say. "
)
ARTICLE = pd.DataFrame(
    {"article_id": ["a"], "title": [" Chips rise. Again "], "excerpt": [None], "body": [BODY]}
)
ODD = [
    "cafe\u0301 closes. E\u0301tudes open",
    "\u200b",
    "\u200b\n\n\ufeff Up.\u200b",
    "One.\r\n\r\nTwo.\rThree.",
    "",
    " \t\n ",
    "\U0001f525\U0001f525 Fire! \U0001f468\u200d\U0001f469\u200d\U0001f467 Family.",
    "They sued Foo Inc.\n\nThe firm said no.",
    "\x1c\x1c A.\x85 B.\u2029\n\u2028\nC",
    "* * *\n\n---\n\n<p>Hi.</p> &amp; $x$",
    "x" * 20_000 + ". Y",
]
texts = st.one_of(
    st.sampled_from(ODD),
    st.text(
        st.sampled_from("ab A.!?\u2026\n\r\t\"'\u201d)(\u200b\u0301\U0001f525Inc"), max_size=80
    ),
    st.text(max_size=40),
)
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12
).filter(lambda name: bool(name.strip()))
ids = st.one_of(
    names,
    st.sampled_from(["a#1", "a:b", "a:title", "a:title:0-5", "x:body:1-", "e\u0301", "\U0001f525"]),
)


def slices(units: pd.DataFrame, articles: pd.DataFrame) -> list[str]:
    known = articles.drop_duplicates("article_id").set_index("article_id")
    return [
        known.loc[row.article_id, row.field][row.start : row.end]  # type: ignore[misc]
        for row in units.itertuples()
    ]


# By hand ------------------------------------------------------------------------------------------


def test_units_of_an_article() -> None:
    assert coding_units(ARTICLE).to_numpy().tolist() == [["a", "a", np.nan, pd.NA, pd.NA]]
    assert coding_units(ARTICLE, "headline")["unit_id"].tolist() == ["a:title:1-18"]
    found = {
        unit: slices(coding_units(ARTICLE, unit, fields=["title", "body"]), ARTICLE)
        for unit in ("sentence", "paragraph")
    }
    assert found["paragraph"] == [
        "Chips rise. Again",
        "The race is on. Dr. Ito left!",
        "Shares rose by 4.5 points. Why?",
        "They did not say.",
    ]
    assert found["sentence"] == [
        "Chips rise.",
        "Again",
        "The race is on.",
        "Dr. Ito left!",
        "Shares rose by 4.5 points.",
        "Why?",
        "They did not say.",
    ]
    body = coding_units(ARTICLE, "sentence", fields="body")
    assert body["unit_id"].tolist()[:2] == ["a:body:0-15", "a:body:16-29"]
    assert (body["article_id"] == "a").all()


def test_a_sentence_does_not_reach_beyond_its_paragraph() -> None:
    articles = pd.DataFrame({"article_id": ["a"], "body": ["They sued Foo Inc.\n\nThe firm left."]})
    units = coding_units(articles, "sentence")
    assert slices(units, articles) == ["They sued Foo Inc.", "The firm left."]


def test_what_cannot_be_seen_is_no_unit() -> None:
    articles = pd.DataFrame(
        {
            "article_id": list("abcdef"),
            "title": ["\u200b", " \n", "", None, np.nan, "Up.\u200b"],
            "body": ["Yes.", "\ufeff\n\nNo.", None, "\x00", "\u00a0", "\n\n\n"],
        }
    )
    assert coding_units(articles, "sentence")["unit_id"].tolist() == [
        "a:body:0-4",
        "b:body:3-6",
        "f:title:0-4",
    ]
    assert coding_units(articles, "headline")["unit_id"].tolist() == ["f:title:0-4"]
    assert len(coding_units(articles)) == 6


def test_passages_of_evidence_are_units_once() -> None:
    demo = cr.load_demo()
    for spans in (
        cr.find_frames(demo.articles, progress=False),
        cr.find_attributions(demo.articles, progress=False),
        cr.find_keyword(demo.articles, "chips"),
    ):
        units = span_units(spans)
        places = spans[["article_id", "field", "start", "end"]].drop_duplicates()
        assert len(units) == len(places) > 0
        assert not units["unit_id"].duplicated().any()
        shown = unit_context(units, demo.articles)
        matches = set(zip(spans["article_id"], spans["match"], strict=True))
        assert set(zip(shown["article_id"], shown["match"], strict=True)) == matches
        assert units.attrs["invented"]
        assert shown.attrs["invented"]


def test_context_ends_with_the_sentence_the_paragraph_or_the_field() -> None:
    start = BODY.index("Ito")
    units = span_units(
        pd.DataFrame({"article_id": ["a"], "field": ["body"], "start": [start], "end": [start + 3]})
    )
    shown = {
        context: unit_context(units, ARTICLE, context=context).loc[0]
        for context in ("sentence", "paragraph", "field")
    }
    assert shown["sentence"][["left", "match", "right"]].tolist() == ["Dr. ", "Ito", " left!"]
    assert shown["paragraph"][["left", "match", "right"]].tolist() == [
        "The race is on. Dr. ",
        "Ito",
        " left!",
    ]
    assert shown["field"]["right"] == BODY.rstrip()[start + 3 :]


def test_context_of_a_passage_over_two_paragraphs_holds_both() -> None:
    start, end = BODY.index("left"), BODY.index("rose")
    units = span_units(
        pd.DataFrame({"article_id": ["a"], "field": ["body"], "start": [start], "end": [end]})
    )
    row = unit_context(units, ARTICLE).loc[0]
    assert row["left"] == "The race is on. Dr. Ito "
    assert row["right"] == "rose by 4.5 points. Why?"


def test_no_context_where_the_text_is_not_at_hand() -> None:
    units = pd.concat([coding_units(ARTICLE), coding_units(ARTICLE, "headline")], ignore_index=True)
    shown = unit_context(units, ARTICLE)
    assert shown["match"].isna().tolist() == [True, False]
    assert shown["left"].tolist()[1] == ""
    for other in (
        ARTICLE[["article_id"]],
        ARTICLE.assign(article_id="b"),
        ARTICLE.assign(title="Chips"),
        ARTICLE.assign(title=None),
    ):
        assert unit_context(units, other)[["left", "match", "right"]].isna().all(axis=None)


def test_columns_stay_and_inputs_too() -> None:
    units = coding_units(ARTICLE, "sentence").assign(month="2026-01", match="old").iloc[::-1]
    before, articles = units.copy(), ARTICLE.copy()
    shown = unit_context(units, ARTICLE)
    assert list(shown.columns) == [*UNITS, "month", "left", "match", "right"]
    assert shown.index.tolist() == units.index.tolist()
    assert "old" not in shown["match"].tolist()
    pd.testing.assert_frame_equal(units, before)
    pd.testing.assert_frame_equal(ARTICLE, articles)
    assert "invented" not in shown.attrs


def test_units_that_were_read_from_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    units = pd.concat([coding_units(ARTICLE), coding_units(ARTICLE, "sentence")])
    units.to_csv(tmp_path / "units.csv", index=False)
    again = pd.read_csv(tmp_path / "units.csv")
    assert again["start"].dtype == "float64"
    assert unit_context(again, ARTICLE)["match"].tolist()[1:] == slices(units.iloc[1:], ARTICLE)


def test_articles_that_are_named_by_numbers(tmp_path) -> None:  # type: ignore[no-untyped-def]
    numbers = pd.concat(
        [ARTICLE.assign(article_id=7), ARTICLE.assign(article_id=8, title="Other")],
        ignore_index=True,
    )
    names = numbers.assign(article_id=["7", "8"])
    units = pd.concat([coding_units(names), coding_units(names, "sentence")], ignore_index=True)
    shown = unit_context(units, names)
    assert shown["match"].notna().sum() > 4
    pd.testing.assert_frame_equal(unit_context(units, numbers), shown)
    units.to_csv(tmp_path / "units.csv", index=False)
    again = pd.read_csv(tmp_path / "units.csv")
    assert again["article_id"].dtype == "int64"
    for table in (names, numbers):
        assert unit_context(again, table)["match"].tolist()[2:] == shown["match"].tolist()[2:]
    lacking = pd.concat([numbers.astype({"article_id": object}), ARTICLE.assign(article_id=None)])
    pd.testing.assert_frame_equal(unit_context(units, lacking), shown)
    assert article_of(pd.Series(["7:title", "7:title:0-4"]), [7]).tolist() == ["7", "7"]


@given(st.text(alphabet="ab. \n!", max_size=60), st.integers(0, 59), st.integers(1, 20))
def test_context_is_all_parts_that_share_a_character(text: str, start: int, length: int) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "body": [text]})
    unit = pd.DataFrame({"article_id": ["a"], "field": "body", "start": [start]})
    units = span_units(unit.assign(end=start + length))
    for kind in ("sentence", "paragraph"):
        row = unit_context(units, articles, context=kind).loc[0]  # type: ignore[arg-type]
        if start + length > len(text):
            assert row[["left", "match", "right"]].isna().all()
            continue
        parts = coding_units(articles, kind)[["start", "end"]]  # type: ignore[arg-type]
        touched = parts[(parts["start"] < start + length) & (parts["end"] > start)]
        low = min([start, *touched["start"]])
        high = max([start + length, *touched["end"]])
        assert [row["left"], row["match"], row["right"]] == [
            text[low:start],
            text[start : start + length],
            text[start + length : high],
        ]


# What is declared, and what is refused ------------------------------------------------------------


def test_dtypes_with_and_without_rows() -> None:
    none = ARTICLE.iloc[:0]
    for table in (
        coding_units(ARTICLE),
        coding_units(ARTICLE, "sentence"),
        coding_units(none),
        coding_units(none, "paragraph"),
        coding_units(ARTICLE.assign(title=" "), "headline"),
        span_units(coding_units(none, "sentence")),
        units_of([], ARTICLE),
        units_of(["a"], ARTICLE),
    ):
        assert {name: str(kind) for name, kind in table.dtypes.items()} == UNITS
        assert list(check_units(table).columns) == list(UNITS)
    assert unit_context(coding_units(none), none).empty
    for kind in ("article", "headline", "sentence"):
        unnamed = none.assign(article_id=pd.Series([], dtype="int64"))
        assert coding_units(unnamed, kind).empty  # type: ignore[arg-type]
    assert unit_context(coding_units(none), none)["match"].dtype == "str"


def test_the_first_of_repeated_articles_counts() -> None:
    twice = pd.concat([ARTICLE, ARTICLE.assign(title="Other")])
    pd.testing.assert_frame_equal(
        coding_units(twice, "sentence"), coding_units(ARTICLE, "sentence")
    )
    assert len(coding_units(twice)) == 1


def test_ids_are_refused_that_name_parts_of_other_articles() -> None:
    both = pd.DataFrame({"article_id": ["a", "a:title:0-2"], "title": ["Up", "Down"]})
    with pytest.raises(
        SchemaError, match="not those of parts of other articles; found a:title:0-2"
    ):
        coding_units(both, "headline")
    assert coding_units(both.iloc[1:], "headline")["unit_id"].tolist() == ["a:title:0-2:title:0-4"]
    with pytest.raises(SchemaError, match="1 rows without article_id"):
        coding_units(ARTICLE.assign(article_id=None), "sentence")
    with pytest.raises(SchemaError, match="1 rows with an empty article_id"):
        coding_units(ARTICLE.assign(article_id=" "))
    with pytest.raises(SchemaError, match="expected text; found int64"):
        coding_units(ARTICLE.assign(article_id=1), "sentence")


def test_settings_that_do_not_exist() -> None:
    with pytest.raises(ChoiceError, match="unit: expected article, headline"):
        coding_units(ARTICLE, "word")  # type: ignore[arg-type]
    with pytest.raises(ChoiceError, match="context: expected paragraph"):
        unit_context(coding_units(ARTICLE), ARTICLE, context="page")  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="fields: expected title, excerpt, body"):
        coding_units(ARTICLE, "sentence", fields="lead")
    with pytest.raises(SchemaError, match="missing title"):
        coding_units(ARTICLE.drop(columns="title"), "headline")
    with pytest.raises(SchemaError, match="missing article_id"):
        coding_units(ARTICLE.drop(columns="article_id"))


def test_passages_that_are_none() -> None:
    good = pd.DataFrame({"article_id": ["a"], "field": "body", "start": [0], "end": [2]})
    wrongs: list[dict[str, object]] = [{"field": "lead"}, {"start": -1}, {"end": 0}, {"end": 1.5}]
    for wrong in [*wrongs, {"start": "x"}, {"end": 1e30}, {"end": 10**30}]:
        with pytest.raises(SchemaError, match=r"expected places in .*; found a "):
            span_units(good.assign(**wrong))
    with pytest.raises(SchemaError, match="found 1 without field, 1 without start"):
        span_units(good.assign(field=None, start=None))
    with pytest.raises(SchemaError, match="missing field"):
        span_units(good.drop(columns="field"))


def test_units_that_cannot_be_used() -> None:
    units = coding_units(ARTICLE, "sentence").head(4)
    wrong = units.astype({"start": "float64"}).assign(
        unit_id=["a:title:1-12", "a:body:9-9", "mine", "a:title:1-12"],
        start=[1, np.nan, 5, 0.5],
    )
    with pytest.raises(SchemaError) as told:
        check_units(pd.concat([wrong, wrong.assign(article_id=None).head(2)]))
    for part in (
        "2 without article_id",
        "half a place (a:body:9-9)",
        "end at their start (a:title:1-12)",
        "other names than article_id:field:start-end (mine)",
        "units twice (a:title:1-12)",
    ):
        assert part in str(told.value)
    with pytest.raises(SchemaError, match=r"other names than .* \(b\)"):
        check_units(coding_units(ARTICLE).assign(unit_id="b"))
    with pytest.raises(SchemaError, match="missing field, start, end"):
        unit_context(ARTICLE.assign(unit_id="a"), ARTICLE)


def test_names_of_no_unit() -> None:
    wrong = ["b", "a:title", "a:lead:0-1", "a:body:3-3", "a:body:03-9", "a:body:0-9 ", "b:body:0-9"]
    with pytest.raises(SchemaError) as told:
        units_of(["a", *wrong, "a:body:0-9"], ARTICLE)
    assert str(told.value).endswith("found " + ", ".join(wrong))
    far = f"a:title:0-{'9' * 30}"
    with pytest.raises(SchemaError, match=f"unit_ids: expected .*; found {far}$"):
        units_of([far], ARTICLE)
    with pytest.raises(SchemaError, match="unit_ids: expected .*; found a:title:0-9999"):
        units_of([f"a:title:0-{'9' * 6000}"], ARTICLE)
    with pytest.raises(SchemaError, match="found x0, .*, x9 and 2 more"):
        units_of([f"x{number}" for number in range(12)], ARTICLE)


# What holds for any text --------------------------------------------------------------------------


@given(texts, st.sampled_from(["headline", "sentence", "paragraph"]))
@example("Mr.\n\nAnd. So", "sentence")
def test_units_lie_in_order_and_cover_what_can_be_seen(text: str, unit: str) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "title": pd.Series([text], dtype=object)})
    units = coding_units(articles, unit)  # type: ignore[arg-type]
    borders = [place for row in units.itertuples() for place in (row.start, row.end)]
    assert borders == sorted(borders)
    covered = set()
    for start, end in zip(units["start"], units["end"], strict=True):
        part = text[start:end]
        assert part == part.strip() != ""
        assert covered.isdisjoint(range(start, end))
        covered |= set(range(start, end))
    visible = {
        place for place, mark in enumerate(text) if unicodedata.category(mark)[0] not in "CZ"
    }
    assert visible <= covered
    if unit == "headline":
        assert len(units) <= 1


@given(texts)
def test_sentences_divide_paragraphs(text: str) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "body": pd.Series([text], dtype=object)})
    small, large = (coding_units(articles, unit) for unit in ("sentence", "paragraph"))  # type: ignore[arg-type]
    around = unit_context(small, articles)
    for row in around.itertuples():
        holders = large[(large["start"] <= row.start) & (row.end <= large["end"])]
        assert len(holders) == 1
        low, high = holders.iloc[0][["start", "end"]]
        assert row.left + row.match + row.right == text[low:high]
        assert row.match == text[row.start : row.end]
    if not text.strip().count("\n"):
        whole = [span for span in sentences(text) if text[slice(*span)].strip("\u200b\ufeff")]
        found = list(zip(small["start"], small["end"], strict=True))
        assert set(found) <= set(whole)


@given(st.lists(ids, min_size=1, max_size=4, unique=True), texts)
def test_names_lead_back_to_units(article_ids: list[str], text: str) -> None:
    articles = pd.DataFrame({"article_id": article_ids, "title": [text] * len(article_ids)})
    for unit in ("article", "sentence"):
        try:
            units = coding_units(articles, unit)  # type: ignore[arg-type]
        except SchemaError as error:
            assert "parts of other articles" in str(error)  # noqa: PT017
            continue
        assert not units["unit_id"].duplicated().any()
        pd.testing.assert_frame_equal(units_of(units["unit_id"], articles), units)
        of = article_of(units["unit_id"], articles["article_id"])
        assert of.tolist() == units["article_id"].tolist()
