"""The corpora that come with the package, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from coverage_research.corpus import Corpus, read_corpus
from coverage_research.schema import CoverageError

SAMPLE: Final = "ai-chip-sanctions-2023"
DEMO: Final = "demo"


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
