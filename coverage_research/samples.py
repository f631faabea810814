"""The corpora that come with the package, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from coverage_research.corpus import Corpus, read_corpus
from coverage_research.schema import CoverageError, carry

SAMPLE: Final = "ai-chip-sanctions-2023"
DEMO: Final = "demo"
#: Stands for the frame of an article that was coded and carries none.
NONE: Final = "none"


def data_folder(name: str) -> Path:
    """Folder of a corpus that comes with the package.

    Raises
    ------
    CoverageError
        If it is not there, saying where it was looked for.
    """
    here = Path(__file__).resolve().parent
    places = [here / "_data" / name, here.parent / "data" / name]
    for place in places:
        if place.is_dir():
            return place
    looked = " nor ".join(map(str, places))
    raise CoverageError(f"the data of {name!r} is in neither {looked}; install the package again")


def load_sample() -> Corpus:
    """Real coverage of one story, without its text: an article of May 2023 and eleven related.

    Headlines, outlets, addresses, times and scores, and what was measured on the excerpts; see
    `data/README.md`. One story and twelve articles show what each table and figure looks like, and
    support no general statement.

    Returns
    -------
    Corpus

    Examples
    --------
    >>> sample = load_sample()
    >>> len(sample.articles), len(sample.outlets), sample.articles["excerpt"].notna().sum()
    (12, 10, np.int64(0))
    """
    return read_corpus(data_folder(SAMPLE), strict=True, cache=False)


def load_demo() -> Corpus:
    """Invented coverage with full text: 54 articles on 6 stories by 8 outlets that do not exist.

    Written for this package, with frames, attributions, copies, credits and gaps that are listed in
    `data/demo/truth.csv`. Every table and figure made of it says that it is invented.

    Returns
    -------
    Corpus

    Examples
    --------
    >>> demo = load_demo()
    >>> len(demo.articles), demo.coverage["story_id"].nunique(), demo.invented
    (54, 6, True)
    """
    return read_corpus(data_folder(DEMO), strict=True, cache=False)


def load_demo_codes() -> pd.DataFrame:
    """Frames of the demonstration corpus as one person coded them by hand, by `ai_hardware`.

    Returns
    -------
    DataFrame with article_id and frame, one row per article and frame that it carries; articles
    that carry none have one row with `none`.

    Examples
    --------
    >>> codes = load_demo_codes()
    >>> codes["article_id"].nunique(), (codes["frame"] != "none").sum()
    (54, np.int64(92))
    """
    folder = data_folder(DEMO)
    truth = pd.read_csv(folder / "truth.csv", dtype="str")
    coded = truth.loc[truth["kind"] == "frame", ["path", "label"]]
    articles = load_demo().articles
    paths = articles["source_path"].str.replace("\\", "/", regex=False)
    known = articles[["article_id"]].assign(path=paths.str.split("/").str[-2:].str.join("/"))
    codes = known.merge(coded, how="left", on="path").rename(columns={"label": "frame"})
    codes = codes[["article_id", "frame"]].drop_duplicates(ignore_index=True)
    return carry(codes.fillna({"frame": NONE}), articles)
