from __future__ import annotations

import json
import shutil
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from coverage_research import dehydrate, hydrate, load_demo, measure, read_corpus, sharing
from coverage_research.articles import ReadError
from coverage_research.corpus import Corpus
from coverage_research.schema import ChoiceError
from coverage_research.sharing import MAX_QUOTED_WORDS, MEASURES
from coverage_research.text import words

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return load_demo()


@pytest.fixture(scope="module")
def shared(demo: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dehydrate(demo, tmp_path_factory.mktemp("shared") / "demo")


def runs(text: str, size: int) -> set[tuple[str, ...]]:
    forms = words(text)
    return {tuple(forms[i : i + size]) for i in range(len(forms) - size + 1)}


def test_no_text_is_shared(demo: Corpus, shared: Path) -> None:
    headlines = set().union(*(runs(title, 6) for title in demo.articles["title"]))
    texts = [*demo.articles["excerpt"].dropna(), *demo.articles["body"].dropna()]
    secret = set().union(*(runs(text, 6) for text in texts)) - headlines
    assert len(secret) > 5000
    files = [path for path in shared.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_text("utf-8")
        assert not runs(content, 6) & secret, path.name
        assert "excerpt:" not in content
        assert "images:" not in content
        assert "secured" not in content


def test_a_dehydrated_corpus_gives_the_same_measures(demo: Corpus, shared: Path) -> None:
    dry = read_corpus(shared, cache=False, strict=True)
    assert dry.articles["excerpt"].isna().all()
    assert dry.articles["body"].isna().all()
    assert dry.invented
    for name in MEASURES:
        whole, stored = measure(demo, name), measure(dry, name)
        assert whole.attrs["basis"] == "full text"
        assert stored.attrs["basis"] == "stored measures"
        assert stored.attrs["invented"]
        assert len(whole)
        quoted = [
            column for column in ("match", "mention", "source", "cue") if column in whole.columns
        ]
        assert_frame_equal(whole.drop(columns=quoted), stored.drop(columns=quoted), obj=name)


def test_the_facts_survive(demo: Corpus, shared: Path) -> None:
    dry = read_corpus(shared, cache=False)
    lost = ["excerpt", "body", "source_path", "extra"]
    assert_frame_equal(demo.articles.drop(columns=lost), dry.articles.drop(columns=lost))
    keys = ["story_id", "article_id"]
    assert_frame_equal(
        demo.coverage[[*keys, "role"]].sort_values(keys, ignore_index=True),
        dry.coverage[[*keys, "role"]].sort_values(keys, ignore_index=True),
    )


def test_short_matches_only(shared: Path) -> None:
    for name in ("frames", "credits", "origins"):
        table = pd.read_csv(shared / "measures" / f"{name}.csv")
        quoted = table.loc[table["field"] != "title", "match"].str.replace("...", "")
        assert (quoted.str.split().str.len() <= MAX_QUOTED_WORDS + 5).all()


def test_dehydrating_twice_gives_the_same_bytes(demo: Corpus, shared: Path, tmp_path: Path) -> None:
    again = dehydrate(demo, tmp_path / "again")
    files = sorted(path.relative_to(shared) for path in shared.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for name in files:
        assert (shared / name).read_bytes() == (again / name).read_bytes(), name


def test_other_settings_are_not_answered_from_the_store(shared: Path) -> None:
    dry = read_corpus(shared, cache=False)
    assert measure(dry, "frames", overlap="frame").attrs["basis"] == "headlines only"
    stored = json.loads((shared / "measures" / "frames.json").read_text())
    assert stored["settings"]["codebook"].startswith("ai_hardware ")


def test_a_measure_that_does_not_exist(demo: Corpus) -> None:
    with pytest.raises(ChoiceError, match="no measure 'smell'; there are frames, labels"):
        measure(demo, "smell")
    with pytest.raises(ChoiceError, match="'credits' has no setting overlap; it has none"):
        measure(demo, "credits", overlap="frame")


def test_a_folder_that_holds_something_is_not_written_into(demo: Corpus, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ReadError, match="expected a new or empty folder"):
        dehydrate(demo, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_there_must_be_text_to_measure(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="headlines only"):
        dehydrate(read_corpus(shared, cache=False), tmp_path / "x")


def test_hydrate_puts_the_same_text_back(demo: Corpus, shared: Path) -> None:
    wet = hydrate(read_corpus(shared, cache=False), demo)
    for field in ("excerpt", "body"):
        assert_frame_equal(
            wet.articles[["article_id", field]], demo.articles[["article_id", field]]
        )
    assert measure(wet, "frames").attrs["basis"] == "full text"
    assert wet.problems.empty


def test_hydrate_refuses_another_text_and_says_so(demo: Corpus, shared: Path) -> None:
    other = demo.articles.copy()
    other.loc[0, "body"] = other.loc[0, "body"] + " Updated."
    mine = replace(demo, articles=other.drop(index=1))
    dry = read_corpus(shared, cache=False)
    wet = hydrate(dry, mine)
    changed, absent = other.loc[0, "article_id"], other.loc[1, "article_id"]
    rows = wet.articles.set_index("article_id")
    assert pd.isna(rows.loc[changed, "body"])
    assert isinstance(rows.loc[changed, "excerpt"], str)
    assert pd.isna(rows.loc[absent, "excerpt"])
    assert wet.problems["check"].value_counts().to_dict() == {"text_absent": 2, "text_differs": 1}
    assert dry.articles["excerpt"].isna().all()
    with pytest.raises(ReadError, match="was not dehydrated"):
        hydrate(demo, demo)


LINES = [
    "provider: Sun Ledger",
    "provider: 5",
    "provider: [Sun, Ledger]",
    "provider: {name: [Sun]}",
    "provider: {name: 5, domain: no domain}",
    "provider: {domain: sun.example, paper: Ledger}",
    "webUrl: no address",
    "webUrl: 5",
    "originalUrl: https://o1.example/x",
    "publishedDateTime: 2024-03-05T10:01:00Z",
    "publishedDateTime: 2024-03-05",
    "publishedDateTime: soon",
    "title: Chips",
    "title: 2024",
    "title: ' a: b '",
    "excerpt: A whole sentence.",
    "excerpt: Another sentence.",
    "colour: red",
    "dehydratedId: 0123456789abcdef",
    "dehydratedId: no",
    "quality: high",
]


@st.composite
def odd_records(draw: st.DrawFn) -> str:
    chosen = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=6))
    return "\n".join({line.split(":")[0]: line for line in chosen}.values())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(odd_records(), min_size=1, max_size=3), listed=st.booleans())
def test_articles_and_texts_are_known_again_whatever_they_say_of_themselves(
    monkeypatch: pytest.MonkeyPatch, records: list[str], listed: bool
) -> None:
    # What is measured does not matter here, and takes long.
    monkeypatch.setattr(sharing, "MEASURES", {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "own"
        folder.mkdir()
        if listed:
            items = [textwrap.indent(one, "    ").replace("    ", "  - ", 1) for one in records]
            records = [
                "title: Lead\nwebUrl: https://o1.example/lead\nrelated:\n" + "\n".join(items)
            ]
        for number, record in enumerate(records):
            (folder / f"{number}.md").write_text(f"---\n{record}\n---\nBody {number}.\n")
        own = read_corpus(folder, cache=False)
        dry = read_corpus(dehydrate(own, Path(name) / "dry"), cache=False)
        again = hydrate(dry, own)
    key = ["article_id", "excerpt", "body"]
    for table in (again.articles, hydrate(dry, again).articles):
        assert_frame_equal(
            own.articles[key].sort_values("article_id", ignore_index=True),
            table[key].sort_values("article_id", ignore_index=True),
        )
    assert set(own.coverage["story_id"]) == set(dry.coverage["story_id"])
    assert not again.problems["check"].str.startswith("text_").any()


def test_a_record_known_by_its_text_keeps_its_identifier(write: Write, tmp_path: Path) -> None:
    path = write("title: Chips\nprovider: Sun Ledger\nexcerpt: Fears of a ban grip Nvidia.")
    own = read_corpus(path, cache=False)
    dry = read_corpus(dehydrate(own, tmp_path / "dry"), cache=False)
    assert dry.articles["article_id"].tolist() == own.articles["article_id"].tolist()
    assert measure(dry, "frames")["article_id"].isin(dry.articles["article_id"]).all()
    assert "unknown_key" not in dry.problems["check"].tolist()
    wet = hydrate(dry, own)
    assert wet.articles["excerpt"].tolist() == ["Fears of a ban grip Nvidia."]
    copy = dehydrate(wet, tmp_path / "again")
    for file in (tmp_path / "dry").rglob("*.md"):
        assert file.read_bytes() == (copy / file.name).read_bytes()


def test_a_stated_identifier_counts_only_where_there_is_no_address(write: Write) -> None:
    ids = {
        name: read_corpus(write(record, f"{name}.md"), cache=False).articles["article_id"].item()
        for name, record in {
            "stated": "title: Chips\ndehydratedId: 0123456789abcdef",
            "without": "title: Chips\nprovider: {domain: a.example}",
            "no id": "title: Chips\nprovider: {domain: a.example}\ndehydratedId: 0123",
            "address": "title: x\nwebUrl: wired.com/story/light-chip\ndehydratedId: 0123456789abcdef",
        }.items()
    }
    assert ids["stated"] == "0123456789abcdef"
    assert ids["no id"] == ids["without"]
    assert ids["address"] == "1610e1356fb705c6"


def test_hydrate_tells_of_a_text_whose_article_is_not_there(
    demo: Corpus, shared: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(shared, tmp_path / "copy")
    next(iter(sorted(copy.glob("*.md")))).unlink()
    dry = read_corpus(copy, cache=False)
    gone = set(demo.articles["article_id"]) - set(dry.articles["article_id"])
    assert gone
    problems = hydrate(dry, demo).problems
    assert set(problems["check"]) == {"text_without_article"}
    assert set(problems["source_path"]) == gone


def test_an_article_that_would_be_lost_is_named_and_nothing_is_written(
    demo: Corpus, tmp_path: Path
) -> None:
    lost = demo.articles.loc[3]
    coverage = demo.coverage[demo.coverage["article_id"] != lost["article_id"]]
    with pytest.raises(ReadError, match="found 1 of 54 that") as error:
        dehydrate(replace(demo, coverage=coverage), tmp_path / "copy")
    assert lost["title"][:40] in str(error.value)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("identifier", ["0000000000000012", "12345678901234e5"])
def test_identifiers_that_look_like_numbers_stay_text(
    write: Write, tmp_path: Path, identifier: str
) -> None:
    own = read_corpus(write(f"excerpt: A sentence.\ndehydratedId: '{identifier}'"), cache=False)
    dry = read_corpus(dehydrate(own, tmp_path / "dry"), cache=False)
    assert dry.measures["texts"]["article_id"].tolist() == [identifier]
    assert hydrate(dry, own).articles["excerpt"].tolist() == ["A sentence."]


def test_the_founding_example_dehydrated_is_the_shipped_sample(
    real_records: Path, tmp_path: Path
) -> None:
    made = dehydrate(read_corpus(real_records / "seed.md", cache=False), tmp_path / "sample")
    shipped = Path(__file__).resolve().parents[1] / "data" / "ai-chip-sanctions-2023"
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert files == sorted(
        path.relative_to(shipped) for path in shipped.rglob("*") if path.is_file()
    )
    for name in files:
        if name.suffix != ".json":  # which names the version
            assert (made / name).read_bytes() == (shipped / name).read_bytes(), name
