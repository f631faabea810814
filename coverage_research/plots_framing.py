"""The figure of framing: outlets by frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_research.plots_panels import share_panels
from coverage_research.schema import ESTIMATE, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED: Final = ("frame", "k", *ESTIMATE)
#: Columns that do not name the groups compared.
_NOT_GROUPS: Final = frozenset((*_NEEDED, "codebook", "label", "outlet_name"))


def plot_frame_shares(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of each outlet's articles that carry each frame.

    One row per outlet with its number of articles, one panel per frame with a scale from 0 to
    100 %. A filled dot has an interval; a hollow dot has none, and has k/n beside it, so that one
    article of one does not look like a finding.

    Parameters
    ----------
    shares : DataFrame
        From `frame_shares`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a group has two rows for one frame.

    References
    ----------
    Cleveland, W. S. & McGill, R. (1984). Graphical perception. *Journal of the American
    Statistical Association* 79(387), 531-554.

    Examples
    --------
    >>> from coverage_research.schema import ESTIMATE, empty
    >>> nothing_found = empty({"outlet": "str", "frame": "str", "k": "int64", **ESTIMATE})
    >>> ax = plot_frame_shares(nothing_found)
    >>> ax.texts[0].get_text()
    'nothing to draw: no articles'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(shares, _NEEDED, "shares (from frame_shares)")
    by = [str(name) for name in shares.columns if name not in _NOT_GROUPS]
    whose = "outlet" if by in ([], ["outlet"]) else "group"
    terms = shares.attrs.get("unit") == "term"
    return share_panels(
        shares,
        "frame",
        by=by,
        what=(
            f"Matches of the frame (% of all matches in the {whose}'s articles{{line}}); n: matches"
            if terms
            else f"Articles that carry the frame (% of the {whose}'s articles{{line}})"
        ),
        zero="Grey: no match." if terms else "Grey: in none of the articles.",
        missing="no articles",
        ax=ax,
    )
