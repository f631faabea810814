"""Own, quoted and attributed voice: by hand, against a slow way of saying the same, and on hostile texts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.attributions import ATTRIBUTIONS, find_attributions
from coverage_research.frame_shares import frame_shares
from coverage_research.framing import find_frames
from coverage_research.schema import SchemaError, empty, pandas_dtype
from coverage_research.voice import MIN_WORDS, VOICE, find_voice, quotations


def bodies(*texts: str | float | None) -> pd.DataFrame:
    return pd.DataFrame({"article_id": [f"a{n}" for n in range(len(texts))], "body": list(texts)})


def every(word: str, articles: pd.DataFrame, field: str = "body") -> pd.DataFrame:
    """Each place of a word."""
    rows = [
        (row.article_id, field, found.start(), found.end(), found[0])
        for row in articles.itertuples()
        if isinstance(text := getattr(row, field), str)
        for found in re.finditer(word, text)
    ]
    table = pd.DataFrame(rows, columns=["article_id", "field", "start", "end", "match"])
    return table.astype({"start": "int64", "end": "int64"})


def told(*rows: Sequence[object]) -> pd.DataFrame:
    """Attributions from article, start, end and source."""
    table = pd.DataFrame(rows, columns=["article_id", "start", "end", "source"])
    return table.assign(
        field="body", is_named=True, source_kind="named", cue_lemma="say", strength="neutral"
    )


def voices(text: str, word: str, **settings: int) -> list[tuple[str, str]]:
    articles = bodies(text)
    found = find_voice(
        every(word, articles), find_attributions(articles, progress=False), articles, **settings
    )
    return list(zip(found["voice"], found["source"].fillna(""), strict=True))


# By hand ------------------------------------------------------------------------------------------


def test_the_three_voices() -> None:
    text = (
        'Chips are scarce. "Chips are dear," said Ann Lee. Critics warned that chips would be late.'
    )
    assert voices(text, "(?i)chips") == [
        ("own", ""),
        ("quoted", "Ann Lee"),
        ("attributed", "Critics"),
    ]


def test_what_is_known_of_the_source_comes_along() -> None:
    articles = bodies("A ban works, Ann Lee claimed.")
    found = find_voice(
        every("ban", articles), find_attributions(articles, progress=False), articles
    )
    row = found.iloc[0]
    assert list(found.columns) == ["article_id", "field", "start", "end", "match", *VOICE]
    assert (row["voice"], row["source"], row["cue_lemma"]) == ("attributed", "Ann Lee", "claim")
    assert (row["source_kind"], row["strength"], row["is_named"]) == ("named", "doubting", True)


def test_own_voice_has_no_source() -> None:
    articles = bodies("A ban came. It works, Ann Lee said.")
    found = find_voice(
        every("ban", articles), find_attributions(articles, progress=False), articles
    )
    assert found["voice"].tolist() == ["own"]
    assert found[[name for name in VOICE if name != "voice"]].isna().all(axis=None)


def test_a_scare_quote_is_own_voice_and_long_speech_is_not() -> None:
    text = 'The "chip war" began. "The chip war began long ago." It snowed.'
    assert voices(text, "chip") == [("own", ""), ("quoted", "")]
    assert voices(text, "chip", min_words=2) == [("quoted", ""), ("quoted", "")]
    assert voices(text, "chip", min_words=9) == [("own", ""), ("own", "")]


def test_a_few_words_that_somebody_is_said_to_have_uttered_are_quoted() -> None:
    assert voices('Ann Lee said the plan was "a ban".', "ban") == [("quoted", "Ann Lee")]


def test_the_larger_part_decides() -> None:
    articles = bodies("x" * 40)
    attributions = told(("a0", 10, 20, "Lee"))
    spans = [(0, 10), (5, 15), (5, 16), (9, 20), (15, 26), (10, 20)]
    matches = pd.DataFrame(spans, columns=["start", "end"]).assign(article_id="a0", field="body")
    found = find_voice(matches, attributions, articles)
    assert found["voice"].tolist() == ["own", "own", *["attributed"] * 2, "own", "attributed"]


def test_the_innermost_attribution_is_named() -> None:
    articles = bodies("x" * 40)
    attributions = told(("a0", 0, 40, "outer"), ("a0", 10, 30, "middle"), ("a0", 15, 20, "inner"))
    spans = [(2, 6), (11, 14), (15, 20), (16, 24), (19, 27), (26, 39)]
    matches = pd.DataFrame(spans, columns=["start", "end"]).assign(article_id="a0", field="body")
    found = find_voice(matches, attributions, articles)
    assert found["source"].tolist() == ["outer", "middle", "inner", "inner", "middle", "outer"]


def test_quotation_and_report_side_by_side() -> None:
    articles = bodies('xxxx "yyyy yyyy yyyy yyyy" xxxx')
    attributions = told(("a0", 0, 31, "Lee"))
    matches = pd.DataFrame(
        {"article_id": "a0", "field": "body", "start": [0, 3, 0], "end": [8, 12, 4]}
    )
    assert find_voice(matches, attributions, articles)["voice"].tolist() == [
        "attributed",
        "quoted",
        "attributed",
    ]


def test_shares_of_own_voice_alone() -> None:
    articles = bodies(
        'Export curbs speed up the race. "Nobody wins this race," said Ann Lee.',
        '"It is a race," said Ann Lee.',
    ).assign(outlet="chips.example")
    coverage = pd.DataFrame({"story_id": "s", "article_id": articles["article_id"]})
    found = find_voice(find_frames(articles), find_attributions(articles, progress=False), articles)
    own = found[found["voice"] == "own"]
    k = {
        name: frame_shares(part, articles, coverage).set_index("frame")["k"]["race"]
        for name, part in (("all", found), ("own", own))
    }
    assert k == {"all": 2, "own": 1}
    assert found.attrs["invented"]


def test_fields_and_articles_are_kept_apart() -> None:
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "title": ["A ban is due", "Lee: 'A ban is due now'"],
            "excerpt": ['"A ban is due," said Ann Lee.', None],
            "body": [None, "A ban is due."],
        }
    )
    attributions = find_attributions(articles, progress=False)
    matches = pd.concat([every("ban", articles, field) for field in ("body", "excerpt", "title")])
    found = find_voice(matches, attributions, articles).set_index(["article_id", "field"])
    assert found["voice"].to_dict() == {
        ("b", "body"): "own",
        ("a", "excerpt"): "quoted",
        ("a", "title"): "own",
        ("b", "title"): "quoted",
    }


# Quotations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ('"One" and "two"', ['"One"', '"two"']),
        ("\u201cOne\u201d and \u201ctwo\u201d", ["\u201cOne\u201d", "\u201ctwo\u201d"]),
        ("\u201eOne\u201c and \u00abtwo\u00bb", ["\u201eOne\u201c", "\u00abtwo\u00bb"]),
        ("``One'' and two", ["``One''"]),
        ("It said \u2018no way\u2019 and don\u2019t", ["\u2018no way\u2019"]),
        ("Don't say the firms' 'no' is 'yes'.", ["'no'", "'yes'"]),
        ("\"It's 'fine',\" he said", ["\"It's 'fine',\""]),
        # Speech of several paragraphs, with and without marks that close each of them.
        ('"One.\n\n"Two," he said.', ['"One.', '"Two,"']),
        ('"One.\n\nTwo," he said.', ['"One.\n\nTwo,"']),
        # A mark that is missing spoils its line.
        ('"One.\nTwo.\nHe said "three" too.', ['"One.', '"three"']),
        ('He said "one', ['"one']),
        ('He said "one\nNothing more', ['"one']),
        ('one" he said. "Two"', ['"Two"']),
        ('A 7" pipe and a 9" one', []),
        ('"', []),
    ],
)
def test_quotations(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == expected


@given(st.text(alphabet="ab \n.\"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019`", max_size=60))
def test_quotations_are_apart_and_in_order(text: str) -> None:
    spans = quotations(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "mark", ['"', "\u201c", "'", "\u2018a ", "\u201c\n", '"a', "a\u201d", "``"]
)
def test_many_marks_do_no_harm(mark: str) -> None:
    text = mark * 50_000
    spans = quotations(text)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


# Against a slow way of saying the same ------------------------------------------------------------

TEXTS = st.text(alphabet='ab "\n', max_size=30)


@st.composite
def cases(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    texts = draw(st.lists(TEXTS, min_size=1, max_size=3))

    def spans(most: int) -> list[tuple[str, int, int]]:
        rows = []
        for _ in range(draw(st.integers(0, most))):
            number = draw(st.integers(0, len(texts) - 1))
            if len(texts[number]):
                start = draw(st.integers(0, len(texts[number]) - 1))
                rows.append((f"a{number}", start, draw(st.integers(start + 1, len(texts[number])))))
        return rows

    attributions = told(*((*span, f"s{number}") for number, span in enumerate(spans(5))))
    matches = pd.DataFrame(spans(5), columns=["article_id", "start", "end"]).assign(field="body")
    types = {"start": "int64", "end": "int64"}
    return matches.astype(types), attributions.astype(types), bodies(*texts)


def slow_voice(row: pd.Series, attributions: pd.DataFrame, text: str) -> tuple[str, set[str]]:
    """Voice and sources that may be named, character by character."""
    own = attributions[attributions["article_id"] == row["article_id"]]
    holders: list[str | None] = [None] * len(text)
    by_length = own.assign(length=own["end"] - own["start"]).sort_values("length")
    for one in by_length.iloc[::-1].itertuples():
        holders[one.start : one.end] = [one.source] * (one.end - one.start)
    spoken = [False] * len(text)
    for start, end in quotations(text):
        attributed = sum(holder is not None for holder in holders[start:end])
        if (
            len(text[start:end].replace('"', " ").split()) >= MIN_WORDS
            or 2 * attributed > end - start
        ):
            spoken[start:end] = [True] * (end - start)
    inside = range(row["start"], row["end"])
    quoted = sum(spoken[at] for at in inside)
    others = sum(spoken[at] or holders[at] is not None for at in inside)
    if 2 * others <= len(inside):
        return "own", set()
    lengths = dict(zip(own["source"], own["end"] - own["start"], strict=True))
    # Spans of one length may hold each other's places.
    shares: dict[str, int] = {}
    for at in inside:
        if holders[at] is not None:
            shares[holders[at]] = shares.get(holders[at], 0) + 1
    tied = len(set(lengths.values())) < len(lengths)
    best = {name for name, share in shares.items() if share == max(shares.values())}
    return ("quoted" if 2 * quoted >= others else "attributed"), set(shares) if tied else best


@given(cases())
def test_as_character_by_character(
    case: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    matches, attributions, articles = case
    found = find_voice(matches, attributions, articles)
    texts = dict(zip(articles["article_id"], articles["body"], strict=True))
    pd.testing.assert_frame_equal(found[matches.columns], matches)
    for (_, row), voice, source in zip(
        matches.iterrows(), found["voice"], found["source"], strict=True
    ):
        expected, sources = slow_voice(row, attributions, texts[row["article_id"]])
        assert voice == expected
        assert (source in sources) if sources else pd.isna(source)


@given(cases(), st.randoms(use_true_random=False))
def test_order_changes_nothing(
    case: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], random: object
) -> None:
    matches, attributions, articles = case
    order = list(range(len(matches)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one = find_voice(matches, attributions, articles).iloc[order]
    other = find_voice(matches.iloc[order], attributions, articles[::-1])
    assert one["voice"].tolist() == other["voice"].tolist()
    assert one.index.tolist() == other.index.tolist()


# Shape and what is refused ------------------------------------------------------------------------


def test_columns_dtypes_rows_and_index() -> None:
    articles = bodies("A ban.", 'Lee said: "A ban is wrong."')
    matches = every("ban", articles).assign(frame="x", negated=False).set_axis([7, 3])
    before = matches.copy()
    found = find_voice(matches, find_attributions(articles, progress=False), articles)
    pd.testing.assert_frame_equal(matches, before)
    pd.testing.assert_frame_equal(found[matches.columns], matches)
    assert {name: found[name].dtype for name in VOICE} == {
        name: pandas_dtype(kind) for name, kind in VOICE.items()
    }


def test_nothing_in_nothing_out() -> None:
    articles = bodies("A ban.")
    none, no_attributions = every("xyz", articles), empty(ATTRIBUTIONS)
    for part in (articles, articles[:0]):
        found = find_voice(none, no_attributions, part)
        assert found.empty
        assert list(found.columns) == [*none.columns, *VOICE]
    assert find_voice(every("ban", articles), no_attributions, articles)["voice"].tolist() == [
        "own"
    ]


def test_where_the_text_is_not_at_hand_nothing_is_said() -> None:
    articles = bodies("A ban.", None, np.nan)
    matches = pd.DataFrame(
        {
            "article_id": ["a0", "a0", "a0", "a1", "a2", "elsewhere"],
            "field": ["body", "url", "body", "body", "body", "body"],
            "start": [2, 2, 2, 0, 0, 0],
            "end": [5, 5, 50, 3, 3, 3],
        }
    )
    attributions = told(("a1", 0, 9, "Lee"), ("elsewhere", 0, 9, "Lee"))
    found = find_voice(matches, attributions, articles)
    assert found["voice"].isna().tolist() == [False, *[True] * 5]
    assert found["source"].isna().all()


def test_an_article_that_is_listed_twice_counts_once() -> None:
    articles = bodies("A ban.")
    twice = pd.concat([articles, articles])
    matches = every("ban", articles)
    attributions = find_attributions(articles, progress=False)
    pd.testing.assert_frame_equal(
        find_voice(matches, attributions, twice), find_voice(matches, attributions, articles)
    )


@pytest.mark.parametrize(
    "text",
    [
        "\u200b\u201cA ban\u200b is \U0001f600 wrong here\u201d \u200b",
        '<p class="a">A "ban</p> & "',
        "ban" + "x" * 100_000,
        '"' * 999 + "ban",
    ],
)
def test_hostile_texts(text: str) -> None:
    assert set(dict(voices(text, "ban"))) <= {"own", "quoted", "attributed"}


def test_what_is_refused() -> None:
    articles = bodies("A ban.")
    matches, attributions = every("ban", articles), find_attributions(articles, progress=False)
    with pytest.raises(SchemaError, match="missing end"):
        find_voice(matches.drop(columns="end"), attributions, articles)
    with pytest.raises(SchemaError, match="missing strength"):
        find_voice(matches, attributions.drop(columns="strength"), articles)
    with pytest.raises(SchemaError, match="'source' would be overwritten"):
        find_voice(matches.assign(source="x"), attributions, articles)
    with pytest.raises(SchemaError, match=r"0 <= start < end; found otherwise in 1 rows \(0\)"):
        find_voice(matches.assign(end=1), attributions, articles)
    with pytest.raises(SchemaError, match="whole numbers in start"):
        find_voice(matches.assign(start=1.5), attributions, articles)
    with pytest.raises(SchemaError, match="expected a table"):
        find_voice(matches, attributions, "articles")
    with pytest.raises(ValueError, match="at least 1; found 0"):
        find_voice(matches, attributions, articles, min_words=0)
