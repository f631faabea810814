"""What ipywidgets lacks: an image whose marks can be clicked, single keys, a line of status."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

_STATIC: Final = Path(__file__).with_name("static")


class Picture(anywidget.AnyWidget):
    """An image with spots to click.

    Parameters
    ----------
    source : str
        Address of the image, which holds all of it (`data:`); empty for none.
    alt : str
        What the image shows, for those who do not see it.
    spots : list of (left, top, width, height, text)
        Where each spot is, in percent of the image, and what it is.
    chosen : int
        Place of the spot that was clicked, -1 for none.
    """

    _esm = _STATIC / "picture.js"
    _css = _STATIC / "picture.css"
    source: Any = traitlets.Unicode("").tag(sync=True)
    alt: Any = traitlets.Unicode("").tag(sync=True)
    spots: Any = traitlets.List().tag(sync=True)
    chosen: Any = traitlets.Int(-1).tag(sync=True)

    def show(
        self, source: str, alt: str, spots: list[tuple[float, float, float, float, str]]
    ) -> None:
        """Show another image, with nothing chosen, in one message."""
        with self.hold_sync():
            self.chosen = -1
            self.alt = alt
            self.spots = spots
            self.source = source


class Status(anywidget.AnyWidget):
    """A line of text that stays in the page while it changes, and is read out when it does.

    Parameters
    ----------
    value : str
        What is said, as plain text.
    urgent : bool
        Whether it interrupts (`alert`). Set it before the value.
    """

    _esm = _STATIC / "status.js"
    _css = _STATIC / "status.css"
    value: Any = traitlets.Unicode("").tag(sync=True)
    urgent: Any = traitlets.Bool(False).tag(sync=True)

    def tell(self, value: str, *, urgent: bool = False) -> None:
        """Say something, in one message."""
        with self.hold_sync():
            self.urgent = urgent
            self.value = value


class Keys(anywidget.AnyWidget):
    """Single keys of a panel, told by `on_msg` as `{"key": "s"}`; it shows nothing itself.

    Other letters that are pressed in the panel are kept from JupyterLab's own shortcuts.

    Parameters
    ----------
    root : str
        Class of the panel; the control must stand somewhere in it.
    known : list of str
        Keys that count, in lower case.
    """

    _esm = _STATIC / "keys.js"
    root: Any = traitlets.Unicode("").tag(sync=True)
    known: Any = traitlets.List().tag(sync=True)
