from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import coverage_research
from coverage_research.corpus import Corpus
from coverage_research.independence import independent
from coverage_research.samples import load_demo, load_sample
from coverage_research.schema import CORPUS_TABLES, ChoiceError, check_table
from coverage_research.selection import Selection, folded, of_articles, select, snippet
from coverage_research.sharing import measure

HOSTILE = 'x\'],independent=True);import os;os._exit(1)#\n"""\u202e\u00e9\x07{0}%s\\'


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return load_demo()


@pytest.fixture(scope="module")
def measured(demo: Corpus) -> dict[str, pd.DataFrame]:
    return {name: measure(demo, name) for name in ("frames", "sources", "origins", "reuse")}


def ids(corpus: Corpus) -> set[str]:
    return set(corpus.articles["article_id"])


def made(demo: Corpus, **columns: Any) -> Corpus:
    """The first three articles of the demonstration corpus with other values."""
    articles = demo.articles.head(3).reset_index(drop=True).assign(**columns)
    coverage = of_articles(demo.coverage, articles["article_id"])
    return replace(demo, articles=articles, coverage=coverage, measures={})


def test_no_filter_keeps_all(demo: Corpus) -> None:
    whole = select(demo)
    for name, table in demo.tables().items():
        assert_frame_equal(getattr(whole, name), table, obj=name)
    assert whole.invented


def test_tables_stay_in_step(demo: Corpus) -> None:
    before = {name: table.copy() for name, table in demo.tables().items()}
    part = select(demo, outlets=["dailyklaxon.example", "hashledger.example"])
    assert len(part.articles) == 15
    for name in ("coverage", "topics", "images"):
        table, whole = getattr(part, name), getattr(demo, name)
        assert set(table["article_id"]) == set(whole["article_id"]) & ids(part)
        assert list(table.index) == list(range(len(table)))
    assert part.outlets.set_index("outlet")["n_articles"].to_dict() == {
        "dailyklaxon.example": 6,
        "hashledger.example": 9,
    }
    assert_frame_equal(part.problems, demo.problems)
    for name, table in CORPUS_TABLES.items():
        check_table(getattr(part, name), table)
        assert_frame_equal(getattr(demo, name), before[name])


def test_filters_hold_together(demo: Corpus, measured: dict[str, pd.DataFrame]) -> None:
    frames, sources = measured["frames"], measured["sources"]
    market = set(frames.loc[frames["frame"] == "market", "article_id"])
    official = set(sources.loc[sources["source_type"] == "official", "article_id"])
    assert market & official
    assert ids(select(demo, frames="market", measured=measured)) == market
    both = select(demo, frames="market", source_types=["official"], measured=measured)
    assert ids(both) == market & official
    either = select(demo, frames=["market", "security"], measured=measured)
    assert ids(either) == market | set(frames.loc[frames["frame"] == "security", "article_id"])
    marks = measured["origins"]
    agency = set(marks.loc[marks["origin"] == "agency", "article_id"])
    assert ids(select(demo, origins="agency", measured=measured)) == agency
    # A measure that is not at hand is taken.
    assert ids(select(demo, frames="market", source_types=["official"])) == market & official


def test_stories_as_listed_and_as_grouped(demo: Corpus) -> None:
    listed = demo.coverage["story_id"].iloc[0]
    grouped = measure(demo, "stories")
    story = grouped["story_id"].iloc[-1]
    of_list = set(demo.coverage.loc[demo.coverage["story_id"] == listed, "article_id"])
    of_group = set(grouped.loc[grouped["story_id"] == story, "article_id"])
    assert ids(select(demo, stories=listed)) == of_list
    assert ids(select(demo, stories=story)) == of_group
    assert ids(select(demo, stories=[listed, story])) == of_list | of_group


def test_copies_are_those_of_the_whole_corpus(
    demo: Corpus, measured: dict[str, pd.DataFrame]
) -> None:
    alone = independent(demo, measured["reuse"])
    assert ids(select(demo, independent=True, measured=measured)) == ids(alone)
    copied = demo.articles.loc[~demo.articles["article_id"].isin(ids(alone)), "outlet"].iloc[0]
    part = select(demo, outlets=copied, independent=True, measured=measured)
    # Their originals are not selected, and still they are copies.
    assert ids(part) == {
        article
        for article, outlet in demo.articles[["article_id", "outlet"]].itertuples(index=False)
        if outlet == copied and article in ids(alone)
    }
    assert len(part.articles) < (demo.articles["outlet"] == copied).sum()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chip", [0, 1]),
        (" CHIP ", [0, 1]),
        ("chip ban", [0]),
        ("c.ip", []),
        (".*", [1]),
        ("(", [2]),
        ("[a", [2]),
        ("\\", [2]),
        ("it's", [2]),
        ("it\u2019s", [2]),
        ("STRASSE", [2]),
        ("bans end", []),
        ("   ", [0, 1, 2]),
        ("\x1e", [0, 1, 2]),
    ],
)
def test_search_is_literal(demo: Corpus, text: str, found: list[int]) -> None:
    corpus = made(
        demo,
        title=["Chip\n bans", "Chips .*", "It\u2019s ([a \\ Stra\u00dfe"],
        excerpt=["End", None, None],
        body=None,
    )
    kept = select(corpus, text=text).articles["title"].tolist()
    assert kept == corpus.articles["title"].iloc[found].tolist()


def test_a_day_is_in_a_period_that_it_can_touch(demo: Corpus) -> None:
    stamps = pd.to_datetime(["2024-03-01 10:00", "2024-03-02 00:00", None], utc=True)
    corpus = made(demo, published_at=stamps, published_precision=["minute", "day", "unknown"])

    def kept(first: Any, last: Any) -> list[int]:
        return (
            select(corpus, period=(first, last))
            .articles.merge(corpus.articles.reset_index(), on="article_id")["index"]
            .tolist()
        )

    assert kept("2024-03-01", "2024-03-02") == [0, 1]
    assert kept("2024-03-01", "2024-03-01") == [0]
    assert kept("2024-03-01T10:00", "2024-03-01T10:00") == [0]
    assert kept("2024-03-01T10:01", "2024-03-01T23:59") == []
    assert kept("2024-03-02T23:59", None) == [1]
    assert kept("2024-03-03", None) == []
    assert kept(None, "2024-03-02T00:00") == [0, 1]
    assert kept(dt.date(2024, 3, 1), dt.date(2024, 3, 1)) == [0]
    # An offset is turned into UTC.
    assert kept("2024-03-01T11:00+01:00", "2024-03-01T11:00+01:00") == [0]
    assert select(corpus, period=(None, None)).articles["title"].size == 3


def test_names_that_do_not_occur(demo: Corpus, measured: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ChoiceError, match=r"outlets: no 'a\.example', 'b\.example'; there are bra"):
        select(demo, outlets=["b.example", "a.example", "dailyklaxon.example"])
    with pytest.raises(ChoiceError, match="frames: no 'smell'; there are containment"):
        select(demo, frames="smell", measured=measured)
    with pytest.raises(ChoiceError, match="stories: no 's-0'"):
        select(demo, stories="s-0")
    with pytest.raises(ChoiceError, match="before the last"):
        select(demo, period=("2024-03-02", "2024-03-01"))
    for wrong in ("2024-03-01", ("2024-03-01",), ("soon", None), 3):
        with pytest.raises(ChoiceError, match="period: expected"):
            Selection(period=wrong)
    with pytest.raises(ChoiceError, match="expected letters"):
        Selection(text=None)  # type: ignore[arg-type]
    with pytest.raises(ChoiceError, match="not both"):
        select(demo, Selection(text="a"), text="b")


def test_a_frame_that_nobody_uses_selects_nothing(demo: Corpus) -> None:
    frames = measure(demo, "frames")
    none = frames[frames["frame"] != "race"]
    none.attrs.update(frames.attrs)
    part = select(demo, frames="race", measured={"frames": none})
    assert part.articles.empty
    assert part.coverage.empty
    assert part.outlets.empty


def test_equal_selections_are_equal() -> None:
    one = Selection(outlets=["b", "a", "a"], period=("2024-03-01", "2024-03-02"))
    two = Selection(outlets=("a", "b"), period=(dt.date(2024, 3, 1), "2024-03-02"))
    assert one == two
    assert len({one, two}) == 1
    assert not Selection(period=(None, None))


def test_a_dehydrated_corpus_keeps_its_measures() -> None:
    sample = load_sample()
    outlet = sample.articles["outlet"].value_counts().index[0]
    part = select(sample, outlets=outlet)
    whole = measure(sample, "frames")
    expected = whole[whole["article_id"].isin(ids(part))].reset_index(drop=True)
    got = measure(part, "frames")
    assert got.attrs["basis"] == "stored measures"
    assert_frame_equal(got, expected)


def run(source: str, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setattr(coverage_research, "select", select, raising=False)
    names: dict[str, Any] = {"corpus": corpus}
    exec(compile(source, "snippet", "exec"), names)  # what is written for others to run is run
    result = names["selected"]
    assert isinstance(result, Corpus)
    return result


def test_a_snippet_takes_the_same_part(demo: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    for selection in (
        Selection(),
        Selection(outlets="dailyklaxon.example", text='chip\'s "x"', independent=True),
        Selection(period=("2024-03-01T10:00+01:00", "2024-05-02"), frames=["race", "security"]),
        Selection(period=(None, "2024-03-05"), source_types="official", origins="agency"),
    ):
        got = run(snippet(selection), demo, monkeypatch)
        assert_frame_equal(got.articles, select(demo, selection).articles)


def test_a_hostile_name_stays_text(demo: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = made(demo, outlet=[HOSTILE, "fine.example", "fine.example"])
    source = snippet(Selection(outlets=HOSTILE, text=HOSTILE))
    assert source.isascii()
    assert len(source.splitlines()) == 7
    assert run(source, corpus, monkeypatch).articles.empty
    named = run(snippet(Selection(outlets=HOSTILE)), corpus, monkeypatch)
    assert named.articles["outlet"].tolist() == [HOSTILE]
    with pytest.raises(ChoiceError, match="name of a variable"):
        snippet(Selection(), corpus="corpus); import os")


@given(st.text(), st.lists(st.text()))
def test_any_text_comes_back_from_a_snippet(text: str, outlets: list[str]) -> None:
    given_filters: dict[str, Any] = {}
    source = snippet(Selection(text=text, outlets=outlets)).partition("\n\n")[2]
    exec(source, {"select": lambda corpus, **filters: given_filters.update(filters), "corpus": 0})
    assert Selection(**given_filters) == Selection(text=text, outlets=outlets)


@given(st.lists(st.text(), min_size=1, max_size=3), st.data())
def test_every_stretch_of_a_field_is_found(texts: list[str], data: st.DataObject) -> None:
    table = pd.DataFrame({"title": [texts[0]], "body": [texts[-1]]})
    start = data.draw(st.integers(0, len(texts[0])))
    end = data.draw(st.integers(start, len(texts[0])))
    piece = folded(pd.DataFrame({"title": [texts[0][start:end]]}))[0]
    assert piece in folded(table)[0]


def test_every_filter_is_a_setting_of_select() -> None:
    import inspect

    settings = set(inspect.signature(select).parameters) - {"corpus", "selection", "measured"}
    assert settings == {part.name for part in fields(Selection)}
