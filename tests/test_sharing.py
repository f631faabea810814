from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coverage_research import dehydrate, hydrate, load_demo, measure, read_corpus
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
