"""Trained coders in files: arrays and settings, never a pickle.

Loading a pickle runs whatever code is in it, so none is written and none is read. What a file says
of itself is checked before it is believed.
"""

from __future__ import annotations

import io
import json
import lzma
import math
import tokenize
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from coverage_research.paths import expanded, looked_for
from coverage_research.schema import (
    TEXT_FIELDS,
    CoverageError,
)

if TYPE_CHECKING:
    import os
    from pathlib import Path

from coverage_research.coder import MAX_LENGTH, MAX_WORD, Coder, some_of
from coverage_research.writing import write_bytes

_FORMAT: Final = 1
_PICKLES: Final = frozenset({".pkl", ".pickle", ".joblib", ".dill"})
_MEMBERS: Final = ("coefficients", "forms", "grams", "idf", "intercepts", "meta")
#: Bytes of a file, and of what it unpacks to, beyond which it is no coder.
_MAX_FILE: Final = 256_000_000
_MAX_UNPACKED: Final = 512_000_000
_MAX_META: Final = 1_000_000


class CoderError(CoverageError, ValueError):
    """A file of a trained coder cannot be used; the message says why."""


def write_coder(coder: Coder, path: str | os.PathLike[str]) -> Path:
    """Write a trained coder to a file that holds numbers and words, and no code.

    The file appears whole or not at all. It holds runs of characters and words, sorted, with
    their weights, and no text of an article. The same coder gives the same bytes.

    Parameters
    ----------
    path : str or path
        Ending in `.npz`.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    CoderError
        If the path does not end in `.npz`, or the coder is larger than `read_coder` allows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from coverage_research.coder import train_coder
    >>> articles = pd.DataFrame({"article_id": list("ab"), "title": ["Chip race", "Share price"]})
    >>> codes = pd.DataFrame({"article_id": list("ab"), "frame": ["race", "market"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_coder(train_coder(articles, codes), Path(folder) / "coder.npz")
    ...     read_coder(path).frames
    ('market', 'race')
    """
    path = _checked_path(path)
    meta = {
        "format": _FORMAT,
        "frames": list(coder.frames),
        "kind": coder.kind,
        "n_articles": coder.n_articles,
        "codebook": coder.codebook,
        "fields": list(coder.fields),
        "ngrams": list(coder.ngrams),
        "strength": coder.strength,
        "versions": coder.versions,
    }
    arrays = {
        "meta": np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8),
        "grams": coder.grams,
        "forms": coder.forms,
        "idf": coder.idf,
        "coefficients": coder.coefficients,
        "intercepts": coder.intercepts,
    }
    size = sum(array.nbytes for array in arrays.values())
    if size > _MAX_FILE:
        raise CoderError(f"{path}: expected a coder of at most {_MAX_FILE:,} bytes; found {size:,}")
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return write_bytes(path, file.getvalue())


def read_coder(path: str | os.PathLike[str]) -> Coder:
    """Read a trained coder that `write_coder` wrote.

    Nothing of the file is ever run: it is read as numbers and words, sizes are checked before
    anything is unpacked, and what does not hang together is refused.

    Parameters
    ----------
    path : str or path
        Ending in `.npz`.

    Returns
    -------
    Coder
        With the same probabilities, to the last digit, as the one that was written.

    Raises
    ------
    CoderError
        If there is no such file, or it is no coder.
    """
    path = _checked_path(path)
    if not path.is_file():
        raise CoderError(f"{looked_for(path)}: there is no such file")
    size = path.stat().st_size
    if size > _MAX_FILE:
        raise CoderError(f"{path}: expected at most {_MAX_FILE:,} bytes; found {size:,}")
    try:
        with zipfile.ZipFile(path) as archive:
            return _rebuilt(_unpack(archive))
    except CoderError as error:
        raise CoderError(f"{path}: {error}") from None
    # All that zipfile, zlib, numpy and json raise on damaged bytes.
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        tokenize.TokenError,
        SyntaxError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
        OverflowError,
        MemoryError,
    ) as error:
        raise CoderError(f"{path}: damaged, or not a coder ({error})") from error


def _checked_path(path: str | os.PathLike[str]) -> Path:
    path = expanded(path)
    expected = "expected a path ending in .npz"
    if path.suffix.lower() in _PICKLES:
        raise CoderError(
            f"{path}: a pickle can run any code when it is loaded, so none is written or read; "
            f"{expected}"
        )
    if path.suffix.lower() != ".npz":
        raise CoderError(f"{path}: {expected}")
    return path


def _unpack(archive: zipfile.ZipFile) -> dict[str, npt.NDArray[Any]]:
    """Arrays of the archive, none larger than it says and all together no larger than allowed."""
    members = archive.infolist()
    names = sorted(member.filename for member in members)
    expected = [f"{name}.npy" for name in _MEMBERS]
    if names != expected:
        raise CoderError(f"expected the members {', '.join(expected)}; found {some_of(names)}")
    total = sum(member.file_size for member in members)
    if total > _MAX_UNPACKED:
        raise CoderError(f"expected at most {_MAX_UNPACKED:,} bytes unpacked; found {total:,}")
    # zipfile stops at the size that a member states, so the sum above bounds what is unpacked.
    return {member.filename[: -len(".npy")]: _array(archive.read(member)) for member in members}


def _array(data: bytes) -> npt.NDArray[Any]:
    """Array of the bytes of a .npy, whose stated shape must be what is there."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise CoderError("expected arrays of format 1.0")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=1_000)
    if dtype.hasobject or dtype.kind not in "fUu" or dtype.itemsize == 0:
        raise CoderError(f"expected arrays of numbers and words; found {dtype}")
    size = math.prod(shape) * dtype.itemsize
    if size != len(data) - file.tell() or min(shape, default=0) < 1:
        raise CoderError(f"an array says that it has the shape {shape}, and has not")
    array = np.frombuffer(data, dtype=dtype, offset=file.tell())
    return array.reshape(shape, order="F" if by_column else "C")


def _rebuilt(arrays: dict[str, npt.NDArray[Any]]) -> Coder:
    """Coder of arrays whose shapes, types and values hang together."""
    raw = arrays["meta"]
    if raw.dtype != np.uint8 or raw.ndim != 1 or len(raw) > _MAX_META:
        raise CoderError("the description of the coder is damaged")
    meta = json.loads(raw.tobytes())
    if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
        found = meta.get("format") if isinstance(meta, dict) else None
        raise CoderError(f"expected a coder of format {_FORMAT}; found {str(found)[:40]!r}")
    wrong = [name for name, right in _VALID.items() if not right(meta.get(name))]
    if wrong:
        raise CoderError(f"damaged in {', '.join(wrong)}")
    n_grams, n_forms = len(arrays["grams"]), len(arrays["forms"])
    n_frames, n_all = len(meta["frames"]), n_grams + n_forms
    shapes = {"idf": (n_all,), "coefficients": (n_frames, n_all), "intercepts": (n_frames,)}
    for name, shape in shapes.items():
        array = arrays[name]
        # Nothing that was learned comes near a million; a sum of larger ones may be no number.
        if array.dtype != np.float64 or array.shape != shape or not (np.abs(array) < 1e6).all():
            raise CoderError(
                f"{name}: expected numbers of float64 below a million, shape {shape}; "
                f"found {array.dtype}, shape {array.shape}"
            )
    for name, longest in (("grams", MAX_LENGTH), ("forms", MAX_WORD)):
        array = arrays[name]
        right = array.dtype.kind == "U" and array.ndim == 1 and array.dtype.itemsize <= 4 * longest
        if not right or len(set(array.tolist())) != len(array):
            raise CoderError(f"{name}: expected different words of at most {longest} characters")
    return Coder(
        frames=tuple(meta["frames"]),
        kind=meta["kind"],
        n_articles=meta["n_articles"],
        codebook=meta["codebook"],
        fields=tuple(meta["fields"]),
        ngrams=(meta["ngrams"][0], meta["ngrams"][1]),
        strength=meta["strength"],
        grams=arrays["grams"],
        forms=arrays["forms"],
        idf=arrays["idf"],
        coefficients=arrays["coefficients"],
        intercepts=arrays["intercepts"],
        versions=meta["versions"],
    )


def _words(value: object, least: int) -> bool:
    """Whether a value of a file is a list of different words."""
    return (
        isinstance(value, list)
        and len(value) >= least
        and all(isinstance(word, str) and word.isprintable() for word in value)
        and len(set(value)) == len(value)
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_VALID: Final[dict[str, Any]] = {
    "frames": lambda value: _words(value, 2),
    "kind": lambda value: value in ("single", "multiple"),
    "n_articles": lambda value: _whole(value) and value > 0,
    "codebook": lambda value: isinstance(value, str),
    "fields": lambda value: _words(value, 1) and set(value) <= set(TEXT_FIELDS),
    "ngrams": lambda value: (
        isinstance(value, list)
        and len(value) == 2
        and all(map(_whole, value))
        and 1 <= value[0] <= value[1] <= MAX_LENGTH
    ),
    "strength": lambda value: isinstance(value, float) and math.isfinite(value) and value > 0,
    "versions": lambda value: (
        isinstance(value, dict) and all(isinstance(word, str) for word in value.values())
    ),
}
