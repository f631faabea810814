"""The package as a whole: its public names, how it imports, what its wheel holds."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import coverage_research

ROOT = Path(__file__).resolve().parents[1]


def test_every_public_name_exists_and_says_what_it_does() -> None:
    for name in coverage_research.__all__:
        value = getattr(coverage_research, name)
        if name != "__version__":
            assert value.__doc__, name
            assert value.__doc__.strip().splitlines()[0].endswith("."), name
    assert set(coverage_research.__all__) <= set(dir(coverage_research))
    with pytest.raises(AttributeError, match="attribute nonsense"):
        coverage_research.nonsense  # noqa: B018


def test_every_public_name_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "api.md").read_text("utf-8")
    named = set(re.findall(r"`([A-Za-z_]+)[`(]", reference))
    assert set(coverage_research.__all__) - {"__version__"} <= named


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, coverage_research; print(*sorted({'pandas', 'numpy', 'nltk', 'matplotlib', 'yaml', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_reading_does_not_load_what_it_does_not_need() -> None:
    code = (
        "import sys, coverage_research; coverage_research.load_sample();"
        "print(*sorted({'matplotlib', 'nltk', 'scipy', 'IPython', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_version_is_said_once() -> None:
    version = coverage_research.__version__
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_wheel_holds_the_data(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = (
        "import coverage_research as c; print(c.__file__);"
        "print(len(c.load_sample().articles), len(c.load_demo().articles), c.codebook_names())"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    place, told = done.stdout.splitlines()
    assert place.startswith(str(tmp_path))
    assert told.startswith("12 54 [")
