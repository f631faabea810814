"""How news outlets cover AI hardware: framing, sourcing and timeline.

Every public name is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from coverage_research._version import __version__

if TYPE_CHECKING:
    from coverage_research.articles import Article, read_article, write_article
    from coverage_research.corpus import Corpus, read_corpus
    from coverage_research.schema import CoverageError

#: Public name to the module that defines it.
_HOMES = {
    "Article": "articles",
    "Corpus": "corpus",
    "CoverageError": "schema",
    "read_article": "articles",
    "read_corpus": "corpus",
    "write_article": "articles",
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
