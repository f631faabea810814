"""The panel of hand-coding: its controls, and a unit as it is shown. It decides nothing itself.

Texts of articles are escaped and nothing is loaded from anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from coverage_research.coding_entries import VARIABLE, Entry
from coverage_research.html_text import CALM, as_html, as_link, plain_line
from coverage_research.identity import host_of
from coverage_research.samples import NONE
from coverage_research.schema import INVENTED_NOTE, CoverageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coverage_research.codebook import Codebook, Frame

#: Characters of a field that are shown; more would slow the browser down.
_MOST: Final = 100_000
#: The word for no decision.
UNSURE: Final = "unsure"
#: Class of the panel, in which single keys count.
_ROOT: Final = "coverage-coding-panel"
HELP: Final = (
    "While the focus is in the panel, and not where text is typed: a number marks or unmarks a "
    "frame, 0 none, ? unsure, s saves, n next, p previous, k skips, u undoes. In the line Keys "
    "several can be given with blanks between, and Enter, for instance 1 12 s; there the tenth "
    "frame and those behind it have their numbers too."
)


class Coder(Protocol):
    """Who decides what the controls do."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that `run` knows."""

    def save(self) -> bool:
        """Write the decision."""

    def previous(self) -> None:
        """Show the unit before."""

    def next(self) -> None:
        """Show the next unit."""

    def skip(self) -> None:
        """Put the unit off."""

    def undo(self) -> None:
        """Take back the last decision."""

    def run(self, keys: str) -> None:
        """Do what keys say."""

    def tell(self, told: str) -> None:
        """Say something to the coder."""


class Panel:
    """The controls, and what is marked in them."""

    def __init__(self, codebook: Codebook, owner: Coder, *, multiple: bool) -> None:
        # Imported here: only who codes in a notebook needs them.
        import ipywidgets  # type: ignore[import-untyped,unused-ignore]

        from coverage_research.controls import Keys, Status

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
        self.article, self.progress = (ipywidgets.HTML() for _ in range(2))
        self.message = Status()

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
            f"<details><summary>Keys</summary><div>{as_html(HELP)}</div></details>"
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
        """Frames that are marked, or `none`."""
        if self._radio is not None:
            return [self._radio.value] if self._radio.value else []
        return [name for name, made in self._boxes.items() if made.value]

    def state(self) -> tuple[tuple[str, ...], bool, str]:
        """What is marked, whether unsure, and the note."""
        return tuple(self.chosen()), bool(self._unsure.value), self._note.value.strip()

    def toggle(self, name: str) -> None:
        """Mark a frame, or take the mark away."""
        if name == UNSURE:
            self._unsure.value = not self._unsure.value
        elif self._radio is not None:
            self._radio.value = None if self._radio.value == name else name
        else:
            self._boxes[name].value = not self._boxes[name].value

    def tell(self, told: str, place: int, *, n_coded: int, n: int) -> None:
        """Say something, and at which of how many units the coder is."""
        self.message.tell(
            plain_line(told, _MOST), urgent=told.startswith(("Not saved", "NOT SAVED"))
        )
        self.progress.value = (
            f"<div>Unit {place} of {n}, {n_coded} coded "
            f'<progress aria-label="units coded" value="{n_coded}" max="{n}"></progress></div>'
        )

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

    def _typed(self, owner: Coder, keys: str) -> None:
        if keys.strip():
            self._safely(owner, lambda: owner.run(keys))
        if keys:
            self._keys.value = ""

    def _pressed(self, owner: Coder, content: Any) -> None:
        """A single key, as the browser tells it."""
        key = content.get("key") if isinstance(content, dict) else None
        if key in owner.keys:
            self._safely(owner, lambda: owner.run(key))

    def _safely(self, owner: Coder, doing: Callable[[], object]) -> None:
        """Tell the coder what went wrong: errors of a click go to a log that nobody reads."""
        try:
            doing()
        except CoverageError as error:
            owner.tell(f"NOT SAVED: {error}")


# A unit as HTML ----------------------------------------------------------------------------------


def unit_html(
    place: Mapping[Any, Any],
    article: Mapping[Any, Any],
    fields: Sequence[str],
    *,
    blind: bool,
    invented: bool,
    beside: str = "",
) -> str:
    """A unit as the coder sees it: an article, or a part of one, marked, in its context.

    Parameters
    ----------
    place : mapping
        A row of `unit_context`; its field is missing for a whole article.
    article : mapping
        The row of its article.
    fields : sequence of str
        Fields that the coder sees.
    blind : bool
        Whether outlet, date and address are hidden.
    invented : bool
        Whether the article is demonstration data.
    beside : str
        What to tell below the text.
    """
    parts = [f"<div>{INVENTED_NOTE}</div>"] if invented else []
    if not blind:
        parts.append(_origin(article))
    found = {name: article.get(name) for name in fields}
    texts = {
        name: as_html(str(text), most=_MOST)
        for name, text in found.items()
        if pd.notna(text) and str(text).strip()
    }
    part = place.get("field")
    if isinstance(part, str):
        left, match, right = (as_html(place[name]) for name in ("left", "match", "right"))
        marked = f'{left}<mark style="background:#ffe08a;color:#1a1a1a">{match}</mark>{right}'
        texts = {name: text for name, text in texts.items() if name == "title" != part}
        texts[part] = marked
    for name, text in texts.items():
        if name == "title":
            parts.append(
                '<div role="heading" aria-level="3" style="font-size:1.2em;font-weight:bold;'
                f'overflow-wrap:anywhere">{text}</div>'
            )
            continue
        if "excerpt" in texts and "body" in texts:
            parts.append(f'<div style="margin-top:.6em"><i>{name}</i></div>')
        parts.append(
            f'<div style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5">{text}</div>'
        )
    if not texts:
        parts.append("<div><i>no text in the fields that are shown</i></div>")
    if beside:
        parts.append(
            '<div style="margin-top:.8em;white-space:pre-wrap;border-top:1px solid '
            f'currentColor">{as_html(beside)}</div>'
        )
    return (
        f'<div class="{" ".join(CALM)}" role="region" aria-label="Article" '
        'tabindex="0" style="max-height:26em;overflow:auto;border:1px solid currentColor;'
        f'padding:.6em;line-height:1.5">{"".join(parts)}</div>'
    )


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


def _origin(row: Mapping[Any, Any]) -> str:
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
