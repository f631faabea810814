"""Lists of cue words: every verb once, its forms, and the bits by which words are known."""

from __future__ import annotations

import pytest

from coverage_research import cues


def test_the_verbs_are_listed_once() -> None:
    seen: set[str] = set()
    for group, strengths in cues.word_lists()["verbs"].items():
        assert group in ("say", "stance", "show")
        for strength, lemmas in strengths.items():
            assert strength in ("neutral", "assertive", "doubting")
            for lemma in lemmas.split():
                assert lemma not in seen, lemma
                seen.add(lemma)
    assert len(seen) >= 120
    for line in cues.word_lists()["irregular"].splitlines():
        assert len(line.split()) == 5
    for name in ("inverted", "addressed", "quoting"):
        assert set(cues.word_lists()[name].split()) <= seen, name


@pytest.mark.parametrize(
    ("form", "lemma", "shape"),
    [
        ("say", "say", "base"),
        ("says", "say", "third"),
        ("told", "tell", "past"),
        ("warning", "warn", "ing"),
        ("announces", "announce", "third"),
        ("announcing", "announce", "ing"),
        ("stresses", "stress", "third"),
        ("read", "read", "base"),
        ("written", "write", "past"),
    ],
)
def test_forms(form: str, lemma: str, shape: str) -> None:
    cue = cues.verbs()[form]
    assert (cue.lemma, cue.shape) == (lemma, shape)


def test_what_is_known_of_a_verb() -> None:
    say, tell, point = (cues.verbs()[form] for form in ("said", "told", "pointed"))
    assert say.inverts
    assert not say.addresses
    assert tell.addresses
    assert point.followed == ("out", "to")
    assert cues.verbs()["claims"].strength == "doubting"
    assert "states" not in cues.verbs()


def test_bits() -> None:
    flags = cues.flags()
    assert flags["is"] & cues.AUXILIARY
    assert flags["is"] & cues.PASSIVE
    assert not flags["will"] & cues.PASSIVE
    assert flags["said"] & cues.CUE
    assert flags["according"] & cues.CUE
    assert not flags["they"] & cues.CUE
    assert "chips" not in flags
    bits = [
        value for name, value in vars(cues).items() if name.isupper() and value.__class__ is int
    ]
    assert sorted(bits) == [1 << bit for bit in range(len(bits))]


def test_phrases_are_found_by_their_last_word_but_one() -> None:
    for key, phrases in cues.phrases().items():
        for phrase in phrases:
            assert phrase.words[-2] == key
            assert len(phrase.words) >= 2


def test_nouns() -> None:
    assert cues.nouns()["claims"] == ("claim", "doubting", {"of", "about"})
    assert cues.nouns()["warning"] == ("warning", "assertive", {"of", "about", "against"})
    assert cues.nouns()["comments"].followed == {"on", "about"}
    assert cues.nouns()["belief"].followed == frozenset()
    assert {noun.strength for noun in cues.nouns().values()} == {"neutral", "assertive", "doubting"}
    assert all(cues.flags()[form] & cues.NOUN_CUE for form in cues.nouns())
    assert not cues.flags()["said"] & cues.NOUN_CUE


def test_what_may_follow_nouns_is_said_of_nouns_only() -> None:
    listed = {noun.lemma for noun in cues.nouns().values()}
    for behind, lemmas in cues.word_lists()["noun_frames"].items():
        assert isinstance(behind, str)
        assert cues.flags().get(behind, 0) & cues.PREPOSITION
        assert set(lemmas.split()) <= listed, behind


def test_adverbs() -> None:
    assert cues.adverbs()["reportedly"][:2] == ("reportedly", "neutral")
    assert {adverb.strength for adverb in cues.adverbs().values()} == {"neutral", "doubting"}
    assert all(cues.flags()[form] & cues.CUE for form in cues.adverbs())


def test_what_stands_behind_verbs() -> None:
    show, add, call, make = (cues.verbs()[form] for form in ("showed", "added", "called", "made"))
    assert "up" in show.particles
    assert (add.clausal, show.clausal) == (True, False)
    assert (call.names, add.names) == (True, False)
    assert make.followed == ("clear",)
    lemmas = {cue.lemma for cue in cues.verbs().values()}
    for name in ("particles", "followed"):
        assert {line.split()[0] for line in cues.word_lists()[name].splitlines()} <= lemmas
    for name in ("clausal", "naming", "quoting", "inverted", "addressed"):
        assert cues.word_list(name) <= lemmas, name


def test_a_document_is_worth_a_look_but_no_cue() -> None:
    for form in ("survey", "records", "filings"):
        assert cues.flags()[form] & cues.DOCUMENT
        assert not cues.flags()[form] & cues.CUE


def test_lists_for_headlines_contradict_nobody() -> None:
    predicates, hits, moves, objects = (
        cues.word_lists()[f"headline_{name}"].split()
        for name in ("predicates", "hits", "moves", "objects")
    )
    every = [*predicates, *hits, *moves, *objects]
    assert len(every) == len(set(every))
    forms = cues.verbs()
    assert cues.word_list("headline_nouns") <= set(forms)
    lemmas = {cue.lemma for cue in forms.values()}
    for name in ("headline_frames", "headline_compounds"):
        for line in cues.word_lists()[name].splitlines():
            assert set(line.split()[1:]) <= lemmas, line
