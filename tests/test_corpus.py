from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from coverage_research import Corpus, read_corpus
from coverage_research.articles import ReadError
from coverage_research.corpus import describe_problems
from coverage_research.schema import CORPUS_TABLES, check_table

Write = Callable[..., Path]


def record(url: str, *related: str, title: str = "A title", more: str = "") -> str:
    lines = [f"title: {title}", f"webUrl: https://{url}", "publishedDateTime: 2024-03-05T10:00:00Z"]
    if more:
        lines.append(more)
    if related:
        lines.append("related:")
        for item in related:
            lines += [f"  - title: About {item}", f"    webUrl: https://{item}"]
    return "\n".join(lines)


def read(path: Path, **options: object) -> Corpus:
    corpus = read_corpus(path, **{"cache": False, "progress": False, **options})  # type: ignore[arg-type]
    for name, table in corpus.tables().items():
        check_table(table, CORPUS_TABLES[name])
    return corpus


def same(one: Corpus, other: Corpus) -> None:
    for name, table in one.tables().items():
        assert_frame_equal(table, other.tables()[name], obj=name)


# --- the real records --------------------------------------------------------------------------------


def test_the_founding_example(real_records: Path) -> None:
    corpus = read(real_records / "seed.md", strict=True)
    assert len(corpus.articles) == 12
    assert corpus.coverage["role"].value_counts().to_dict() == {"related": 11, "lead": 1}
    assert corpus.coverage["story_id"].nunique() == 1
    assert len(corpus.outlets) == 10
    first = corpus.articles.iloc[0]
    assert first["published_at"] == pd.Timestamp("2023-05-07 11:40", tz="UTC")
    assert first["outlet"] == "thestar.com.my"
    # The Sun and one press release come without an image.
    assert corpus.images["article_id"].nunique() == 10
    assert set(corpus.images["kind"]) == {"article"}
    assert corpus.articles["heat"].isna().all()
    names = corpus.articles.set_index("outlet")["outlet_name"]
    assert names["scmp.com"] == "South China Morning Post"
    assert names["manilatimes.net"] == "The Manila Times"
    aliases = corpus.outlets.set_index("outlet")["aliases"]
    assert "scmp.com" in aliases["scmp.com"]
    assert "manilatimes" in aliases["manilatimes.net"]


def test_the_seven_files_of_one_set(real_records: Path) -> None:
    paths = [real_records / "seed.md", *sorted(real_records.glob("articles/2023-*.md"))]
    corpus = read_corpus(paths, cache=False)
    assert len(corpus.articles) == 12
    assert corpus.coverage["story_id"].nunique() == 7
    assert len(corpus.coverage) == 84
    # Only the lead's own file knows its heat: the fuller record wins.
    wsj = corpus.articles.set_index("outlet").loc["wsj.com"]
    assert wsj["heat"] == 194
    assert bool(wsj["is_published"]) is True
    assert wsj["source_path"].startswith("articles/2023-05-07")
    assert not corpus.problems["check"].eq("contradiction").any()
    shuffled = paths[::-1]
    random.Random(1).shuffle(shuffled)
    same(corpus, read_corpus(shuffled, cache=False))


def test_the_stamp_that_its_address_contradicts(real_records: Path) -> None:
    problems = read(real_records / "seed.md").problems
    assert len(problems) == 1
    found = problems.iloc[0]
    assert (found["check"], found["severity"]) == ("url_date", "info")
    assert (found["found"], found["expected"]) == ("2023-05-09", "2023-05-10")


def test_all_real_records_read_without_an_error(real_records: Path) -> None:
    corpus = read(real_records, strict=True)
    assert len(corpus.articles) == 24
    assert not corpus.problems["severity"].eq("error").any()
    assert corpus.problems.set_index("source_path").loc["README.md", "check"] == "not_a_record"
    assert not corpus.articles["extra"].notna().any()


def test_the_blob_is_in_no_table_and_no_cache(real_records: Path) -> None:
    text = (real_records / "seed.md").read_text("utf-8")
    blob = text.split('secured: "')[1][:40]
    assert len(blob) == 40
    corpus = read_corpus(real_records / "seed.md", cache=True)
    for table in corpus.tables().values():
        assert blob not in table.to_csv()
    cached = Path(os.environ["COVERAGE_RESEARCH_CACHE"])
    files = [path for path in cached.rglob("*") if path.is_file()]
    assert files
    assert not any(blob.encode() in path.read_bytes() for path in files)


# --- which files -------------------------------------------------------------------------------------


def test_files_found_in_a_folder(write: Write) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    write(record("a.example/2"), "deep/er/b.MARKDOWN")
    write(record("a.example/3"), "c.txt")
    write("layout: page", "page.txt")
    write(record("a.example/4"), ".hidden.md")
    write(record("a.example/5"), ".git/x.md")
    write(b"\x89PNG", "d.png")
    write(b"", "empty.txt")
    write(b"# Readme", "README.md")
    corpus = read(folder)
    assert sorted(corpus.articles["source_path"]) == ["a.md", "c.txt", "deep/er/b.MARKDOWN"]
    assert corpus.problems["check"].tolist() == ["not_a_record"]


def test_a_file_that_is_named_is_meant(write: Write) -> None:
    path = write(b"plain", "notes.txt")
    assert read(path).problems["check"].tolist() == ["no_front_matter"]
    named = write(record("a.example/1"), "record")
    assert len(read(named).articles) == 1


def test_the_names_do_not_depend_on_where_the_folder_lies(write: Write, tmp_path: Path) -> None:
    folder = write(record("a.example/1", "b.example/1"), "x/a.md").parent.parent
    copy = tmp_path / "elsewhere" / "records"
    shutil.copytree(folder, copy)
    same(read(folder), read(copy))


def test_a_list_of_files_and_folders(write: Write) -> None:
    one = write(record("a.example/1"), "x/a.md")
    write(record("a.example/2"), "y/b.md")
    corpus = read_corpus([one, str(one.parent.parent / "y"), one], cache=False)
    assert corpus.articles["source_path"].tolist() == ["x/a.md", "y/b.md"]


def test_a_folder_without_any_article(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b")
    (tmp_path / "README.md").write_text("# nothing")
    with pytest.raises(
        ReadError, match=r"no news record\. Looked for \.markdown and \.md.*Found 1 \.csv"
    ):
        read_corpus(tmp_path, cache=False)
    with pytest.raises(ReadError, match="no such file or folder: .*gone"):
        read_corpus(tmp_path / "gone")
    with pytest.raises(ReadError, match="an empty list was given"):
        read_corpus([])


def test_loops_of_links_end(write: Write) -> None:
    folder = write(record("a.example/1"), "deep/a.md").parent.parent
    (folder / "deep" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "again").symlink_to(folder / "deep", target_is_directory=True)
    (folder / "self.md").symlink_to(folder / "self.md")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    corpus = read(folder)
    assert len(corpus.articles) == 1
    checks = corpus.problems.groupby("check")["severity"].agg(list).to_dict()
    assert checks == {"link_loop": ["info", "info"], "unreadable": ["error", "error"]}


def test_a_link_to_a_record_is_followed(write: Write, tmp_path: Path) -> None:
    path = write(record("a.example/1"), "a.md")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "b.md").symlink_to(path)
    assert len(read(tmp_path / "links").articles) == 1


def test_a_file_and_a_folder_that_may_not_be_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    closed = write(record("a.example/2"), "b.md")
    write(record("a.example/3"), "deep/c.md")
    from coverage_research import files, loading

    def refuse(path: str) -> bytes | int:
        if path.endswith("b.md"):
            raise PermissionError(13, "Permission denied", path)
        return Path(path).read_bytes()

    scandir = os.scandir

    def refuse_folder(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(loading, "read_bytes", refuse)
    monkeypatch.setattr(files.os, "scandir", refuse_folder)
    corpus = read(folder)
    assert corpus.articles["source_path"].tolist() == ["a.md"]
    assert sorted(corpus.problems["source_path"]) == [closed.name, "deep"]
    assert set(corpus.problems["check"]) == {"unreadable"}


def test_a_closed_file_is_a_problem() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.md").write_text(f"---\n{record('a.example/1')}\n---\n")
        read(folder)  # everything that is imported on the way is imported by now
        closed = folder / "b.md"
        closed.write_text(f"---\n{record('a.example/2')}\n---\n")
        closed.chmod(0)
        root = os.geteuid() == 0
        if root:  # who may read everything, and so reads as nobody
            os.seteuid(65534)
        try:
            corpus = read(folder)
        finally:
            if root:
                os.seteuid(0)
        assert len(corpus.articles) == 1
        assert corpus.problems["check"].tolist() == ["unreadable"]
        assert corpus.problems["found"].tolist() == ["Permission denied"]


def test_fifty_megabytes_in_one_file(write: Write) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    write(record("a.example/2"), "large.md", "x" * 50_000_000)
    write(f"title: {'x' * 50_000_000}", "huge.md")
    corpus = read(folder)
    assert sorted(corpus.articles["canonical_url"]) == ["a.example/1", "a.example/2"]
    assert corpus.problems["check"].tolist() == ["too_large", "too_large"]


def test_seventy_megabytes_are_not_opened(write: Write) -> None:
    path = write(b"---\ntitle: x\n---\n" + b"x" * 70_000_000, "large.md")
    corpus = read(path)
    assert corpus.articles.empty
    assert corpus.problems["check"].tolist() == ["too_large"]


def test_a_file_name_that_is_no_text(write: Write) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("---\n" + record("a.example/2") + "\n---\n")
    corpus = read(folder)
    assert corpus.articles["source_path"].tolist() == ["a.md", "caf\\udce9.md"]
    same(corpus, read_corpus(folder, cache=True))
    same(corpus, read_corpus(folder, cache=True))


# --- one row per article -----------------------------------------------------------------------------


def test_the_same_article_in_several_files_is_one(write: Write) -> None:
    folder = write(record("a.example/1", "b.example/1", "c.example/1"), "a.md").parent
    write(record("www.b.example/1/", "a.example/1/amp", more="quality: 50"), "b.md")
    corpus = read(folder)
    assert sorted(corpus.articles["canonical_url"]) == ["a.example/1", "b.example/1", "c.example/1"]
    assert corpus.coverage["story_id"].nunique() == 2
    assert len(corpus.coverage) == 5
    b = corpus.articles.set_index("canonical_url").loc["b.example/1"]
    assert (b["quality"], b["source_path"]) == (50, "b.md")


def test_fields_are_filled_from_any_record_and_contradictions_are_told(write: Write) -> None:
    folder = write(
        "title: A title\nwebUrl: https://a.example/1\nquality: 10\nexcerpt: One two three four.\nheat: 5\n"
        "publishedDateTime: 2024-03-05T10:00:00Z",
        "a.md",
    ).parent
    write(
        "title: L\nwebUrl: https://l.example/1\nrelated:\n"
        "  - title: Another title\n    webUrl: https://a.example/1\n    category: news\n    quality: 20\n"
        "    publishedDateTime: 2024-03-05T11:00:00Z\n    excerpt: One two ...",
        "l.md",
    )
    corpus = read(folder)
    a = corpus.articles.set_index("canonical_url").loc["a.example/1"]
    assert (a["title"], a["quality"], a["category"]) == ("A title", 10, "news")
    assert a["published_at"] == pd.Timestamp("2024-03-05 10:00", tz="UTC")
    told = corpus.problems[corpus.problems["check"] == "contradiction"].set_index("field")
    # An excerpt that is only cut shorter contradicts nothing.
    assert sorted(told.index) == [
        "related[0].published_at",
        "related[0].quality",
        "related[0].title",
    ]
    title = told.loc["related[0].title"]
    assert (title["source_path"], title["severity"]) == ("l.md", "warning")
    assert (title["expected"], title["found"]) == ("A title", "Another title")


def test_a_record_that_another_file_lists_opens_no_story_of_its_own(write: Write) -> None:
    folder = write(record("a.example/1", "b.example/1"), "a.md").parent
    write(record("b.example/1", title="Longer"), "b.md", "A body.")
    write(record("c.example/1"), "c.md")
    corpus = read(folder)
    leads = corpus.coverage[corpus.coverage["role"] == "lead"]
    urls = corpus.articles.set_index("article_id")["canonical_url"]
    assert sorted(urls[leads["article_id"]]) == ["a.example/1", "c.example/1"]
    assert corpus.articles.set_index("canonical_url").loc["b.example/1", "body"] == "A body."


def test_two_files_with_the_same_lead_are_one_story(write: Write) -> None:
    folder = write(record("a.example/1", "b.example/1"), "a.md").parent
    write(record("a.example/1", "c.example/1"), "copy.md")
    corpus = read(folder)
    assert corpus.coverage["story_id"].nunique() == 1
    assert len(corpus.coverage) == 3
    assert corpus.problems["check"].tolist() == ["repeated_lead"]


def test_unknown_keys_of_several_records_are_joined(write: Write) -> None:
    folder = write(record("a.example/1", more="colour: red\nmood: calm"), "a.md").parent
    write(
        "title: L\nwebUrl: https://l.example/1\nrelated:\n  - webUrl: https://a.example/1\n    title: A title\n    colour: blue",
        "l.md",
    )
    extra = read(folder).articles.set_index("canonical_url").loc["a.example/1", "extra"]
    assert extra == '{"colour": ["blue", "red"], "mood": "calm"}'


def test_the_name_of_an_outlet(write: Write) -> None:
    def item(url: str, name: str) -> str:
        return f"title: x\nwebUrl: https://{url}\nprovider:\n  name: {name}"

    folder = write(item("q.example/1", "Quill"), "a.md").parent
    write(item("q.example/2", "The Quill"), "b.md")
    write(item("q.example/3", "The Quill"), "c.md")
    write(item("n.example/1", "n.example"), "d.md")
    write(item("www.scmp.com/1", "scmp.com"), "e.md")
    outlets = read(folder).outlets.set_index("outlet")
    assert outlets["outlet_name"].to_dict() == {
        "q.example": "The Quill",
        "n.example": "n.example",
        "scmp.com": "South China Morning Post",
    }
    assert outlets.loc["q.example", "aliases"] == "Quill"
    assert outlets.loc["q.example", "n_articles"] == 3
    assert outlets.loc["scmp.com", "aliases"] == "SCMP | scmp.com"


def test_topics_and_images_of_the_fullest_record(write: Write) -> None:
    folder = write(
        record(
            "a.example/1",
            more="topics: [AI, Chips, AI]\nimages:\n  - url: https://cdn.other.example/i.png\n    width: 5",
        ),
        "a.md",
    ).parent
    write(
        "title: L\nwebUrl: https://l.example/1\nrelated:\n  - webUrl: https://a.example/1\n    title: A title\n"
        "    images:\n      - url: https://l.example/other.png\n    provider:\n      images:\n        - url: https://l.example/logo.png",
        "l.md",
    )
    corpus = read(folder)
    assert corpus.topics[["topic", "position"]].to_dict("list") == {
        "topic": ["AI", "Chips"],
        "position": [0, 1],
    }
    shown = corpus.images[["kind", "url", "host", "width"]]
    assert shown.fillna(0).to_dict("records") == [
        {
            "kind": "article",
            "url": "https://cdn.other.example/i.png",
            "host": "cdn.other.example",
            "width": 5,
        },
        {"kind": "provider", "url": "https://l.example/logo.png", "host": "l.example", "width": 0},
    ]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.integers(0, 6), max_size=4), st.integers(0, 3)),
        min_size=1,
        max_size=5,
    )
)
def test_what_holds_for_any_set_of_files(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[int, list[int], int]]
) -> None:
    folder = tmp_path_factory.mktemp("records")
    listed = set()
    for number, (lead, related, quality) in enumerate(files):
        text = record(
            f"o{lead}.example/{lead}",
            *(f"o{item}.example/{item}" for item in related),
            more=f"quality: {quality}",
        )
        (folder / f"{number}.md").write_text(f"---\n{text}\n---\n")
        listed |= {lead, *related}
    corpus = read(folder)
    # Nothing is lost, nothing counts twice, and every article belongs to a story.
    assert len(corpus.articles) == len(listed)
    assert set(corpus.coverage["article_id"]) == set(corpus.articles["article_id"])
    assert corpus.outlets["n_articles"].sum() == len(corpus.articles)
    leads = corpus.coverage[corpus.coverage["role"] == "lead"]
    assert leads["story_id"].is_unique
    assert (leads["story_id"] == "s-" + leads["article_id"]).all()
    assert set(corpus.coverage["story_id"]) == set(leads["story_id"])


# --- broken files ------------------------------------------------------------------------------------


def test_a_broken_file_is_one_problem_and_the_rest_loads(write: Write) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    write('title: "unclosed', "b.md")
    write(b"", "c.md")
    corpus = read(folder)
    assert len(corpus.articles) == 1
    assert corpus.problems[["source_path", "check"]].to_numpy().tolist() == [
        ["b.md", "yaml"],
        ["c.md", "empty"],
    ]
    with pytest.raises(
        ReadError, match=r"2 problems\n  b\.md:2: .* is not closed.*\n  c\.md: the file is empty"
    ) as error:
        read_corpus(folder, cache=False, strict=True)
    assert error.value.problems is not None
    assert len(error.value.problems) == 2


def test_only_broken_files_give_problems_and_no_article(write: Write) -> None:
    corpus = read(write(b"\0\0\0", "a.md"))
    assert corpus.articles.empty
    assert len(corpus.coverage) == len(corpus.outlets) == 0
    assert corpus.problems["severity"].tolist()[-1] == "error"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=120), st.booleans())
def test_no_bytes_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, fenced: bool
) -> None:
    path = tmp_path_factory.mktemp("records") / "a.md"
    path.write_bytes(b"---\n" + data + b"\n---\n" if fenced else data)
    corpus = read(path)
    assert len(corpus.articles) or corpus.problems["severity"].eq("error").any()


def test_many_problems_are_cut_in_a_message() -> None:
    row = {
        "source_path": "a",
        "line": 1,
        "field": "f",
        "message": "m",
        "expected": "e",
        "found": "x",
        "hint": "h",
    }
    text = describe_problems(pd.DataFrame([row] * 60), most=50)
    assert text.startswith("60 problems\n  a:1: f: m (expected e, found x; h)")
    assert text.endswith("and 10 more in the error's `problems`")


# --- how a corpus shows itself -----------------------------------------------------------------------


def test_a_corpus_tells_what_it_is(write: Write) -> None:
    corpus = read(
        write(record("a.example/<1>".replace("<1>", "1"), title="'<script>alert(1)</script>'"))
    )
    assert "articles      1" in repr(corpus)
    assert "lists         1 list of coverage" in repr(corpus)
    assert "stories" not in repr(corpus)
    assert "invented" in repr(corpus)
    assert corpus.invented
    assert all(table.attrs["invented"] for table in corpus.tables().values())
    assert "<script>" not in corpus._repr_html_()
    real = read(write(record("www.wsj.com/1"), "b.md"))
    assert not real.invented
    assert "invented" not in real.articles.attrs


@pytest.mark.parametrize(
    ("csv", "settings"),
    [
        (b"", None),
        (b"a,b\n1,2\n1,2,3\n", None),
        (b"a\n\xe9\n", None),
        (b"a\n1\n", b"{}"),
        (b"a\n1\n", b"x"),
    ],
)
def test_a_damaged_measure_is_a_problem(write: Write, csv: bytes, settings: bytes | None) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    write(b"article_id,field,sha256,n_chars,n_words\n", "measures/texts.csv")
    write(csv, "measures/frames.csv")
    if settings is not None:
        write(settings, "measures/frames.json")
    corpus = read(folder)
    assert len(corpus.articles) == 1
    assert corpus.problems["check"].tolist() == ["measure"]
    assert "frames" not in corpus.measures


def test_a_folder_that_happens_to_be_called_measures(write: Write) -> None:
    folder = write(record("a.example/1"), "a.md").parent
    write(b"", "measures/a.csv")
    corpus = read(folder)
    assert corpus.problems.empty
    assert not corpus.measures
