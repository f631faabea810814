"""Labels: the words that outlets put before an actor.

`find_labels` lists every mention of an actor with the modifiers that stand before it in the same
noun phrase ("state-sponsored Chinese AI firm"), `label_shares` says in how many of an outlet's
articles about the actor each label is used, and how sure that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.codebook import Codebook, Frame
from coverage_research.matching import Matcher, matcher
from coverage_research.noun_phrases import Label, labels_before, normal_form, without_stops
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    ChoiceError,
    carry,
    conform,
    empty,
    fields_of,
    groups_by,
    require_columns,
)
from coverage_research.statistics import N_BOOT
from coverage_research.terms import Term, parse_term
from coverage_research.units import Units, add_shares, places, units_of_articles

Targets = str | Sequence[str] | Mapping[str, "str | Term | Sequence[str | Term]"]
Unit = Literal["article", "mention"]

#: Columns of `find_labels`.
LABELS: Final = {
    **SPAN,
    "target": TEXT,
    "label": TEXT,
    "kind": TEXT,
    "mention": TEXT,
    "mention_start": COUNT,
    "mention_end": COUNT,
}

#: Actors and things of news about AI hardware, by the common nouns that head their names.
ACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "firms": (
        "firm", "firms", "company", "companies", "chipmaker*", "startup*", "start up", "start ups",
        "giant", "giants", "manufacturer*", "supplier*", "group", "maker", "makers",
    ),
    "chips": (
        "chip", "chips", "semiconductor*", "processor*", "accelerator*", "gpu", "gpus", "hardware",
    ),
    "people": (
        "expert", "experts", "researcher*", "scientist*", "engineer", "engineers", "leader",
        "leaders", "official", "officials", "analyst*", "executive", "executives", "investor*",
    ),
    "models": ("model", "models", "chatbot*", "bot", "bots", "system", "systems"),
}  # fmt: skip

# Finding ------------------------------------------------------------------------------------------


def find_labels(
    articles: pd.DataFrame,
    targets: Targets,
    *,
    fields: Sequence[str] = TEXT_FIELDS,
) -> pd.DataFrame:
    """Find the modifiers that stand before the mentions of an actor.

    A mention is a match of one of the actor's terms that heads its noun phrase: "Nvidia" in
    "Nvidia said", not in "Nvidia shares" or "anti-Nvidia". Its labels are the adjectives,
    participles, nouns and titles before it, back to the first word that cannot belong to the phrase
    (a verb, preposition, conjunction, determiner, number or sign).

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    targets : str, sequence of str, or mapping of str to terms
        The actors, in the syntax of codebooks: a word, `prefix*` or phrase; case does not matter.
        A mapping gives an actor several terms, which may be `Term` objects:
        `{"US": [Term("US", case=True), "United States"]}`. Of terms that overlap the longest
        counts. Give full names as well as surnames, or first names become labels.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.

    Returns
    -------
    DataFrame, one row per label, and one row with an empty label for a mention that has none, so
    that every mention is there; by article, field and place: article_id, field, start, end
    (characters, text[start:end] == match), match (the label, or the bare mention), target, label
    (lower case, without the full stops of acronyms), kind (adjective, noun, possessor, or empty),
    mention (labels and target) with mention_start and mention_end, which identify the mention.

    Raises
    ------
    ChoiceError
        If a target has no terms or one that cannot be used; it names all of them.
    SchemaError
        If columns are missing.

    Notes
    -----
    Words are classed by a lexicon of the most usual part of speech, by their endings and by their
    neighbours; there is no parser. Nouns in a row are one label ("chip giant"), each adjective is
    one, with the adverb that grades it ("heavily indebted"), and so are two words that are one
    thing ("artificial intelligence", "high powered"); countries stand alone. A possessor
    ("China's largest chip maker") is a label of its own kind.

    What it gets wrong: headlines in title case, where a name and a common noun look alike and a
    verb may be read as a noun (or a noun behind a plural as its verb) if the lexicon has it as a
    noun; a target in title case that is itself a verb ("Apple Plans"); adjectives of nations that
    the lexicon lacks, which are nouns then; verbs in -ing behind a preposition ("by training
    models"); common nouns as targets inside the name of a firm ("Quillane Systems" gives
    "quillane"). `docs/validity.md` has how often, against labels that people marked.

    References
    ----------
    Brill, E. (1992). A simple rule-based part of speech tagger. *Proceedings of the third
    conference on applied natural language processing*, 152-155 (the lexicon, as textblob ships it).
    Hamborg, F., Zhukova, A. & Gipp, B. (2019). Automated identification of media bias by word
    choice and labeling in news articles. *JCDL 2019*, 196-205.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "title": [
    ...     "A state-sponsored Chinese AI firm stirs the markets", "Is the AI firm ahead?"]})
    >>> find_labels(articles, "AI firm")[["article_id", "label", "kind"]].values.tolist()
    [['a', 'state-sponsored', 'adjective'], ['a', 'chinese', 'adjective'], ['b', '', '']]
    """
    named = _named(targets)
    finder = _matcher(named)
    present = fields_of(articles, fields)
    columns: dict[str, list[Any]] = {name: [] for name in LABELS}
    places: list[int] = []
    used = articles.drop_duplicates("article_id")
    for field in present:
        has_text = used[field].map(lambda text: isinstance(text, str)).to_numpy(dtype=bool)
        texts = used[field][has_text].tolist()
        ids, names = used["article_id"][has_text].tolist(), list(named)
        place_of = np.flatnonzero(has_text).tolist()
        # The full stop of an initial or a title would end the sentence inside a name.
        hits = finder.find_all([without_stops(text) for text in texts])
        frames = finder.frame_of[hits.rule].tolist()
        for number, first, last, frame in zip(
            hits.text.tolist(), hits.start.tolist(), hits.end.tolist(), frames, strict=True
        ):
            text = texts[number]
            labels = labels_before(text, first, last)
            if labels is None:
                continue
            begin = labels[0].start if labels else first
            for start, end, kind in labels or [Label(first, last, "")]:
                match = text[start:end]
                label = normal_form(match, kind) if kind else ""
                row = (ids[number], field, start, end, match, names[frame], label, kind)
                for column, value in zip(
                    columns.values(), (*row, text[begin:last], begin, last), strict=True
                ):
                    column.append(value)
                places.append(place_of[number])
    if not columns["start"]:
        return carry(empty(LABELS), articles)
    found = conform(pd.DataFrame(columns), LABELS)
    found = found.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)
    return carry(found, articles)


def _named(targets: Targets) -> dict[str, list[Term]]:
    """Terms of each actor."""
    if isinstance(targets, str):
        targets = [targets]
    if not isinstance(targets, Mapping):
        targets = {name: [name] for name in targets}
    return {
        str(name): [
            term if isinstance(term, Term) else Term(str(term))
            for term in ([given] if isinstance(given, str | Term) else given)
        ]
        for name, given in targets.items()
    }


def _matcher(named: Mapping[str, Sequence[Term]]) -> Matcher:
    """Compile the targets as a codebook with an actor for each frame."""
    frames, wrong = [], []
    for name, own in named.items():
        if not own:
            wrong.append(f"{name!r} has no terms")
        for term in own:
            try:
                parse_term(term)
            except ValueError as error:
                wrong.append(str(error))
        frames.append(Frame(name, name, "", "", "", (), tuple(own)))
    if wrong or not frames:
        raise ChoiceError(
            "targets: expected words, prefixes* or phrases; found "
            + ("; ".join(wrong) if wrong else "none")
        )
    return matcher(Codebook("targets", "", "", "", "en", tuple(frames)))


# Counting -----------------------------------------------------------------------------------------


def label_shares(
    labels: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    unit: Unit = "article",
    min_articles: int = 1,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the articles about an actor in which each outlet gives it each label.

    Parameters
    ----------
    labels : DataFrame
        From `find_labels`, with its rows for mentions without a label: they are in the denominator.
    articles : DataFrame
        With article_id and the columns of `by`.
    coverage : DataFrame
        With story_id and article_id; columns of `by` that `articles` lacks are taken from here.
        Articles that it does not list do not count.
    by : str or sequence of str
        What to compare.
    unit : {"article", "mention"}
        Whether `k` and `n` count articles (an article gives a label if it does so once or often) or
        mentions. A long article mentions an actor by its bare name again and again, so that shares
        of mentions compare only texts of like length.
    min_articles : int
        Articles, of all groups together, in which a label must stand to be reported.
    n_boot, seed : int
        Resamples of the bootstrap clustered by story, and their seed.

    Returns
    -------
    DataFrame, one row per group, target and label, zeros included for labels that other groups
    give: the columns of `by`, outlet_name where these hold the outlet, target, label, form (the
    label as these articles write it most often, of equals the one seen first, such as "US" for
    "us"; missing where `match` is), k (articles or mentions with the label), n (those of the group
    with the target), n_stories (independent clusters of stories), estimate (k / n, 0 to 1), low and
    high (95 % interval) and reason (why there is none, else empty). Targets by name, their most
    usual labels first, then the groups with most articles. Shares of a group do not add up to one:
    a mention may have several labels.

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If `unit` is unknown.
    ValueError
        If `min_articles` is below 1.

    References
    ----------
    Hamborg, F., Zhukova, A. & Gipp, B. (2019). Automated identification of media bias by word
    choice and labeling in news articles. *JCDL 2019*, 196-205.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example", "title": [
    ...     "A state-sponsored AI firm stirs the markets", "Is the AI firm ahead?"]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> shares = label_shares(find_labels(articles, "AI firm"), articles, coverage)
    >>> shares[["target", "label", "form", "k", "n", "estimate"]].values.tolist()
    [['AI firm', 'state-sponsored', 'state-sponsored', 1, 2, 0.5]]
    """
    _check_settings(unit, min_articles)
    taken = ("target", "label", "form", "k", *ESTIMATE, "cluster", "group", "size", "usual", "cell")
    by = groups_by(by, taken)
    mention = ["field", "mention_start", "mention_end"] if unit == "mention" else []
    needed = ["article_id", "target", "label", *mention]
    require_columns(labels, [*needed, "match"], "labels (from find_labels)")
    units = units_of_articles(articles, coverage, by)
    row, at = units.join(labels["article_id"])
    # Groups and their order are those of the articles about the actors.
    units, at = units.part(at)
    schema = {**units.schema(), "target": TEXT, "label": TEXT, "form": TEXT, "k": COUNT, **ESTIMATE}
    told = labels[needed].iloc[row].assign(unit=at).drop_duplicates()
    spread = told[told["label"] != ""].groupby(["target", "label"])["article_id"].nunique()
    usual = spread[spread >= min_articles].rename("usual").reset_index()
    if usual.empty:
        plainly = dict.fromkeys(units.schema(), TEXT)
        return carry(empty({**schema, **plainly}), labels, articles, coverage)
    usual = usual.sort_values(["target", "usual", "label"], ascending=[True, False, True])
    about = told.drop_duplicates(["unit", "target", *mention])
    target, targets = pd.factorize(about["target"])
    below = _counts(units, about["unit"], target, len(targets))
    pairs = [pd.MultiIndex.from_frame(rows[["target", "label"]]) for rows in (usual, told)]
    above = _counts(units, told["unit"], pairs[0].get_indexer(pairs[1]), len(usual))
    # A group that has the target has a row for each of its labels.
    of_pair = places(usual["target"], targets)
    has_target = np.asarray(below.sum(axis=0)).reshape(len(units.groups), -1) > 0
    pair, group = np.nonzero(has_target[:, of_pair].T)
    rows = units.groups.drop(columns="n").iloc[group].reset_index(drop=True)
    rows[["target", "label"]] = usual[["target", "label"]].iloc[pair].reset_index(drop=True)
    rows["form"] = rows["label"].map(_usual_forms(labels.iloc[np.unique(row)]))
    above = above[:, group * len(usual) + pair]
    below = below[:, group * len(targets) + of_pair[pair]]
    table = conform(add_shares(rows, above, below, n_boot=n_boot, seed=seed), schema)
    return carry(table, labels, articles, coverage)


def _check_settings(unit: str, min_articles: int) -> None:
    if unit not in ("article", "mention"):
        raise ChoiceError(f"unit: expected 'article' or 'mention'; found {unit!r}")
    if not min_articles >= 1:
        raise ValueError(f"min_articles: expected at least 1; found {min_articles}")


def _usual_forms(labels: pd.DataFrame) -> pd.Series:
    """The most frequent spelling of each label; of equals the one that comes first."""
    forms = labels["match"].astype("str").str.replace(r"\s+", " ", regex=True)
    seen = forms.groupby([labels["label"], forms], sort=False).size()
    # A stable sort keeps the order in which equals were seen.
    ranked = seen.rename("times").rename_axis(["label", "form"]).reset_index()
    ranked = ranked.sort_values("times", ascending=False, kind="stable").drop_duplicates("label")
    return ranked.set_index("label")["form"]


def _counts(units: Units, unit: pd.Series, kind: npt.NDArray[np.int64], n_kinds: int) -> Any:
    """Rows of those kinds that have a number, clusters x (groups x kinds)."""
    some = kind >= 0
    return units.sums(unit.to_numpy()[some], kind[some], n_kinds)
