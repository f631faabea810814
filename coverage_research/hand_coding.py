"""Coding by hand in a notebook: one unit at a time, each decision on the disk at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd  # noqa: TC002  (the examples use it)

from coverage_research.codebook import Codebook, as_codebook
from coverage_research.coding_entries import VARIABLE, ChangedError, CodingError, Entry, clean_name
from coverage_research.coding_files import read_codings
from coverage_research.coding_log import CodingLog, open_log
from coverage_research.coding_panel import HELP, UNSURE, Panel, unit_html
from coverage_research.coding_units import Context, article_of, unit_context, units_of
from coverage_research.corpus import Corpus
from coverage_research.disagreements import disagreements
from coverage_research.samples import NONE
from coverage_research.sampling import sample_units
from coverage_research.schema import (
    TEXT_FIELDS,
    ChoiceError,
    SchemaError,
    carry,
    fields_of,
    is_invented,
    require_columns,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path


def hand_code(
    corpus: Corpus | pd.DataFrame,
    codebook: Codebook | str | Path,
    *,
    coder: str,
    folder: str | os.PathLike[str],
    sample: pd.DataFrame | int | None = None,
    units: pd.DataFrame | None = None,
    context: Context = "paragraph",
    multiple: bool = True,
    blind: bool = True,
    fields: str | Iterable[str] = TEXT_FIELDS,
    seed: int = 0,
) -> HandCoder:
    """Code articles, or parts of them, by hand in a notebook.

    Each decision is in the coder's file in `folder` before the next unit is shown. Called again,
    also after a crash, it goes on at the first unit without a decision; units that were skipped
    come last. Units decided on under another version of the codebook come again, as they were
    coded, to be confirmed.

    Parameters
    ----------
    corpus : Corpus or DataFrame
        Articles, with article_id and one or more of `fields`.
    codebook : Codebook, str or Path
        A codebook, its name or its path.
    coder : str
        Who codes; each coder has a file of their own.
    folder : path
        Where the files of all coders lie, one folder for each codebook. Made if it is not there.
    sample : DataFrame or int, optional
        A plan (unit_id, coder, order) from `sample_units`, or how many units to draw at random; all
        if not given.
    units : DataFrame, optional
        Headlines, sentences, paragraphs or passages, from `coding_units` or `span_units`, to be
        coded instead of whole articles. A plan brings its own.
    context : {"paragraph", "sentence", "field"}
        What is shown around a part of an article, which is marked; its headline stands above.
    multiple : bool
        Whether a unit can carry several frames, or one at most.
    blind : bool
        Hide outlet, date and address. What the text itself says of its outlet stays.
    fields : str or iterable of str
        Fields that the coder sees: title, excerpt, body.
    seed : int
        Repeats the draw and the order, where `sample` is no plan. Coders with the same seed and
        number get the same units.

    Returns
    -------
    HandCoder
        Shown by a notebook; its `codings()` are a table.

    Raises
    ------
    SchemaError
        If columns are missing, the plan names units that there are not or one twice, or a text is
        not the one from which its units were taken.
    ChoiceError
        If the coder is not in the plan, or a name cannot be used.
    CodingError
        If the folder cannot be used, see `open_log`.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis: An Introduction to Its Methodology* (4th ed.),
    chapters 7 and 12. Sage.

    Examples
    --------
    >>> import tempfile
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["A race for chips"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     panel = hand_code(articles, "ai_hardware", coder="Ann", folder=folder)
    ...     panel.run("3 s")
    ...     codings = panel.codings()
    >>> codings.loc[codings["value"] == "1", ["unit_id", "coder", "variable"]].values.tolist()
    [['a', 'Ann', 'race']]
    """
    articles = corpus.articles if isinstance(corpus, Corpus) else corpus
    shown = fields_of(articles, fields)
    book = as_codebook(codebook)
    _check_book(book)
    named = _units(articles, sample, units, clean_name(coder), seed)
    placed = _placed(named, articles, context)
    log = open_log(folder, coder, book, multiple=multiple)
    return HandCoder(articles, book, log, placed, shown, multiple=multiple, blind=blind)


def adjudicate(
    corpus: Corpus | pd.DataFrame,
    codebook: Codebook | str | Path,
    *,
    folder: str | os.PathLike[str],
    coder: str = "settled",
    context: Context = "paragraph",
    multiple: bool = True,
    fields: str | Iterable[str] = TEXT_FIELDS,
) -> HandCoder | None:
    """Settle in a notebook what coders disagree on.

    The units come one by one, those first whose codes are confused most often, with what each
    coder said below the text. Decisions are those of one more coder in the same folder: compare
    with `validate(..., coder="settled")`, and leave that coder out of `krippendorff_alpha`.

    Parameters
    ----------
    corpus, codebook, context, multiple, fields
        As in `hand_code`.
    folder : path
        Where the files of the coders lie.
    coder : str
        Name under which the settled codes are kept.

    Returns
    -------
    HandCoder or None
        None where coders never differ.

    Raises
    ------
    SchemaError
        If columns are missing.
    CodingError
        If the folder cannot be used, see `open_log`.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis: An Introduction to Its Methodology* (4th ed.),
    chapter 12. Sage.

    Examples
    --------
    >>> import tempfile
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "title": ["A race for chips", "Chips"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, keys in (("Ann", "3 s"), ("Ben", "5 s")):
    ...         hand_code(articles, "ai_hardware", coder=name, folder=folder, sample=2).run(keys)
    ...     panel = adjudicate(articles, "ai_hardware", folder=folder)
    >>> len(panel.units)
    1
    """
    articles = corpus.articles if isinstance(corpus, Corpus) else corpus
    settled = clean_name(coder)
    codings = read_codings(folder)
    codings = codings[codings["coder"].ne(settled)]
    units = disagreements(codings)["unit_id"].drop_duplicates()
    units = units[article_of(units, articles["article_id"]).isin(articles["article_id"])]
    if units.empty:
        return None
    said = codings[codings["unit_id"].isin(units)]
    given = said[said["value"].eq("1")] if multiple else said
    given = given.assign(code=given["variable"] if multiple else given["value"])
    beside: dict[str, str] = {}
    groups: Any = said.groupby(["unit_id", "coder"], sort=True)
    for (unit, name), rows in groups:
        own = given[given["unit_id"].eq(unit) & given["coder"].eq(name)]
        notes = rows["note"].dropna()
        told = ", ".join(own["code"].dropna().astype(str)) or "none"
        if rows["is_unsure"].fillna(value=False).any():
            told = "unsure"
        note = f" ({notes.iloc[0]})" if len(notes) and notes.iloc[0] else ""
        line = f"{name}: {told}{note}"
        beside[str(unit)] = f"{beside[str(unit)]}\n{line}" if str(unit) in beside else line
    book = as_codebook(codebook)
    log = open_log(folder, settled, book, multiple=multiple)
    return HandCoder(
        articles,
        book,
        log,
        _placed(units.tolist(), articles, context),
        fields_of(articles, fields),
        multiple=multiple,
        blind=True,
        beside=beside,
    )


def _check_book(book: Codebook) -> None:
    """Refuse a codebook that the panel could not tell from its own words, or that has no frame."""
    own = {NONE: "no frame", UNSURE: "no decision"}
    for frame in book.frames:
        if frame.id in own:
            told = f"codebook: {frame.id!r} is the word for {own[frame.id]}; rename the frame"
            raise ChoiceError(told)
    if not book.frames:
        raise ChoiceError("codebook: expected one frame or more; found none")


def _units(
    articles: pd.DataFrame,
    sample: pd.DataFrame | int | None,
    units: pd.DataFrame | None,
    coder: str,
    seed: int,
) -> list[str]:
    """Names of the units of a coder in the order of coding."""
    if sample is None or isinstance(sample, int):
        whole = articles if units is None else units
        n = whole["article_id" if units is None else "unit_id"].nunique()
        drawn = sample_units(whole, n if sample is None else sample, seed=seed)
        return drawn["unit_id"].tolist()
    if units is not None:
        raise ChoiceError(
            "units: a plan brings its own; draw it from them with sample_units(units)"
        )
    plan = require_columns(sample, ["unit_id", "coder", "order"], "sample (from sample_units)")
    own = plan[[clean_name(str(name)) == coder for name in plan["coder"]]].sort_values("order")
    if own.empty:
        known = ", ".join(map(repr, sorted(set(plan["coder"].astype(str))))) or "nobody"
        raise ChoiceError(f"coder: expected {known}, who are in the sample; found {coder!r}")
    named: list[str] = own["unit_id"].astype(str).tolist()
    if len(set(named)) < len(named):
        twice = sorted({name for name in named if named.count(name) > 1})
        raise SchemaError(f"sample: expected each unit once; found twice {', '.join(twice[:10])}")
    return named


def _placed(named: Sequence[str], articles: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Units with their texts, whose places are those of the articles as they are now."""
    placed = unit_context(units_of(named, articles), articles, context=context)
    lost = placed.loc[placed["field"].notna() & placed["match"].isna(), "unit_id"]
    if len(lost):
        raise SchemaError(
            "units: expected places inside the texts of the articles; not there "
            f"{', '.join(lost.head(10))}. Take the articles that the units were made from."
        )
    return placed


class HandCoder:
    """The panel by which one coder decides, and its state.

    Parameters are those that `hand_code` has checked.

    Attributes
    ----------
    units : tuple of str
        All units of the coder, in order.
    current : str
        The unit that is shown.
    message : str
        What the panel last told.
    widget
        The panel itself.
    """

    def __init__(
        self,
        articles: pd.DataFrame,
        codebook: Codebook,
        log: CodingLog,
        units: pd.DataFrame,
        fields: Sequence[str],
        *,
        multiple: bool,
        blind: bool,
        beside: Mapping[str, str] | None = None,
    ) -> None:
        self._beside = beside or {}
        rows = articles.drop_duplicates("article_id")
        rows = rows[rows["article_id"].isin(units["article_id"])]
        self._rows = {str(row["article_id"]): row for row in rows.to_dict("records")}
        self._invented = is_invented(articles)
        self._articles = articles.iloc[:0]
        self._book, self._log, self._fields = codebook, log, list(fields)
        self._multiple, self._blind = multiple, blind
        self._places = {row["unit_id"]: row for row in units.to_dict("records")}
        self.units = tuple(self._places)
        self.message = ""
        self._panel = Panel(codebook, self, multiple=multiple)
        self._asked = ""
        self._seen: Entry | None = None
        self.current = self._first()
        self._show()
        if self.n_coded:
            self.tell(f"Welcome back, {log.coder}. {self._told_state()}")

    # State ----------------------------------------------------------------------------------------

    @property
    def widget(self) -> Any:
        """The panel, an ipywidgets box."""
        return self._panel.box

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that the panel knows, see `run`."""
        return tuple(self._doing())

    @property
    def n_coded(self) -> int:
        """Units with a decision by the codebook as it is now."""
        return len(self._coded())

    @property
    def chosen(self) -> frozenset[str]:
        """Frames that are marked, or `none`."""
        return frozenset(self._panel.chosen())

    @property
    def is_unsaved(self) -> bool:
        """Whether something is marked or written that is not on the disk."""
        return self._panel.state() != self._loaded

    def codings(self) -> pd.DataFrame:
        """All decisions of the coder as they are on the disk, see `read_codings`."""
        folder = self._log.path.parent
        if not self._log.path.exists():
            raise CodingError(f"{self._log.path}: nothing has been saved yet")
        table = read_codings(folder, codebook=self._book)
        own = table[table["coder"] == self._log.coder].reset_index(drop=True)
        return carry(own, self._articles, table)

    # What the coder does --------------------------------------------------------------------------

    def toggle(self, frame: str) -> None:
        """Mark a frame, or take the mark away; `none` for no frame, `unsure` for no decision."""
        known = [*(frame.id for frame in self._book.frames), NONE, UNSURE]
        if frame not in known:
            raise ChoiceError(f"frame: expected {', '.join(known)}; found {frame!r}")
        self._panel.toggle(frame)

    def save(self) -> bool:
        """Write the decision on the current unit to the disk and go on to the next without one.

        Returns
        -------
        bool
            Whether it was written; if not, `message` says why.
        """
        chosen, unsure, note = self._panel.state()
        if not chosen and not unsure:
            self.tell("Not saved: mark a frame, none or unsure first.")
            return False
        if self._multiple:
            codes = {frame.id: str(int(frame.id in chosen)) for frame in self._book.frames}
        else:
            codes = {VARIABLE: next(iter(chosen), UNSURE)}
        unit = self.current
        try:
            others = self._log.catch_up()
            if not self._stands(unit, codes, unsure=unsure, note=note):
                self._log.decide(
                    unit,
                    codes,
                    is_unsure=unsure,
                    note=note,
                    shown=self._shown(unit),
                    blind=self._blind,
                    invented=self._invented,
                    replaces=self._seen,
                )
        except ChangedError as error:
            # What is marked stays; with the other decision seen, the next save replaces it.
            self._seen = self._log.decisions().get(unit)
            self.tell(f"Not saved: {error}. It says: {_said(self._seen)}. Yours is still marked.")
            return False
        except CodingError as error:
            self.tell(f"NOT SAVED: {error}")
            return False
        place = self.units.index(unit)
        told = f"Saved unit {place + 1}."
        if others:
            told += (
                f" Another session of {self._log.coder} is open or was: it has added "
                f"{len(others)} {'entry' if len(others) == 1 else 'entries'}, which count."
            )
        self._loaded = self._panel.state()
        self._go(self._pending(place), told)
        return True

    def next(self) -> None:
        """Show the next unit in order; asks once before what is not saved is dropped."""
        self._step(1)

    def previous(self) -> None:
        """Show the unit before; asks once before what is not saved is dropped."""
        self._step(-1)

    def skip(self) -> None:
        """Put the unit off to the end and show the next without a decision."""
        if self._may_leave("k"):
            place = self.units.index(self.current)
            if self.current in self._coded():
                told = f"Unit {place + 1} keeps its decision."
            else:
                self._log.skip(self.current)
                told = f"Unit {place + 1} comes again at the end."
            self._go(self._pending(place), told)

    def undo(self) -> None:
        """Take back the last decision and show its unit."""
        if self._may_leave("u"):
            gone = self._log.undo(self.units)
            if gone is None:
                self.tell("There is no decision to take back.")
                return
            self._go(gone.unit, f"Taken back: the decision of {gone.at:%H:%M:%S} UTC on this unit.")

    def run(self, keys: str) -> None:
        """Do what keys say, as typed into the panel's line: `1 3 s` marks two frames and saves.

        What cannot be understood stops the rest, and nothing behind it is done.
        """
        doing = self._doing()
        asked = keys.replace(",", " ").lower().split()
        strange = [key for key in asked if key not in doing]
        if strange:
            self.tell(f"Nothing done: {strange[0][:20]!r} is no key. {HELP}")
            return
        for key in asked:
            if doing[key]() is False:
                return

    def _doing(self) -> dict[str, Callable[[], object]]:
        """What each key does."""
        doing: dict[str, Callable[[], object]] = {
            "s": self.save,
            "n": self.next,
            "p": self.previous,
            "k": self.skip,
            "u": self.undo,
            "?": lambda: self.toggle(UNSURE),
            "0": lambda: self.toggle(NONE),
        }
        for place, frame in enumerate(self._book.frames, 1):
            doing[str(place)] = lambda frame=frame: self.toggle(frame.id)  # type: ignore[misc]
        return doing

    def _stands(self, unit: str, codes: Mapping[str, str], *, unsure: bool, note: str) -> bool:
        """Whether this very decision is on the disk although saving it was broken off."""
        found = self._log.decisions().get(unit)
        if found is None or found == self._seen or found.session != self._log.session:
            return False
        return (dict(found.codes), found.is_unsure, found.note) == (dict(codes), unsure, note)

    def _shown(self, unit: str) -> list[str]:
        """Fields of which the coder sees something."""
        part = self._places[unit]["field"]
        if not isinstance(part, str):
            return self._fields
        return [name for name in ("title",) if name in self._fields and name != part] + [part]

    # Going about ----------------------------------------------------------------------------------

    def _coded(self) -> dict[str, Entry]:
        made = self._log.decisions()
        return {
            unit: made[unit]
            for unit in self.units
            if unit in made and self._log.is_current(made[unit])
        }

    def _first(self) -> str:
        return self._pending(-1) or self.units[-1]

    def _pending(self, place: int) -> str:
        """The next unit behind a place without a decision, then from the start, skipped ones last.

        Empty if there is none.
        """
        coded, skipped = self._coded(), self._log.skipped()
        order = [*self.units[place + 1 :], *self.units[: place + 1]]
        left = [unit for unit in order if unit not in coded]
        first = [unit for unit in left if unit not in skipped]
        return next(iter(first or left), "")

    def _step(self, by: int) -> None:
        place = self.units.index(self.current) + by
        if not 0 <= place < len(self.units):
            self.tell("This is the " + ("last" if by > 0 else "first") + " unit.")
        elif self._may_leave("n" if by > 0 else "p"):
            self._go(self.units[place])

    def _may_leave(self, how: str) -> bool:
        if self.is_unsaved and self._asked != how:
            self._asked = how
            self.tell("Not saved yet. Save, or do the same once more to drop what you marked.")
            return False
        return True

    def _go(self, unit: str, told: str = "") -> None:
        if unit:
            self.current = unit
        else:
            told += f" All {len(self.units)} units are coded."
        self._show(told.strip())

    def _show(self, told: str = "") -> None:
        """Show the current unit with what was decided on it."""
        entry = self._seen = self._log.decisions().get(self.current)
        self._panel.load(entry)
        self._loaded = self._panel.state()
        if entry is not None:
            if self._log.is_current(entry):
                told += f" Coded on {entry.at:%Y-%m-%d %H:%M} UTC; saving replaces it."
            else:
                told += (
                    f" Coded by version {entry.codebook_version} of {entry.codebook}, which read "
                    "otherwise. Check it and save."
                )
        place = self._places[self.current]
        self._panel.article.value = unit_html(
            place,
            self._rows[place["article_id"]],
            self._fields,
            blind=self._blind,
            invented=self._invented,
            beside=self._beside.get(self.current, ""),
        )
        self.tell(told.strip())

    def tell(self, told: str) -> None:
        """Say something to the coder, and how far the work is."""
        if not told.startswith("Not saved yet"):
            self._asked = ""
        self.message = told
        place = self.units.index(self.current) + 1
        self._panel.tell(told, place, n_coded=self.n_coded, n=len(self.units))

    def _told_state(self) -> str:
        left = len(self.units) - self.n_coded
        return f"{self.n_coded} of {len(self.units)} units are coded, {left} are left."

    def __repr__(self) -> str:
        return f"HandCoder: {self._log.coder}, {self._book.name}. {self._told_state()}"

    def _repr_mimebundle_(self, **settings: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**settings)
        # Where no widget can be shown, a line that says what it is.
        return {**bundle, "text/plain": repr(self)}


def _said(entry: Entry | None) -> str:
    """What a decision says, for the one who is about to replace it."""
    if entry is None:
        return "taken back"
    given = [
        value if name == VARIABLE else name for name, value in entry.codes.items() if value != "0"
    ]
    told = UNSURE if entry.is_unsure else ", ".join(given) or NONE
    return f"{told} ({entry.note})" if entry.note else told
