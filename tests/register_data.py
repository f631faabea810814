"""Write the list of data files with their hashes into `data/README.md`, in place of the one there."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"


def registry() -> str:
    """Every file below `data/` but the README itself, with its SHA-256, as a Markdown table."""
    rows = [
        f"| `{path.relative_to(DATA).as_posix()}` | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |"
        for path in sorted(DATA.rglob("*"))
        if path.is_file() and path != DATA / "README.md"
    ]
    return "\n".join(["| file | SHA-256 |", "| --- | --- |", *rows]) + "\n"


if __name__ == "__main__":
    readme = DATA / "README.md"
    text = readme.read_text("utf-8")
    start = re.search(r"^\| file \| SHA-256 \|\n", text, re.MULTILINE)
    head = text[: start.start()] if start else text.rstrip() + "\n\n"
    readme.write_text(head + registry(), "utf-8")
