"""Files that appear whole or not at all: a record as Markdown with front matter, text, bytes."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import frontmatter

from coverage_research.paths import expanded
from coverage_research.safe_yaml import UNUSUAL

if TYPE_CHECKING:
    from coverage_research.articles import Article, Image


_KEYS: Final = (
    ("category", "category"),
    ("title", "title"),
    ("excerpt", "excerpt"),
    ("published_at", "publishedDateTime"),
    ("original_url", "originalUrl"),
    ("url", "webUrl"),
    ("amp_url", "ampWebUrl"),
    ("cdn_amp_url", "cdnAmpWebUrl"),
    ("type", "type"),
    ("quality", "quality"),
    ("heat", "heat"),
    ("is_published", "published"),
    ("featured_content", "featuredContent"),
)
_IMAGE_NAMES: Final = {"is_cached": "isCached"}


def to_metadata(article: Article) -> dict[str, Any]:
    """The front matter of a record, in the order in which such files are written."""
    data: dict[str, Any] = {
        key: getattr(article, name) for name, key in _KEYS if getattr(article, name) is not None
    }
    if article.published_at is not None and article.published_precision == "day":
        data["publishedDateTime"] = article.published_at.date()
    provider = {
        "name": article.provider_name,
        "domain": article.provider_domain,
        "images": [_image_data(image) for image in article.provider_images] or None,
    }
    provider = {key: value for key, value in provider.items() if value is not None}
    if provider:
        data["provider"] = provider
    if article.topics:
        data["topics"] = list(article.topics)
    if article.images:
        data["images"] = [_image_data(image) for image in article.images]
    extra = json.loads(article.extra) if article.extra else {}
    for key, value in extra.items():
        if key == "provider" and isinstance(value, dict):
            data.setdefault("provider", {}).update(value)
        elif "[" not in key:
            data[key] = value
    if article.related is not None:
        data["related"] = [to_metadata(item) for item in article.related]
    return data


def _image_data(image: Image) -> dict[str, Any]:
    data = {
        _IMAGE_NAMES.get(field.name, field.name): getattr(image, field.name)
        for field in fields(image)
        if field.name != "extra" and getattr(image, field.name) is not None
    }
    return {**data, **(json.loads(image.extra) if image.extra else {})}


def write_article(article: Article, path: str | os.PathLike[str]) -> Path:
    """Write a record as Markdown with YAML front matter; the way back of `read_article`.

    The file appears whole or not at all. `article_id`, `outlet` and the like are not written: they
    follow from the rest.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return write_text(path, article_text(article))


def article_text(article: Article) -> str:
    """What `write_article` writes."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(
        datetime,
        lambda dumper, value: dumper.represent_scalar(
            "tag:yaml.org,2002:timestamp", value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        ),
    )
    # PyYAML folds a next-line character into a space unless the text stands in double quotation
    # marks.
    Dumper.add_representer(
        str,
        lambda dumper, value: dumper.represent_scalar(
            "tag:yaml.org,2002:str", value, style='"' if UNUSUAL.search(value) else None
        ),
    )
    post = frontmatter.Post(article.body or "")
    post.metadata = to_metadata(article)
    text: str = frontmatter.dumps(post, Dumper=Dumper, sort_keys=False, width=1_000_000)
    return text + "\n"


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text file that appears whole or not at all."""
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write a file that appears whole or not at all, beside its place and then moved there."""
    path = expanded(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
