"""Types of sources: phrases decided by hand, names within an article, hostile text."""

from __future__ import annotations

from collections import Counter
from importlib import resources

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.attributions import ATTRIBUTIONS, find_attributions
from coverage_research.codebook import load_codebook
from coverage_research.identity import known_outlets
from coverage_research.schema import SchemaError, empty
from coverage_research.source_rules import UNKNOWN
from coverage_research.source_types import CONFIDENCE, TYPED, source_type

TYPES = [frame.id for frame in load_codebook("source_types").frames]


def table(sources: list[object], article: object = "a", kind: str = "named") -> pd.DataFrame:
    """Attributions of one article, in the order of its body."""
    return pd.DataFrame(
        {
            "article_id": article,
            "field": "body",
            "source_start": [100 * place for place in range(len(sources))],
            "source": pd.Series(sources, dtype="str"),
            "source_kind": kind,
        }
    )


def typed(source: str, kind: str = "nominal") -> pd.Series:
    return source_type(table([source], kind=kind)).iloc[0]


@pytest.mark.parametrize(
    ("source", "kind", "rule"),
    [
        ("a White House official", "official", "role and whom it serves"),
        ("a spokesman for Nvidia", "company", "role and whom it serves"),
        ("a spokeswoman for the ministry", "official", "role and whom it serves"),
        ("a spokesperson for the university", "academic", "role and whom it serves"),
        ("a company official", "company", "role and whom it serves"),
        ("officials", "official", "collective"),
        ("an official", "official", "head noun"),
        ("the chipmaker", "company", "head noun"),
        ("two start-ups", "company", "collective"),
        ("researchers", "academic", "collective"),
        ("researchers at Google", "company", "role and whom it serves"),
        ("an economist at a bank", "expert", "head noun"),
        ("an economist at a university", "academic", "role and whom it serves"),
        ("a former Intel engineer", "expert", "former role"),
        ("former officials", "expert", "collective"),
        ("Nvidia", "company", "gazetteer"),
        ("U.S. chipmaker Qualcomm", "company", "gazetteer"),
        ("the Commerce Department", "official", "gazetteer"),
        ("Reuters", "agency", "gazetteer"),
        ("The Associated Press", "agency", "gazetteer"),
        ("Bloomberg News", "outlet", "gazetteer"),
        ("TrendForce", "expert", "gazetteer"),
        ("Beijing", "official", "gazetteer"),
        ("Washington and Beijing", "official", "gazetteer"),
        ("Nvidia and Washington", UNKNOWN, "several types"),
        ("Zeta CEO Ann Lee", "company", "role before a name"),
        ("Foreign Ministry spokesman Bo Ek", "official", "role before a name"),
        ("Oxford professor Ann Lee", "academic", "role before a name"),
        ("Ann Lee, an analyst at Zeta", "expert", "apposition"),
        ("Ann Lee (an analyst)", "expert", "apposition"),
        ("Ann Lee, who heads the Semiconductor Industry Association", "organisation", "apposition"),
        ("Ann Lee, who once met Nvidia", UNKNOWN, "name: not known"),
        ("Ann Lee, R-Ohio", "official", "party and state"),
        ("Ann Lee of the Brookings Institution", "expert", "name and its body"),
        ("Ann Lee of China", UNKNOWN, "name: not known"),
        ("people familiar with the matter", "anonymous", "name withheld"),
        ("a Nvidia engineer who asked not to be named", "anonymous", "name withheld"),
        ("sources", "anonymous", "name withheld"),
        ("a source at the ministry", "anonymous", "name withheld"),
        ("a report by the ministry", "document", "head noun"),
        ("a leaked memo obtained by Reuters", "document", "head noun"),
        ("the newspaper", "outlet", "head noun"),
        ("state media", "outlet", "head noun"),
        ("the Post", "outlet", "head noun"),
        ("the post", "document", "head noun"),
        ("the news agency", "agency", "head noun"),
        ("activists", "organisation", "collective"),
        ("residents", "public", "collective"),
        ("nearly two-thirds of voters", "public", "collective"),
        (
            "the director of the Beijing-based Center for Chips",
            "organisation",
            "role and whom it serves",
        ),
        ("Ann Lee", UNKNOWN, "name: not known"),
        ("it was a day on which officials", UNKNOWN, "no noun phrase"),
        ("the task", UNKNOWN, "nothing tells"),
    ],
)
def test_a_phrase(source: str, kind: str, rule: str) -> None:
    row = typed(source)
    assert (row["source_type"], row["type_rule"]) == (kind, rule)


def test_the_term_that_decided_and_the_canonical_name() -> None:
    assert typed("a spokesman for Nvidia Corp")["source_name"] == "Nvidia"
    assert typed("a spokesman for Nvidia Corp")["type_term"] == "Nvidia Corp"
    assert typed("the Pentagon")["source_name"] == "US Department of Defense"
    assert typed("AMD")["source_name"] == "Advanced Micro Devices"
    assert typed("Two senators")["type_term"] == "senators"
    assert pd.isna(typed("Two senators")["source_name"])
    assert pd.isna(typed("Washington and Beijing")["source_name"])


def test_an_abbreviation_counts_as_it_is_written() -> None:
    assert typed("AMD")["source_type"] == "company"
    assert typed("amd")["source_type"] == UNKNOWN
    assert typed("us")["source_type"] == UNKNOWN


def test_a_word_that_its_text_shows_to_be_a_name_is_no_collective() -> None:
    assert typed("Banks", "nominal")["source_type"] == "company"
    assert typed("Banks", "named")["source_type"] == UNKNOWN
    assert typed("Democrats", "named")["source_type"] == "official"


def test_named_and_withheld_are_two_coordinates() -> None:
    found = table(["an official who asked not to be named", "Nvidia"]).assign(
        is_named=[False, True]
    )
    result = source_type(found)
    assert result["source_type"].tolist() == ["anonymous", "company"]
    assert result["is_named"].tolist() == [False, True]


def test_a_bare_surname_takes_the_type_of_the_fuller_phrase() -> None:
    result = source_type(table(["Zeta CEO Ann Lee", "Lee", "Ms. Lee", "Ann"]))
    assert result["source_type"].tolist() == ["company"] * 4
    assert result["type_rule"].tolist() == ["role before a name", *["earlier mention"] * 3]
    assert result["type_term"].tolist()[1:] == ["Ann Lee"] * 3


def test_a_mention_before_the_fuller_phrase_is_told_apart() -> None:
    rows = table(["Ann Lee, an analyst", "Lee"])
    rows["field"] = ["body", "title"]
    assert source_type(rows)["type_rule"].tolist() == ["apposition", "later mention"]


def test_a_surname_of_two_persons_stays_unknown() -> None:
    result = source_type(table(["Zeta CEO Ann Lee", "Bo Lee, a professor", "Lee"]))
    assert result["source_type"].tolist() == ["company", "academic", UNKNOWN]
    assert result["type_rule"].iloc[2] == "name: not known"


def test_another_article_tells_nothing() -> None:
    rows = table(["Zeta CEO Ann Lee", "Lee"])
    rows["article_id"] = ["a", "b"]
    assert source_type(rows)["source_type"].tolist() == ["company", UNKNOWN]


def test_a_pronoun_is_not_resolved() -> None:
    rows = table(["Zeta CEO Ann Lee", "she"])
    rows["source_kind"] = ["named", "pronoun"]
    last = source_type(rows).iloc[1]
    assert last[["source_type", "type_rule", "type_term"]].tolist() == [
        UNKNOWN,
        "pronoun: not resolved",
        "she",
    ]
    assert last["type_confidence"] == 0


def test_no_source_no_type() -> None:
    rows = table([None, "Nvidia"])
    rows["source_kind"] = ["none", "named"]
    result = source_type(rows)
    assert result.loc[0, list(TYPED)].isna().all()
    assert result.loc[1, list(TYPED)].notna().all()


def test_rows_columns_and_marks_are_kept() -> None:
    rows = table(["Nvidia", "Lee", None]).set_axis([7, 7, 3]).assign(extra=[1, 2, 3])
    rows.attrs["invented"] = True
    before = rows.copy()
    result = source_type(rows)
    assert list(result.columns) == [*rows.columns, *TYPED]
    assert list(result.index) == [7, 7, 3]
    assert result.attrs["invented"] is True
    pd.testing.assert_frame_equal(rows, before)
    assert {name: str(result[name].dtype) for name in TYPED} == {
        name: kind if kind != "str" else "str" for name, kind in TYPED.items()
    }


def test_no_rows_and_no_sources() -> None:
    nothing = source_type(empty(ATTRIBUTIONS))
    assert list(nothing.columns) == [*ATTRIBUTIONS, *TYPED]
    assert source_type(table([None]))["source_type"].isna().all()


def test_what_is_refused() -> None:
    with pytest.raises(SchemaError, match="missing source_kind"):
        source_type(table(["Nvidia"]).drop(columns="source_kind"))
    with pytest.raises(SchemaError, match="'source_type', 'source_name'.* would be overwritten"):
        source_type(source_type(table(["Nvidia"])))


def test_outlets_of_the_corpus_are_known() -> None:
    outlets = pd.DataFrame(
        {"outlet": ["halden.example"], "outlet_name": ["Halden Lantern"], "aliases": ["HL Notes"]}
    )
    rows = table(["the Halden Lantern", "HL Notes"])
    assert source_type(rows)["source_type"].tolist() == [UNKNOWN, UNKNOWN]
    result = source_type(rows, outlets=outlets)
    assert result["source_type"].tolist() == ["outlet", "outlet"]
    assert result["source_name"].tolist() == ["Halden Lantern"] * 2


def test_a_codebook_of_ones_own(tmp_path) -> None:
    text = """
name: own
version: "1"
title: Own
source: made up for this test
language: en
frames:
  - id: miller
    label: Miller
    definition: who grinds
    include: millers
    exclude: bakers
    examples: [A miller spoke., Two millers spoke.]
    terms: [miller, millers, {term: Ost, case: true}]
"""
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    result = source_type(
        table(["the old miller", "Nvidia", "a senator", "Ost", "ost"]), codebook=path
    )
    assert result["source_type"].tolist() == ["miller", "company", UNKNOWN, "miller", UNKNOWN]


def test_from_the_text_to_the_type() -> None:
    text = (
        '"Demand is strong," said Zeta CEO Ann Lee. Lee added that the fab was full. '
        "People familiar with the matter said a second one is planned. "
        "A spokesman for the Commerce Department declined to say more."
    )
    found = source_type(find_attributions(pd.DataFrame({"article_id": ["a"], "body": [text]})))
    assert found["source_type"].tolist() == ["company", "company", "anonymous", "official"]


def test_demo_sources_are_all_decided_or_said_to_be_unknown() -> None:
    from coverage_research.samples import load_demo

    found = source_type(find_attributions(load_demo().articles, progress=False))
    present = found["source"].notna()
    assert present.sum() > 100
    assert found.loc[present, "source_type"].isin([*TYPES, UNKNOWN]).all()
    assert (found["type_confidence"].fillna(-1).gt(0) == found["source_type"].isin(TYPES)).all()


# Data ---------------------------------------------------------------------------------------------


def gazetteer() -> dict[str, object]:
    path = resources.files("coverage_research") / "gazetteer.yaml"
    return yaml.safe_load(path.read_text("utf-8"))


def test_the_gazetteer_is_large_typed_and_without_repeats() -> None:
    data = gazetteer()
    entries = [entry for part in ("actors", "countries", "people") for entry in data[part]]
    assert len(data["actors"]) >= 250
    assert {entry["type"] for entry in entries} <= set(TYPES)
    assert all(set(entry) <= {"name", "aliases", "alone", "type"} for entry in entries)
    forms = Counter(
        form.lower()
        for entry in entries
        for form in {entry["name"], *entry.get("aliases", ()), *entry.get("alone", ())}
    )
    assert [form for form, n in forms.items() if n > 1] == []


def test_the_gazetteer_repeats_no_outlet() -> None:
    outlets = {
        form.lower() for entry in known_outlets().values() for form in (entry.name, *entry.aliases)
    }
    own = {entry["name"].lower() for entry in gazetteer()["actors"]}
    assert own & outlets == set()
    domains = [*gazetteer()["agencies"].split(), *gazetteer()["analysts"].split()]
    assert [domain for domain in domains if domain not in known_outlets()] == []


def test_every_type_is_in_the_codebook_and_confidence_is_a_share() -> None:
    assert TYPES == [
        "official",
        "company",
        "expert",
        "academic",
        "outlet",
        "agency",
        "organisation",
        "document",
        "public",
        "anonymous",
    ]
    assert all(0 < value < 1 for value in CONFIDENCE.values())
    # 80 of 82 were right.
    assert CONFIDENCE["gazetteer"] == round(81 / 84, 2)


# Hostile text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "\u200b\u200d",
        "...",
        "\U0001f600",
        "<b>officials</b>",
        "=1+1",
        "of of of",
        "the",
        "a" * 100_000,
        "Ann, " * 20_000,
        "the head of " * 5_000 + "Nvidia",
        "((((" * 1000,
        "\x00official",
    ],
)
def test_hostile_phrases(source: str) -> None:
    assert typed(source)["source_type"] in [*TYPES, UNKNOWN]


def test_invisible_characters_hide_nothing() -> None:
    assert typed("Nvi\u200bdia")["source_name"] == "Nvidia"
    assert typed("offi\u00adcials")["source_type"] == "official"


WORDS = st.sampled_from(
    "the a former Nvidia Beijing official officials spokesman for of at who heads Ann Lee Ms. , ( ) "
    "and analyst professor report sources people familiar with Trump R-Ohio said named Post CEO "
    "Reuters two thirds state's - the".split(" ")
)


@settings(max_examples=40)
@given(st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=6))
def test_any_phrases_get_a_type_a_rule_and_a_confidence(sources: list[str]) -> None:
    result = source_type(table(list(sources)))
    assert len(result) == len(sources)
    assert result["source_type"].isin([*TYPES, UNKNOWN]).all()
    assert result["type_rule"].notna().all()
    known = result["source_type"] != UNKNOWN
    assert result.loc[known, "type_term"].notna().all()
    assert result.loc[known, "type_confidence"].isin(CONFIDENCE.values()).all()
    assert (result.loc[~known, "type_confidence"] == 0).all()


@settings(max_examples=40)
@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_gets_a_type(sources: list[str]) -> None:
    assert source_type(table(list(sources)))["source_type"].isin([*TYPES, UNKNOWN]).all()


@settings(max_examples=40)
@given(st.permutations(["Zeta CEO Ann Lee", "Lee", "Nvidia", "an analyst", "Bo Ek"]))
def test_the_order_of_the_rows_changes_no_type(sources: list[str]) -> None:
    result = source_type(table(list(sources)))
    found = dict(zip(result["source"], result["source_type"], strict=True))
    assert found == {
        "Zeta CEO Ann Lee": "company",
        "Lee": "company",
        "Nvidia": "company",
        "an analyst": "expert",
        "Bo Ek": UNKNOWN,
    }


@pytest.mark.parametrize(
    ("position", "kind"),
    [
        ("chief executive of Nimbra", "company"),
        ("analyst at Nimbra", "expert"),
        ("spokesman for the ministry", "official"),
        ("professor of law at Osaka University", "academic"),
    ],
)
def test_a_position_without_an_article_decides_on_either_side(position: str, kind: str) -> None:
    texts = [
        f'"We have our own designs," said Lin Oba, {position}.',
        f"Lin Oba, {position}, said they have their own designs.",
    ]
    rows = source_type(find_attributions(pd.DataFrame({"article_id": ["a", "b"], "body": texts})))
    assert rows["source"].tolist() == [f"Lin Oba, {position}"] * 2
    assert rows["source_type"].tolist() == [kind] * 2
    assert rows["type_rule"].tolist() == ["apposition"] * 2
