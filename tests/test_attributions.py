"""Attributions: sentences whose source, cue and content can be read off, and hostile texts."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research import attribution_rules
from coverage_research.attribution_texts import TakenText
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
        "It was hard to say more.",
        "The plan could be criticized by rivals.",
        "The claim that.",
        "That claim that he made was false, that",
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
    ("headline", "expected"),
    [
        # Roles before and behind a colon or dash.
        ("Trade minister: chips are scarce", ("Trade minister", ":", "chips are scarce")),
        ("Chips are scarce: trade minister", ("trade minister", ":", "Chips are scarce")),
        ("Chips are scarce - trade minister", ("trade minister", "-", "Chips are scarce")),
        ("Chips to run short \u2013 police", ("police", "\u2013", "Chips to run short")),
        ("Mayor of Osaka: chips are scarce", ("Mayor of Osaka", ":", "chips are scarce")),
        ("Regulator in Tokyo: chips are scarce", ("Regulator", ":", "chips are scarce")),
        ("Poll: voters fear chips", ("Poll", ":", "voters fear chips")),
        ("Voters fear chips: Lee poll", ("Lee poll", ":", "Voters fear chips")),
        # A verb that addresses somebody ends the headline.
        ("Chips scarce, minister tells paper", ("minister", "tells", "Chips scarce")),
        ("Chips to run short, fume pupils", ("pupils", "fume", "Chips to run short")),
        # Names, by a quotation, a first person, a title, or a verb and quotation marks.
        ("Lee: 'Chips are scarce'", ("Lee", ":", "'Chips are scarce'")),
        ("Lee on chips: 'They are scarce'", ("Lee", ":", "'They are scarce'")),
        ("Lee to critics: 'Chips are scarce'", ("Lee", ":", "'Chips are scarce'")),
        ("Lee: I was wrong about chips", ("Lee", ":", "I was wrong about chips")),
        ("Sen. Lee: chips are scarce", ("Sen. Lee", ":", "chips are scarce")),
        ("Ann Lee: chips are 'scarce'", ("Ann Lee", ":", "chips are 'scarce'")),
        ("Chips Are Scarce: Ito CEO Lee", ("Ito CEO Lee", ":", "Chips Are Scarce")),
        # What stands around it.
        ("Exclusive: minister: chips are scarce", ("minister", ":", "chips are scarce")),
        ("Chips are scarce: minister | Trade", ("minister", ":", "Chips are scarce")),
        ("Are chips scarce? Not quite: study", ("study", ":", "Are chips scarce? Not quite")),
    ],
)
def test_colons_of_headlines(headline: str, expected: tuple[str, str, str]) -> None:
    source, cue, content = expected
    found = triples(headline, "title")
    assert [(row[0], row[2]) for row in found] == [(source, content)]
    assert found[0][1] in (cue, ":")
    check_spans(found_in(headline, "title"), headline)


@pytest.mark.parametrize(
    "headline",
    [
        "Inside the chip war: a guide",
        "Exclusive: Nvidia to open plant",
        "Live: chips",
        # What kind of text follows.
        "Analysis: chips are scarce",
        "Opinion: chips are scarce",
        "Explainer: the chip war is on",
        "Chips and steel: Review",
        # What it is about.
        "AI chips: what we know",
        "Chip war: ministers meet",
        "Chip crisis: minister resigns",
        "Ann Lee: a life in chips",
        "Lee: the engineer who is back",
        "Minister: who is next",
        "Poll: are chips scarce?",
        "Lee - I was wrong about chips",
        "State of the Union: chips are scarce",
        "Building chips: makers are late",
        "The minister resigns: chips are scarce",
        "Defend the experts: a plea",
        "Chips run short: defend the experts",
        "Chips run short: five lessons",
        "Chips run short - but experts stay",
        # The outlet or section.
        "Chips run short | Reuters",
        "Chips run short - Reuters",
        "Chips run short : experts",
        "The Lees - Official Trailer | Ito",
    ],
)
def test_headlines_without_an_attribution(headline: str) -> None:
    assert triples(headline, "title") == []


@pytest.mark.parametrize(
    ("headline", "source"),
    [
        ("Lee: chips are scarce", "Lee"),
        ("Ann Lee: makers run out of chips", "Ann Lee"),
        ("Chips are scarce: Lee", "Lee"),
        ("Commission: chips are scarce", "Commission"),
        ("Lee: the engineer who left", None),
        ("Lee: a life", None),
        ("Ray: chips are scarce", None),
        ("Engineer: chips are scarce", None),
        ("Friend: chips are scarce", None),
        ("Chips are scarce: Ray", None),
    ],
)
def test_a_name_in_a_headline_is_a_source_if_it_speaks_below(
    headline: str, source: str | None
) -> None:
    body = (
        "Ann Lee said chips are scarce. The commission said so too. Bob Ray left. "
        "A friend agreed that they are scarce."
    )
    articles = pd.DataFrame({"article_id": ["a"], "title": [headline], "body": [body]})
    found = find_attributions(articles)
    assert found.loc[found["field"] == "title", "source"].tolist() == [source] * bool(source)
    assert found["field"].tolist() == ["title"] * bool(source) + ["body"] * 3
    alone = find_attributions(articles, fields=["title"])
    assert alone["source"].tolist() == []


@pytest.mark.parametrize(
    "headline",
    [
        # No subject that can speak.
        "Security fears behind the chip ban",
        "Recession fears grip markets",
        "Ban fears weigh on Nvidia shares",
        "Ban Fears Weigh On Nvidia Shares",
        "Jobless claims fall to record low",
        "Export rules tighten",
        "Shares fall on recession, ban fears",
        "Shares Fall on Recession, Ban Fears",
        "Growth forecasts cut",
        "Earnings report due Friday",
        # A noun of which the verb is another one.
        "Investor hopes fade as chip orders slow",
        "Nvidia fears hit stocks",
        "Nvidia fears finally fade",
        "Nvidia fears are overblown",
        "Trump claims dismissed by judge",
        "Chip stocks slip as China fears grow",
        "China fears rise",
        "Israeli claims spark outrage",
        "OpenAI plans raise concerns",
        # No object behind it.
        "Trump attacks on judges",
        "Expert views on the chip ban",
        "Trump fears: what we know",
        # What speaks, but not so; an owner.
        "Court claims backlog grows",
        "Lawmakers' fears grow",
    ],
)
def test_nouns_of_headlines_are_no_verbs(headline: str) -> None:
    assert triples(headline, "title") == []


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Biden fears chip shortage", ("Biden", "fears", "chip shortage")),
        ("Biden Fears Chip Shortage", ("Biden", "Fears", "Chip Shortage")),
        ("Lin Oba fears chip shortage", ("Lin Oba", "fears", "chip shortage")),
        ("Roger Stone Claims Fraud", ("Roger Stone", "Claims", "Fraud")),
        ("Officials fear war", ("Officials", "fear", "war")),
        ("Judges question ban", ("Judges", "question", "ban")),
        ("Residents fear flooding", ("Residents", "fear", "flooding")),
        ("Minister claims chips are scarce", ("Minister", "claims", "chips are scarce")),
        ("Mayor of Osaka plans new curbs", ("Mayor of Osaka", "plans", "new curbs")),
        ("EU demands Italy lift curbs", ("EU", "demands", "Italy lift curbs")),
        ("Nvidia reports drop in sales", ("Nvidia", "reports", "drop in sales")),
        ("Nvidia fears hit to sales", ("Nvidia", "fears", "hit to sales")),
        ("Nvidia reports increased sales", ("Nvidia", "reports", "increased sales")),
        ("Nvidia plans cut-price chips", ("Nvidia", "plans", "cut-price chips")),
        ("Nvidia plans to build chips", ("Nvidia", "plans", "to build chips")),
        ("Beijing calls for calm", ("Beijing", "calls", "for calm")),
        ("Senator doubts whether it works", ("Senator", "doubts", "whether it works")),
        ("Chips are scarce, Huang claims", ("Huang", "claims", "Chips are scarce")),
        # What no noun stands before shows the verb, whoever its subject is.
        ("Banks claims he was late", ("Banks", "claims", "he was late")),
        ("Banks claims 'chips are scarce'", ("Banks", "claims", "'chips are scarce'")),
        # Another word is the verb.
        ("Jobs report shows hiring slowed", ("Jobs report", "shows", "hiring slowed")),
        ("Chips run short, report says", ("report", "says", "Chips run short")),
    ],
)
def test_verbs_of_headlines_that_may_be_nouns(
    headline: str, expected: tuple[str, str, str]
) -> None:
    assert triples(headline, "title") == [expected]


def test_nouns_of_headlines_matter_in_headlines_only() -> None:
    assert triples("Recession fears grip markets.") != []


def test_who_speaks_below_may_be_a_word_in_a_headline() -> None:
    body = "Tom Cook said chips are scarce. Cook left."
    articles = pd.DataFrame(
        {"article_id": ["a", "b"], "title": "Cook claims chips are scarce", "body": [body, ""]}
    )
    found = find_attributions(articles)
    assert found.loc[found["field"] == "title", "article_id"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("behind", "source"),
    [
        ("chief executive of Nimbra.", "Lin Oba, chief executive of Nimbra"),
        ("co-founder and chief executive of Nimbra.", "Lin Oba, co-founder and chief executive of"),
        ("director of research at Nimbra, on Monday.", "Lin Oba, director of research at Nimbra"),
        ("head of chips at Nimbra, which sells them.", "Lin Oba, head of chips at Nimbra"),
        ("spokesman for the ministry.", "Lin Oba, spokesman for the ministry"),
        ("Nimbra's chief executive.", "Lin Oba, Nimbra's chief executive"),
        ("an analyst at Nimbra.", "Lin Oba, an analyst at Nimbra"),
        ("speaking in Osaka.", "Lin Oba"),
        ("adding that the head of Nimbra left.", "Lin Oba"),
        ("analysts at Nimbra left.", "Lin Oba"),
        ("who heads it, chief executive pay rose.", "Lin Oba, who heads it"),
    ],
)
def test_what_somebody_is_without_an_article_behind_the_verb(behind: str, source: str) -> None:
    text = f'"We have our own designs," said Lin Oba, {behind}'
    found = triples(text)
    whole = source + " Nimbra" if source.endswith(" of") else source
    assert found[0] == (whole, "said", '"We have our own designs,"')
    assert found_in(text)["source_kind"].iloc[0] == "named"
    check_spans(found_in(text), text)


def test_what_somebody_is_behind_according_to() -> None:
    assert triples("According to Lin Oba, chief executive of Nimbra, exports fell.") == [
        ("Lin Oba, chief executive of Nimbra", "According to", "exports fell")
    ]
    assert triples("According to Lin Oba, chief executive pay rose at Nimbra.") == [
        ("Lin Oba", "According to", "chief executive pay rose at Nimbra")
    ]


def test_heads_of_sources() -> None:
    sources = [
        "Castell & Hythe",
        "Ann Lee, who left",
        "the head of the bank",
        "Lee's aide",
        "&",
        "",
    ]
    assert attribution_rules.heads(sources) == {"hythe", "lee", "head", "aide"}


@pytest.mark.parametrize(
    ("text", "source", "cue", "contents"),
    [
        ("Exports are expected to fall.", None, "are expected", ["Exports", "to fall"]),
        ("Ann Lee was said to be ill.", None, "was said", ["Ann Lee", "to be ill"]),
        (
            "It was reported that the plant would close.",
            None,
            "was reported",
            ["that the plant would close"],
        ),
        (
            "The firm was accused of spying, and shares fell.",
            None,
            "was accused",
            ["The firm", "of spying"],
        ),
        ("The plan was criticized by rivals.", "rivals", "was criticized by", ["The plan"]),
        ("Asked whether it was late, Ann Lee left.", None, "Asked", ["whether it was late"]),
        ("He left when asked about the plan.", None, "asked", ["about the plan"]),
        ("He left after being asked why it failed.", None, "being asked", ["why it failed"]),
    ],
)
def test_passives(text: str, source: str | None, cue: str, contents: list[str]) -> None:
    expected = [(source, cue, content) for content in contents]
    assert triples(text) == expected
    check_spans(found_in(text), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ann Lee's claim that it was late angered them.",
            ("Ann Lee", "claim", "that it was late angered them"),
        ),
        (
            "They met his repeated warnings that chips ran short, and left.",
            ("his", "warnings", "that chips ran short"),
        ),
        ("The belief that it is late spreads.", (None, "belief", "that it is late spreads")),
    ],
)
def test_nouns(text: str, expected: tuple[str | None, str, str]) -> None:
    found = found_in(text)
    assert expected in triples(text)
    check_spans(found, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What follows the noun, and who owns it.
        ("Ann Lee's warning of a slump was late.", ("Ann Lee", "warning", "of a slump")),
        ("The bank's repeated warnings of a slump.", ("The bank", "warnings", "of a slump")),
        ("They met her statement on chips.", ("her", "statement", "on chips")),
        ("His call for calm was met.", ("His", "call", "for calm")),
        ("Its pledge to build a plant is old.", ("Its", "pledge", "to build a plant is old")),
        ("Their concern about chips grew.", ("Their", "concern", "about chips grew")),
        # Who stands behind it.
        ("The claim by Ann Lee that it was late.", ("Ann Lee", "claim", "that it was late")),
        ("Warnings from the bank of a slump.", ("the bank", "Warnings", "of a slump")),
        ("Claims by officials that it was late.", ("officials", "Claims", "that it was late")),
    ],
)
def test_nouns_without_that(text: str, expected: tuple[str, str, str]) -> None:
    assert triples(text) == [expected]
    check_spans(found_in(text), text)


@pytest.mark.parametrize(
    "text",
    [
        "A warning of a slump hurt.",
        "The calls for calm rang.",
        "Its description in May was short.",
        "Her statement of accounts was late.",
        "The claim by Ann Lee was false.",
        "This claim about chips was false.",
    ],
)
def test_nouns_that_are_no_cues(text: str) -> None:
    assert triples(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "In a report released by the bank, exports fell.",
            ("a report released by the bank", "In", "exports fell"),
        ),
        ("But in the latest poll, Lee led Ray.", ("the latest poll", "in", "Lee led Ray")),
        ("Lee led Ray in a Lee poll.", ("a Lee poll", "in", "Lee led Ray")),
        (
            "Exports fell by a third in a study published by the bank.",
            ("a study published by the bank", "in", "Exports fell by a third"),
        ),
        ("A study by Ann Lee found that it was late.", None),
        ("According to a report by the bank, exports fell.", None),
        ("Exports fell, a report by the bank found.", None),
        ("In a report, the bank said exports fell.", None),
        ("Exports fell in May, tax records show.", None),
    ],
)
def test_documents(text: str, expected: tuple[str, str, str] | None) -> None:
    found = triples(text)
    assert len(found) == 1
    # What has a cue of its own is found by that one.
    assert found == [expected] if expected else found[0][1].lower() != "in"
    check_spans(found_in(text), text)


@pytest.mark.parametrize(
    "text",
    [
        "The numbers in the report fell.",
        "In reports, on paper and on film, chips shine.",
        "Lee led Ray in the polls.",
        "In a report they lost heart.",
        "He rose in a survey team.",
        "In May, a report fell from the desk.",
    ],
)
def test_documents_that_say_nothing(text: str) -> None:
    assert [row for row in triples(text) if row[1].lower() == "in"] == []


@pytest.mark.parametrize(
    ("text", "cue", "contents"),
    [
        ("The firm reportedly paid a fine.", "reportedly", ["The firm", "paid a fine"]),
        ("Bob left, and he allegedly paid.", "allegedly", ["he", "paid"]),
    ],
)
def test_adverbs(text: str, cue: str, contents: list[str]) -> None:
    assert triples(text) == [(None, cue, content) for content in contents]
    check_spans(found_in(text), text)


def test_an_adverb_beside_a_cue_is_part_of_it() -> None:
    text = "Ann Lee reportedly said that it was late."
    assert triples(text) == [("Ann Lee", "reportedly said", "that it was late")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ANN LEE: It is late. We lost.\n\nBob left.", ("ANN LEE", ":", "It is late. We lost")),
        ("Ann Lee: \u201cIt is late.\u201d", ("Ann Lee", ":", "\u201cIt is late.\u201d")),
        (
            "Then Bob met Lee.\nLee: The plan has failed.",
            ("Lee", ":", "The plan has failed"),
        ),
        ("Report: The plan has failed.", ("Report", ":", "The plan has failed")),
    ],
)
def test_lines_of_speakers(text: str, expected: tuple[str, str, str]) -> None:
    assert triples(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE: The plan has failed.",
        "Time: 5 p.m.",
        "Lee: 547",
        "We met Lee: The plan has failed.",
        "Analysis: The plan has failed.",
    ],
)
def test_lines_that_nobody_speaks(text: str) -> None:
    assert triples(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Is it late?" Ann Lee asked.', ("Ann Lee", "asked", '"Is it late?"')),
        ("Gwen Moore (D-Wis.) said it was late.", ("Gwen Moore (D-Wis.)", "said", "it was late")),
        ("Lee -- an engineer -- said it was late.", ("Lee -- an engineer", "said", "it was late")),
        (
            "Bob, who runs a firm, the largest, said it was late.",
            ("Bob, who runs a firm, the largest", "said", "it was late"),
        ),
        (
            "Exports fell in May, current and former officials said.",
            ("current and former officials", "said", "Exports fell in May"),
        ),
        ("Lee shook her head and said it was late.", ("Lee", "said", "it was late")),
        ("Bob left and officials said it was late.", ("officials", "said", "it was late")),
        ("She refers to the plan.", ("She", "refers", "to the plan")),
        # A plural whose last word is none.
        ("Voters in Ohio say it is late.", ("Voters in Ohio", "say", "it is late")),
        ("Half of those present say it is late.", ("Half of those present", "say", "it is late")),
        ("Some 42 percent say it is late.", ("Some 42 percent", "say", "it is late")),
        ("Mr. Lee and Mr. Ray say it is late.", ("Mr. Lee and Mr. Ray", "say", "it is late")),
        # Behind the verb.
        ("Exports would fall, say officials.", ("officials", "say", "Exports would fall")),
        (
            "Exports would fall, said an official who was at the talks.",
            ("an official who was at the talks", "said", "Exports would fall"),
        ),
        ('"It is late," recalled Ann Lee.', ("Ann Lee", "recalled", '"It is late,"')),
        # Initials.
        ("J. Smith said it was late.", ("J. Smith", "said", "it was late")),
        ('"It is late," said George W. Lee.', ("George W. Lee", "said", '"It is late,"')),
        ("It was late, J. K. Lee said.", ("J. K. Lee", "said", "It was late")),
        # A verb before `to`.
        ("Ann Lee went on to say it was late.", ("Ann Lee", "went on to say", "it was late")),
        ("She continued to argue it was late.", ("She", "continued to argue", "it was late")),
        ("Ann Lee made clear that it was late.", ("Ann Lee", "made", "clear that it was late")),
        # Places of reports.
        ("TOKYO (Wire) - Exports fell in May, Lee said.", ("Lee", "said", "Exports fell in May")),
        ('TOKYO -- "It is late," Lee said.', ("Lee", "said", '"It is late,"')),
        (
            "NATO -- with us -- fell back, Lee said.",
            ("Lee", "said", "NATO -- with us -- fell back"),
        ),
        # A name that a participle is set before.
        ("Waving to them, Lee left, saying it was late.", ("Lee", "saying", "it was late")),
    ],
)
def test_subjects(text: str, expected: tuple[str, str, str]) -> None:
    assert triples(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        # Other verbs with the same form.
        "Ann Lee showed up in May.",
        "The firm added a room in May.",
        "The win added to her lead.",
        "Ann Lee maintained her lead.",
        "The firm charged five dollars a month.",
        "Ann Lee showed great courage.",
        "The union-backed plan failed.",
        "A firm called Ito Labs paid a fine.",
        'Near it, a firm called "Ito Labs" paid a fine.',
        "Prices declined in May.",
        "He saw fit to leave.",
        # Nouns.
        "This question is hard now.",
        "The attack was used to fund rebels.",
        # Not yet said.
        "Ann Lee came to ask for more.",
        # A sign stands where its subject should.
        "Meanwhile, Ann Lee said.",
    ],
)
def test_verbs_that_report_nothing(text: str) -> None:
    assert triples(text) == []


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The firm added that it was late.", "that it was late"),
        ("The firm added it would pay.", "it would pay"),
        ('The firm added "a room of our own".', '"a room of our own"'),
        ("Polls showed a lead for Lee.", "a lead for Lee"),
        ("Ann Lee showed that it was late.", "that it was late"),
        ("Ann Lee declined to comment.", "to comment"),
        ("Ann Lee called it a scandal.", "it a scandal"),
    ],
)
def test_verbs_that_report_with_a_clause(text: str, content: str) -> None:
    assert [row[2] for row in triples(text)] == [content]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Exports would fall next year, Ann Lee told reporters in Tokyo.",
            ("Ann Lee", "told", "Exports would fall next year"),
        ),
        ("Exports fell, Ann Lee told reporters.", ("Ann Lee", "told", "Exports fell")),
        ('"It is late," Ann Lee said by telephone.', ("Ann Lee", "said", '"It is late,"')),
        ('"It is late," Ann Lee said from Tokyo.', ("Ann Lee", "said", '"It is late,"')),
        ("Sorry, Ann Lee said.", ("Ann Lee", "said", "Sorry")),
    ],
)
def test_what_stands_behind_a_verb_that_ends_its_sentence(
    text: str, expected: tuple[str, str, str]
) -> None:
    assert triples(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "In the spring, Ann Lee told the bank to pay.",
        "As prices rose, Ann Lee told them why.",
        'The "pact" written by Ann Lee failed.',
        "Exports fell in May, and Ann Lee told a joke.",
    ],
)
def test_what_stands_before_a_verb_is_not_always_said(text: str) -> None:
    assert all(text[: text.index("Ann")].strip(", ") not in row[2] for row in triples(text))


def test_what_somebody_did_by_saying_it_is_said_by_the_subject() -> None:
    assert ("Ann Lee", "saying", "it was late") in triples(
        "Ann Lee left them by saying it was late."
    )
    assert triples("Ann Lee left the room by showing a card.") == []


def test_two_that_hold_each_other_are_one() -> None:
    text = "Officials told the press it was late, Ann Lee said."
    assert [row[0] for row in triples(text)] == ["Ann Lee"]


# Contents -----------------------------------------------------------------------------------------


def test_a_quotation_that_the_cue_divides() -> None:
    for text in ('"No," Ann Lee said, "it is late."', '"No," Ann Lee said. "It is late."'):
        found = found_in(text)
        assert found["source"].tolist() == ["Ann Lee"] * 2
        assert found["match"].str.lower().tolist() == ['"no,"', '"it is late."']
        assert found["continues"].tolist() == [False, True]
        assert found["cue_start"].nunique() == 1
        check_spans(found, text)


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("In the spring, Ann Lee said, exports fell.", ["In the spring", "exports fell"]),
        ("It was late in May, Ann Lee said, and it failed.", ["It was late in May"]),
    ],
)
def test_a_cue_in_the_middle(text: str, contents: list[str]) -> None:
    assert [row[2] for row in triples(text)] == contents


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


def test_a_quotation_over_paragraphs_before_its_cue() -> None:
    text = "Prices rose.\n\n\u201cWe lost.\n\n\u201cWe will try again,\u201d said Ann Lee."
    found = found_in(text)
    assert found["source"].tolist() == ["Ann Lee"] * 2
    assert found["match"].tolist() == ["\u201cWe lost.", "\u201cWe will try again,\u201d"]
    assert found["continues"].tolist() == [False, True]
    check_spans(found, text)
    closed = text.replace("lost.", "lost.\u201d")
    assert found_in(closed)["match"].tolist() == ["\u201cWe will try again,\u201d"]


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
        ("A Trump aide said it was late.", "nominal"),
        ("Officials at the Commerce Department said it was late.", "nominal"),
        ("A spokeswoman for Ann Lee said it was late.", "nominal"),
        ("Yesterday Lee's lawyer said it was late.", "nominal"),
        ("The lawyer, Ann Lee, said it was late.", "named"),
        ("In May the Supreme Court said it was late.", "named"),
        ("The trade analyst Ann Lee said it was late.", "named"),
        ("Ann Lee, a spokeswoman, said it was late.", "named"),
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
    looks = 0

    class Counted(list):
        def __getitem__(self, place):
            nonlocal looks
            looks += 1
            return super().__getitem__(place)

    class Watched(TakenText):
        __slots__ = ()

        def divide(self) -> None:
            super().divide()
            self.signs, self.forms, self.flags = map(Counted, (self.signs, self.forms, self.flags))

    monkeypatch.setattr(attribution_rules, "TakenText", Watched)
    work = []
    for times in (20, 200):
        looks = 0
        found_in(text * times)
        work.append(looks)
    assert 0 < work[1] <= 12 * work[0] + 200
