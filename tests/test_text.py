from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.concordance import find_keyword
from coverage_research.text import (
    BREAK,
    has_text,
    passage,
    running_field,
    running_text,
    sentences,
    shingles,
    tokens,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("U.S. curbs", ["us", "curbs"]),
        ("us and them", ["us", "and", "them"]),
        ("China's chips", ["china", "chips"]),
        ("China\u2019s chips", ["china", "chips"]),
        ("don\u2019t", ["don't"]),
        ("self-reliance", ["self", "reliance"]),
        ("4.5 times, 1,200 wafers", ["4.5", "times", "1,200", "wafers"]),
        ("AI/ML", ["ai", "ml"]),
        ("\u201cQuoted\u201d", ["quoted"]),
        ("caf\u00e9 M\u00dcNCHEN", ["caf\u00e9", "m\u00fcnchen"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
        ("... --", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "form", "span"),
    [
        ("the cafe\u0301s open", "caf\u00e9s", (4, 10)),
        ("semi\u00adconduc\u00adtor's", "semiconductor", (0, 15)),
        ("\ufeffchips", "chips", (1, 6)),
        ("co\u200cop", "coop", (0, 5)),
        ("\u00d1and\u00fa", "\u00f1and\u00fa", (0, 5)),
    ],
)
def test_what_is_not_seen_divides_no_word(text: str, form: str, span: tuple[int, int]) -> None:
    found = {token.form: (token.start, token.end) for token in tokens(text)}
    assert found[form] == span


def test_a_zero_width_space_divides_words() -> None:
    assert words("chip\u200bmakers") == ["chip", "makers"]


def test_terms_are_found_in_either_spelling_of_accents() -> None:
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "title": ["The arms ra\u00adce of Sa\u0303o Paulo", "arms race, S\u00e3o Paulo"],
        }
    )
    race, place = (find_keyword(articles, term) for term in ("arms race", "S\u00e3o Paulo"))
    assert race[["article_id", "start", "end"]].to_numpy().tolist() == [["a", 4, 14], ["b", 0, 9]]
    assert place["start"].tolist() == [18, 11]


def test_sentences_break() -> None:
    forms = [token.form for token in tokens('He left. "Why?" 4.5 U.S. firms\n\nNext', breaks=True)]
    assert forms == ["he", "left", BREAK, "why", BREAK, "4.5", "us", "firms", BREAK, "next"]


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_every_token_stands_where_it_says(text: str) -> None:
    found = tokens(text, breaks=True)
    for token in found:
        assert text[token.start : token.end] == token.text
        assert token.text
    places = [(token.start, token.end) for token in found]
    assert places == sorted(places)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))
    assert [token for token in found if token.form != BREAK] == tokens(text)


def test_shingles() -> None:
    assert list(shingles("a b c d".split(), 3)) == [("a", "b", "c"), ("b", "c", "d")]
    assert list(shingles(["a"], 2)) == []


def test_running_text_is_the_body_or_else_the_excerpt() -> None:
    articles = pd.DataFrame({"excerpt": ["e", "e", None], "body": ["b", None, None]}, dtype="str")
    assert running_text(articles).fillna("-").tolist() == ["b", "e", "-"]
    assert running_field(articles).tolist() == ["body", "excerpt", "excerpt"]
    assert has_text(articles)
    assert not has_text(articles.iloc[2:])


def test_passages_are_cut_at_words() -> None:
    text = "The report that was released on Monday revealed that firms adapt to the ban quickly."
    start = text.index("revealed")
    left, match, right = passage(text, start, start + 8, around=12)
    assert (left, match, right) == ("... on Monday ", "revealed", " that firms ...")
    assert passage(text, start, start + 8, around=500) == (
        text[:start],
        "revealed",
        text[start + 8 :],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Mr. X of the U.S. Senate left. J. Doe stayed.", ["Mr. X of the U.S. Senate left.", "J. Doe stayed."]),
        ("It fell 4.5 percent. 20 firms closed.", ["It fell 4.5 percent.", "20 firms closed."]),
        ("and so on ... it went", ["and so on ... it went"]),
        ("A headline\n\nA paragraph", ["A headline", "A paragraph"]),
        ("It was cut off ...", ["It was cut off ..."]),
        ("They sued Foo Inc.\n\nThe firm said no.", ["They sued Foo Inc.", "The firm said no."]),
        ("They sued Foo Inc.\nThe firm said no.", ["They sued Foo Inc.\nThe firm said no."]),
        ("  \n\n ", []),
        ("", []),
        ("\u201cWhy?\u201d \u201cBecause.\u201d", ["\u201cWhy?\u201d", "\u201cBecause.\u201d"]),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.lists(st.sampled_from(["Mr.", "U.S.", "end.", "\n\n", "\u201cA", "b\u201d", "?", " ", "C", "\n", "3."]) | st.text(max_size=4), max_size=30).map(" ".join))  # fmt: skip
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    found = sentences(text)
    kept = "".join(text[start:end] for start, end in found)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(start < end for start, end in found)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


@pytest.mark.parametrize("piece", [".", " ", "\n ", ". ", "'", "\u201d.", "A. ", "?!", "\n"])
def test_sentences_of_hostile_runs_take_no_longer_per_sign(piece: str) -> None:
    # Seconds if the work grows with the length, hours if it grows with its square.
    text = piece * 200_000 + "x"
    assert sentences(text)[-1][1] == len(text)
