"""Texts taken apart: the words of `text.tokens`, signs, quotations and units."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coverage_research.attribution_texts import (
    CLOSES,
    COLON,
    COMMA,
    OPENS,
    OWNS,
    STOP,
    TakenText,
)
from coverage_research.text import tokens

PIECES = st.sampled_from(
    [
        *"aZ5.,'\u2019 _-sS\u017f\u0130\u00b2\u00df",
        "U.S.",
        "4.5",
        "'s",
        "\u2019S",
        "ab",
        "\n\n",
        "x.",
        "\u00ad",
        "e\u0301",
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join)))
@example("A.I.'s 4.5 a.b.c A4.5 5G 4a.b. x\u2019s\u2019s \u0130s")
def test_words_are_those_of_tokens(text: str) -> None:
    taken = TakenText(text, is_title=False)
    got = list(zip(taken.forms[:-1], taken.words, taken.starts[:-1], taken.ends, strict=True))
    expected = [(token.form, token.text, token.start, token.end) for token in tokens(text)]
    # Behind a number with separators a possessive is cut off here, and a token there.
    assert [token for token in expected if token in got] == got
    assert all(
        form in ("s", "\u017f") and after_number(text, start)
        for form, _, start, _ in expected
        if form not in {one[0] for one in got if one[2] == start}
    )
    for gap, start in zip(taken.gaps, [0, *taken.ends], strict=True):
        assert gap == text[start : start + len(gap)] or "'\x1f" in gap


def after_number(text: str, start: int) -> bool:
    return text[start - 1 : start] in ("'", "\u2019") and text[start - 2 : start - 1].isalnum()


def test_signs() -> None:
    text = "Ann Lee's firm, the largest (by far), said: late - reports"
    taken = TakenText(text, is_title=True)
    signs = dict(zip(taken.forms, taken.signs, strict=True))
    assert signs["firm"] == OWNS
    assert signs["the"] == STOP | COMMA
    assert signs["by"] == STOP | OPENS
    assert signs["late"] == STOP | COLON
    assert signs["reports"] == COLON
    assert signs["largest"] == 0
    assert TakenText("Lee (R) said", is_title=False).signs[2] == STOP | CLOSES


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("One. Two.", ["One.", "Two."]),
        ('He: "One. Two." Three.', ['He: "One. Two."', "Three."]),
        ('"One.\n\nTwo.', ['"One.', "Two."]),
        ("... !!!", []),
        ("", []),
    ],
)
def test_units(text: str, units: list[str]) -> None:
    taken = TakenText(text, is_title=False)
    taken.divide()
    assert [text[unit.start : unit.end] for unit in taken.units] == units


def test_quotations_and_what_is_inside() -> None:
    text = 'He said "it is late" and \u201cno\u201d.'
    taken = TakenText(text, is_title=False)
    assert [text[start:end] for start, end in taken.quotes] == ['"it is late"', "\u201cno\u201d"]
    assert [form for form, inside in zip(taken.forms, taken.inside, strict=True) if inside] == [
        "it",
        "is",
        "late",
        "no",
    ]
    assert taken.any_inside(0, 3)
    assert not taken.any_inside(0, 2)
    assert taken.all_inside(2, 5)
    assert not taken.all_inside(2, 6)
    assert taken.quote_at(text.index("late")) == 0
    assert taken.quote_at(0) is None


@pytest.mark.parametrize(
    "text",
    [
        "\u201cWe lost,\u201d he said.",
        "\u201eWe lost,\u201c he said.",
        "\u00abWe lost,\u00bb he said.",
        "``We lost,'' he said.",
        "''We lost,'' he said.",
        "\u201cWe lost,\u201c he said.",
        "\u201dWe lost,\u201d he said.",
        '"We lost," he said.',
        '"We lost,\u201d he said.',
        "\u2018We lost,\u2019 he said.",
    ],
)
def test_kinds_of_marks(text: str) -> None:
    taken = TakenText(text, is_title=False)
    end = text.index(" he said")
    assert taken.quotes == [(0, end)]
    assert taken.inside == bytearray([1, 1, 0, 0, 0])


def test_straight_single_marks_count_in_headlines_only() -> None:
    text = "'Chips are scarce', says Huang"
    assert TakenText(text, is_title=True).quotes == [(0, 18)]
    assert TakenText(text, is_title=False).quotes == []


def test_curly_single_marks_are_no_quotations_beside_double_ones() -> None:
    text = "\u201cThe \u2018plan\u2019 failed,\u201d he said of the \u2018plan\u2019 again."
    assert len(TakenText(text, is_title=False).quotes) == 1


def test_names_elsewhere() -> None:
    taken = TakenText("Reuters met Ann. Ann left. Critics left.", is_title=False)
    taken.divide()
    assert [taken.is_name_elsewhere(at) for at in (0, 3, 5)] == [False, True, False]
    assert taken.opens_unit(3)


def test_trim() -> None:
    taken = TakenText(" , a b -- ", is_title=False)
    assert taken.trim(0, 10) == (3, 6)
    assert taken.trim(6, 10) is None
