"""The command line: check a folder, write its tables, regenerate its figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coverage_research._version import __version__
from coverage_research.schema import INVENTED_NOTE, ChoiceError, CoverageError

if TYPE_CHECKING:
    import pandas as pd

    from coverage_research.corpus import Corpus

app = typer.Typer(
    name="coverage-research",
    help="How news outlets cover a story: from a folder of news records to tables and figures.",
    epilog="Example:  coverage-research figures my-records --to figures",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Records = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files or folders of news records.")
]
_Folder = Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder to write into.")]
_Fresh = Annotated[bool, typer.Option("--no-cache", help="Read every file again and keep no copy.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"coverage-research {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example:  coverage-research check my-records --all")
def check(
    path: _Records,
    every: Annotated[
        bool, typer.Option("--all", help="Also list notes, and every problem.")
    ] = False,
    no_cache: _Fresh = False,
) -> None:
    """Audit records: what weakens which analysis, and what is wrong in which file.

    Exit status 1 if any file has an error, 2 if nothing could be read.
    """
    from coverage_research.audit import audit

    corpus = _read(path, no_cache=no_cache)
    _show(corpus.summary(), "Corpus")
    findings = audit(corpus)
    # A terminal is narrow: of the examples, the first.
    findings["example"] = findings["examples"].str.split("; ").str[0]
    columns = ["check", "severity", "n", "of", "example", "weakens", "advice"]
    _show(findings[columns], "What weakens which analysis")
    problems = corpus.problems if every else corpus.problems.query("severity != 'info'")
    shown = problems if every else problems.head(40)
    columns = ["source_path", "line", "field", "severity", "message", "found", "hint"]
    _show(shown[columns], "Problems in files" if every else "Errors and warnings in files")
    hidden = len(corpus.problems) - len(shown)
    if hidden:
        typer.echo(f"and {hidden:,} more that --all lists")
    if (corpus.problems["severity"] == "error").any():
        raise typer.Exit(1)


@app.command(epilog="Example:  coverage-research tables my-records --to tables")
def tables(path: _Records, to: _Folder = Path("tables"), no_cache: _Fresh = False) -> None:
    """Write the tables and the audit as Parquet and CSV."""
    from coverage_research.audit import audit
    from coverage_research.exports import write_tables

    corpus = _read(path, no_cache=no_cache)
    written = write_tables({**corpus.tables(), "audit": audit(corpus)}, to)
    for file in written:
        typer.echo(str(file))


@app.command(epilog="Example:  coverage-research figures my-records --to figures --only lags")
def figures(
    path: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files or folders of news records; the sample when none is given.",
        ),
    ] = None,
    to: _Folder = Path("figures"),
    only: Annotated[list[str] | None, typer.Option(help="Only this figure; repeatable.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="The invented demonstration corpus.")
    ] = False,
    no_cache: _Fresh = False,
) -> None:
    """Draw every figure as PNG and SVG, each with the CSV that it draws and a stamp."""
    from coverage_research.codebook import did_you_mean
    from coverage_research.figures import figure_names, write_figures
    from coverage_research.samples import load_demo, load_sample

    names = figure_names()
    unknown = [name for name in only or () if name not in names]
    if unknown:  # said before anything is read
        meant = "".join(did_you_mean(name, names) for name in unknown)
        raise ChoiceError(f"no figure {', '.join(unknown)}; there are {', '.join(names)}{meant}")
    if path and demo:
        raise typer.BadParameter("give either PATH or --demo")
    corpus = _read(path, no_cache=no_cache) if path else load_demo() if demo else load_sample()
    _show(corpus.summary(), "Corpus")
    _show(write_figures(corpus, to, only=only), "Figures")


@app.command(epilog="Example:  coverage-research dehydrate my-records --to shareable")
def dehydrate(path: _Records, to: _Folder, no_cache: _Fresh = False) -> None:
    """Write a copy without the texts, to share: citations, measures, and a hash of each text."""
    from coverage_research.sharing import dehydrate as write

    typer.echo(str(write(_read(path, no_cache=no_cache), to)))


def _read(path: list[Path], *, no_cache: bool) -> Corpus:
    from coverage_research.corpus import read_corpus

    return read_corpus(path, cache=not no_cache)


def _show(table: pd.DataFrame, title: str) -> None:
    """Print a table: drawn for a terminal, as tab-separated lines for a pipe."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from coverage_research.schema import is_invented

    note = f" ({INVENTED_NOTE.lower()})" if is_invented(table) else ""
    if table.empty:
        typer.echo(f"{title}{note}: none")
        return
    if not sys.stdout.isatty():
        typer.echo(f"# {title}{note}")
        plain = table.map(_printable)  # no tab, line end or terminal control within a cell
        typer.echo(plain.to_csv(sep="\t", index=False, lineterminator="\n"), nl=False)
        return
    drawn = Table(title=f"{title}{note}", title_justify="left", show_lines=False)
    for name in table.columns:
        right = table[name].dtype.kind in "iuf" if hasattr(table[name].dtype, "kind") else False
        drawn.add_column(str(name), overflow="fold", justify="right" if right else "left")
    for row in table.itertuples(index=False):
        # Text of articles is never read as markup or as terminal control.
        drawn.add_row(*(Text(_printable(value)) for value in row))
    Console().print(drawn)


def _printable(value: object) -> str:
    import pandas as pd

    text = "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
    return "".join(char if char.isprintable() else " " for char in text)


def main() -> None:
    """Run the command line; errors that the user can mend are one sentence and exit status 2."""
    try:
        app()
    except CoverageError as error:
        typer.echo(f"coverage-research: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
