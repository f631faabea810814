"""Every figure of a corpus, by name: measure, compare, draw, stamp, and say which changed.

A recipe is the same few calls that a notebook makes. Each figure is written as PNG and SVG with the
CSV that it draws and a JSON stamp of the data's hash, the settings and the versions, so that a
reader can tell whether two figures show the same thing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import pandas as pd

from coverage_research._version import __version__
from coverage_research.blind_spots import blind_spots
from coverage_research.cascade import cascade
from coverage_research.codebook import did_you_mean
from coverage_research.exports import csv_bytes
from coverage_research.flow_shares import flow_shares
from coverage_research.frame_matrix import frame_matrix
from coverage_research.frame_shares import frame_shares
from coverage_research.independence import independent
from coverage_research.keyness import compare_words, typical_words
from coverage_research.labels import label_shares
from coverage_research.lag_summary import lag_summary
from coverage_research.movers import precedence
from coverage_research.passages import find_passages
from coverage_research.paths import expanded
from coverage_research.plots_blind_spots import plot_blind_spots
from coverage_research.plots_cascade import plot_cascade
from coverage_research.plots_flow import plot_flow
from coverage_research.plots_framing import plot_frame_shares
from coverage_research.plots_lanes import plot_lanes
from coverage_research.plots_matrix import plot_frame_matrix
from coverage_research.plots_movers import plot_precedence
from coverage_research.plots_network import plot_network
from coverage_research.plots_passages import plot_passages
from coverage_research.plots_sources import plot_sources
from coverage_research.plots_sourcing import plot_reuse
from coverage_research.plots_timeline import plot_lags, plot_timeline
from coverage_research.plots_volume import plot_volume
from coverage_research.plots_words import plot_labels, plot_tone, plot_words
from coverage_research.publication_times import without_future
from coverage_research.reuse import reuse_shares
from coverage_research.schema import SCHEMA_VERSION, TEXT, ChoiceError, carry
from coverage_research.sharing import measure
from coverage_research.side_by_side import side_by_side
from coverage_research.source_shares import source_shares
from coverage_research.stories import FUNCTION_WORDS, largest_story
from coverage_research.text import has_text
from coverage_research.timeline import outlet_names, story_lags
from coverage_research.tone import compare_tone
from coverage_research.volume import volume
from coverage_research.writing import write_bytes, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from coverage_research.corpus import Corpus

DPI: Final = 200
#: Rows of a figure; the largest outlets and the earliest articles come first.
MOST_ROWS: Final = 60
#: Articles up to which each is a row of the matrix of frames.
READABLE: Final = 45
#: Words of a group, groups and labels in a figure.
WORDS: Final = 6
GROUPS: Final = 8
LABELS: Final = 6
#: Outlets of a matrix.
SQUARE: Final = 14
#: Lanes of a time axis, columns of a matrix of stories.
LANES: Final = 30
COLUMNS: Final = 30
#: Stories from which on they are compared with one another.
FEW_STORIES: Final = 3


@dataclass(frozen=True)
class Recipe:
    """A figure: what it asks, how its table is made and how that is drawn."""

    question: str
    make: Callable[[Corpus], pd.DataFrame]
    draw: Callable[[pd.DataFrame], Axes]
    #: Why it cannot be drawn of a corpus; empty where it can.
    lacks: Callable[[Corpus], str] = lambda corpus: ""
    #: Why there is nothing to draw in its table; empty where there is.
    holds_none: Callable[[pd.DataFrame], str] = lambda table: ""


def stories(corpus: Corpus) -> pd.DataFrame:
    """The stories that all figures go by: grouped by text and time, not as the leads list them."""
    return measure(corpus, "stories")


def _one_story(corpus: Corpus) -> str:
    """Why nothing can be compared between stories."""
    dated = corpus.articles.loc[corpus.articles["published_at"].notna(), ["article_id", "outlet"]]
    found = stories(corpus).merge(dated, on="article_id")
    outlets = found.groupby("story_id")["outlet"].nunique()
    several = int(outlets.gt(1).sum())
    if several >= FEW_STORIES:
        return ""
    told = "1 has" if several == 1 else f"{several} have"
    return f"needs {FEW_STORIES} stories with two dated outlets; {told}"


def _no_text(corpus: Corpus) -> str:
    return "" if has_text(corpus.articles) else "needs excerpts or bodies"


def _first(
    table: pd.DataFrame, by: str | None = None, *, most: int = MOST_ROWS, what: str = "rows"
) -> pd.DataFrame:
    """The first rows of a table, or rows of the first groups: no figure is longer than a page."""
    keys = table[by] if by else pd.Series(range(len(table)), index=table.index)
    unique = keys.drop_duplicates()
    if len(unique) <= most:
        return table
    cut = table[keys.isin(unique.head(most))].reset_index(drop=True)
    cut.attrs.update(table.attrs)
    cut.attrs["shown"] = f"the first {most} of {len(unique):,} {what}"
    return cut


def _frames(corpus: Corpus) -> pd.DataFrame:
    shares = frame_shares(measure(corpus, "frames"), corpus.articles, stories(corpus))
    return _first(shares, "outlet")


def _matrix(corpus: Corpus) -> pd.DataFrame:
    coverage = stories(corpus)
    listed = coverage.loc[coverage["story_id"] == largest_story(coverage), "article_id"]
    story = corpus.articles[corpus.articles["article_id"].isin(listed)]
    return frame_matrix(measure(corpus, "frames"), carry(story, corpus.articles), rows=READABLE)


def _words(corpus: Corpus) -> pd.DataFrame:
    """Words of independent coverage: a text that five outlets print is no finding about words."""
    alone = independent(corpus, measure(corpus, "reuse")).articles
    # An excerpt repeats the start of its body, so only one of the two is read.
    field = "body" if alone["body"].notna().any() else "excerpt"
    compared = compare_words(
        alone, fields=["title", field], stop=FUNCTION_WORDS, prior="informative", most=50
    )
    table = _first(typical_words(compared, most=WORDS), "group", most=GROUPS, what="outlets")
    names = outlet_names(alone)
    table["outlet_name"] = table["group"].map(names).astype(TEXT)
    # A reason begins with the group that was refused.
    table["reason"] = pd.Series(
        [
            str(reason).replace(str(group), str(name), 1) if isinstance(name, str) else reason
            for group, name, reason in zip(
                table["group"], table["outlet_name"], table["reason"], strict=True
            )
        ],
        index=table.index,
        dtype=TEXT,
    )
    if not has_text(alone):
        table.attrs["basis"] = "headlines only"
    return table


def _no_words(compared: pd.DataFrame) -> str:
    """Why no outlet could be compared with the others."""
    if compared.empty or compared["word"].notna().any():
        return ""
    return f"no outlet can be compared: {compared['reason'].iloc[0]}"


def _labels(corpus: Corpus) -> pd.DataFrame:
    """The labels that most articles use, each with the largest outlets."""
    shares = label_shares(
        measure(corpus, "labels"), corpus.articles, stories(corpus), min_articles=2
    )
    largest = corpus.articles["outlet"].value_counts().head(GROUPS).index
    ranked = shares[shares["outlet"].isin(largest)]
    used = ranked.groupby(["target", "label"])["k"].transform("sum")
    ranked = ranked.assign(used=-used, pair=ranked["target"] + " " + ranked["label"])
    ranked = ranked.sort_values(["used", "pair"], kind="stable")
    return _first(carry(ranked, shares), "pair", most=LABELS, what="labels").drop(
        columns=["used", "pair"]
    )


def _tone(corpus: Corpus) -> pd.DataFrame:
    tone = compare_tone(measure(corpus, "tone"), corpus.articles, stories(corpus))
    return _first(tone, "outlet")


def _sources(corpus: Corpus) -> pd.DataFrame:
    shares = source_shares(measure(corpus, "sources"), corpus.articles, stories(corpus))
    return _first(shares, "outlet")


def _reuse(corpus: Corpus) -> pd.DataFrame:
    return _first(reuse_shares(measure(corpus, "reuse"), corpus.articles, stories(corpus)))


def _passages(corpus: Corpus) -> pd.DataFrame:
    """The pair with the longest run in common."""
    reuse = measure(corpus, "reuse")
    longest = reuse.sort_values(["longest_run", "article_id", "other_id"], ascending=False).head(1)
    found = find_passages(corpus.articles, carry(longest, reuse), progress=False)
    laid = side_by_side(corpus.articles, found)
    stamps = corpus.articles.drop_duplicates("article_id").set_index("article_id")
    laid["published_precision"] = laid["article_id"].map(stamps["published_precision"]).astype(TEXT)
    return laid


def _flow(corpus: Corpus) -> pd.DataFrame:
    """Whose items are followed by whom, for the outlets with most articles."""
    shares = flow_shares(measure(corpus, "flow"), corpus.articles, coverage=stories(corpus))
    followed = shares[shares["direction"].eq("from")]
    tied = pd.concat([followed["outlet"], followed["other_outlet"]]).unique()
    sizes = corpus.articles.loc[corpus.articles["outlet"].isin(tied), "outlet"].value_counts()
    largest = sizes.index[:SQUARE]
    kept = followed[followed["outlet"].isin(largest) & followed["other_outlet"].isin(largest)]
    kept = carry(kept.reset_index(drop=True), shares)
    if len(sizes) > SQUARE:
        kept.attrs["shown"] = f"the largest {SQUARE} of {len(sizes):,} outlets"
    return kept


def _volume(corpus: Corpus) -> pd.DataFrame:
    """Articles a day, or a week where the corpus lasts longer than half a year."""
    articles = without_future(corpus.articles)
    times = articles["published_at"].dropna()
    lasts = times.max() - times.min() if len(times) else pd.Timedelta(0)
    return volume(articles, freq="W" if lasts > pd.Timedelta("180D") else "D")


def _timeline(corpus: Corpus) -> pd.DataFrame:
    coverage = stories(corpus)
    story = coverage[coverage["story_id"] == largest_story(coverage)]
    return _first(story_lags(corpus.articles, story))


def _lanes(corpus: Corpus) -> pd.DataFrame:
    """The largest story, by the outlets with most articles, and the ties between these."""
    coverage = stories(corpus)
    story = coverage[coverage["story_id"] == largest_story(coverage)]
    lags = story_lags(corpus.articles, story)
    sizes = lags["outlet"].value_counts()
    lags = lags.sort_values(["published_at", "article_id"], kind="stable", ignore_index=True)
    kept = carry(lags[lags["outlet"].isin(sizes.index[:LANES])].reset_index(drop=True), lags)
    if len(sizes) > LANES:
        kept.attrs["shown"] = f"the largest {LANES} of {len(sizes):,} outlets"
    ties = measure(corpus, "reuse")[["article_id", "other_id", "verdict"]]
    here = set(kept["article_id"])
    ties = ties[ties["article_id"].isin(here) & ties["other_id"].isin(here)]
    # One table, so that the CSV beside the figure holds all that it draws.
    of = ties.groupby("article_id")
    for name in ("other_id", "verdict"):
        kept[f"tie_{name}"] = kept["article_id"].map(of[name].agg(" | ".join)).astype(TEXT)
    return kept


def _draw_lanes(lags: pd.DataFrame) -> Axes:
    """Take the ties out of their cells."""
    tied = lags[lags["tie_other_id"].notna()].drop_duplicates("article_id")
    ties = [
        (article, other, verdict)
        for article, others, verdicts in zip(
            tied["article_id"], tied["tie_other_id"], tied["tie_verdict"], strict=True
        )
        for other, verdict in zip(others.split(" | "), verdicts.split(" | "), strict=True)
    ]
    return plot_lanes(
        lags, ties=pd.DataFrame(ties, columns=["article_id", "other_id", "verdict"], dtype=TEXT)
    )


def _lags(corpus: Corpus) -> pd.DataFrame:
    coverage = stories(corpus)
    lags = story_lags(corpus.articles, coverage)
    return _first(lag_summary(lags, coverage, corpus.articles))


def _cascade(corpus: Corpus) -> pd.DataFrame:
    coverage = stories(corpus)
    steps = cascade(story_lags(corpus.articles, coverage), coverage)
    return carry(steps[steps["n_outlets"] > 1].reset_index(drop=True), steps)


def _precedence(corpus: Corpus) -> pd.DataFrame:
    coverage = stories(corpus)
    return _first(precedence(story_lags(corpus.articles, coverage), coverage))


def _blind_spots(corpus: Corpus) -> pd.DataFrame:
    """The largest outlets by the largest stories."""
    coverage = stories(corpus)
    sizes = coverage.merge(corpus.articles[["article_id", "outlet"]], on="article_id")
    per_story = sizes.groupby("story_id")["outlet"].nunique().sort_values(ascending=False)
    several = per_story[per_story > 1]
    cells = blind_spots(
        carry(coverage[coverage["story_id"].isin(several.index)], coverage),
        corpus.articles,
        all_cells=True,
    )
    outlets = cells.drop_duplicates("outlet").sort_values("n_stories", ascending=False)["outlet"]
    kept = cells[
        cells["story_id"].isin(several.index[:COLUMNS]) & cells["outlet"].isin(outlets[:LANES])
    ]
    kept = kept.sort_values(["n_stories", "outlet", "story_id"], ascending=[False, True, True])
    return carry(kept.reset_index(drop=True), cells)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "frames": Recipe(
            "In which terms does each outlet tell the story?", _frames, plot_frame_shares
        ),
        "frame_matrix": Recipe(
            "Which article speaks in which terms? (largest story)", _matrix, plot_frame_matrix
        ),
        "words": Recipe(
            "Which words set each outlet apart? (no copies)",
            _words,
            plot_words,
            holds_none=_no_words,
        ),
        "labels": Recipe("What do outlets put before an actor?", _labels, plot_labels),
        "tone": Recipe("How does it sound, by two lexicons?", _tone, plot_tone),
        "sources": Recipe(
            "On whose word does each outlet's coverage stand?", _sources, plot_sources
        ),
        "reuse": Recipe("Who repeats or credits whom?", _reuse, plot_reuse),
        "network": Recipe("Who draws on whom, in all?", _reuse, plot_network),
        "passages": Recipe(
            "What do the two most alike have in common?", _passages, plot_passages, _no_text
        ),
        "flow": Recipe("Whose items are followed by whom?", _flow, plot_flow),
        "volume": Recipe("How much was written when?", _volume, plot_volume),
        "lanes": Recipe(
            "Who wrote when, and who drew on whom? (largest story)", _lanes, _draw_lanes
        ),
        "timeline": Recipe(
            "Who was first, and who followed when? (largest story)", _timeline, plot_timeline
        ),
        "lags": Recipe("How long after the first does each outlet follow?", _lags, plot_lags),
        "cascade": Recipe("How fast does a story reach its outlets?", _cascade, plot_cascade),
        "precedence": Recipe(
            "Who tends to be ahead of whom?", _precedence, plot_precedence, _one_story
        ),
        "blind_spots": Recipe(
            "Who never wrote about what?", _blind_spots, plot_blind_spots, _one_story
        ),
    }
)


def figure_names() -> list[str]:
    """Names of the figures that `write_figures` makes."""
    return list(RECIPES)


def fingerprint(corpus: Corpus) -> str:
    """Hash of what a corpus holds: articles, coverage and stored measures, not where the files lie.

    Returns
    -------
    str
        64 hexadecimal digits, the same on every machine.
    """
    digest = hashlib.sha256()
    tables = {"articles": corpus.articles, "coverage": corpus.coverage, **corpus.measures}
    for name in sorted(tables):
        table = tables[name].drop(columns="source_path", errors="ignore")
        digest.update(f"{name}\0{','.join(table.columns)}\0".encode())
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _basis(corpus: Corpus) -> str:
    """What the measures of a corpus rest on: the cheapest of them tells."""
    return str(measure(corpus, "origins").attrs["basis"])


def stamp(corpus: Corpus, table: pd.DataFrame, name: str) -> dict[str, Any]:
    """What a figure was made of: data, settings, versions."""
    versions = {
        name: importlib.metadata.version(name) for name in ("pandas", "matplotlib", "numpy", "nltk")
    }
    return {
        "figure": name,
        "question": RECIPES[name].question,
        "data": fingerprint(corpus),
        "articles": len(corpus.articles),
        "stories": int(stories(corpus)["story_id"].nunique()),
        "invented": corpus.invented,
        "basis": table.attrs.get("basis") or _basis(corpus),
        "table": hashlib.sha256(csv_bytes(table)).hexdigest(),
        "versions": {
            "coverage_research": __version__,
            "schema": SCHEMA_VERSION,
            "python": platform.python_version(),
            **versions,
        },
    }


def write_figures(
    corpus: Corpus,
    to: str | os.PathLike[str],
    *,
    only: Iterable[str] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Write every figure of a corpus and say which changed since the last time.

    Parameters
    ----------
    corpus : Corpus
        With texts, or dehydrated.
    to : path-like
        Folder for `<name>.png`, `.svg`, `.csv` (the table that is drawn) and `.json` (the stamp).
    only : iterable of str, optional
        Some of `figure_names()`.
    progress : bool
        Show a progress bar when it takes longer than a few seconds.

    Returns
    -------
    DataFrame
        One row per figure: `figure`, `state` (new, same, changed, or left out where the corpus
        lacks what it needs), `because` (data, table, versions or drawing; what is lacking), `rows`
        of its table, `file` (the PNG; empty where there is none).

    Raises
    ------
    ChoiceError
        If `only` names a figure that does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_research import load_sample
    >>> write_figures(load_sample(), tempfile.mkdtemp(), only=["lags"])["state"].tolist()
    ['new']
    """
    from tqdm.auto import tqdm

    names = list(RECIPES) if only is None else list(only)
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        meant = "".join(did_you_mean(name, RECIPES) for name in unknown)
        raise ChoiceError(f"no figure {', '.join(unknown)}; there are {', '.join(RECIPES)}{meant}")
    folder = expanded(to)
    rows = [
        _write_one(corpus, name, folder)
        for name in tqdm(names, unit=" figures", desc="drawing", delay=3, disable=not progress)
    ]
    return pd.DataFrame(rows, columns=["figure", "state", "because", "rows", "file"]).astype(
        {"figure": TEXT, "state": TEXT, "because": TEXT, "file": TEXT}
    )


def _write_one(corpus: Corpus, name: str, folder: Path) -> tuple[str, str, str, int, str]:
    recipe = RECIPES[name]
    lacking = recipe.lacks(corpus)
    if lacking:
        return name, "left out", lacking, 0, ""
    table = recipe.make(corpus)
    lacking = recipe.holds_none(table)
    if lacking:
        return name, "left out", lacking, 0, ""
    made_of = stamp(corpus, table, name)
    drawn = draw(recipe, table, made_of)
    path = folder / f"{name}.png"
    state, because = _compare(folder / f"{name}.json", path, made_of, drawn["png"])
    for ending, data in drawn.items():
        write_bytes(folder / f"{name}.{ending}", data)
    write_bytes(folder / f"{name}.csv", csv_bytes(table))
    # The stamp comes last: it vouches for the others.
    write_text(folder / f"{name}.json", json.dumps(made_of, indent=2, sort_keys=True) + "\n")
    return name, state, because, len(table), str(path)


def _compare(
    stamp_path: Path, png_path: Path, made_of: Mapping[str, Any], png: bytes
) -> tuple[str, str]:
    try:
        former = json.loads(stamp_path.read_text("utf-8"))
        former_png = png_path.read_bytes()
        reasons = [key for key in ("data", "table", "versions") if former[key] != made_of[key]]
    except (OSError, ValueError, KeyError, TypeError):
        return "new", ""
    if former_png == png and not reasons:
        return "same", ""
    return "changed", ", ".join(reasons) or "drawing"


def draw(recipe: Recipe, table: pd.DataFrame, made_of: Mapping[str, Any]) -> dict[str, bytes]:
    """A figure as PNG and SVG, the same bytes for the same table and versions."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    line = (
        f"{made_of['articles']:,} articles, {made_of['stories']:,} "
        f"{'story' if made_of['stories'] == 1 else 'stories'}; {made_of['basis']}; "
        f"data {made_of['data'][:10]}; coverage_research {made_of['versions']['coverage_research']}"
    )
    if "shown" in table.attrs:
        line += f"; {table.attrs['shown']}"
    settings: Any = {"svg.hashsalt": "coverage_research", "svg.fonttype": "none"}
    with mpl.rc_context(settings):
        ax = recipe.draw(table)
        figure = cast("Figure", ax.get_figure(root=True))
        figure.text(0.0, -0.01, line, fontsize=6, color="#8C8C8C", va="top", parse_math=False)
        drawn = {}
        for ending in ("png", "svg"):
            buffer = io.BytesIO()
            about = (
                {"Software": None, "Description": line}
                if ending == "png"
                else {"Date": None, "Description": line}
            )
            figure.savefig(
                buffer, format=ending, dpi=DPI, bbox_inches="tight", pad_inches=0.12, metadata=about
            )
            drawn[ending] = buffer.getvalue()
        plt.close(figure)
    return drawn
