"""The figure of sources: whose word each outlet's articles stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_research.plots_panels import share_panels
from coverage_research.schema import ESTIMATE, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED: Final = ("k", *ESTIMATE)
#: What `source_shares` may count, the first that the table has.
_KINDS: Final = ("source_type", "source_kind", "is_named", "form", "strength")
_NOT_GROUPS: Final = frozenset((*_NEEDED, *_KINDS, "label", "outlet_name"))


def plot_sources(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which share of each outlet's attributions has which type of source.

    One row per outlet with its number of attributions (or of articles, as `source_shares` was
    asked), one panel per type with a scale from 0 to 100 %. A filled dot has an interval; a hollow
    dot has none, and has k/n beside it.

    Parameters
    ----------
    shares : DataFrame
        From `source_shares`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a group has two rows for one type.

    References
    ----------
    Cleveland, W. S. & McGill, R. (1984). Graphical perception. *Journal of the American
    Statistical Association* 79(387), 531-554.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_sources(empty({"source_type": "str", "k": "int64", **ESTIMATE}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no attributions'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(shares, _NEEDED, "shares (from source_shares)")
    kind = next((name for name in _KINDS if name in shares.columns), "source_type")
    require_columns(shares, (kind,), "shares (from source_shares)")
    by = [str(name) for name in shares.columns if name not in _NOT_GROUPS]
    whose = "outlet" if by in ([], ["outlet"]) else "group"
    articles = shares.attrs.get("unit") == "article"
    return share_panels(
        shares,
        kind,
        by=by,
        what=(
            f"Articles with such a source (% of the {whose}'s articles{{line}})"
            if articles
            else f"Attributions to such a source (% of the {whose}'s attributions{{line}})"
        ),
        zero="Grey: none.",
        missing="no attributions",
        ax=ax,
    )
