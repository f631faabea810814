"""The fields of a record, taken one by one and checked for their types.

A value that cannot be used is never dropped: it stays, as it was, in `extra`, and a finding says
which field it was, what was expected, what was found and what to do.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any

from coverage_research import identity
from coverage_research.findings import Finding, kind_of, shorten


class RecordFields:
    """Takes the fields of one map, one call a field, and keeps what it cannot take."""

    __slots__ = ("data", "extra", "notes", "prefix")

    def __init__(self, data: dict[Any, Any], prefix: str, notes: list[Finding]) -> None:
        self.data = data
        self.prefix = prefix
        self.notes = notes
        self.extra: dict[str, Any] = {}

    def note(  # noqa: PLR0917 - a row of `problems`, in its order
        self,
        key: str,
        check: str,
        message: str,
        expected: str,
        found: object,
        hint: str,
        severity: str = "error",
    ) -> None:
        """Say what is wrong with a field."""
        field = (self.prefix + key).rstrip(".")
        finding = Finding(check, message, expected, shown_value(found), hint, severity, field)
        self.notes.append(finding)

    def reject(self, key: str, value: object, expected: str, hint: str) -> None:
        """The value cannot be used: say so, and keep it."""
        self.extra[key] = value
        found = f"{shown_value(value)} ({kind_of(value)})"
        message = f"{key} is not {expected} and is not used"
        self.note(key, "wrong_type", message, expected, found, hint)

    def text(self, key: str) -> str | None:
        """Text; None where there is none."""
        value = self.data.get(key)
        if type(value) is str:
            return value or None
        return None if value is None else self._odd_text(key, value)

    def texts(self, *keys: str) -> list[str | None]:
        """Several texts."""
        get = self.data.get
        return [
            value if type(value := get(key)) is str and value else self.text(key) for key in keys
        ]

    def _odd_text(self, key: str, value: object) -> str | None:
        if isinstance(value, list | dict):
            self.reject(key, value, "text", "write one value in quotation marks")
            return None
        text = value.isoformat() if isinstance(value, date) else str(value)
        text = text.lower() if isinstance(value, bool) else text
        self.note(
            key,
            "wrong_type",
            f"{key} is not text; it was read as {text!r}",
            "text",
            f"{shown_value(value)} ({kind_of(value)})",
            "put the value in quotation marks",
            "warning",
        )
        return text

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        value = self.data.get(key)
        if value is None:
            return None
        if type(value) is float and value.is_integer():
            value = int(value)
        elif type(value) is str and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            self.note(
                key,
                "wrong_type",
                f"{key} is text; it was read as a number",
                "a whole number",
                f"{value!r}",
                "remove the quotation marks",
                "info",
            )
            value = int(value)
        if type(value) is int and low <= value <= high:
            return value
        expected = f"a whole number from {low} to {high}"
        self.reject(key, value, expected, "correct the number or delete the line")
        return None

    def flag(self, key: str) -> bool | None:
        """True or false."""
        value = self.data.get(key)
        if value is None or type(value) is bool:
            return value
        self.reject(key, value, "true or false", "write true or false without quotation marks")
        return None

    def address(self, key: str) -> str | None:
        """A web address."""
        value = self.text(key)
        if value is not None and identity.host_of(value) is None:
            self.reject(key, value, "a web address", "give the full address, https://...")
            return None
        return value

    def mapping(self, key: str) -> dict[Any, Any]:
        """A map; empty where there is none."""
        value = self.data.get(key)
        if type(value) is dict:
            return value
        if value is not None:
            self.reject(key, value, "a map", "write keys and values below it, indented")
        return {}

    def sequence(self, key: str) -> list[Any]:
        """A list; a single value is a list of one."""
        value = self.data.get(key)
        if type(value) is list:
            return value
        if value is None:
            return []
        self.note(
            key,
            "wrong_type",
            f"{key} is not a list; it was read as a list of one",
            "a list",
            f"{shown_value(value)} ({kind_of(value)})",
            "write each entry on a line that starts with a hyphen",
            "warning" if isinstance(value, str | dict) else "error",
        )
        return [value]

    def time(self, key: str) -> tuple[datetime | None, str]:
        """A time in UTC, and its precision."""
        value = self.data.get(key)
        if type(value) is datetime:
            return self._stamp(key, value)
        if value is None:
            return None, "unknown"
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC), "day"
        if type(value) is str:
            return self._stamp_text(key, value)
        hint = "write it as 2023-05-08T14:36:00Z"
        self.reject(key, value, "a time", hint)
        return None, "unknown"

    def _stamp_text(self, key: str, value: str) -> tuple[datetime | None, str]:
        text = value.strip()
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
                return datetime.fromisoformat(text).replace(tzinfo=UTC), "day"
            if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text, re.ASCII):
                return self._stamp(key, datetime.fromisoformat(text))
        except ValueError:
            pass
        self.reject(key, value, "a time", "write it as 2023-05-08T14:36:00Z")
        return None, "unknown"

    def _stamp(self, key: str, value: datetime) -> tuple[datetime | None, str]:
        if value.tzinfo is None:
            self.note(
                key,
                "no_offset",
                f"{key} names no offset; it was taken as UTC",
                "a time that ends in Z or an offset",
                value.isoformat(),
                "add Z, or the outlet's offset such as +08:00",
                "info",
            )
            return value.replace(tzinfo=UTC), "minute"
        if value.tzinfo is UTC:
            return value, "minute"
        try:
            return value.astimezone(UTC), "minute"
        except OverflowError:
            self.reject(key, value, "a time", "write it as 2023-05-08T14:36:00Z")
            return None, "unknown"

    def unknown(self, known: frozenset[str]) -> None:
        """Keep the keys that the format does not name."""
        if self.data.keys() <= known:
            return
        for key, value in self.data.items():
            if key not in known:
                self.extra[str(key)] = value


def shown_value(value: object) -> str:
    """A value for `problems`, without the aggregator's blob."""
    return value if isinstance(value, str) and len(value) < 100 else shorten(json_value(value))


def json_value(value: Any) -> Any:
    """A value as JSON can hold it, without the aggregator's blob at any depth."""
    if isinstance(value, dict):
        return {str(key): json_value(part) for key, part in value.items() if key != "secured"}
    if isinstance(value, list | tuple | set):
        return [json_value(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def json_text(extra: dict[str, Any]) -> str | None:
    """The column `extra` of what was kept; None where nothing was."""
    if not extra:
        return None
    return json.dumps(json_value(extra), ensure_ascii=False, sort_keys=True)
