"""Dresses the same servers as different people's files: language, units, notation, producer.

What the headers are called here was written down from how people and tools name them, not taken
from the reader, and the files come from openpyxl, XlsxWriter and the csv module.
"""

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlsxwriter  # type: ignore[import-untyped] # it ships no types
from dress_words import EXTRAS, HEADERS, POWER, SOCKETS, SYSTEMS, TITLES

Facts = list[dict[str, Any]]
"""Machines: name, os, cores, ram_gb, disk_gb, environment, on, cpu_peak (0..1), ip."""

LANGUAGES = ("en", "es", "pt", "de", "fr")
GROUPING = {
    "en": ((",", "."),),
    "es": ((".", ","), (" ", ",")),
    "pt": ((".", ","),),
    "de": ((".", ","), ("\u2019", "."), ("'", ".")),
    "fr": (("\u202f", ","), ("\u00a0", ","), (" ", ",")),
}
"""Signs for thousands and decimals, as Austria, Switzerland and others write them too."""
FRENCH_UNITS = {"GB": "Go", "MB": "Mo", "TB": "To"}


@dataclass
class Dress:
    """One way to write a list of servers."""

    seed: int
    language: str
    producer: str
    delimiter: str
    grouping: tuple[str, str]
    units: dict[str, tuple[str, str]]
    """Size to its unit and where that stands: `header`, `cell` or `nowhere`."""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ", ".join(f"{name}={text!r}" for name, text in self.headers.items())
        return (
            f"seed {self.seed}: {self.language} {self.producer} {self.delimiter!r} "
            f"{self.grouping} {self.units} {said}"
        )


def make_facts(rng: random.Random) -> Facts:
    """Return machines with figures that each have one exact way to be written in GB and MB."""
    return [
        {
            "name": f"{rng.choice(('web', 'db', 'app', 'srv'))}{number:03}",
            "os": rng.choice(SYSTEMS),
            "cores": rng.choice((1, 2, 4, 8, 16, 32)),
            "ram_gb": rng.choice((2, 4, 8, 16, 32, 64, 128)),
            "disk_gb": rng.choice((80, 100.5, 250, 500, 1024, 1536.5, 2048, 4096)),
            "environment": rng.choice(("Production", "Test", "Dev")),
            "on": rng.random() < 0.8,
            "cpu_peak": rng.randrange(5, 100) / 100,
            "ip": f"10.{rng.randrange(250)}.{rng.randrange(250)}.{1 + rng.randrange(250)}",
        }
        for number in range(rng.randrange(6, 30))
    ]


def totals(facts: Facts) -> dict[str, float]:
    """Return what any file of these machines must add up to."""
    return {
        "servers": len(facts),
        "powered on": sum(one["on"] for one in facts),
        "cores": sum(one["cores"] for one in facts),
        "ram": sum(one["ram_gb"] for one in facts),
        "disk": sum(one["disk_gb"] for one in facts),
        "peaks": sum(one["cpu_peak"] for one in facts),
    }


def dressed(facts: Facts, seed: int) -> tuple[Dress, str, bytes]:
    """Return a dress, and the name and bytes of a file that wears it."""
    rng = random.Random(seed)
    language = rng.choice(LANGUAGES)
    producer = rng.choice(("openpyxl", "xlsxwriter", "csv"))
    dress = Dress(
        seed,
        language,
        producer,
        "" if producer != "csv" else rng.choice(",\t;|") if language == "en" else ";",
        rng.choice(GROUPING[language]),
        {size: _unit(rng, size) for size in ("ram_gb", "disk_gb")},
    )
    if dress.delimiter == ";" and language == "en":
        dress.grouping = ("", ".")
    table = _table(rng, facts, dress)
    rows = _around(rng, table, language, dress.headers["name"])
    if producer == "csv":
        return dress, "inventory.csv", _csv(rng, rows, dress.delimiter)
    sheets = [(rng.choice(("Servers", "Hoja1", "Inventar", "Export 2026")), rows)]
    for name in ("Read me", "Legend"):
        if rng.random() < 0.4:
            sheets.insert(rng.choice((0, len(sheets))), (name, [["How to fill this in"], ["-"]]))
    write = _openpyxl if producer == "openpyxl" else _xlsxwriter
    return dress, "inventory.xlsx", write(sheets)


def _unit(rng: random.Random, size: str) -> tuple[str, str]:
    where = rng.choice(("header", "header", "cell", "nowhere"))
    units = ("GB", "MB", "GiB", "MiB") if size == "ram_gb" else ("GB", "GB", "GiB", "MB")
    return rng.choice(units), where


def _table(rng: random.Random, facts: Facts, dress: Dress) -> list[list[object]]:
    columns: list[tuple[str, list[object]]] = []
    as_text = dress.producer == "csv" or rng.random() < 0.4
    names = ["name", "os", "cores", "ram_gb", "disk_gb", "environment", "on", "cpu_peak", "ip"]
    if rng.random() < 0.2:
        names.remove("cores")
        columns += _cores_in_two(rng, facts, dress)
    for name in names:
        header = _styled(rng, rng.choice(HEADERS[dress.language][name]), dress.language)
        cell, header = _writer(rng, name, header, dress, as_text=as_text)
        dress.headers[name] = header
        columns.append((header, [cell(one[name]) for one in facts]))
    for header, values in rng.sample(EXTRAS, rng.randrange(0, 6)):
        columns.append((header, [rng.choice(values) for _ in facts]))
    if rng.random() < 0.2:
        columns.append(("Comments", ["" for _ in facts]))
        columns.append(("Comments", [rng.choice(("ok", "")) for _ in facts]))
    if rng.random() < 0.15:
        columns.append((dress.headers["ram_gb"], ["" for _ in facts]))
    rng.shuffle(columns)
    header_row: list[object] = [header for header, _ in columns]
    return [header_row, *(list(row) for row in zip(*(v for _, v in columns), strict=True))]


def _styled(rng: random.Random, header: str, language: str) -> str:
    words = header.split()
    styles: list[Callable[[], str]] = [
        lambda: header,
        lambda: header,
        header.upper,
        lambda: f" {header} ",
        lambda: f"{header}:",
        lambda: f"*{header}",
    ]
    if language == "en" and header.isascii() and all(word.isalnum() for word in words):
        styles += [
            lambda: "_".join(word.lower() for word in words),
            lambda: "".join(word if word[:1].isupper() else word.title() for word in words),
        ]
    return rng.choice(styles)()


def _writer(
    rng: random.Random, name: str, header: str, dress: Dress, *, as_text: bool
) -> tuple[Callable[[Any], object], str]:
    """Return what writes a column's values, and its header with its unit."""
    if name == "on":
        yes, no = rng.choice(POWER[dress.language])
        return lambda value: yes if value else no, header
    if name == "cpu_peak":
        return _peak(rng, dress, header, as_text=as_text)
    if name not in dress.units:
        return (lambda value: str(value) if as_text else value), header
    unit, where = dress.units[name]
    factor = 1024 if unit.startswith("M") else 1
    shown = FRENCH_UNITS.get(unit, unit) if dress.language == "fr" else unit
    if where == "header":
        header = header.rstrip(" :")
        header = rng.choice((f"{header} ({shown})", f"{header} [{shown}]", f"{header} {shown}"))
    groups = rng.random() < 0.6
    decimals = rng.random() < 0.3 and factor == 1
    gap = rng.choice((" ", " ", ""))
    terabytes = where == "cell" and rng.random() < 0.3

    def written(value: float) -> object:
        if terabytes and value >= 1024 and not value % 512:
            tera = f"{value / 1024:g}".replace(".", dress.grouping[1])
            return f"{tera}{gap}{'To' if dress.language == 'fr' else 'TB'}"
        number = value * factor
        if where != "cell" and not as_text:
            return number
        text = f"{number:,.1f}" if decimals or number % 1 else f"{int(number):,}"
        thousands, decimal = dress.grouping
        whole, _, rest = text.partition(".")
        whole = whole.replace(",", thousands if groups else "")
        text = whole + (decimal + rest if rest else "")
        return f"{text}{gap}{shown}" if where == "cell" else text

    return written, header


def _peak(
    rng: random.Random, dress: Dress, header: str, *, as_text: bool
) -> tuple[Callable[[Any], object], str]:
    """Return what writes a peak: a fraction, or percent with or without its sign."""
    way = rng.choice(("fraction", "percent", "sign"))
    decimal = dress.grouping[1]
    if way != "fraction" and rng.random() < 0.5:
        header = f"{header.rstrip(' :')} (%)"

    def written(value: float) -> object:
        if way == "sign":
            return f"{value * 100:.1f}".replace(".", decimal) + rng.choice(("%", " %"))
        number = value if way == "fraction" else round(value * 100, 6)
        return f"{number:.2f}".replace(".", decimal) if as_text else number

    return written, header


def _cores_in_two(rng: random.Random, facts: Facts, dress: Dress) -> list[tuple[str, list[object]]]:
    """Return two columns whose product are the cores: sockets, and cores in each."""
    sockets, each = rng.choice(SOCKETS[dress.language])
    dress.headers |= {"sockets": sockets, "cores per socket": each}
    counts = [rng.choice([n for n in (1, 2, 4) if one["cores"] % n == 0]) for one in facts]
    pairs = zip(facts, counts, strict=True)
    return [(sockets, list(counts)), (each, [one["cores"] // count for one, count in pairs])]


def _around(
    rng: random.Random, table: list[list[object]], language: str, name: str
) -> list[list[object]]:
    """Return the table with titles above it and blank lines in it, as people leave them."""
    width = len(table[0])
    rows: list[list[object]] = []
    for _ in range(rng.choice((0, 0, 1, 2))):
        rows.append([rng.choice(TITLES[language]), *[""] * (width - 1)])
        if rng.random() < 0.5:
            rows.append([""] * width)
    rows.append(table[0])
    for row in table[1:]:
        if rng.random() < 0.03:
            rows.append([""] * width)
        rows.append(row)
    if rng.random() < 0.2:
        total: list[object] = ["Total" if header == name else "" for header in table[0]]
        rows += [[""] * width, total]
    return rows


def _csv(rng: random.Random, rows: Sequence[Sequence[object]], delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=rng.choice(("\n", "\r\n")))
    writer.writerows(rows)
    return text.getvalue().encode(rng.choice(("utf-8", "utf-8-sig", "utf-16")))


def _openpyxl(sheets: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> bytes:
    book = openpyxl.Workbook(write_only=False)
    del book[book.sheetnames[0]]
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
        if len(rows[0]) > 1 and not any(rows[0][1:]):
            sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _xlsxwriter(sheets: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell != "":
                        sheet.write(number, column, cell)
    return data.getvalue()
