"""One file's bytes to front matter and body, with everything that is wrong on the way.

python-frontmatter splits and parses, through a handler that tries `parse_block_style` first and
otherwise loads with `load_yaml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import frontmatter
from frontmatter.default_handlers import YAMLHandler

from coverage_research.block_style import NotPlainError, parse_block_style
from coverage_research.findings import Finding, kind_of, shorten
from coverage_research.safe_yaml import load_yaml

if TYPE_CHECKING:
    import re


#: Front matter longer than this is not parsed (characters).
MAX_FRONT_MATTER: Final = 4_000_000
#: A body longer than this is left out (characters); no news article comes near.
MAX_BODY: Final = 10_000_000


class Parsed(NamedTuple):
    """Front matter and body of a file.

    `metadata` is None where the file holds no usable record; `findings` then says why.
    """

    metadata: dict[Any, Any] | None
    body: str
    findings: list[Finding]


def decode(data: bytes) -> tuple[str, list[Finding]]:
    r"""Text of a file, whatever its encoding, and notes on what was not plain UTF-8.

    Returns
    -------
    text : str
        With `\\n` line ends, without byte order mark and without NUL.
    findings : list of Finding
    """
    findings: list[Finding] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        findings.append(
            _note("encoding", "the file is UTF-16", "UTF-8", "a UTF-16 byte order mark")
        )
    elif data.count(b"\0", 0, 400) > 0.3 * min(len(data), 400):
        order = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        text = data.decode(order, "replace")
        findings.append(
            _note("encoding", "the file looks like UTF-16", "UTF-8", "every other byte is NUL")
        )
    else:
        if data.startswith(b"\xef\xbb\xbf"):
            data = data[3:]
            findings.append(
                _note(
                    "byte_order_mark", "the file opens with a byte order mark", "UTF-8", "UTF-8 BOM"
                )
            )
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            text, finding = _decode_western(data, error)
            findings.append(finding)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        findings.append(_note("line_ends", "the lines end as on Windows", "LF", "CRLF or CR"))
    if "\0" in text:
        found = f"{text.count(chr(0))} NUL characters"
        text = text.replace("\0", "\ufffd")
        findings.append(
            Finding(
                "nul",
                "the file holds NUL characters; each was replaced by U+FFFD",
                "text",
                found,
                "look whether the file was damaged in transfer",
                "warning",
            )
        )
    return text, findings


def _decode_western(data: bytes, error: UnicodeDecodeError) -> tuple[str, Finding]:
    try:
        text, name = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, name = data.decode("latin-1"), "Latin-1"
    return text, Finding(
        "encoding",
        f"the file is not UTF-8 and was read as {name}",
        "UTF-8",
        f"byte 0x{data[error.start]:02x} at offset {error.start}",
        "save the file as UTF-8, and check the accents and quotation marks",
        "warning",
        line=data.count(b"\n", 0, error.start) + 1,
    )


def _note(check: str, message: str, expected: str, found: str) -> Finding:
    return Finding(check, message + "; it was converted", expected, found, "nothing to do", "info")


class RecordHandler(YAMLHandler):
    """python-frontmatter's YAML handler, fast where it can be and safe everywhere.

    After `frontmatter.parse`, `data` is what the front matter held, of whatever type, and
    `findings` what was wrong in it. The file's two boundaries are found once, by `boundaries`, and
    reused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.data: Any = None
        self.findings: list[Finding] = []

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and content, as python-frontmatter splits them but without a scan."""
        opening, closing = boundaries(text)
        if opening is None or closing is None:
            raise ValueError("no front matter")
        return text[opening.end() : closing.start()], text[closing.end() :]

    def load(self, fm: str, **_: object) -> Any:
        """Parse front matter; see `parse_block_style` and `load_yaml`."""
        self.findings = []
        try:
            self.data = parse_block_style(fm)
        except NotPlainError:
            self.data, self.findings = load_yaml(fm)
        if isinstance(self.data, dict):
            self.data.pop("secured", None)
        return self.data


_BOUNDARY: Final[re.Pattern[str]] = YAMLHandler.FM_BOUNDARY


def boundaries(text: str) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """The lines `---` that open and close front matter at the start of a text, or None."""
    opening = _BOUNDARY.match(text)
    if opening is None:
        return None, None
    place = text.find("\n---", opening.end())
    while place >= 0:
        closing = _BOUNDARY.match(text, place + 1)
        if closing is not None:
            return opening, closing
        place = text.find("\n---", place + 4)
    return opening, None


def opens_front_matter(head: bytes) -> bool:
    r"""Whether a file that starts with these bytes opens with front matter.

    Examples
    --------
    >>> opens_front_matter(b"---\\ntitle: x")
    True
    """
    return decode(head)[0].lstrip().startswith("---")


def parse(data: bytes) -> Parsed:
    """Front matter and body of one file.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    Parsed
        Never raises on any bytes; what is wrong stands in `findings`.
    """
    text, findings = decode(data)
    stripped = text.strip()
    if not stripped:
        finding = Finding(
            "empty", "the file is empty", "front matter", "nothing", "delete or fill it"
        )
        return Parsed(None, "", [*findings, finding])
    opening, closing = boundaries(stripped)
    if opening is None:
        shown = stripped[:400].split("\n", 1)[0]
        finding = Finding(
            "no_front_matter",
            "the file does not open with front matter",
            "a first line ---",
            "a line that is not shown" if "secured" in shown.lower() else shorten(shown),
            "put the record between two lines --- at the top",
            line=1,
        )
        return Parsed(None, stripped[:MAX_BODY], [*findings, finding])
    # Findings in the YAML count lines from 0, from where the opening boundary ends.
    first_line = 1 + text.count("\n", 0, text.find("---")) + opening.group().count("\n")
    length = (closing.start() if closing else len(stripped)) - opening.end()
    if length > MAX_FRONT_MATTER:
        finding = Finding(
            "too_large",
            "the front matter is too large to be a news record and was not read",
            f"at most {MAX_FRONT_MATTER:,} characters",
            f"{length:,} characters",
            "split the file, or move the text below the closing ---",
            line=first_line,
        )
        return Parsed(None, "", [*findings, finding])
    if closing is None:
        findings.append(
            Finding(
                "unclosed",
                "the front matter is not closed; the file was read as YAML to its end",
                "a second line ---",
                "the end of the file",
                "add a line --- below the last key",
                line=first_line,
            )
        )
        stripped += "\n---\n"
    handler = RecordHandler()
    _, body = frontmatter.parse(stripped, handler=handler)
    findings += [_shift(finding, first_line) for finding in handler.findings]
    if len(body) > MAX_BODY:
        findings.append(
            Finding(
                "too_large",
                "the text below the front matter is too large for an article and was left out",
                f"at most {MAX_BODY:,} characters",
                f"{len(body):,} characters",
                "split the file if it holds several articles",
                field="body",
            )
        )
        body = ""
    if not isinstance(handler.data, dict):
        if not any(finding.severity == "error" for finding in handler.findings):
            findings.append(
                Finding(
                    "wrong_type",
                    "the front matter is not a map",
                    "keys and values, such as title: ...",
                    kind_of(handler.data),
                    "write one key a line",
                    line=first_line + 1,
                )
            )
        return Parsed(None, body, findings)
    return Parsed(handler.data, body, findings)


def _shift(finding: Finding, lines: int) -> Finding:
    return finding if finding.line is None else finding._replace(line=finding.line + lines)
