"""Coding by hand in a notebook: one article at a time, each decision on the disk at once.

Texts of articles are escaped and nothing is loaded from anywhere. The panel is made of ipywidgets
only and brings no script of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from coverage_research.codebook import Codebook, Frame, as_codebook
from coverage_research.coding_entries import VARIABLE, ChangedError, CodingError, Entry, clean_name
from coverage_research.coding_files import read_codings
from coverage_research.coding_log import CodingLog, open_log
from coverage_research.corpus import Corpus
from coverage_research.disagreements import disagreements
from coverage_research.html_text import CALM, as_html, as_link, plain_line
from coverage_research.identity import host_of
from coverage_research.samples import NONE
from coverage_research.sampling import sample_units
from coverage_research.schema import (
    INVENTED_NOTE,
    TEXT_FIELDS,
    ChoiceError,
    CoverageError,
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

#: Characters of a field that are shown; more would slow the browser down.
_MOST: Final = 100_000
#: Class of the panel, in which single keys count.
_ROOT: Final = "coverage-coding-panel"
_HELP: Final = (
    "While the focus is in the panel, and not where text is typed: a number marks or unmarks a "
    "frame, 0 none, ? unsure, s saves, n next, p previous, k skips, u undoes. In the line Keys "
    "several can be given with blanks between, and Enter, for instance 1 12 s; there the tenth "
    "frame and those behind it have their numbers too."
)


def hand_code(
    corpus: Corpus | pd.DataFrame,
    codebook: Codebook | str | Path,
    *,
    coder: str,
    folder: str | os.PathLike[str],
    sample: pd.DataFrame | int | None = None,
    multiple: bool = True,
    blind: bool = True,
    fields: str | Iterable[str] = TEXT_FIELDS,
    seed: int = 0,
) -> HandCoder:
    """Code articles by hand in a notebook.

    Each decision is in the coder's file in `folder` before the next article is shown. Called again,
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
        A plan (unit_id, coder, order) from `sample_units`, or how many articles to draw at random;
        all if not given.
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
        If columns are missing, or the plan names units that are no articles or one twice.
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
    if NONE in {frame.id for frame in book.frames}:
        raise ChoiceError(f"codebook: {NONE!r} is the word for no frame; rename the frame")
    units = _units(articles, sample, clean_name(coder), seed)
    log = open_log(folder, coder, book, multiple=multiple)
    return HandCoder(articles, book, log, units, shown, multiple=multiple, blind=blind)


def adjudicate(
    corpus: Corpus | pd.DataFrame,
    codebook: Codebook | str | Path,
    *,
    folder: str | os.PathLike[str],
    coder: str = "settled",
    multiple: bool = True,
    fields: str | Iterable[str] = TEXT_FIELDS,
) -> HandCoder | None:
    """Settle in a notebook what coders disagree on.

    The articles come one by one, those first whose codes are confused most often, with what each
    coder said below the text. Decisions are those of one more coder in the same folder: compare
    with `validate(..., coder="settled")`, and leave that coder out of `krippendorff_alpha`.

    Parameters
    ----------
    corpus, codebook, multiple, fields
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
    units = units[units.isin(articles["article_id"])]
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
        note = f" ({notes.iloc[0]})" if len(notes) and notes.iloc[0] else ""
        line = f"{name}: {told}{note}"
        beside[str(unit)] = f"{beside[str(unit)]}\n{line}" if str(unit) in beside else line
    book = as_codebook(codebook)
    log = open_log(folder, settled, book, multiple=multiple)
    return HandCoder(
        articles,
        book,
        log,
        units.tolist(),
        fields_of(articles, fields),
        multiple=multiple,
        blind=True,
        beside=beside,
    )


def _units(
    articles: pd.DataFrame, sample: pd.DataFrame | int | None, coder: str, seed: int
) -> list[str]:
    """Units of a coder in the order of coding."""
    if sample is None or isinstance(sample, int):
        n = articles["article_id"].nunique() if sample is None else sample
        drawn = sample_units(articles, n, seed=seed)
        return drawn["unit_id"].tolist()
    plan = require_columns(sample, ["unit_id", "coder", "order"], "sample (from sample_units)")
    own = plan[[clean_name(str(name)) == coder for name in plan["coder"]]].sort_values("order")
    if own.empty:
        known = ", ".join(map(repr, sorted(set(plan["coder"].astype(str))))) or "nobody"
        raise ChoiceError(f"coder: expected {known}, who are in the sample; found {coder!r}")
    units: list[str] = own["unit_id"].astype(str).tolist()
    strange = sorted(set(units) - set(articles["article_id"].astype(str)))
    if strange or len(set(units)) < len(units):
        told = ", ".join(strange[:10]) or "units that stand there twice"
        raise SchemaError(f"sample: expected each article of the corpus once; found {told}")
    return units


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
        units: Sequence[str],
        fields: Sequence[str],
        *,
        multiple: bool,
        blind: bool,
        beside: Mapping[str, str] | None = None,
    ) -> None:
        self._beside = beside or {}
        rows = articles.drop_duplicates("article_id")
        rows = rows[rows["article_id"].isin(list(units))]
        self._rows = {str(row["article_id"]): row for row in rows.to_dict("records")}
        self._invented = is_invented(articles)
        self._articles = articles.iloc[:0]
        self._book, self._log, self._fields = codebook, log, list(fields)
        self._multiple, self._blind = multiple, blind
        self.units = tuple(units)
        self.message = ""
        self._panel = _Panel(codebook, self, multiple=multiple)
        self._asked = ""
        self.current = self._first()
        self._show()
        if self.n_coded:
            self._tell(f"Welcome back, {log.coder}. {self._told_state()}")

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
        known = [*(frame.id for frame in self._book.frames), NONE, "unsure"]
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
            self._tell("Not saved: mark a frame, none or unsure first.")
            return False
        if self._multiple:
            codes = {frame.id: str(int(frame.id in chosen)) for frame in self._book.frames}
        else:
            codes = {VARIABLE: next(iter(chosen), "unsure")}
        unit = self.current
        try:
            others = self._log.catch_up()
            self._log.decide(
                unit,
                codes,
                is_unsure=unsure,
                note=note,
                shown=self._fields,
                blind=self._blind,
                invented=self._invented,
                replaces=self._seen,
            )
        except ChangedError as error:
            self._show(f"Not saved: {error}.")
            return False
        except CodingError as error:
            self._tell(f"NOT SAVED: {error}")
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
                self._tell("There is no decision to take back.")
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
            self._tell(f"Nothing done: {strange[0][:20]!r} is no key. {_HELP}")
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
            "?": lambda: self.toggle("unsure"),
            "0": lambda: self.toggle(NONE),
        }
        for place, frame in enumerate(self._book.frames, 1):
            doing[str(place)] = lambda frame=frame: self.toggle(frame.id)  # type: ignore[misc]
        return doing

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
            self._tell("This is the " + ("last" if by > 0 else "first") + " unit.")
        elif self._may_leave("n" if by > 0 else "p"):
            self._go(self.units[place])

    def _may_leave(self, how: str) -> bool:
        if self.is_unsaved and self._asked != how:
            self._asked = how
            self._tell("Not saved yet. Save, or do the same once more to drop what you marked.")
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
        self._panel.article.value = self._article()
        self._tell(told.strip())

    def _tell(self, told: str) -> None:
        if not told.startswith("Not saved yet"):
            self._asked = ""
        self.message = told
        self._panel.message.value = (
            f'<div role="status" style="font-weight:bold;min-height:1.5em">{as_html(told)}</div>'
        )
        n, coded = len(self.units), self.n_coded
        place = self.units.index(self.current) + 1
        self._panel.progress.value = (
            f"<div>Unit {place} of {n}, {coded} coded "
            f'<progress aria-label="units coded" value="{coded}" max="{n}"></progress></div>'
        )

    def _told_state(self) -> str:
        left = len(self.units) - self.n_coded
        return f"{self.n_coded} of {len(self.units)} units are coded, {left} are left."

    def _article(self) -> str:
        row = self._rows[self.current]
        parts = []
        if self._invented:
            parts.append(f"<div>{INVENTED_NOTE}</div>")
        found = {name: row.get(name) for name in self._fields}
        texts = {
            name: str(text) for name, text in found.items() if pd.notna(text) and str(text).strip()
        }
        for name, text in texts.items():
            if name == "title":
                parts.append(
                    '<div role="heading" aria-level="3" style="font-size:1.2em;font-weight:bold;'
                    f'overflow-wrap:anywhere">{as_html(text)}</div>'
                )
                continue
            if "excerpt" in texts and "body" in texts:
                parts.append(f'<div style="margin-top:.6em"><i>{name}</i></div>')
            parts.append(
                '<div style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5">'
                f"{as_html(text, most=_MOST)}</div>"
            )
        if not texts:
            parts.append("<div><i>no text in the fields that are shown</i></div>")
        if self.current in self._beside:
            parts.append(
                '<div style="margin-top:.8em;white-space:pre-wrap;border-top:1px solid '
                'currentColor">'
                f"{as_html(self._beside[self.current])}</div>"
            )
        if not self._blind:
            parts.insert(1 if self._invented else 0, _origin(row))
        return (
            '<div class="tex2jax_ignore mathjax_ignore" role="region" aria-label="Article" '
            'tabindex="0" style="max-height:26em;overflow:auto;border:1px solid currentColor;'
            f'padding:.6em;line-height:1.5">{"".join(parts)}</div>'
        )

    def __repr__(self) -> str:
        return f"HandCoder: {self._log.coder}, {self._book.name}. {self._told_state()}"

    def _repr_mimebundle_(self, **settings: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**settings)
        # Where no widget can be shown, a line that says what it is.
        return {**bundle, "text/plain": repr(self)}


class _Panel:
    """The controls, and what is marked in them."""

    def __init__(self, codebook: Codebook, owner: HandCoder, *, multiple: bool) -> None:
        # Imported here: only who codes in a notebook needs them.
        import ipywidgets  # type: ignore[import-untyped,unused-ignore]

        from coverage_research.controls import Keys

        self._busy = False
        self._frames = [frame.id for frame in codebook.frames]
        wide = {"width": "auto", "max_width": "100%"}
        plain = {"description_width": "initial"}

        def box(text: str) -> Any:
            made = ipywidgets.Checkbox(description=text, indent=False, layout=wide, style=plain)
            made.observe(self._marked, "value")
            return made

        labels = [
            f"{place}  {plain_line(frame.label)}" for place, frame in enumerate(codebook.frames, 1)
        ]
        meanings = [ipywidgets.HTML(_meaning(frame)) for frame in codebook.frames]
        none, unsure = "0  None of these", "?  Unsure, no decision"
        self._unsure = box(unsure)
        self._boxes: dict[str, Any] = {}
        self._radio: Any = None
        if multiple:
            self._boxes = dict(zip(self._frames, map(box, labels), strict=True))
            self._boxes[NONE] = box(none)
            lines = [
                part for pair in zip(self._boxes.values(), meanings, strict=False) for part in pair
            ]
            lines.append(self._boxes[NONE])
        else:
            options = list(zip([*labels, none], [*self._frames, NONE], strict=True))
            self._radio = ipywidgets.RadioButtons(options=options, value=None, layout=wide)
            lines = [self._radio, *meanings]
        self._note = ipywidgets.Textarea(
            description="Note", rows=2, layout={"width": "auto"}, style=plain
        )
        self._keys = ipywidgets.Text(
            description="Keys",
            placeholder="1 3 s, then Enter",
            continuous_update=False,
            layout={"width": "20em"},
            style=plain,
        )
        self.article, self.message, self.progress = (ipywidgets.HTML() for _ in range(3))

        def button(text: str, about: str, doing: Callable[[], object], **style: str) -> Any:
            made = ipywidgets.Button(
                description=text, tooltip=about, layout={"width": "auto"}, style=style
            )
            made.on_click(lambda _: self._safely(owner, doing))
            return made

        # White on this blue has a contrast of 7.8, whatever the theme; 4.5 is the least (WCAG AA).
        main = {"button_color": "#0b5394", "text_color": "#ffffff"}
        buttons = [
            button("Save and next", "write the decision to the disk", owner.save, **main),
            button("Previous", "the unit before", owner.previous),
            button("Next", "the next unit, nothing is saved", owner.next),
            button("Skip", "this unit comes again at the end", owner.skip),
            button("Undo", "take back the last decision", owner.undo),
        ]
        self._single = Keys(root=_ROOT, known=[key for key in owner.keys if len(key) == 1])
        self._single.on_msg(lambda _widget, content, _buffers: self._pressed(owner, content))
        self._keys.observe(lambda change: self._typed(owner, change["new"]), "value")
        helped = ipywidgets.HTML(
            f"<details><summary>Keys</summary><div>{as_html(_HELP)}</div></details>"
        )
        row = {"flex_flow": "row wrap"}
        # Beside each other where there is room, below each other where there is none.
        text = ipywidgets.VBox([self.progress, self.article], layout={"flex": "3 1 24em"})
        frames = ipywidgets.VBox([*lines, self._unsure], layout={"flex": "2 1 18em"})
        self.box = ipywidgets.VBox(
            [
                ipywidgets.HBox([text, frames], layout=row),
                self._note,
                ipywidgets.HBox(buttons, layout=row),
                ipywidgets.HBox([self._keys, helped, self._single], layout=row),
                self.message,
            ]
        )
        for name in (*CALM, _ROOT):
            self.box.add_class(name)

    def chosen(self) -> list[str]:
        if self._radio is not None:
            return [self._radio.value] if self._radio.value else []
        return [name for name, made in self._boxes.items() if made.value]

    def state(self) -> tuple[tuple[str, ...], bool, str]:
        """What is marked, whether unsure, and the note."""
        return tuple(self.chosen()), bool(self._unsure.value), self._note.value.strip()

    def toggle(self, name: str) -> None:
        if name == "unsure":
            self._unsure.value = not self._unsure.value
        elif self._radio is not None:
            self._radio.value = None if self._radio.value == name else name
        else:
            self._boxes[name].value = not self._boxes[name].value

    def load(self, entry: Entry | None) -> None:
        """Mark what was decided, or nothing."""
        codes = {} if entry is None else entry.codes
        unsure = entry is not None and entry.is_unsure
        self._busy = True
        try:
            if self._radio is not None:
                code = codes.get(VARIABLE)
                self._radio.value = code if code in {*self._frames, NONE} else None
            for name, made in self._boxes.items():
                made.value = codes.get(name) == "1"
            if self._boxes:
                given = set(codes.values())
                self._boxes[NONE].value = given == {"0"} and not unsure
            self._unsure.value = unsure
            self._note.value = "" if entry is None else entry.note
        finally:
            self._busy = False

    def _marked(self, change: Any) -> None:
        """None of the frames goes with no frame."""
        if self._busy or not change["new"] or change["owner"] is self._unsure:
            return
        self._busy = True
        try:
            none = self._boxes[NONE]
            others = [made for made in self._boxes.values() if made is not none]
            for made in others if change["owner"] is none else [none]:
                made.value = False
        finally:
            self._busy = False

    def _typed(self, owner: HandCoder, keys: str) -> None:
        if keys.strip():
            self._safely(owner, lambda: owner.run(keys))
        if keys:
            self._keys.value = ""

    def _pressed(self, owner: HandCoder, content: Any) -> None:
        """A single key, as the browser tells it."""
        key = content.get("key") if isinstance(content, dict) else None
        if key in owner.keys:
            self._safely(owner, lambda: owner.run(key))

    def _safely(self, owner: HandCoder, doing: Callable[[], object]) -> None:
        """Tell the coder what went wrong: errors of a click go to a log that nobody reads."""
        try:
            doing()
        except CoverageError as error:
            owner._tell(f"NOT SAVED: {error}")


# HTML ---------------------------------------------------------------------------------------------


def _meaning(frame: Frame) -> str:
    """What a frame is, folded up."""
    lines = [
        ("", frame.definition),
        ("Include", frame.include),
        ("Exclude", frame.exclude),
        *(("Example", example) for example in frame.examples),
    ]
    told = "".join(
        f"<div>{f'<b>{name}:</b> ' if name else ''}{as_html(text)}</div>"
        for name, text in lines
        if text
    )
    return (
        '<details style="margin-left:1.6em;line-height:1.4"><summary>'
        f"What it is: {as_html(frame.label)}</summary>{told}</details>"
    )


def _origin(row: dict[Any, Any]) -> str:
    """Outlet, time and address of an article, as far as they are known and safe."""
    told = []
    name = next((row[key] for key in ("outlet_name", "outlet") if pd.notna(row.get(key))), None)
    if name is not None:
        told.append(as_html(str(name)))
    when = row.get("published_at")
    if when is not None and pd.notna(when):
        exact = row.get("published_precision") != "day"
        told.append(f"{when:%Y-%m-%d %H:%M} UTC" if exact else f"{when:%Y-%m-%d}")
    url = row.get("url")
    host = host_of(url) if isinstance(url, str) else None
    if host:
        link = as_link(url, f"open the article at {host}")
        told += [link] if link.startswith("<a ") else []
    return f"<div>{', '.join(told)}</div>"
