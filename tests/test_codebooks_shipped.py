"""Every codebook that comes with the package: complete, free of contradictions, and true to itself."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coverage_research.codebook import Frame, codebook_names, load_codebook
from coverage_research.frame_shares import frame_shares
from coverage_research.framing import find_frames, score_frames
from coverage_research.matching import Matcher
from coverage_research.terms import parse_term

SHIPPED = codebook_names()
#: Frames of the codebooks that follow a published list, in its order.
PUBLISHED = {
    "generic_news": [
        "conflict",
        "human_interest",
        "economic_consequences",
        "morality",
        "responsibility",
    ],
    "policy_frames": [
        "economic",
        "capacity_resources",
        "morality",
        "fairness_equality",
        "legality",
        "policy_prescription",
        "crime_punishment",
        "security_defense",
        "health_safety",
        "quality_of_life",
        "cultural_identity",
        "public_opinion",
        "political",
        "external_regulation",
        "other",
    ],
}
#: Ends that make a word of a prefix, for want of a list of English words.
ENDS = ["", *"s y ies e es ing ed ion al ity or ance ment ence".split()]


def frames_in(name: str, texts: list[str], overlap: str = "frame") -> list[set[str]]:
    """Frames that the codebook sees in each text."""
    table = pd.DataFrame({"article_id": [str(i) for i in range(len(texts))], "title": texts})
    found = find_frames(table, name, fields=["title"], overlap=overlap)
    return [set(found.loc[found["article_id"] == key, "frame"]) for key in table["article_id"]]


def keys(terms) -> set[object]:
    """What the terms look for, however they are written."""
    return {(pattern.parts, pattern.case) for pattern in map(parse_term, terms)}


def excludes_something(frame: Frame, alone: Matcher, text: str) -> bool:
    """Whether a term of the frame stands in the phrase that is to be excluded."""
    phrase = text.replace("...", " ")
    return any(alone.find(" ".join(phrase.replace("*", end).split())) for end in ENDS)


@pytest.mark.parametrize("name", SHIPPED)
def test_loads_under_its_own_name(name: str) -> None:
    book = load_codebook(name)
    assert (book.name, book.language) == (name, "en")
    assert book.version
    assert len(book.source) > 40


@pytest.mark.parametrize("name", PUBLISHED)
def test_frames_are_those_of_the_published_list(name: str) -> None:
    assert name in SHIPPED
    assert [frame.id for frame in load_codebook(name).frames] == PUBLISHED[name]


def test_what_is_left_has_no_terms_and_no_share() -> None:
    *_, other = load_codebook("policy_frames").frames
    assert (other.id, other.terms) == ("other", ())
    articles = pd.DataFrame({"article_id": ["a"], "title": ["Taxpayers pay"], "outlet": "o.test"})
    coverage = pd.DataFrame({"story_id": ["s"], "article_id": ["a"]})
    shares = frame_shares(find_frames(articles, "policy_frames"), articles, coverage)
    assert shares["frame"].tolist() == PUBLISHED["policy_frames"][:-1]
    assert list(score_frames(articles, "policy_frames").columns)[-1] == "external_regulation"


def test_sources_are_cited() -> None:
    assert "Semetko, H. A. & Valkenburg, P. M. (2000)" in load_codebook("generic_news").source
    assert "Boydstun, A. E." in load_codebook("policy_frames").source


@pytest.mark.parametrize("name", SHIPPED)
def test_every_frame_has_two_examples_that_differ(name: str) -> None:
    for frame in load_codebook(name).frames:
        assert len(set(frame.examples)) >= 2, frame.id
    examples = [text for frame in load_codebook(name).frames for text in frame.examples]
    assert len(set(examples)) == len(examples)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_frame_is_found_in_its_own_examples(name: str) -> None:
    missed = [
        (frame.id, text)
        for frame in load_codebook(name).frames
        if frame.terms
        for text, found in zip(frame.examples, frames_in(name, list(frame.examples)), strict=True)
        if frame.id not in found
    ]
    assert missed == []


@pytest.mark.parametrize("name", SHIPPED)
def test_no_term_speaks_for_two_frames(name: str) -> None:
    frames = load_codebook(name).frames
    shared = [
        (one.id, other.id, key)
        for number, one in enumerate(frames)
        for other in frames[number + 1 :]
        for key in keys(one.terms) & keys(other.terms)
    ]
    assert shared == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_number_of_terms(name: str) -> None:
    sizes = {frame.id: len(frame.terms) for frame in load_codebook(name).frames if frame.terms}
    assert {frame: size for frame, size in sizes.items() if not 40 <= size <= 150} == {}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_exclusion_takes_something_out(name: str) -> None:
    book = load_codebook(name)
    idle = []
    for frame in book.frames:
        alone = Matcher(replace(book, frames=(replace(frame, not_terms=()),)))
        idle += [
            (frame.id, term.text)
            for term in frame.not_terms
            if not excludes_something(frame, alone, term.text)
        ]
    assert idle == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_word_is_listed_that_a_prefix_of_its_frame_finds_anyway(name: str) -> None:
    idle = []
    for frame in load_codebook(name).frames:
        prefixes = [t.text[:-1] for t in frame.terms if t.text.endswith("*") and " " not in t.text]
        idle += [
            (frame.id, term.text, prefix)
            for term in frame.terms
            for prefix in prefixes
            if " " not in term.text
            and not term.case
            and term.text != f"{prefix}*"
            and term.text.startswith(prefix)
        ]
    assert idle == []


@pytest.mark.parametrize(
    ("name", "text", "frame"),
    [
        ("generic_news", "The ministers accused each other over the curbs", "conflict"),
        ("generic_news", "Her daughter wept when the plant closed", "human_interest"),
        ("generic_news", "The ban could cost the firm 2 billion", "economic_consequences"),
        ("generic_news", "Bishops call the weapon immoral", "morality"),
        ("generic_news", "The regulator is blamed for the outage", "responsibility"),
        ("policy_frames", "Taxpayers will pay for the new fab", "economic"),
        ("policy_frames", "Too few engineers, warns the ministry", "capacity_resources"),
        ("policy_frames", "A matter of conscience for its makers", "morality"),
        ("policy_frames", "Auditors find racial bias in the model", "fairness_equality"),
        ("policy_frames", "Chipmaker sued over a patent", "legality"),
        ("policy_frames", "New rules on large models proposed", "policy_prescription"),
        ("policy_frames", "Two men arrested for smuggling accelerators", "crime_punishment"),
        ("policy_frames", "Missile makers want the chips", "security_defense"),
        ("policy_frames", "Fumes at the fab made workers sick", "health_safety"),
        ("policy_frames", "Rents soar in the neighbourhood of the campus", "quality_of_life"),
        ("policy_frames", "A way of life ends with the old mill", "cultural_identity"),
        ("policy_frames", "Poll: trust in the machines falls", "public_opinion"),
        ("policy_frames", "Senators trade blame before the election", "political"),
        ("policy_frames", "Ambassadors discuss the tariffs", "external_regulation"),
    ],
)
def test_a_plain_headline(name: str, text: str, frame: str) -> None:
    assert frames_in(name, [text], "codebook") == [{frame}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("generic_news", "New processor family avoids bank conflicts"),
        ("generic_news", "Memory savings and lower packet losses for training jobs"),
        ("generic_news", "The justice department has no comment"),
        ("generic_news", "A fault-tolerant mesh of 64 cores"),
        ("generic_news", "Two rivals compete in the race for bandwidth"),
        ("policy_frames", "Four chiplets per package, many dies per wafer"),
        ("policy_frames", "The voltage regulator and the bias current"),
        ("policy_frames", "A discriminator and an adversarial loss"),
        ("policy_frames", "Artificial intelligence follows a scaling law"),
        ("policy_frames", "Carrier mobility rises, Moore's law lives"),
        ("policy_frames", "The vice president of engineering shows a roadmap"),
        ("policy_frames", "State-of-the-art network with low noise"),
        ("policy_frames", "A cabinet full of servers"),
        ("policy_frames", "A hostile takeover"),
        ("policy_frames", "Fatal error in the master-slave bus"),
        ("policy_frames", "They trump the old parts by a factor of two"),
        ("policy_frames", "A novel method, a right angle, a new generation, a race condition"),
    ],
)
def test_false_friends(name: str, text: str) -> None:
    assert frames_in(name, [text]) == [set()]
