"""Codebooks: what is refused and why, and which terms are found where."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.codebook import (
    MAX_BYTES,
    Codebook,
    CodebookError,
    Frame,
    as_codebook,
    codebook_table,
    load_codebook,
)
from coverage_research.matching import Matcher, matcher
from coverage_research.schema import CoverageError
from coverage_research.terms import Term
from coverage_research.text import tokens

FRAME = """\
  - id: {id}
    label: A label
    definition: What it is
    include: What counts
    exclude: What does not
    examples: [one made-up sentence, another one]
    terms: {terms}
"""
HEAD = "name: mine\nversion: 1.0\ntitle: Mine\nsource: Written here\nlanguage: en\nframes:\n"


def book(frames: dict[str, list[str | Term]], **not_terms: list[str]) -> Codebook:
    """Make a codebook of terms only."""
    return Codebook(
        "test",
        "1",
        "t",
        "s",
        "en",
        tuple(
            Frame(
                name,
                name,
                "d",
                "i",
                "e",
                ("a", "b"),
                tuple(term if isinstance(term, Term) else Term(term) for term in terms),
                tuple(Term(term) for term in not_terms.get(name, [])),
            )
            for name, terms in frames.items()
        ),
    )


def found(text, frames, overlap="codebook", **not_terms):
    hits = Matcher(book(frames, **not_terms), overlap=overlap).find(text)
    assert all(text[hit.start : hit.end] == hit.match for hit in hits)
    return [(hit.frame, hit.match) for hit in hits]


def written(tmp_path, content, name="mine.yaml"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def problems(tmp_path, content):
    with pytest.raises(CodebookError) as caught:
        load_codebook(written(tmp_path, content))
    return caught.value.problems


# Matching


SAMOA = {"WS": ["samoa"], "AS": ["american samoa"], "US": ["american*"]}


def test_overlap_oracle():
    text = "American Samoa is in the South Pacific"
    assert found(text, SAMOA) == [("AS", "American Samoa")]
    within = found(text, SAMOA, overlap="frame")
    assert sorted(within) == [("AS", "American Samoa"), ("US", "American"), ("WS", "Samoa")]


def test_overlap_within_a_frame_keeps_the_longest_of_the_frame():
    frames = {"a": ["chip", "chip ban"], "b": ["ban"]}
    assert found("A chip ban", frames, overlap="frame") == [("a", "chip ban"), ("b", "ban")]
    assert found("A chip ban", frames) == [("a", "chip ban")]


def test_overlap_is_one_of_two():
    with pytest.raises(ValueError, match="'codebook' or 'frame'; found 'all'"):
        Matcher(book(SAMOA), overlap="all")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three", [("a", "one two")]),  # same number of tokens: the first to start
        ("two three", [("b", "two three")]),
    ],
)
def test_equal_length_goes_to_the_first_in_the_text(text, expected):
    assert found(text, {"b": ["two three"], "a": ["one two"]}) == expected


def test_same_place_goes_to_the_more_literal_then_to_the_first_listed():
    assert found("semiconductors", {"a": ["semi*"], "b": ["semicon*"]}) == [("b", "semiconductors")]
    assert found("chips", {"a": ["chips"], "b": [Term("Chips", case=False)]}) == [("a", "chips")]


@pytest.mark.parametrize(
    ("term", "text", "match"),
    [
        ("race", "The RACE is on", "RACE"),
        ("race", "racer traces", None),
        ("race*", "a racetrack", "racetrack"),
        ("self relian*", "more self-reliance", "self-reliance"),
        ("self-relian*", "more self  reliance", "self  reliance"),
        ("chip* ban*", "the chips banned", "chips banned"),
        ("chip* ban*", "the chips are banned", None),
        ("US", "in the U.S. today", "U.S."),
        ("china", "China's chips", "China"),
        ("don't stop", "They don\u2019t stop", "don\u2019t stop"),
        ("4.5 times", "rose 4.5 times", "4.5 times"),
        ("export control", "export. Control", None),  # a sentence ends between them
        ("export control", "export\n\ncontrol", None),  # a paragraph does
        ("export control", "export\ncontrol", "export\ncontrol"),
        ("export control", "\u201cexport control\u201d", "export control"),
    ],
)
def test_terms_match_on_tokens(term, text, match):
    expected = [] if match is None else [("f", match)]
    assert found(text, {"f": [term]}) == expected


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("cut off chips", "cut off chips"),
        ("cut off from 2 3 4 5 chips", "cut off from 2 3 4 5 chips"),
        ("cut off from 2 3 4 5 6 chips", None),
        ("cut off from them. The chips", None),
        ("chips cut off", None),
        ("cut off cut off chips", "cut off chips"),  # the shortest stretch
        ("cut off chips chips", "cut off chips"),
    ],
)
def test_gap(text, match):
    expected = [] if match is None else [("f", match)]
    assert found(text, {"f": ["cut off ... chips"]}) == expected
    assert found(text, {"f": ["cut off\u2026chips"]}) == expected


def test_gap_of_another_width_and_several_gaps():
    term = Term("a1 ... b1 ... c1", gap=1)
    assert found("a1 x b1 x c1", {"f": [term]}) == [("f", "a1 x b1 x c1")]
    assert found("a1 x x b1 x c1", {"f": [term]}) == []
    # The nearer b1 is too far from c1, the farther one is not.
    assert found("a1 b1 b1 x c1", {"f": [term]}) == [("f", "a1 b1 b1 x c1")]


def test_gap_does_not_count_as_length():
    frames = {"gap": ["cut ... chips"], "plain": ["entity list of"]}
    text = "cut the entity list of chips"
    assert found(text, frames) == [("plain", "entity list of")]


def test_case():
    term = Term("US", case=True)
    assert found("The US told us", {"f": [term]}) == [("f", "US")]
    assert found("The U.S. told us", {"f": [term]}) == [("f", "U.S.")]
    assert found("told us", {"f": [term]}) == []
    phrase = Term("Big ... Fund*", case=True, gap=2)
    assert found("the Big Chip Funds and the big Chip Funds", {"f": [phrase]}) == [
        ("f", "Big Chip Funds")
    ]
    assert found("Big chip fund", {"f": [phrase]}) == []
    longer = Term("Entity List", case=True)
    assert found("the Entity List, an entity list, Entity", {"f": [longer]}) == [
        ("f", "Entity List")
    ]


def test_exclusion_list():
    frames = {"race": ["race", "race to build"], "other": ["arms"]}
    excluded = {"race": ["arms race"]}
    assert found("an arms race", frames, **excluded) == [("other", "arms")]
    assert found("the race", frames, **excluded) == [("race", "race")]
    assert found("an arms race and a race", frames, **excluded)[-1] == ("race", "race")
    # Excluded where it touches; other frames keep what they have there.
    assert found("an arms race to build", frames, **excluded) == [("other", "arms")]
    # A longer term of the frame that holds the excluded span still counts.
    frames["race"].append("ai arms race")
    assert found("an AI arms race", frames, **excluded) == [("race", "AI arms race")]


def test_an_excluded_match_does_not_beat_another_frame():
    frames = {"a": ["chip bank"], "b": ["bank"]}
    assert found("a chip bank", frames, a=["chip bank holiday", "a chip bank"]) == [("b", "bank")]


def test_nothing_to_find():
    assert Matcher(book({})).find("text") == []
    assert Matcher(book({"f": ["race"]})).find("") == []


@pytest.mark.parametrize(
    "piece", ["arms race ", "the race ", "ban chip ", "cut off from ", "race,", "U.", "\n \n", "."]
)
def test_long_hostile_texts_take_no_longer_per_sign(piece):
    # Seconds if the work grows with the length, hours if it grows with its square.
    hits = matcher(SHIPPED).find(piece * 60_000)
    assert len(hits) in (0, 60_000)


def test_matcher_is_compiled_once():
    assert matcher(book(SAMOA)) is matcher(book(SAMOA))
    assert matcher(book(SAMOA), "frame") is not matcher(book(SAMOA))


PIECES = [
    "race",
    "arms race",
    "AI",
    "sanctions",
    "chip",
    "chips",
    "ban",
    "export controls",
    "state-sponsored",
    "hackers",
    "U.S.",
    "own",
    "reduced",
    "dependence",
    "cut them off from",
    "without",
    "latest",
    "older",
    ".",
    ";",
    "...",
    "\n\n",
    "…",
    "IPO",
    "ipo",
    "PLA",
    "doubt",
    "no",
    "fail to",
    "government",
    "China's",
    "(chips)",
    "“race”",
]
NEWSY = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map(" ".join)
ANY_TEXT = st.one_of(st.text(), NEWSY)
SHIPPED = load_codebook("ai_hardware")


@given(ANY_TEXT)
def test_spans_stand_in_the_text_and_do_not_overlap(text):
    hits = matcher(SHIPPED).find(text)
    assert all(text[hit.start : hit.end] == hit.match and hit.match for hit in hits)
    assert all(one.end <= other.start for one, other in pairwise(hits))


@given(ANY_TEXT)
def test_within_frames_spans_of_a_frame_do_not_overlap(text):
    hits = matcher(SHIPPED, "frame").find(text)
    for frame in SHIPPED.frames:
        own = [hit for hit in hits if hit.frame == frame.id]
        assert all(one.end <= other.start for one, other in pairwise(own))
    within = {(hit.start, hit.end, hit.frame) for hit in hits}
    # What wins in the whole codebook wins in its frame, unless a neighbour was kept from it.
    across = {(hit.start, hit.end, hit.frame) for hit in matcher(SHIPPED).find(text)}
    assert bool(across) == bool(within)


@given(st.lists(ANY_TEXT, max_size=6))
def test_many_texts_give_what_each_gives(texts):
    compiled = matcher(SHIPPED)
    hits = compiled.find_all(texts)
    together = list(
        zip(
            hits.text.tolist(),
            hits.start.tolist(),
            hits.end.tolist(),
            hits.rule.tolist(),
            strict=True,
        )
    )
    alone = [
        (number, start, end, rule)
        for number, text in enumerate(texts)
        for start, end, rule in zip(
            *(part.tolist() for part in compiled.find_all([text])[1:4]), strict=True
        )
    ]
    assert together == alone
    counts = np.zeros((len(texts), len(SHIPPED.frames)), dtype=int)
    np.add.at(counts, (hits.text, compiled.frame_of[hits.rule]), 1)
    assert (compiled.count_all(texts) == counts).all()


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("no sanctions", [True]),
        ("It isn\u2019t about sanctions, it is about sanctions", [True, False]),
        ("They did not, in the end, sanction them", [True]),  # four tokens on
        ("They did not in the very end sanction them", [False]),  # five
        ("Not yet. Sanctions follow", [False]),
        ("Sanctions do not bite", [False]),
        ("without U.S. sanctions", [True]),
    ],
)
def test_negation(text, negated):
    found = Matcher(book({"f": ["sanction*"]})).find_all([text])
    assert found.negated.tolist() == negated


def naive(text, words):
    return [token.text for token in tokens(text) if token.form in words]


@given(NEWSY)
def test_single_words_agree_with_a_plain_loop(text):
    words = {"race", "chips", "us", "doubt", "china"}
    assert [match for _, match in found(text, {"f": sorted(words)})] == naive(text, words)


# Reading


def test_a_file_is_read(tmp_path):
    terms = '[race, "arms race", {term: US, case: true}, {term: cut ... chips, gap: 2}, no]'
    path = written(tmp_path, "\ufeff" + HEAD + FRAME.format(id="race", terms=terms))
    loaded = load_codebook(path)
    assert (loaded.name, loaded.version, loaded.language) == ("mine", "1.0", "en")
    assert loaded.frames[0].terms == (
        Term("race"),
        Term("arms race"),
        Term("US", case=True),
        Term("cut ... chips", gap=2),
        Term("no"),  # not false
    )
    assert loaded.frames[0].examples == ("one made-up sentence", "another one")
    assert load_codebook(str(path)) == loaded
    assert as_codebook(loaded) is loaded


def test_all_faults_at_once_with_their_lines(tmp_path):
    content = (
        "name: Mine!\n"  # 1
        "version: 1\n"
        "titel: Mine\n"  # 3
        "source: ''\n"  # 4
        "language: [en]\n"  # 5
        "frames:\n"
        "  - id: race\n"  # 7
        "    label: L\n"
        "    definition: D\n"
        "    include: I\n"
        "    exclude: E\n"
        "    examples: [one]\n"  # 12
        "    term: [race]\n"  # 13
        "    label: again\n"  # 14
        "  - id: race\n"  # 15
        "    label: L\n"
        "    definition: D\n"
        "    include: I\n"
        "    exclude: E\n"
        "    examples: [one, {two: 2}]\n"  # 20
        "    terms: [race, Race, r*ce, '*', u*, '...', 'cut ... ', {term: x, gap: 99},\n"  # 21
        "      {term: y, case: maybe}, {trem: z}, [], '!']\n"  # 22
        "    not_terms: [race]\n"  # 23
        "  - just text\n"  # 24
    )
    told = problems(tmp_path, content)
    by_line = {}
    for line, what in told:
        by_line.setdefault(line, []).append(what)
    expected = {
        1: ["found 'Mine!'", "missing title"],
        3: ["unknown key 'titel'; did you mean 'title'?"],
        4: ["source: is empty"],
        5: ["language: expected plain text"],
        7: ["missing terms"],
        12: ["expected 2 or more, found 1"],
        13: ["unknown key 'term'; did you mean 'terms'?"],
        14: ["key 'label' is given twice"],
        15: ["given to an earlier frame"],
        20: ["frame race: example: expected plain text"],
        21: [
            "'Race' repeats 'race' of line 21",
            "* stands at the end of a word only",
            "'*' needs at least 2 letters",
            "'u*' needs at least 2 letters",
            "words are needed on both sides of a gap",
            "gap: expected 0 to 50, found '99'",
        ],
        22: [
            "case: expected true or false, found 'maybe'",
            "unknown key 'trem'; did you mean 'term'?",
            "expected plain text",
            "'!' needs letters or digits",
        ],
        23: ["'race' repeats 'race' of line 21"],
        24: ["frame 3: expected a mapping"],
    }
    assert sorted(by_line) == sorted(expected)
    for line, fragments in expected.items():
        for fragment in fragments:
            assert any(fragment in what for what in by_line[line]), (line, fragment)


def test_only_what_is_left_may_lack_terms(tmp_path):
    path = written(tmp_path, HEAD + FRAME.format(id="other", terms="[]"))
    assert load_codebook(path).frames[0].terms == ()
    assert any(
        "expected 1 or more" in what
        for _, what in problems(tmp_path, HEAD + FRAME.format(id="race", terms="[]"))
    )


def test_the_message_names_the_file_and_the_lines(tmp_path):
    path = written(tmp_path, "name: mine\n")
    with pytest.raises(CodebookError, match=r"mine\.yaml: line 1: codebook: missing version, ti"):
        load_codebook(path)
    path = written(tmp_path, "name: M\nversion: [1]\n")
    with pytest.raises(CodebookError, match=r"3 problems\n  line 1: .*\n  line 1: .*\n  line 2: "):
        load_codebook(path)
    assert issubclass(CodebookError, CoverageError)


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("a: &a [x]\nb: *a\n", 2, "aliases (*a) are not allowed"),
        ("[" * 5000, 1, "nested more than 12 levels"),
        ("{a: " * 5000, 1, "nested more than 12 levels"),
        ("name: a\n---\nname: b\n", 2, "second document"),
        ("name: [a\nversion: 1\n", 2, "not valid YAML"),
        ("name: a\nversion: \x01\n", None, "not valid YAML"),
        ("", 1, "expected a mapping"),
        ("- name\n", 1, "expected a mapping"),
        ("!!python/object/apply:os.getcwd []", 1, "expected a mapping"),
        ("name: !!python/name:os.getcwd ''\n", 1, "name: expected plain text"),
        ("? [a]\n: 1\n", 1, "a key must be a word"),
        ("frames: none\n", 1, "frames: expected a list"),
        ("frames: []\n", 1, "frames: expected 1 or more, found 0"),
    ],
)
def test_hostile_and_broken_files(tmp_path, content, line, what):
    told = problems(tmp_path, content)
    assert any(what in problem and line in (None, at) for at, problem in told), told


def test_a_billion_laughs_are_refused_at_once(tmp_path):
    lines = ["a0: &a0 [ha, ha]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert problems(tmp_path, "\n".join(lines)) == (
        (2, "aliases (*a0) are not allowed; write the value out"),
    )


def test_large_and_undecodable_files(tmp_path):
    assert "larger than" in problems(tmp_path, "#" * (MAX_BYTES + 1))[0][1]
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: mine\ntitle: caf\xe9\n")
    with pytest.raises(CodebookError, match="line 2: not UTF-8"):
        load_codebook(path)


def test_an_unknown_name_names_those_there_are():
    with pytest.raises(CodebookError, match=r"neither a file.*did you mean 'ai_hardware'\?"):
        load_codebook("ai_hardwear")
    with pytest.raises(CodebookError, match="neither a file"):
        load_codebook("../codebooks")


# The codebooks of the package


def test_a_path_that_is_not_there_names_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CodebookError) as error:
        load_codebook("books/mine.yaml")
    assert f"books/mine.yaml (in the working directory {tmp_path})" in str(error.value)
    with pytest.raises(CodebookError) as error:
        load_codebook("ai_hardwear")
    assert "working directory" not in str(error.value)


def test_codebook_table():
    table = codebook_table("ai_hardware")
    assert table["frame"].tolist() == [frame.id for frame in SHIPPED.frames]
    assert table["n_terms"].tolist() == [len(frame.terms) for frame in SHIPPED.frames]
    assert table["terms"][0].split(" | ")[0] == "sanction*"
    assert codebook_table(SHIPPED).equals(table)


def test_ai_hardware_has_the_frames_of_the_methods():
    assert [frame.id for frame in SHIPPED.frames] == [
        "containment",
        "self_reliance",
        "race",
        "workaround",
        "market",
        "security",
        "state_steering",
        "setback",
    ]


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("The maker says its hot aisle containment saves power", set()),
        ("The arms race in orbit", {"security"}),
        ("An AI arms race among start-ups", {"race"}),
        ("State-sponsored hackers stole the plans", {"security"}),
        ("A state-sponsored laboratory opens", {"state_steering"}),
        ("The Wall Street Journal has the story", set()),
        ("Data acquisition boards with voltage regulators", set()),
        ("There is no doubt about race conditions in the driver", set()),
        ("Edge chips reduce dependence on the cloud", set()),
        ("The law reduces dependence on foreign chips", {"self_reliance"}),
        ("The bandwidth of the chip doubled", set()),
        ("Congress bans sales of the fastest chips", {"containment"}),
        ("The firm got its IPO approved", {"market"}),
    ],
)
def test_what_the_frames_take_and_leave(text, frames):
    assert {hit.frame for hit in matcher(SHIPPED).find(text)} == frames


def test_frames_are_values():
    frame = SHIPPED.frames[0]
    assert replace(frame) == frame
    assert hash(SHIPPED) == hash(replace(SHIPPED))
