"""Paths as people write them: `~` is their home, and a path that is not there says from where."""

from __future__ import annotations

import os
from pathlib import Path


def expanded(path: str | os.PathLike[str]) -> Path:
    """The path that is meant, with the user's home folder for `~`; `./~` is a folder so named.

    Examples
    --------
    >>> expanded("figures") == Path("figures"), expanded("~/figures") == Path.home() / "figures"
    (True, True)
    """
    # Unlike Path.expanduser it leaves alone the name of a user who does not exist.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def looked_for(*paths: Path) -> str:
    """Paths that are not there as an error names them: relative ones with the working directory.

    Examples
    --------
    >>> looked_for(Path("/records"))
    '/records'
    """
    named = ", ".join(map(str, paths))
    if all(path.is_absolute() for path in paths):
        return named
    try:
        return f"{named} (in the working directory {Path.cwd()})"
    except OSError:  # it was deleted
        return named
