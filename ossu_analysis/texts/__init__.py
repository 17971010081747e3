"""Every sentence that people read, by key, and numbers, dates and order in Bulgarian form.

Sentences stand in ``texts/<language>/<link>.yaml``; key ``gap.title`` is the entry ``title`` of ``gap.yaml`` (nested
entries are joined by dots). Placeholders are filled by `str.format`. Bulgarian is complete; English is the second
language of the interface and falls back to Bulgarian.
"""

import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

FOLDER = Path(__file__).parent
NBSP, MINUS = "\u00a0", "\u2212"
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that no file of XML, and so no Word, Excel or HTML file, may hold."""
KEPT_TOGETHER = re.compile(
    r"(?<=\bчл\.) (?=\d)|(?<=\bал\.) (?=\d)|(?<=\bт\.) (?=\d)|(?<=[§№]) (?=\d)|(?<=\d[)]) (?=лица|места)"
    r"|(?<=\d) (?=г\.|%|км\b|лв\.|€|лице|лица|място|места|мест|години|\d{3}\b)|(?<=\d\.) (?=г\.)"
)
"""Spaces at which no line may end: between a number and what it counts, and inside a reference to a law."""


@cache
def _catalogue(language: str) -> dict[str, str]:
    import yaml

    catalogue: dict[str, str] = {}
    for file in sorted((FOLDER / language).glob("*.yaml")):
        content = yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _flatten(file.stem, content or {}, catalogue)
    return catalogue


def _flatten(prefix: str, entries: dict[str, Any], into: dict[str, str]) -> None:
    for key, value in entries.items():
        name = prefix if key == "_" else f"{prefix}.{key}"
        if isinstance(value, dict):
            _flatten(name, value, into)
        else:
            into[name] = str(value)


def text(key: str, language: str = "bg", **facts: Any) -> str:
    """Return the sentence of a key with its placeholders filled; an unknown key comes back as it is."""
    sentence = _catalogue(language).get(key) or _catalogue("bg").get(key)
    if sentence is None:
        return "" if key.endswith(".todo") else key
    return _SENTENCE.vformat(sentence, (), facts) if facts else sentence


class _Sentence(Formatter):
    """Fills a sentence; ``{places:място|места}`` prints the number with the word for one or for many."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return str(format(value, format_spec))
        one, many = format_spec.split("|")
        return f"{value}{NBSP}{one if str(value).lstrip('+' + MINUS) == '1' else many}"


_SENTENCE = _Sentence()


def heading(column: str) -> str:
    """Bulgarian heading of a column of a table that is shown as it is, as rows that fail a check."""
    return text(f"heading.{column}")


def texts_below(key: str) -> dict[str, str]:
    """Bulgarian sentences of the entries below a key, by the rest of their keys."""
    return {
        name.removeprefix(f"{key}."): sentence
        for name, sentence in _catalogue("bg").items()
        if name.startswith(f"{key}.")
    }


def printable(sentence: str) -> str:
    """The text as it is printed: without the control characters of what is typed by hand, numbers never divided."""
    return KEPT_TOGETHER.sub(NBSP, UNPRINTABLE.sub("", sentence))


def number(value: float | None, digits: int = 0) -> str:
    """``12 345,6`` with a no-break space; ``..`` for a value that is not available."""
    from babel.numbers import format_decimal

    if value is None or value != value:
        return ".."
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    rounded = round(float(value), digits) + 0.0
    printed = format_decimal(rounded, format=pattern, locale="bg_BG", group_separator=True)
    return printed.replace(" ", NBSP).replace("-", MINUS)


def percent(share: float | None, digits: int = 1) -> str:
    """``12,3 %`` from a share between 0 and 1."""
    return ".." if share is None or share != share else f"{number(100 * share, digits)}{NBSP}%"


def probability(share: float) -> str:
    """``83 %``; never 0 or 100, because draws cannot prove certainty."""
    if share < 0.01 or share > 0.99:
        return text("report.words.under_1" if share < 0.5 else "report.words.over_99")
    return percent(share, 0)


def money(amount: float | None, currency: str = "EUR") -> str:
    """An amount with its sign: ``1 234 €`` or ``1 234 лв.``."""
    sign = {"EUR": "€", "BGN": "лв."}.get(currency, currency)
    return ".." if amount is None or amount != amount else f"{number(amount)}{NBSP}{sign}"


def interval(middle: float | None, low: float | None, high: float | None, digits: int = 0) -> str:
    """``120 (95-150)`` with an en dash."""
    return f"{number(middle, digits)} ({number(low, digits)}–{number(high, digits)})"


def day(value: Any) -> str:
    """``21.11.2026 г.`` from a date or an ISO string."""
    import datetime

    moment = datetime.date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{moment:%d.%m.%Y} г."


@cache
def _collator() -> Any:
    from pyuca import Collator

    return Collator()


def sort_key(name: str) -> Any:
    """Key for sorting Bulgarian names by collation instead of bytes."""
    return _collator().sort_key(name)
