"""Labels before actors: what belongs to the phrase, where it ends, and how it is counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import noun_phrases as module
from coverage_research.labels import LABELS, find_labels, label_shares
from coverage_research.schema import ESTIMATE, ChoiceError, CoverageError, SchemaError
from coverage_research.terms import Term


def found(text, target, field="title"):
    """Labels of the mentions in a text, each as a list; a bare mention is an empty list."""
    table = find_labels(pd.DataFrame({"article_id": ["a"], field: [text]}), target)
    for row in table.itertuples():
        assert text[row.start : row.end] == row.match
        assert text[row.mention_start : row.mention_end] == row.mention
        assert row.mention_start <= row.start <= row.end <= row.mention_end
    mentions = table.groupby(["mention_start", "mention_end"], sort=True)["label"]
    return [[label for label in group if label] for _, group in mentions]


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("A state-sponsored Chinese AI firm led", "AI firm", ["state-sponsored", "chinese"]),
        ("state-sponsored chinese ai firm leads", "AI firm", ["state-sponsored", "chinese"]),
        ("State-Sponsored Chinese AI Firm Leads", "AI firm", ["state-sponsored", "chinese"]),
        ("STATE-SPONSORED CHINESE AI FIRM LEADS", "AI firm", ["state-sponsored", "chinese"]),
        ("Embattled chip giant Intel cuts jobs", "Intel", ["embattled", "chip giant"]),
        ("AI leaders met in Seoul", "leaders", ["ai"]),
        ("The state\u2010sponsored AI firm", "AI firm", ["state-sponsored"]),
        # Coordinated adjectives.
        ("It is a secretive, nuclear-armed state.", "state", ["secretive", "nuclear-armed"]),
        ("They sell cheap and powerful chips", "chip*", ["cheap", "powerful"]),
        ("In response, Chinese chipmakers paused", "chipmaker*", ["chinese"]),
        # Adverbs that grade.
        ("An increasingly powerful AI firm", "AI firm", ["increasingly powerful"]),
        ("Trump praises heavily sanctioned Huawei", "Huawei", ["heavily sanctioned"]),
        # Possessors.
        ("China's largest chipmaker said so", "chipmaker", ["china", "largest"]),
        ("South Korea\u2019s leading chipmaker", "chipmaker", ["south korea", "leading"]),
        ("His largest chipmaker", "chipmaker", ["largest"]),
        ("It's Huawei again", "Huawei", []),
        # Titles.
        (
            "Former U.S. Secretary of State Ann Lee",
            "Ann Lee",
            ["former", "us", "secretary of state"],
        ),
        ("North Korean leader Kim Jong Un", "Kim Jong Un", ["north korean", "leader"]),
        ("Prime Minister Ann Lee spoke", "Ann Lee", ["prime minister"]),
        ("It angered Sen. Ann Lee on Monday", "Ann Lee", ["sen."]),
        ("On Monday Ann Lee left", "Ann Lee", []),
        ("The 72-year-old founder left", "founder", ["72-year-old"]),
        # Marks of quotation.
        ('the "rogue" AI firm', "AI firm", ["rogue"]),
        ("the \u201crogue\u201d AI firm", "AI firm", ["rogue"]),
        ('the so-called "AI firm"', "AI firm", ["so-called"]),
        ('A rival says "AI firm loses"', "AI firm", []),
        ('"We lost," Nvidia said', "Nvidia", []),
        # Where the phrase ends.
        ("US sues Nvidia", "Nvidia", []),
        ("The US sanctioned Chinese AI firm", "AI firm", ["chinese"]),
        ("They have sanctioned Nvidia", "Nvidia", []),
        ("The sanctioned AI firm", "AI firm", ["sanctioned"]),
        ("It will help Nvidia", "Nvidia", []),
        ("It needs to target Nvidia", "Nvidia", []),
        ("They love Nvidia", "Nvidia", []),
        ("Investors back Nvidia", "Nvidia", []),
        ("Two Chinese AI firms", "AI firms", ["chinese"]),
        ("In 2024 Nvidia grew", "Nvidia", []),
        ("Targeting Nvidia is unwise", "Nvidia", []),
        ("The moment Nvidia announced it", "Nvidia", []),
        ("It is doubtful Nvidia knew", "Nvidia", []),
        ('"No," added Nvidia', "Nvidia", []),
        ("Shares fell. Nvidia grew", "Nvidia", []),
        ("A rival (Nvidia) grew", "Nvidia", []),
        ("A big\nNvidia grew", "Nvidia", []),
        ("The firm of Nvidia", "Nvidia", []),
        # Two words that are one thing.
        ("Its artificial intelligence model won", "model", ["artificial intelligence"]),
        (
            "The 3nm artificial intelligence radio chip",
            "chip",
            ["3nm artificial intelligence radio"],
        ),
        ("A rack of high powered chips", "chips", ["high powered"]),
        ("Cheap High End AI Chips Win", "chips", ["cheap", "high end", "ai"]),
        ("An open source model", "model", ["open source"]),
        ("A Chinese start up firm", "firm", ["chinese", "start up"]),
        ("self driving car makers", "makers", ["self driving", "car"]),
        ("The open, high powered chips", "chips", ["open", "high powered"]),
        ("They strike climate change deals", "deals", ["climate change"]),
        ("The New York AI firm", "firm", ["new york", "ai"]),
        ("Hong Kong's New AI Chip", "chip", ["hong kong", "new", "ai"]),
        ("The South Korean AI firm", "firm", ["south korean", "ai"]),
        ("The brainiest chips", "chips", ["brainiest"]),
        ("They want faster chips", "chips", ["faster"]),
    ],
)
def test_labels_of_a_phrase(text, target, expected):
    assert found(text, target) == [expected]


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        # A verb in its base form behind a plural.
        ("Export Curbs Drive Chinese Firms Abroad", "firm*", ["chinese"]),
        ("EXPORT CURBS DRIVE CHINESE FIRMS ABROAD", "firm*", ["chinese"]),
        ("Export curbs drive Chinese firms abroad", "firm*", ["chinese"]),
        ("Tariffs Squeeze Small Chip Firms", "firms", ["small", "chip"]),
        ("Lawmakers Target Firms", "firms", []),
        ("Scientists Design Brain-Like Chip", "chip", ["brain-like"]),
        ("Banks Fund Risky Startups", "startup*", ["risky"]),
        ("Curbs Slow Chinese Firms", "firms", ["chinese"]),
        ("Rules Block Advanced Chips", "chips", ["advanced"]),
        # Behind names, if an adjective follows.
        ("Samsung Launch New AI Chip", "chip", ["new", "ai"]),
        ("Brightmoor and Quillane Move New Chip Abroad", "chip", ["new"]),
        ("Apple, Google Face New Rivals", "rivals", ["new"]),
        ("Police Hunt Armed Group", "group", ["armed"]),
        # In the third person.
        ("Trade War Hits Chip Firms", "firms", ["chip"]),
        ("Chip Ban Forces Local Startups Abroad", "startups", ["local"]),
        ("Exports Curb Hurts Small Chip Firms", "firms", ["small", "chip"]),
        # Behind to and auxiliaries, but not in a question.
        ("Minister Vows to Delay Faster Chips", "chips", ["faster"]),
        ("He'll Use Chinese Chips", "chips", ["chinese"]),
        ("Firm Won\u2019t Outpace Chinese Chips", "chips", ["chinese"]),
        ("Should Chip Firms Pay?", "firms", ["chip"]),
        ("How Long Will Chip Firms Wait?", "firms", ["chip"]),
        ("Please don't count chips", "chips", []),
        # In -ing.
        ("Intel Building New Plants", "plants", ["new"]),
        ("They are building AI chips", "chips", ["ai"]),
        ("They are making and mass-selling AI chips", "chips", ["ai"]),
        ("They grow by making and mass-selling AI chips", "chips", ["ai"]),
        ("Growing and cash-guzzling firms", "firms", ["growing", "cash-guzzling"]),
        ("A growing and cash-guzzling firm", "firm", ["growing", "cash-guzzling"]),
        ("Leading Chip Firms Merge", "firms", ["leading", "chip"]),
        # The same words as nouns.
        ("Drive Systems Maker Expands", "maker", ["drive systems"]),
        ("Disk Drive Makers Gain", "makers", ["disk drive"]),
        ("Sports Drink Makers Sue", "makers", ["sports drink"]),
        ("Arms Trade Experts Warn", "experts", ["arms trade"]),
        ("Force Sensor Maker Sues", "maker", ["force sensor"]),
        ("Test Equipment Suppliers Gain", "suppliers", ["test equipment"]),
        ("Chip Design Firms Merge", "firms", ["chip design"]),
        ("Ministry Targets Top Chip Experts", "experts", ["top", "chip"]),
        ("Chipmakers' Push Partners Gain", "partners", ["chipmakers", "push"]),
    ],
)
def test_a_verb_is_no_label(text, target, expected):
    assert found(text, target) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Former Huawei executive leaves",
        "The latest Huawei ban",
        "Former Huawei executives leave",
        "The big Huawei Technologies",
        "The anti-Huawei camp",
        "A big Huawei-backed firm",
        "The big US/Huawei row",
        "Big @Huawei_fan",
    ],
)
def test_an_actor_that_is_no_head_is_no_mention(text):
    assert found(text, "Huawei") == []


@pytest.mark.parametrize(
    "text",
    [
        "Embattled Huawei cuts jobs",
        "Embattled Huawei plans cuts",
        "Embattled Huawei offers help",
        "Embattled Huawei's shares",
        "Embattled Huawei, it said",
        "Embattled Huawei",
        "Embattled Huawei\u00a0won",
        "Embattled Huawei Vows Return",
    ],
)
def test_an_actor_with_a_verb_behind_is_a_mention(text):
    assert found(text, "Huawei") == [["embattled"]]


def test_a_name_behind_a_common_noun_leaves_it_the_head():
    assert found("The Chinese AI firm Quillane rose", "AI firm") == [["chinese"]]
    assert found("Chinese AI Firm Quillane Rises", "AI firm") == [["chinese"]]


def test_the_whole_table():
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b", "c"],
            "title": ["Embattled chip giant Intel rises", None, "Nothing here"],
            "body": ["Intel grew. China's Intel grew.", "Rival Intel fell", float("nan")],
        }
    )
    table = find_labels(articles, {"Intel": ["Intel"], "nobody": "nobody"})
    assert list(table.columns) == list(LABELS)
    mention = ["Embattled chip giant Intel", 0, 26]
    assert table.drop(columns=["start", "end"]).to_numpy().tolist() == [
        ["a", "title", "Embattled", "Intel", "embattled", "adjective", *mention],
        ["a", "title", "chip giant", "Intel", "chip giant", "noun", *mention],
        ["a", "body", "Intel", "Intel", "", "", "Intel", 0, 5],
        ["a", "body", "China's", "Intel", "china", "possessor", "China's Intel", 12, 25],
        ["b", "body", "Rival", "Intel", "rival", "adjective", "Rival Intel", 0, 11],
    ]
    assert table[["start", "end"]].to_numpy().tolist()[1] == [10, 20]
    assert set(find_labels(articles, "Intel", fields=["body"])["field"]) == {"body"}


def test_targets_in_their_forms():
    text = "Chinese Huawei and American Huawei Technologies and ailing Huawei Tech won"
    articles = pd.DataFrame({"article_id": ["1"], "title": [text]})
    named = {"Huawei": ["Huawei", "Huawei Technologies", "Huawei Tech"]}
    assert find_labels(articles, named)["label"].tolist() == ["chinese", "american", "ailing"]
    assert find_labels(articles, named)["target"].unique().tolist() == ["Huawei"]
    assert find_labels(articles, named)["article_id"].tolist() == ["1"] * 3
    several = find_labels(articles, ["Huawei", "Huawei Technologies", "Huawei Tech"])
    assert several["target"].tolist() == ["Huawei", "Huawei Technologies", "Huawei Tech"]
    cased = {"US": [Term("US", case=True)]}
    us = pd.DataFrame({"article_id": ["a"], "title": ["They told us that a divided US won"]})
    assert find_labels(us, cased)["label"].tolist() == ["divided"]


def test_initials_and_acronyms_in_a_name():
    assert found("He met former chief Ann B. Lee.", "Ann B. Lee") == [["former", "chief"]]
    assert found("It hurt the big U.S. Then it won", "US") == [["big"]]


def test_a_lexicon_is_read_once_and_its_absence_is_told(monkeypatch, tmp_path):
    assert module._lexicon() is module._lexicon()
    module._lexicon.cache_clear()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    try:
        with pytest.raises(CoverageError, match=r"en-lexicon\.txt of textblob"):
            module._lexicon()
    finally:
        module._lexicon.cache_clear()


def test_word_lists_are_lists_of_words():
    data = yaml.safe_load(Path(module.__file__).with_name("label_words.yaml").read_text("utf-8"))
    suffixes = data.pop("suffixes")
    # An unquoted `no` or `on` would be read as a truth value.
    assert all(isinstance(part, str) for pair in suffixes.items() for part in pair)
    for name, words in data.items():
        lines = words.splitlines() if name.startswith("compound") else words.split()
        assert len(set(lines)) == len(lines) > 0, name
        assert name == "abbreviations" or words.islower(), name
        assert not name.startswith("compound") or {line.count(" ") for line in lines} == {1}, name
    verbs = [data[name].split() for name in ("verbs", "verbs_or_nouns", "verbs_or_adjectives")]
    assert len(set().union(*verbs)) == sum(map(len, verbs))
    assert set(data["gerunds"].split()) <= set(data["ing"].split())
    source = Path(module.__file__).read_text("utf-8")
    for name in [*data, "suffixes"]:
        assert f'"{name}"' in source, f"{name} is used by nothing"


def test_errors_name_everything():
    articles = pd.DataFrame({"article_id": ["a"], "title": ["x"]})
    with pytest.raises(ChoiceError, match=r"'a\*' needs at least 2 letters; 'none' has no terms"):
        find_labels(articles, {"some": ["a*"], "none": []})
    with pytest.raises(ChoiceError, match="found none"):
        find_labels(articles, [])
    with pytest.raises(SchemaError, match="found 'headline'"):
        find_labels(articles, "x", fields=["headline"])
    with pytest.raises(SchemaError, match="missing body"):
        find_labels(articles, "x", fields=["body"])
    with pytest.raises(SchemaError, match="missing article_id"):
        find_labels(articles[["title"]], "x")


def test_hostile_texts():
    texts = [
        None,
        "",
        " ",
        "Nvidia",
        "\U0001f600 Nvidia \U0001f600",
        "<b>big</b> Nvidia",
        "big\u200bNvidia big \u200b Nvidia",
        "x" * 50_000 + " Nvidia",
        "big " * 20_000 + "Nvidia",
        "''''' \"\"\" ' Nvidia",
        "of Nvidia",
        ", , and Nvidia",
        "\x00 big Nvidia \r\n Nvidia",
        "- Nvidia -",
        "'s Nvidia",
        "\u0130stanbul Nvidia",
    ]
    articles = pd.DataFrame({"article_id": map(str, range(len(texts))), "title": texts})
    before = articles.copy(deep=True)
    table = find_labels(articles, "Nvidia")
    pd.testing.assert_frame_equal(articles, before)
    assert len(table)
    for row in table.itertuples():
        text = texts[int(row.article_id)]
        assert text[row.start : row.end] == row.match
        assert text[row.mention_start : row.mention_end] == row.mention
    twice = find_labels(pd.concat([articles, articles]), "Nvidia")
    pd.testing.assert_frame_equal(twice, table)
    none = find_labels(articles.head(0), "Nvidia")
    assert none.empty
    assert none["start"].dtype == "int64"
    assert find_labels(articles, "Huawei").empty


WORDS = ["big", "chip", "giant", "Nvidia", "said", "the", "China's", "and", ",", '"', "heavily"]


@given(st.lists(st.sampled_from([*WORDS, "of", "state", "sanctioned", "-", "(", "Sen.", "5"])))
def test_spans_hold_and_labels_do_not_overlap(words):
    text = " ".join(words)
    table = find_labels(pd.DataFrame({"article_id": ["a"], "title": [text]}), "Nvidia")
    reached: dict[int, int] = {}
    for row in table.itertuples():
        assert text[row.start : row.end] == row.match
        assert text[row.mention_start : row.mention_end] == row.mention
        assert row.mention.endswith("Nvidia")
        assert reached.get(row.mention_end, 0) <= row.start
        assert (row.label == "") == (row.kind == "") == (row.match == row.mention)
        reached[row.mention_end] = row.end
    assert table["mention_end"].nunique() <= words.count("Nvidia")


@given(st.text(max_size=60))
def test_any_text_before_a_target(text):
    table = find_labels(pd.DataFrame({"article_id": ["a"], "title": [text + " Nvidia"]}), "Nvidia")
    for row in table.itertuples():
        assert (text + " Nvidia")[row.start : row.end] == row.match


# Shares -------------------------------------------------------------------------------------------

ARTICLES = pd.DataFrame(
    {
        "article_id": list("abcde"),
        "title": [
            "The Chinese AI firm rose",
            "The AI firm and the Chinese AI firm and the Chinese AI firm",
            "The AI firm fell",
            "A state-sponsored AI firm rose",
            "Nothing",
        ],
        "outlet": ["n.test", "n.test", "n.test", "s.test", "s.test"],
        "outlet_name": ["North", "North", "North", "South", "South"],
    }
)
COVERAGE = pd.DataFrame(
    {"story_id": ["s1", "s1", "s2", "s3", "s4", "s4"], "article_id": list("abcdec")}
)


def cells(shares):
    return shares[["outlet", "label", "k", "n", "n_stories"]].to_numpy().tolist()


def test_shares_of_articles():
    labels = find_labels(ARTICLES, "AI firm")
    shares = label_shares(labels, ARTICLES, COVERAGE)
    assert list(shares.columns) == [
        "outlet",
        "outlet_name",
        "target",
        "label",
        "form",
        "k",
        *ESTIMATE,
    ]
    # c belongs to two stories, which are one cluster; e does not name the actor.
    assert cells(shares) == [
        ["n.test", "chinese", 2, 3, 2],
        ["s.test", "chinese", 0, 1, 1],
        ["n.test", "state-sponsored", 0, 3, 2],
        ["s.test", "state-sponsored", 1, 1, 1],
    ]
    assert shares["estimate"].round(3).tolist() == [0.667, 0.0, 0.0, 1.0]
    assert shares["low"].isna().all()
    assert shares["reason"].iloc[0] == "2 stories; a bootstrap clustered by story needs at least 5"
    assert shares["outlet_name"].tolist() == ["North", "South"] * 2


def test_shares_of_mentions():
    labels = find_labels(ARTICLES, "AI firm")
    shares = label_shares(labels, ARTICLES, COVERAGE, unit="mention")
    assert cells(shares)[0] == ["n.test", "chinese", 3, 5, 2]
    assert cells(shares)[3] == ["s.test", "state-sponsored", 1, 1, 1]


def test_forms_are_the_most_frequent_spelling():
    titles = [
        "US chips",
        "The  U.S.  chips and U.S. chips",
        "us-backed chips",
        "US-Backed chips",
        "x",
    ]
    articles = ARTICLES.assign(title=titles)
    labels = find_labels(articles, "chips")
    shares = label_shares(labels, articles, COVERAGE)
    forms = dict(zip(shares["label"], shares["form"], strict=True))
    assert forms == {"us": "U.S.", "us-backed": "us-backed"}
    # Articles that the coverage does not list do not count.
    part = COVERAGE[~COVERAGE["article_id"].isin(["b", "c"])]
    shares = label_shares(labels, articles, part)
    forms = dict(zip(shares["label"], shares["form"], strict=True))
    assert forms == {"us": "US", "us-backed": "US-Backed"}
    for nothing in (None, float("nan")):
        shares = label_shares(labels.assign(match=nothing), articles, COVERAGE)
        assert len(shares) == 4
        assert shares["form"].isna().all()
        assert shares["form"].dtype == "str"
    apart = label_shares(
        labels.assign(match=labels["match"].str.replace(".", "\n.")), articles, COVERAGE
    )
    assert apart["form"].tolist()[0] == "U .S ."


def test_shares_of_usual_labels_other_groups_and_none():
    labels = find_labels(ARTICLES, "AI firm")
    usual = label_shares(labels, ARTICLES, COVERAGE, min_articles=2)
    assert usual["label"].unique().tolist() == ["chinese"]
    roles = COVERAGE.assign(role=["lead", "related", "lead", "lead", "lead", "related"])
    by_role = label_shares(labels, ARTICLES, roles, by="role")
    assert by_role[["role", "label", "k", "n"]].to_numpy().tolist() == [
        ["lead", "chinese", 1, 3],
        ["related", "chinese", 1, 2],
        ["lead", "state-sponsored", 1, 3],
        ["related", "state-sponsored", 0, 2],
    ]
    part = label_shares(labels, ARTICLES, COVERAGE[COVERAGE["article_id"] != "a"])
    assert cells(part)[0] == ["n.test", "chinese", 1, 2, 2]
    for nothing in (labels.head(0), labels[labels["label"] == ""]):
        none = label_shares(nothing, ARTICLES, COVERAGE)
        assert none.empty
        assert list(none.columns) == list(usual.columns)


def test_share_errors():
    labels = find_labels(ARTICLES, "AI firm")
    with pytest.raises(ChoiceError, match="unit: expected 'article' or 'mention'; found 'word'"):
        label_shares(labels, ARTICLES, COVERAGE, unit="word")
    with pytest.raises(ValueError, match="min_articles: expected at least 1; found 0"):
        label_shares(labels, ARTICLES, COVERAGE, min_articles=0)
    with pytest.raises(SchemaError, match="missing desk"):
        label_shares(labels, ARTICLES, COVERAGE, by="desk")
    with pytest.raises(SchemaError, match="missing label"):
        label_shares(labels.drop(columns="label"), ARTICLES, COVERAGE)


def test_invented_is_carried():
    invented = ARTICLES.assign(outlet="chips.example")
    labels = find_labels(invented, "AI firm")
    assert labels.attrs["invented"]
    assert find_labels(invented, "Huawei").attrs["invented"]
    assert label_shares(labels, invented, COVERAGE).attrs["invented"]
    assert label_shares(labels.head(0), invented, COVERAGE).attrs["invented"]
    assert (
        "invented" not in label_shares(find_labels(ARTICLES, "AI firm"), ARTICLES, COVERAGE).attrs
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from("pq"), st.lists(st.sampled_from(["big", "rich", ""]), max_size=3)
        ),
        min_size=1,
        max_size=12,
    )
)
def test_shares_add_up(rows):
    articles = pd.DataFrame(
        {
            "article_id": [f"a{number}" for number in range(len(rows))],
            "title": [". ".join(f"The {word} Nvidia" for word in words) for _, words in rows],
            "outlet": [outlet for outlet, _ in rows],
        }
    )
    coverage = pd.DataFrame(
        {"story_id": articles["article_id"], "article_id": articles["article_id"]}
    )
    labels = find_labels(articles, "Nvidia")
    for unit in ("article", "mention"):
        shares = label_shares(labels, articles, coverage, unit=unit, n_boot=20)
        for cell in shares.itertuples():
            own = [words for outlet, words in rows if outlet == cell.outlet]
            if unit == "article":
                k, n = sum(cell.label in words for words in own), sum(bool(words) for words in own)
            else:
                k, n = sum(words.count(cell.label) for words in own), sum(map(len, own))
            assert (cell.k, cell.n) == (k, n)
            assert cell.estimate == pytest.approx(k / n)
            assert pd.isna(cell.low) or cell.low <= cell.estimate <= cell.high
