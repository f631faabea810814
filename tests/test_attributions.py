"""Attributions: sentences whose source, cue and content can be read off, and hostile texts."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research import attributions
from coverage_research.attributions import ATTRIBUTIONS, find_attributions
from coverage_research.schema import SchemaError, pandas_dtype


def found_in(text: str, field: str = "body") -> pd.DataFrame:
    return find_attributions(pd.DataFrame({"article_id": ["a"], field: [text]}), progress=False)


def triples(text: str, field: str = "body") -> list[tuple[str | None, str, str]]:
    """Source, cue and content of each row, in order."""
    found = found_in(text, field)
    sources = found["source"].astype(object).where(found["source"].notna(), None)
    return list(zip(sources, found["cue"], found["match"], strict=True))


def check_spans(found: pd.DataFrame, text: str) -> None:
    """Spans lie in the text and say what they cover; the three parts of a row stand apart."""
    for row in found.itertuples():
        assert 0 <= row.start < row.end <= len(text)
        assert text[row.start : row.end] == row.match
        assert text[row.cue_start : row.cue_end] == row.cue != ""
        spans = [(row.start, row.end), (row.cue_start, row.cue_end)]
        if pd.isna(row.source):
            assert pd.isna(row.source_start)
            assert pd.isna(row.source_end)
            assert row.source_kind == "none"
        else:
            assert text[row.source_start : row.source_end] == row.source != ""
            spans.append((row.source_start, row.source_end))
        spans.sort()
        assert all(one[1] <= two[0] for one, two in pairwise(spans))
        assert row.is_named == (row.source_kind == "named")
        assert row.strength in ("neutral", "assertive", "doubting")
        assert row.form in ("direct", "indirect", "partial")
    assert found["start"].is_monotonic_increasing


# Forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Indirect speech behind its verb.
        ("Ann Lee said that exports would fall.", ("Ann Lee", "said", "that exports would fall")),
        ("Ann Lee says exports will fall.", ("Ann Lee", "says", "exports will fall")),
        ("He told reporters that it had failed.", ("He", "told", "that it had failed")),
        ("The bank has warned of a slump.", ("The bank", "has warned", "of a slump")),
        ("The firm did not say why.", ("The firm", "did not say", "why")),
        ("Critics argue that tariffs harm.", ("Critics", "argue", "that tariffs harm")),
        (
            "The report revealed that chips ran out.",
            ("The report", "revealed", "that chips ran out"),
        ),
        (
            "Officials said Monday that the port would close.",
            ("Officials", "said", "that the port would close"),
        ),
        (
            "Ann Lee, a spokeswoman for the firm, said the plan had failed.",
            ("Ann Lee, a spokeswoman for the firm", "said", "the plan had failed"),
        ),
        ("Ann Lee, who runs it, denied the charge.", ("Ann Lee", "denied", "the charge")),
        ("On Tuesday, Ann Lee said it was late.", ("Ann Lee", "said", "it was late")),
        ("At a rally in May he said it was late.", ("he", "said", "it was late")),
        # Indirect speech before its verb.
        ("Exports would fall, Ann Lee said.", ("Ann Lee", "said", "Exports would fall")),
        (
            "Exports would fall, said Ann Lee, a trade analyst.",
            ("Ann Lee, a trade analyst", "said", "Exports would fall"),
        ),
        ("Ann Lee (R-Ohio) said it was late.", ("Ann Lee (R-Ohio)", "said", "it was late")),
        (
            "Exports would fall next year, Ann Lee said in a report.",
            ("Ann Lee", "said", "Exports would fall next year"),
        ),
        (
            "The meeting went badly, said one source in the room.",
            ("one source", "said", "The meeting went badly"),
        ),
        # Direct speech, in either kind of marks and on either side.
        ('"We are late," said Ann Lee.', ("Ann Lee", "said", '"We are late,"')),
        ('"We are late," Ann Lee said.', ("Ann Lee", "said", '"We are late,"')),
        ("\u201cWe are late,\u201d said he.", ("he", "said", "\u201cWe are late,\u201d")),
        ("\u201cAre we late?\u201d she asked.", ("she", "asked", "\u201cAre we late?\u201d")),
        ("''We are late,'' Mr. Lee wrote.", ("Mr. Lee", "wrote", "''We are late,''")),
        ('Ann Lee said: "We are late."', ("Ann Lee", "said", '"We are late."')),
        ('"No. It is late," she said.', ("she", "said", '"No. It is late,"')),
        # Phrases.
        (
            "According to the ministry, exports fell.",
            ("the ministry", "According to", "exports fell"),
        ),
        ("Exports fell, according to Ann Lee.", ("Ann Lee", "according to", "Exports fell")),
        # A participle whose subject stands behind its clause.
        (
            "While praising the plan, Ann Lee left.",
            ("Ann Lee", "praising", "the plan"),
        ),
    ],
)
def test_one_attribution(text: str, expected: tuple[str, str, str]) -> None:
    assert triples(text) == [expected] or triples(text) == [_without_of(expected)]


def _without_of(expected: tuple[str, str, str]) -> tuple[str, str, str]:
    return (expected[0], expected[1], expected[2].removeprefix("of "))


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Chips to run short: experts", ("experts", ":", "Chips to run short")),
        ("Experts: chips to run short", ("Experts", ":", "chips to run short")),
        ("Chips run short: Reuters", ("Reuters", ":", "Chips run short")),
        ("Report: chips run short", ("Report", ":", "chips run short")),
        ("Chips to run short - analysts", ("analysts", "-", "Chips to run short")),
        ("Chips run short, study finds", ("study", "finds", "Chips run short")),
        ("Chips to run short, warns minister", ("minister", "warns", "Chips to run short")),
        ("Huang Says Chips Are Scarce", ("Huang", "Says", "Chips Are Scarce")),
        ("'Chips are scarce', says Huang", ("Huang", "says", "'Chips are scarce'")),
    ],
)
def test_headlines(headline: str, expected: tuple[str, str, str]) -> None:
    assert triples(headline, "title") == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "The U.S.-led group met.",
        'The so-called "chip war" goes on.',
        'They read "A Tale of Two Cities" and slept.',
        "The claims were false.",
        "Its reports of losses hurt.",
        "Ann Lee was said to be ill.",
        "It was hard to say more.",
        "The plan was criticized by rivals.",
        "Several states that vote late met.",
        "If he said that, it was late.",
        "They would argue for hours.",
        "",
        " \n\n ",
    ],
)
def test_no_attribution(text: str) -> None:
    assert triples(text) == []


@pytest.mark.parametrize(
    "headline", ["Inside the chip war: a guide", "Exclusive: Nvidia to open plant", "Live: chips"]
)
def test_headlines_without_an_attribution(headline: str) -> None:
    assert triples(headline, "title") == []


# Contents -----------------------------------------------------------------------------------------


def test_a_quotation_that_the_cue_divides() -> None:
    for text in ('"No," Ann Lee said, "it is late."', '"No," Ann Lee said. "It is late."'):
        found = found_in(text)
        assert found["source"].tolist() == ["Ann Lee"] * 2
        assert found["match"].str.lower().tolist() == ['"no,"', '"it is late."']
        assert found["continues"].tolist() == [False, True]
        assert found["cue_start"].nunique() == 1
        check_spans(found, text)


def test_a_quotation_over_paragraphs() -> None:
    text = (
        "Reuters reports:\n\n\u201cChips are scarce. They cost more.\n\n"
        "\u201cNobody knows why.\u201d\n\nPrices rose."
    )
    found = found_in(text)
    assert found["source"].tolist() == ["Reuters"] * 2
    assert found["match"].tolist() == [
        "\u201cChips are scarce. They cost more.",
        "\u201cNobody knows why.\u201d",
    ]
    assert found["continues"].tolist() == [False, True]


def test_speech_goes_on_with_the_last_speaker_until_another_one() -> None:
    text = '"We lost," Ann Lee said. "We will try again." Prices rose. "Nobody knows why."'
    assert triples(text) == [
        ("Ann Lee", "said", '"We lost,"'),
        ("Ann Lee", "said", '"We will try again."'),
    ]


def test_a_participle_has_the_subject_of_its_clause() -> None:
    assert triples("Critics say it is weak, adding that courts will act.") == [
        ("Critics", "say", "it is weak"),
        ("Critics", "adding", "that courts will act"),
    ]


def test_two_verbs_of_one_subject() -> None:
    assert triples("Ann Lee denied the charge and said that it was late.") == [
        ("Ann Lee", "denied", "the charge"),
        ("Ann Lee", "said", "that it was late"),
    ]


def test_what_is_said_to_be_said_is_part_of_the_content() -> None:
    assert triples("Officials said critics claim that it is late.") == [
        ("Officials", "said", "critics claim that it is late")
    ]


def test_according_to_in_the_middle_divides_the_content() -> None:
    found = found_in("Exports, according to the ministry, fell by a third.")
    assert found["match"].tolist() == ["Exports", "fell by a third"]
    assert found["continues"].tolist() == [False, True]


# Columns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('"It is late," she said.', "direct"),
        ("She said it was late.", "indirect"),
        ('She said the plan was "a disaster" for workers.', "partial"),
    ],
)
def test_form(text: str, form: str) -> None:
    assert found_in(text)["form"].tolist() == [form]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ann Lee said it was late.", "named"),
        ("The Commerce Department said it was late.", "named"),
        ("Some Democrats said it was late.", "named"),
        ("Reuters said it was late.", "named"),
        ("The ministry said it was late.", "nominal"),
        ("Officials said it was late.", "nominal"),
        ("She said it was late.", "pronoun"),
        ("The men, who say it is late, left.", "pronoun"),
    ],
)
def test_kinds_of_sources(text: str, kind: str) -> None:
    found = found_in(text)
    assert found["source_kind"].tolist() == [kind]
    assert found["is_named"].tolist() == [kind == "named"]


@pytest.mark.parametrize(
    ("verb", "lemma", "strength"),
    [
        ("said", "say", "neutral"),
        ("insisted", "insist", "assertive"),
        ("denied", "deny", "assertive"),
        ("claimed", "claim", "doubting"),
        ("alleged", "allege", "doubting"),
    ],
)
def test_strength(verb: str, lemma: str, strength: str) -> None:
    found = found_in(f"Ann Lee {verb} that it was late.")
    assert found[["cue_lemma", "strength"]].to_numpy().tolist() == [[lemma, strength]]


def test_columns_and_their_types() -> None:
    for found in (found_in("Ann Lee said it was late."), found_in("Nothing.")):
        assert list(found.columns) == list(ATTRIBUTIONS)
        for name, kind in ATTRIBUTIONS.items():
            assert found[name].dtype == pandas_dtype(kind)


def test_rows_are_by_article_field_and_place() -> None:
    articles = pd.DataFrame(
        {
            "article_id": ["b", "a", "b"],
            "title": ["Experts: it is late", None, "Ann Lee says no"],
            "body": ["He said no. She said yes.", "They said it is late.", ""],
            "outlet": ["north.example"] * 3,
        }
    )
    before = articles.copy(deep=True)
    found = find_attributions(articles)
    assert found[["article_id", "field", "source"]].to_numpy().tolist() == [
        ["b", "title", "Experts"],
        ["b", "body", "He"],
        ["b", "body", "She"],
        ["a", "body", "They"],
    ]
    assert found.attrs["invented"]
    pd.testing.assert_frame_equal(articles, before)
    only = find_attributions(articles, fields=["body", "body", "excerpt"])
    assert only["field"].unique().tolist() == ["body"]


def test_wrong_fields_and_columns() -> None:
    articles = pd.DataFrame({"article_id": ["a"], "title": ["He said no."]})
    with pytest.raises(SchemaError, match="expected title, excerpt, body; found 'headline'"):
        find_attributions(articles, fields=["headline"])
    with pytest.raises(SchemaError, match="missing body"):
        find_attributions(articles, fields=["body"])
    with pytest.raises(SchemaError, match="missing article_id"):
        find_attributions(articles[["title"]])


def test_the_words_are_listed_once() -> None:
    seen: set[str] = set()
    for strengths in attributions._data()["verbs"].values():
        for strength, lemmas in strengths.items():
            assert strength in ("neutral", "assertive", "doubting")
            for lemma in lemmas.split():
                assert lemma not in seen, lemma
                seen.add(lemma)
    assert len(seen) >= 120
    for line in attributions._data()["irregular"].splitlines():
        assert len(line.split()) == 5


# Hostile texts ------------------------------------------------------------------------------------

HOSTILE = [
    '"We lost," Ann Lee said. "We will',
    '"We lost',
    'We lost," Ann Lee said.',
    "\u201cWe lost,\u201c Ann Lee said. \u201dWhat now?",
    '""""" said Ann Lee """',
    "<p>\u201cWe lost,\u201d <b>said</b> Ann Lee</p> <script>he said</script>",
    "said said said according to according to",
    "according to",
    "Ann Lee said",
    "Ann Lee said:",
    ": experts",
    "experts:",
    "She\u200b said\u200b it\u200bwas late \U0001f600, he said \U0001f600.",
    "'''''' he said ''''",
    "\u0130stanbul said \u00df, \u01c5 told \ufb01rms that \u0130 was late.",
    "He said " + "x" * 20_000,
    "word " * 4_000 + "said",
    ", he said" * 2_000,
    '"a," he said. ' * 1_000,
    "\n\n".join(['"We lost.'] * 500),
    " " * 50_000 + "he said" + " " * 50_000 + "it",
    "(" * 3_000 + "he said it" + ")" * 3_000,
]


@pytest.mark.parametrize("field", ["title", "body"])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_texts(number: int, field: str) -> None:
    check_spans(found_in(HOSTILE[number], field), HOSTILE[number])


def test_texts_that_are_none() -> None:
    articles = pd.DataFrame({"article_id": ["a", "b", "c"], "body": [None, float("nan"), 3]})
    assert len(find_attributions(articles)) == 0
    assert len(find_attributions(articles.head(0))) == 0


def test_a_mark_too_many_spoils_one_paragraph_only() -> None:
    text = 'The "plan failed.\n\n"We lost," Ann Lee said.'
    assert triples(text)[-1] == ("Ann Lee", "said", '"We lost,"')


@pytest.mark.parametrize("cut", range(1, 60))
def test_truncated_excerpts(cut: int) -> None:
    text = "\u201cWe lost,\u201d said Ann Lee, according to a report. \u201cNow what?\u201d"[:cut]
    check_spans(found_in(text, "excerpt"), text)


PIECES = st.sampled_from(
    [
        "Ann", "Lee", "the", "report", "said", "says", "told", "claims", "according", "to", "that",
        "and", "who", "he", "they", "saying", "while", ",", ".", ":", "\u2014", '"', "\u201c",
        "\u201d", "''", "\n\n", " ", "was", "not", "experts", "Mr.", "U.S.", "in", "\u2019s", "-",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map(" ".join)),
    st.sampled_from(["title", "excerpt", "body"]),
)
def test_any_text(text: str, field: str) -> None:
    found = found_in(text, field)
    check_spans(found, text)
    # One attribution for each cue, the rows behind its first one go on with it.
    assert (~found["continues"]).sum() == found["cue_start"].nunique()


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee said that exports would fall. ",
        '"We lost," Ann Lee said. "We will try again." ',
        "and he said that, according to a report, ",
        'Ann "Lee, the, said: ',
        "a, b, c, said ",
    ],
)
def test_work_grows_with_the_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    looked = attributions._Text.gap

    def counted(self: attributions._Text, at: int) -> str:
        nonlocal calls
        calls += 1
        return looked(self, at)

    monkeypatch.setattr(attributions._Text, "gap", counted)
    work = []
    for times in (20, 200):
        calls = 0
        found_in(text * times)
        work.append(calls)
    assert 0 < work[1] <= 12 * work[0] + 200
