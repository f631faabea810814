"""How news outlets cover AI hardware: framing, sourcing and timeline.

Every public name is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from coverage_research._version import __version__

if TYPE_CHECKING:
    from coverage_research.articles import Article, read_article, write_article
    from coverage_research.audit import audit
    from coverage_research.cache import clear_cache
    from coverage_research.codebook import Codebook, codebook_names, codebook_table, load_codebook
    from coverage_research.corpus import Corpus, read_corpus
    from coverage_research.evidence import evidence
    from coverage_research.exports import write_csv, write_tables
    from coverage_research.figures import figure_names, write_figures
    from coverage_research.framing import find_frames, frame_shares
    from coverage_research.plots_framing import plot_frame_shares
    from coverage_research.plots_sourcing import plot_reuse
    from coverage_research.plots_timeline import plot_lags, plot_timeline
    from coverage_research.reuse import find_reuse, reuse_shares
    from coverage_research.samples import load_demo, load_sample
    from coverage_research.schema import CoverageError
    from coverage_research.sharing import dehydrate, hydrate, measure
    from coverage_research.sourcing import find_credits, find_origins
    from coverage_research.stories import keep_on_topic, score_topicality, story_clusters
    from coverage_research.timeline import find_lags, outlet_lags

#: Public name to the module that defines it.
_HOMES = {
    "Article": "articles",
    "Codebook": "codebook",
    "Corpus": "corpus",
    "CoverageError": "schema",
    "audit": "audit",
    "clear_cache": "cache",
    "codebook_names": "codebook",
    "codebook_table": "codebook",
    "dehydrate": "sharing",
    "evidence": "evidence",
    "figure_names": "figures",
    "find_credits": "sourcing",
    "find_frames": "framing",
    "find_lags": "timeline",
    "find_origins": "sourcing",
    "find_reuse": "reuse",
    "frame_shares": "framing",
    "hydrate": "sharing",
    "keep_on_topic": "stories",
    "load_codebook": "codebook",
    "load_demo": "samples",
    "load_sample": "samples",
    "measure": "sharing",
    "outlet_lags": "timeline",
    "plot_frame_shares": "plots_framing",
    "plot_lags": "plots_timeline",
    "plot_reuse": "plots_sourcing",
    "plot_timeline": "plots_timeline",
    "read_article": "articles",
    "read_corpus": "corpus",
    "reuse_shares": "reuse",
    "score_topicality": "stories",
    "story_clusters": "stories",
    "write_article": "articles",
    "write_csv": "exports",
    "write_figures": "figures",
    "write_tables": "exports",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
