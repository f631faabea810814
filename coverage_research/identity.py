"""Who and what: the canonical address of an article, its identifier, and its outlet.

The same article reaches a corpus under many addresses (with and without `www.`, as AMP page,
through Google's AMP cache, with tracking parameters). All of them lead to one `canonical_url` and
so to one `article_id`, which depends on nothing but that address: not on the run, the machine or
the file order.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import re
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN: Final = re.compile(
    r"https?://(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(/[A-Za-z0-9/_.,~-]*)?", re.ASCII
)
#: What most addresses look like; anything else is taken apart by urllib.
_ADDRESS: Final = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#][!-~]*)?", re.ASCII)
_UNSAFE: Final = re.compile(r'[\x00-\x20<>"\\\x7f-\x9f]')
_HOST: Final = re.compile(r"[^\s/?#@:\\<>\"']+", re.UNICODE)
_TRACKING: Final = re.compile(
    r"utm_.*|hsa_.*|mc_[ce]id|(fb|g|d|tw|y|tt)clid|msclkid|li_fat_id|gbraid|wbraid|igshid|_ga|_gl|cmpid|"
    r"cmp|ncid|icid|smid|smtyp|s_cid|ns_mchannel|ns_campaign|ocid|guccounter|guce_.*|taid|sref|"
    r"ref_src|ref_url|spm|mkt_tok|vero_id|wt_mc|partner|at_medium|at_campaign|soc_src|soc_trk",
    re.IGNORECASE,
)
_AMP_PARAMETERS: Final = frozenset({"amp", "amp_js_v", "amp_gsa", "outputtype", "usqp"})
_MAYBE_AMP: Final = re.compile(r"amp(?:[/.]|$|project)")
_AMP_CACHE: Final = re.compile(r"/(?:[a-z]/)?(?:s/)?([^/]+\.[^/]+)(/.*)?", re.DOTALL)
_AMP_PATH: Final = re.compile(
    r"^/(?:google-)?amp(?=/.)|(?<=[^/])(?:(?:/|\.)amp$|\.amp(?=\.html?$))"
)

_URL_DATE: Final = re.compile(
    r"[/_-](?P<y>(?:19|20)\d\d)[/-](?P<m>0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[/-](?P<d>0?[1-9]|[12]\d|3[01])(?=[/_.-]|$)",
    re.IGNORECASE,
)
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def canonical_url(url: str) -> str | None:
    """The one form of an article's address: no scheme, `www.`, AMP or CDN form, tracking, fragment.

    Parameters
    ----------
    url : str
        A web address; one without a scheme is read as if it had one.

    Returns
    -------
    str or None
        Host and path, with the remaining query sorted by name; None where `url` is no web address.

    Examples
    --------
    >>> canonical_url("https://www.wired.com/story/light-chip/amp?utm_source=feed#top")
    'wired.com/story/light-chip'
    >>> canonical_url("https://www-wired-com.cdn.ampproject.org/c/s/www.wired.com/story/light-chip/amp")
    'wired.com/story/light-chip'
    """
    plain = _PLAIN.fullmatch(url)
    if plain and not _MAYBE_AMP.search(url):
        host, path = plain.groups()
        return host + path.rstrip("/") if path else host
    return _canonical(url)


def _canonical(url: str, depth: int = 0) -> str | None:
    parts = _split(url)
    if parts is None:
        return None
    host, path, query = parts
    if _is_amp_cache(host, path) and depth < 4:
        inner = _AMP_CACHE.fullmatch(path.removeprefix("/amp"))
        if inner:
            return _canonical(f"https://{inner[1]}{inner[2] or ''}", depth + 1)
    for prefix in ("www.", "amp.", "www."):
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
    previous = None
    while previous != path:
        previous = path
        path = _AMP_PATH.sub("", path.rstrip("/"))
    kept = sorted(
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name) and name.lower() not in _AMP_PARAMETERS
    )
    return host + path + (f"?{urlencode(kept)}" if kept else "")


def _is_amp_cache(host: str, path: str) -> bool:
    return host.endswith(".cdn.ampproject.org") or (
        host in ("google.com", "www.google.com") and path.startswith("/amp/")
    )


def _split(url: str) -> tuple[str, str, str] | None:
    """Host (lower case, no port or user), path and query of a web address."""
    url = url.strip()
    if _UNSAFE.search(url):
        return None
    if "://" not in url[:10]:
        if re.match(r"[a-z][a-z0-9+-]*:(?!\d+([/?#]|$))", url, re.IGNORECASE):
            return None  # mailto:, javascript:, data: ...
        url = "https://" + url.lstrip("/")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "." not in host.strip("."):
        return None
    if not _HOST.fullmatch(host) or ".." in host:
        return None
    return host, parts.path, parts.query


def article_id(identity: str) -> str:
    """16 hexadecimal digits that stand for an article.

    Parameters
    ----------
    identity : str
        The canonical URL; for an article without one, whatever else identifies it.

    Examples
    --------
    >>> article_id("wired.com/story/light-chip")
    '1610e1356fb705c6'
    """
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def host_of(url: str) -> str | None:
    """Host of a web address, lower case; None where `url` is no web address.

    Examples
    --------
    >>> host_of("https://Images.halden.example:443/a.jpg"), host_of("no address")
    ('images.halden.example', None)
    """
    usual = _ADDRESS.fullmatch(url)
    if usual and not _UNSAFE.search(url):
        return usual[1]
    parts = _split(url)
    return parts[0] if parts else None


def url_date(url: str) -> date | None:
    """The day that an address names in its path, if it names one.

    Examples
    --------
    >>> url_date("https://www.hpcwire.com/2021/03/09/some-story/")
    datetime.date(2021, 3, 9)
    """
    match = _URL_DATE.search(url)
    if match is None:
        return None
    month = match["m"].lower()
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    try:
        return date(int(match["y"]), number, int(match["d"]))
    except ValueError:
        return None


@functools.cache
def _extractor() -> Any:
    # Imported here: tldextract brings requests, which costs more than all of this package.
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@functools.lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str:
    """The domain that somebody registered: the part of a host that stands for the outlet.

    Uses the public suffix list that tldextract brings along; no network. Under an ending that the
    list does not know (`.example`), the last two labels.

    Examples
    --------
    >>> registered_domain("markets.businessinsider.com"), registered_domain("www.thesun.co.uk")
    ('businessinsider.com', 'thesun.co.uk')
    """
    host = host.strip().strip(".").lower()
    if host.count(".") == 1:
        # Two labels are a registered domain under whatever ending; most outlets need no list.
        return host
    parts = _extractor()(host)
    if parts.domain and parts.suffix:
        return f"{parts.domain}.{parts.suffix}"
    if parts.ipv4 or parts.ipv6:
        return host
    return ".".join(host.split(".")[-2:])


class OutletEntry(NamedTuple):
    """Readable name of an outlet and the other names under which it goes."""

    name: str
    aliases: tuple[str, ...]


@functools.cache
def known_outlets() -> Mapping[str, OutletEntry]:
    """The outlets file of the package: registered domain to name and aliases."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("outlets.yaml").read_text("utf-8")
    entries = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return MappingProxyType(
        {
            domain: OutletEntry(entry["name"], tuple(entry.get("aliases", ())))
            for domain, entry in entries.items()
        }
    )
