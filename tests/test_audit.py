from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from coverage_research import audit, load_demo, read_corpus
from coverage_research.schema import FINDINGS, check_table

Write = Callable[..., Path]


def found(path: Path) -> pd.DataFrame:
    table = check_table(audit(read_corpus(path, cache=False)), FINDINGS)
    assert (table["n"] >= 1).all()
    assert (table["n"] <= table["of"]).all()
    assert table["examples"].str.len().gt(0).all()
    assert table["advice"].str.len().gt(0).all()
    assert (
        table["weakens"]
        .isin(
            [
                "framing",
                "sourcing",
                "timeline",
                "framing, sourcing, timeline",
                "timeline, sourcing",
                "framing, sourcing",
                "sourcing, framing",
            ]
        )
        .all()
    )
    return table.set_index("check")


CLEAN = (
    "title: {title}\nwebUrl: https://{url}\nexcerpt: A whole sentence.\n"
    "publishedDateTime: 2024-03-05T10:01:00Z\nprovider:\n  name: {name}\n"
)


def clean(number: int) -> str:
    return CLEAN.format(
        title=f"Title {number}", url=f"o{number}.example/x", name=f"Outlet {number}"
    )


@pytest.mark.parametrize(
    ("lines", "check", "n"),
    [
        ("publishedDateTime: 2024-03-05", "day_only", 1),
        ("publishedDateTime: 2024-03-05T00:00:00Z", "midnight", 1),
        ("publishedDateTime: 2999-03-05T10:00:00Z", "future", 1),
        ("publishedDateTime: none", "no_time", 1),
        ("webUrl: https://o9.example/2024/03/07/x", "url_date", 1),
        ("excerpt: It breaks off in the", "cut_excerpt", 1),
        ("excerpt: It breaks off ...", "cut_excerpt", 1),
        ('excerpt: "He said “it works."', "odd_quotes", 1),
        ("excerpt:", "headline_only", 1),
        ("title: Title 1", "same_headline", 2),
        ("provider: {name: Outlet 1}", "several_domains", 1),
        ("images: [{url: https://cdn.benzinga.com/x.png}]", "foreign_image", 1),
        ("quality: high", "file_errors", 1),
        ("title:", "file_warnings", 1),
    ],
)
def test_each_finding_is_found_where_it_is_and_only_there(
    write: Write, lines: str, check: str, n: int
) -> None:
    for number in range(1, 7):
        folder = write(clean(number), f"{number}.md").parent
    before = found(folder)
    assert sorted(before.index) == ["no_body", "single_article"]
    key = lines.split(":", 1)[0]
    kept = "\n".join(
        line
        for line in clean(9).splitlines()
        if not line.startswith((key, "  name" if key == "provider" else key))
    )
    write(f"{kept}\n{lines}", "9.md")
    after = found(folder)
    assert check in after.index
    assert after.loc[check, "n"] == n


def test_an_excerpt_that_ends_well_is_not_cut(write: Write) -> None:
    for number, ending in enumerate(
        ["ends.", "ends!", 'says "so."', "says \u201cso.\u201d", "(ends.)", "ends.  "]
    ):
        write(clean(number).replace("A whole sentence.", f"'It {ending}'"), f"{number}.md")
    folder = write(clean(8), "8.md").parent
    assert "cut_excerpt" not in found(folder).index


def test_records_without_address_or_outlet(write: Write) -> None:
    folder = write(
        "title: x\nexcerpt: A whole sentence.\npublishedDateTime: 2024-03-05T10:01:00Z"
    ).parent
    table = found(folder)
    assert table.loc["no_url", "n"] == table.loc["no_outlet", "n"] == 1
    assert "count them together, in a row (none)" in table.loc["no_outlet", "advice"]
    assert table.loc["single_article", "unit"] == "lists"


@pytest.mark.parametrize("cache", [False, True])
def test_all_files_that_were_read_are_counted(write: Write, cache: bool) -> None:
    lead = clean(1) + "related:\n  - webUrl: https://o2.example/x\n"
    folder = write(lead, "1.md").parent
    # Neither in coverage nor named by an article: the list has a fuller record of it.
    write("title: Title 2\nwebUrl: https://o2.example/x", "2.md")
    write(clean(2), "fuller.md")
    write(clean(3) + "quality: high", "3.md")
    write(b"", "4.md")
    write(clean(5), "5.txt")
    write("colour: red", "6.txt")  # passed over
    write(b"About this folder.", "README.md")  # passed over
    for _ in range(2):  # the second time from the cache
        corpus = read_corpus(folder, cache=cache)
        table = audit(corpus).set_index("check")
        assert corpus.n_files == 6
        assert table.loc["file_errors", ["n", "of"]].tolist() == [2, 6]
    without = replace(corpus, n_files=0)  # of a corpus that no folder gave
    assert audit(without).set_index("check").loc["file_errors", "of"] == 5


def test_one_outlet_under_several_names(write: Write) -> None:
    folder = write(clean(1), "1.md").parent
    write(clean(1).replace("/x", "/y").replace("Outlet 1", "The Outlet"), "2.md")
    assert found(folder).loc["several_names", "examples"] == "o1.example: Outlet 1 / The Outlet"


def test_the_real_example(real_records: Path) -> None:
    table = found(real_records / "seed.md")
    assert table["n"].to_dict() == {
        "url_date": 1,
        "cut_excerpt": 7,
        "few_stories": 1,
        "off_topic": 5,
        "no_body": 12,
        "foreign_image": 1,
    }
    assert "benzinga.com" in table.loc["foreign_image", "examples"]
    assert table.loc["off_topic", "of"] == 11


def test_files_that_share_their_articles_are_not_independent(real_records: Path) -> None:
    paths = [real_records / "seed.md", *real_records.glob("articles/2023-*.md")]
    table = audit(read_corpus(paths, cache=False)).set_index("check")
    assert table.loc["shared_stories", "n"] == 7
    assert "1 independent cluster" in table.loc["shared_stories", "advice"]
    assert table.loc["few_stories", "n"] == 1


def test_nothing_to_audit(write: Write) -> None:
    corpus = read_corpus(write(b""), cache=False)
    assert audit(corpus)["check"].tolist() == ["file_errors"]


def test_the_demonstration_corpus() -> None:
    demo = load_demo()
    table = audit(demo)
    assert table.attrs["invented"]
    assert table.set_index("check").loc["day_only", "n"] == 6
