"""HTML as a browser takes it, and a check that it does nothing but show: shared by tests of views."""

from __future__ import annotations

from html.parser import HTMLParser

EVIL = "<script>x()</script><img src=//e.test onerror=y()> $\\frac12$ \u202eexe.\x00\"'>&amp;"


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of HTML, as a browser takes it."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.pieces: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


ALLOWED = set(
    "a b bdi blockquote caption div h3 h4 img li mark ol p span style table tbody td th thead tr ul".split()
)


def check_harmless(markup: str) -> Seen:
    """Known tags only, no handler, no address but of the web, nothing that opens a formula."""
    seen = Seen(markup)
    assert set(seen.tags) <= ALLOWED
    for name, value in seen.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert str(value).startswith(("http://", "https://"))
        if name == "src":
            assert str(value).startswith("data:image/svg+xml;base64,")
    for piece in seen.pieces:
        assert len(piece) == 1 or not set(piece) & {"$", "\\"}
    return seen
