"""A coder trained on hand codes: it names the frame of articles that nobody has read.

Where a dictionary knows the terms that somebody thought of, a trained coder learns from examples.
How far to trust it is for `coder_scores`, keeping it for `coder_files`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research._version import __version__
from coverage_research.codebook import Codebook, as_codebook
from coverage_research.framing import TIE
from coverage_research.schema import (
    REAL,
    TEXT,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    fields_of,
    require_columns,
)
from coverage_research.stories import FUNCTION_WORDS
from coverage_research.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
Kind = Literal["single", "multiple"]

#: Settings chosen by cross-validation on hand-coded headlines and sentences of other people;
#: `docs/validity.md` has what they reach.
NGRAMS: Final = (3, 5)
C: Final = 2.0
#: Weight of whole words beside the runs of characters.
WORD_WEIGHT: Final = 0.5
#: Characters of a field that are read; n-grams and words that are kept, the most frequent first.
MAX_CHARS: Final = 20_000
MAX_NGRAMS: Final = 100_000
#: Longest word and longest run of characters; longer words are cut.
MAX_WORD: Final = 40
MAX_LENGTH: Final = 10
#: First columns of `score_codes`; one of probabilities follows for each frame.
CODED: Final = {"article_id": TEXT, "frame": TEXT, "probability": REAL}
_MAX_ITER: Final = 5_000


@dataclass(frozen=True, eq=False, repr=False)
class Coder:
    """A trained coder: what it knows are five arrays, and no code. See `train_coder`.

    Parameters
    ----------
    frames : tuple of str
        Frames that it tells apart.
    kind : {"single", "multiple"}
        Whether an article has exactly one frame, or any number of them.
    n_articles : int
        Hand-coded articles that it learned from.
    codebook : str
        Name of the codebook of the hand codes; empty if it was not given.
    fields : tuple of str
        Fields of an article that it reads.
    ngrams : tuple of int
        Shortest and longest run of characters.
    strength : float
        Inverse of the penalty on large coefficients.
    grams : array of str, shape (n-grams,)
        Runs of characters within content words, sorted.
    forms : array of str, shape (words,)
        Words, sorted.
    idf : array, shape (n-grams + words,)
        Inverse document frequencies.
    coefficients : array, shape (frames, n-grams + words)
    intercepts : array, shape (frames,)
    versions : dict of str to str
        Of this package and of what it was trained with.
    """

    frames: tuple[str, ...]
    kind: Kind
    n_articles: int
    codebook: str
    fields: tuple[str, ...]
    ngrams: tuple[int, int]
    strength: float
    grams: npt.NDArray[np.str_]
    forms: npt.NDArray[np.str_]
    idf: Floats
    coefficients: Floats
    intercepts: Floats
    versions: dict[str, str]

    def __post_init__(self) -> None:
        for array in (self.grams, self.forms, self.idf, self.coefficients, self.intercepts):
            array.setflags(write=False)

    def __repr__(self) -> str:
        """Say what it tells apart and where it learned that, in one line."""
        told = "one of" if self.kind == "single" else "any of"
        book = f", codebook {self.codebook}" if self.codebook else ""
        size = f"{len(self.grams):,} n-grams, {len(self.forms):,} words"
        return (
            f"Coder({told} {', '.join(self.frames)}; learned from {self.n_articles:,} articles, "
            f"{' and '.join(self.fields)}; {size}{book})"
        )


# Training -----------------------------------------------------------------------------------------


def train_coder(
    articles: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    fields: Sequence[str] = ("title",),
    codebook: str | Path | Codebook | None = None,
    kind: Literal["auto", "single", "multiple"] = "auto",
    none: str | None = None,
    strength: float = C,
    ngrams: tuple[int, int] = NGRAMS,
) -> Coder:
    """Learn from hand codes to name the frames of other articles.

    A text becomes the runs of characters within its content words and, at half their weight, all
    its words, both by tf-idf; on them a logistic regression is fitted. Frames weigh the same
    however many articles have them, so rare frames are not passed over. The same tables give the
    same coder.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    codes : DataFrame
        With article_id and frame, one row for each frame that a human coder gave an article.
    fields : sequence of str
        What to read, of title, excerpt and body; those that `articles` lacks are passed over.
    codebook : str, Path or Codebook, optional
        Whose frames the codes name. It orders the frames and finds misspelt ones.
    kind : {"auto", "single", "multiple"}
        Whether each article has exactly one frame (one regression that weighs all frames against
        each other) or any number of them (one regression for each frame). "auto" takes "single" if
        the codes allow it.
    none : str, optional
        Word in the column frame that says that an article was coded and has none of the frames. A
        missing frame is refused, since it may just have been forgotten.
    strength : float
        Inverse of the penalty on large coefficients, above 0: larger fits the codes more closely.
    ngrams : tuple of int
        Shortest and longest run of characters, 1 to 10.

    Returns
    -------
    Coder

    Raises
    ------
    SchemaError
        If columns are missing or codes cannot be used; all of them are named at once.
    ChoiceError
        If a setting does not exist.

    Notes
    -----
    The function words that give no runs of characters are English; other languages keep theirs.

    References
    ----------
    Joachims, T. (1998). Text categorization with support vector machines. *ECML-98*, 137-142
    (tf-idf, sparse linear models).
    King, G. & Zeng, L. (2001). Logistic regression in rare events data. *Political Analysis* 9(2),
    137-163 (weighting).
    Burscher, B. et al. (2014). Teaching the computer to code frames in news. *Communication Methods
    and Measures* 8(3), 190-206.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": list("abcd"), "title": [
    ...     "Chip race heats up", "Racing for chips", "Shares fall", "Share price falls again"]})
    >>> codes = pd.DataFrame({"article_id": list("abcd"),
    ...                       "frame": ["race", "race", "market", "market"]})
    >>> coder = train_coder(articles, codes)
    >>> coder
    Coder(one of market, race; learned from 4 articles, title; 92 n-grams, 13 words)
    >>> new = pd.DataFrame({"article_id": ["e"], "title": ["The race is on"]})
    >>> score_codes(new, coder)["frame"].tolist()
    ['race']
    """
    check_settings(strength, ngrams)
    fields = tuple(fields_of(articles, fields))
    known = known_codes(articles, codes, codebook, kind, none)
    texts = texts_read(articles, fields, known.article_ids)
    return fit(texts, known, fields, strength, ngrams)


class Known(NamedTuple):
    """Hand codes as a table of yes and no."""

    article_ids: list[str]
    frames: tuple[str, ...]
    given: npt.NDArray[np.bool_]  # articles x frames
    kind: Kind
    codebook: Codebook | None


def check_settings(strength: float, ngrams: tuple[int, int]) -> None:
    """Refuse settings that are out of their range."""
    if not (math.isfinite(strength) and strength > 0):
        raise ChoiceError(f"strength: expected a number above 0; found {strength!r}")
    if len(ngrams) != 2 or not 1 <= ngrams[0] <= ngrams[1] <= MAX_LENGTH:
        raise ChoiceError(f"ngrams: expected two lengths from 1 to 10, as (3, 5); found {ngrams!r}")


def known_codes(
    articles: pd.DataFrame,
    codes: pd.DataFrame,
    codebook: str | Path | Codebook | None,
    kind: str,
    none: str | None,
) -> Known:
    """Check the hand codes, naming all that is wrong with them, and lay them out."""
    if kind not in ("auto", "single", "multiple"):
        raise ChoiceError(f"kind: expected auto, single or multiple; found {kind!r}")
    require_columns(codes, ["article_id", "frame"], "codes")
    book = None if codebook is None else as_codebook(codebook)
    own = [*codes.columns.intersection(["article_id", "frame", "coder"])]
    rows = codes[own].drop_duplicates()
    problems = _problems(rows, articles, book, none)
    rows = rows.dropna(subset=["article_id", "frame"])
    rows = rows[["article_id", "frame"]].astype(str).drop_duplicates()
    empty = rows["frame"] == none if none is not None else pd.Series(data=False, index=rows.index)
    used = sorted(set(rows.loc[~empty, "frame"]))
    if book is not None:
        place = {frame.id: number for number, frame in enumerate(book.frames)}
        used.sort(key=lambda frame: (place.get(frame, len(place)), frame))
    article_ids = sorted(set(rows["article_id"]))
    given = np.zeros((len(article_ids), len(used)), dtype=bool)
    row = {article_id: number for number, article_id in enumerate(article_ids)}
    column = {frame: number for number, frame in enumerate(used)}
    for article_id, frame in rows[~empty].itertuples(index=False):
        given[row[article_id], column[frame]] = True
    count = given.sum(axis=1)
    both = [article_id for article_id in rows.loc[empty, "article_id"] if count[row[article_id]]]
    if both:
        problems.append(f"coded {none!r} and with a frame: {some_of(both)}")
    if kind == "single" and (count != 1).any():
        other = [article_ids[number] for number in np.flatnonzero(count != 1)]
        problems.append(f"kind single needs exactly one frame for each article: {some_of(other)}")
    if len(used) < 2 and not problems:
        problems.append(f"a coder needs at least two frames to tell apart; found {some_of(used)}")
    if problems:
        raise SchemaError("codes: " + "; ".join(problems))
    single = kind == "single" or (kind == "auto" and bool((count == 1).all()))
    return Known(article_ids, tuple(used), given, "single" if single else "multiple", book)


def _problems(
    rows: pd.DataFrame, articles: pd.DataFrame, book: Codebook | None, none: str | None
) -> list[str]:
    """All that is wrong with single rows of the hand codes."""
    problems = []
    unnamed = int(rows["article_id"].isna().sum())
    if unnamed:
        problems.append(f"{unnamed} rows without article_id")
    blank = rows["frame"].isna() | rows["frame"].astype(str).str.strip().eq("")
    if blank.any():
        problems.append(
            "no frame (to say that an article has none, give a word for it by `none`): "
            + some_of(rows.loc[blank, "article_id"].dropna())
        )
    named = rows.dropna(subset=["article_id", "frame"])
    absent = named.loc[~named["article_id"].isin(articles["article_id"]), "article_id"]
    if len(absent):
        problems.append(f"not among the articles: {some_of(absent.unique())}")
    if book is not None:
        ids = {frame.id for frame in book.frames} | ({none} if none is not None else set())
        unknown = named.loc[~named["frame"].isin(ids) & ~blank[named.index], "frame"].unique()
        if len(unknown):
            problems.append(f"no frame of codebook {book.name!r}: {some_of(unknown)}")
    if "coder" in named.columns:
        n_coders = named.groupby("article_id")["coder"].nunique(dropna=False)
        several = n_coders.index[n_coders > 1]
        if len(several):
            problems.append(f"coded by several coders, settle on one coding: {some_of(several)}")
    return problems


def some_of(names: Any) -> str:
    """The first ten names, and how many more."""
    names = [str(name)[:60] for name in names]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more if names else "none"


def texts_read(
    articles: pd.DataFrame, fields: Sequence[str], article_ids: Sequence[str]
) -> list[str]:
    """The words of each article with spaces between, in the order of `article_ids`."""
    used = articles.assign(article_id=articles["article_id"].astype(str))
    used = used.drop_duplicates("article_id").set_index("article_id").loc[list(article_ids)]
    return [
        " ".join(
            form[:MAX_WORD]
            for text in texts
            if isinstance(text, str)
            for form in words(text[:MAX_CHARS])
        )
        for texts in zip(*(used[field] for field in fields), strict=True)
    ]


def content(text: str) -> str:
    """The content words of the words of a text."""
    return " ".join(form for form in text.split() if form not in FUNCTION_WORDS)


def _vectorizers(ngrams: tuple[int, int], coder: Coder | None = None) -> tuple[Any, Any]:
    """Tf-idf of runs of characters and of words: yet to be fitted, or those of a coder."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    known: list[dict[str, int] | None] = [None, None]
    if coder is not None:
        known = [
            {form: number for number, form in enumerate(forms.tolist())}
            for forms in (coder.grams, coder.forms)
        ]
    settings = {"sublinear_tf": True, "lowercase": False, "max_features": MAX_NGRAMS}
    of_grams = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=ngrams,
        preprocessor=content,
        vocabulary=known[0],
        **settings,
    )
    of_forms = TfidfVectorizer(analyzer=str.split, vocabulary=known[1], **settings)
    if coder is not None:
        of_grams.idf_, of_forms.idf_ = np.split(coder.idf, [len(coder.grams)])
    return of_grams, of_forms


def _side_by_side(of_grams: Any, of_forms: Any) -> Any:
    from scipy import sparse

    return sparse.csr_array(sparse.hstack([of_grams, WORD_WEIGHT * of_forms]))


def fit(
    texts: list[str],
    known: Known,
    fields: tuple[str, ...],
    strength: float,
    ngrams: tuple[int, int],
) -> Coder:
    """Learn the arrays of a coder from texts and what was coded of them."""
    import sklearn

    if not any(map(content, texts)):
        raise SchemaError(f"articles: expected content words in {', '.join(fields)}; found none")
    of_grams, of_forms = _vectorizers(ngrams)
    matrix = _side_by_side(of_grams.fit_transform(texts), of_forms.fit_transform(texts))
    if known.kind == "single":
        coefficients, intercepts = _one_of(matrix, known.given, strength)
    else:
        parts = [_yes_or_no(matrix, column, strength) for column in known.given.T]
        coefficients = np.vstack([part[0] for part in parts])
        intercepts = np.array([part[1] for part in parts])
    return Coder(
        frames=known.frames,
        kind=known.kind,
        n_articles=len(texts),
        codebook=known.codebook.name if known.codebook else "",
        fields=fields,
        ngrams=(int(ngrams[0]), int(ngrams[1])),
        strength=float(strength),
        grams=np.array(of_grams.get_feature_names_out(), dtype=np.str_),
        forms=np.array(of_forms.get_feature_names_out(), dtype=np.str_),
        idf=np.concatenate([of_grams.idf_, of_forms.idf_]),
        coefficients=coefficients,
        intercepts=intercepts,
        versions={
            "coverage_research": __version__,
            "scikit-learn": str(sklearn.__version__),
            "numpy": np.__version__,
        },
    )


def _regression(strength: float, matrix: Any, label: npt.NDArray[Any]) -> Any:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=_MAX_ITER)
    # More threads are slower on problems of this size, and may add up in another order.
    with threadpool_limits(limits=1):
        return model.fit(matrix, label)


def _one_of(
    matrix: Any, given: npt.NDArray[np.bool_], strength: float
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Coefficients and intercepts of frames of which each article has exactly one."""
    label = given.argmax(axis=1)
    coefficients = np.zeros((given.shape[1], matrix.shape[1]))
    # A frame that no article of a training part has must never win.
    intercepts = np.where(given.any(axis=0), 0.0, -1e3)
    if len(set(label.tolist())) > 1:
        model = _regression(strength, matrix, label)
        two = len(model.classes_) == 2
        # Two frames have one row, for the second; half of it for and against says the same.
        coefficients[model.classes_] = (
            np.vstack([-model.coef_, model.coef_]) / 2 if two else model.coef_
        )
        intercepts[model.classes_] = (
            np.append(-model.intercept_, model.intercept_) / 2 if two else model.intercept_
        )
    return coefficients, intercepts


def _yes_or_no(
    matrix: Any, has: npt.NDArray[np.bool_], strength: float
) -> tuple[npt.NDArray[np.float64], float]:
    """Coefficients and intercept of one frame against its absence."""
    if has.all() or not has.any():
        odds = (has.sum() + 0.5) / ((~has).sum() + 0.5)
        return np.zeros(matrix.shape[1]), float(np.log(odds))
    model = _regression(strength, matrix, has)
    return model.coef_[0], float(model.intercept_[0])


# Coding -------------------------------------------------------------------------------------------


def score_codes(articles: pd.DataFrame, coder: Coder) -> pd.DataFrame:
    """Name the frame of each article, as a trained coder sees it.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields that the coder reads.
    coder : Coder
        From `train_coder` or `read_coder`.

    Returns
    -------
    DataFrame, one row per article in the order of `articles`: article_id; frame, the most probable
    one, or, of a coder of multiple frames, all of probability 0.5 or more, joined by ' | ' in the
    order of the coder's frames, and missing if there is none; probability, that of the most
    probable frame; and `p_` and its name for each frame, its probability. An article without a word
    has no frame and no probabilities.

    Raises
    ------
    SchemaError
        If columns are missing.

    Notes
    -----
    A probability ranks frames and articles, the doubtful ones first to be read by hand; it is no
    frequency. All frames weighed the same in training, however frequent they were, and of single
    frames the most probable one is right far oftener than its probability says. Shares that are
    counted from these frames inherit the coder's mistakes: see `compare_coders`.

    References
    ----------
    Hopkins, D. J. & King, G. (2010). A method of automated nonparametric content analysis for
    social science. *American Journal of Political Science* 54(1), 229-247 (shares from codings).

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": list("ab"), "title": ["Chip race", "Share price"]})
    >>> codes = pd.DataFrame({"article_id": list("ab"), "frame": ["race", "market"]})
    >>> score_codes(articles, train_coder(articles, codes)).round(2)
      article_id   frame  probability  p_market  p_race
    0          a    race         0.68      0.32    0.68
    1          b  market         0.68      0.68    0.32
    """
    fields = tuple(fields_of(articles, coder.fields))
    used = articles.drop_duplicates("article_id")
    ids = used["article_id"].astype(str).tolist()
    chances = probabilities(texts_read(articles, fields, ids), coder)
    frame = decide(chances, coder)
    rows = {
        "article_id": ids,
        "frame": [
            TIE.join(np.array(coder.frames, dtype=object)[has]) if has.any() else None
            for has in frame
        ],
        "probability": chances.max(axis=1),
        **{f"p_{name}": chances[:, number] for number, name in enumerate(coder.frames)},
    }
    columns = {**CODED, **{f"p_{name}": REAL for name in coder.frames}}
    return carry(conform(pd.DataFrame(rows), columns), articles)


def probabilities(texts: list[str], coder: Coder) -> Floats:
    """Probability of each frame in each text; missing where there is no word."""
    if not texts:
        return np.empty((0, len(coder.frames)))
    of_grams, of_forms = _vectorizers(coder.ngrams, coder)
    matrix = _side_by_side(of_grams.transform(texts), of_forms.transform(texts))
    score = matrix @ coder.coefficients.T + coder.intercepts
    if coder.kind == "single":
        score = np.exp(score - score.max(axis=1, keepdims=True))
        chances = score / score.sum(axis=1, keepdims=True)
    else:
        # Half a hyperbolic tangent is the logistic function, and cannot overflow.
        chances = (1 + np.tanh(score / 2)) / 2
    chances[[not text for text in texts]] = np.nan
    return np.asarray(chances, dtype=np.float64)


def decide(chances: Floats, coder: Coder) -> npt.NDArray[np.bool_]:
    """Which frames each article has, articles x frames."""
    if coder.kind == "multiple":
        return chances >= 0.5
    chosen = np.zeros(chances.shape, dtype=bool)
    told = np.flatnonzero(~np.isnan(chances).any(axis=1))
    chosen[told, chances[told].argmax(axis=1)] = True
    return chosen
