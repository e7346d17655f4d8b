"""Vendors' support: which release a text names, and how far it is supported on a day.

Texts are matched exactly or not at all: `8` is never found inside `2008`, and a text that fits
two releases (`MySQL 8`) is reported as unclear instead of guessed.
"""

import calendar
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from opportune.model.assessment import Database
from opportune.model.folding import folded


class Support(StrEnum):
    """How far a release is supported on a day."""

    SUPPORTED = "supported"
    ENDS_SOON = "ends-soon"
    """Supported still, but for no longer than the horizon of the table."""
    EXTENDED = "extended"
    """Only by the vendor's paid extension."""
    NONE = "none"


@dataclass(frozen=True)
class Release:
    """A product's release. Dates are the last day of support; texts are as the source prints them.

    `extended_until` is None if no paid extension is recorded.
    """

    product: str
    version: str
    name: str
    end_text: str
    extended_text: str
    ends: date
    extended_until: date | None

    def support_on(self, day: date, soon_days: int) -> Support:
        """Tell how far it is supported on a day; the last day itself counts as supported."""
        if day <= self.ends:
            return Support.ENDS_SOON if (self.ends - day).days <= soon_days else Support.SUPPORTED
        if self.extended_until is not None and day <= self.extended_until:
            return Support.EXTENDED
        return Support.NONE


@dataclass(frozen=True)
class Match:
    """What a text names: a product, and its release if that is beyond doubt (else None)."""

    product: str
    release: Release | None = None


@dataclass(frozen=True)
class SupportTable:
    """All known releases, by product and version."""

    snapshot: str
    source: str
    soon_days: int
    names: dict[str, str]
    releases: dict[tuple[str, str], Release]


@cache
def support_table() -> SupportTable:
    """Return the table that comes with the package."""
    text = files("opportune.analysis").joinpath("data/support.toml").read_text("utf-8")
    data = tomllib.loads(text)
    names: dict[str, str] = data["names"]
    releases = {
        (product, version): Release(
            product=product,
            version=version,
            name=f"{names[product]} {version}",
            end_text=row["end"],
            extended_text=row.get("extended", ""),
            ends=_last_day(row["end"]),
            extended_until=_last_day(row["extended"]) if "extended" in row else None,
        )
        for product in names
        for version, row in data[product].items()
    }
    return SupportTable(data["snapshot"], data["source"], data["soon_days"], names, releases)


def _last_day(text: str) -> date:
    """Return the day a text means; of a month alone its last day."""
    if len(text) == len("2026-04"):
        year, month = int(text[:4]), int(text[5:])
        return date(year, month, calendar.monthrange(year, month)[1])
    return date.fromisoformat(text)


@cache
def operating_system(os_name: str, os_version: str) -> Match | None:
    """Return what a server's operating system is; None if it is not a known one."""
    text = " ".join(folded(f"{os_name} {os_version}").split())
    for product, pattern, version_of in _SYSTEMS:
        if re.search(pattern, text):
            return _match(product, version_of(text))
    return None


@cache
def database_engine(engine: str, version: str) -> Match | None:
    """Return what a database's engine is; None if it is not a known one."""
    text = " ".join(folded(engine).split())
    for product, pattern, version_of in _ENGINES:
        if re.search(pattern, text):
            return _match(product, version_of(folded(f"{engine} {version}")))
    return None


def product_of(database: Database) -> str:
    """Return the product of a database's engine; "" if it is not a known one."""
    found = database_engine(database.engine, database.version)
    return found.product if found else ""


def is_windows(os_name: str, os_version: str) -> bool:
    """Tell whether a server runs Windows, of whatever release."""
    return re.search(_WINDOWS, folded(f"{os_name} {os_version}")) is not None


def is_linux(os_name: str, os_version: str) -> bool:
    """Tell whether a server runs a Linux that the text names."""
    if is_windows(os_name, os_version):
        return False
    return operating_system(os_name, os_version) is not None or "linux" in folded(os_name)


def _match(product: str, version: str) -> Match:
    return Match(product, support_table().releases.get((product, version)))


# Versions: each function returns the table's key, or "" where the text leaves it open.


def _one(found: list[str]) -> str:
    """Return what was found if it is one and the same thing."""
    return found[0] if len(set(found)) == 1 else ""


def _year(text: str) -> str:
    if "or later" in text:  # VMware's "2016 or later" names a family, not a release
        return ""
    year = _one(re.findall(r"(?<!\d)(20[0-3]\d)(?!\d)", text))
    return f"{year} R2" if year and re.search(r"(?<![a-z])r2(?!\d)", text) else year


def _plain(text: str) -> str:
    """Take out what looks like a version and is none: word sizes and architectures."""
    return re.sub(r"\(?\b\d\d[ -]?bit\b\)?|x86[_-]64|x86|amd64|i\d86|x64", " ", text)


def _numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])v?(\d+(?:\.\d+)*)(?![\w])", _plain(text))


def _major(text: str) -> str:
    """Return the major version of `6.8`, `EL 6.8 64bit`, `release 7 (64-bit)`, `...el7.x86_64`."""
    if "or later" in text or re.search(r"\d/\d", text):
        return ""
    in_kernel = re.findall(r"(?<![a-z])(?:rh)?el[ .]?(\d+)", text)
    return _one([n.partition(".")[0] for n in in_kernel or _numbers(text)])


def _minor(text: str) -> str:
    """Return major and minor version of `22.04.3`, `10.6.12`; "" if there is no minor one."""
    return _one([".".join(n.split(".")[:2]) for n in _numbers(text) if "." in n])


def _centos(text: str) -> str:
    major = _major(text)
    return f"Stream {major}" if major and "stream" in text else major


def _sles(text: str) -> str:
    service_pack = re.search(r"(?<![\w.])(\d\d)[ -]?(?:sp|service pack )(\d)(?!\d)", _plain(text))
    return f"{service_pack[1]}.{service_pack[2]}" if service_pack else _minor(text)


_SQL_SERVER_YEARS = {
    "10.0": "2008", "10.50": "2008 R2", "11.0": "2012", "12.0": "2014",
    "13.0": "2016", "14.0": "2017", "15.0": "2019", "16.0": "2022", "17.0": "2025",
}  # fmt: skip


def _sql_server(text: str) -> str:
    return _year(text) or _SQL_SERVER_YEARS.get(_minor(text), "")


_ORACLE_LETTERS = {"10g": "10.2", "11g": "11.2", "18c": "18", "19c": "19", "21c": "21",
                   "23c": "23", "23ai": "23"}  # fmt: skip


def _oracle(text: str) -> str:
    """Return the release; `12c` alone may be 12.1 or 12.2 and stays open."""
    lettered = _one(re.findall(r"(?<!\w)(1[0-2]g|1[289]c|2[13]c|23ai)(?:r[12])?(?!\w)", text))
    if lettered and not re.search(r"\d\.\d", text):
        # 10g and 11g: the table knows the last release of each, which outlived the first.
        return _ORACLE_LETTERS.get(lettered, "")
    major = _major(re.sub(r"(\d)[gc](?!\w)", r"\1", text))
    return major if int(major or 0) >= _ORACLE_YEARLY else _minor(text)


_ORACLE_YEARLY = 18
"""From 18 on the major version is the release."""

_WINDOWS = r"windows|\bwin[ -]?(?:20\d\d|server)"

_System = tuple[str, str, Callable[[str], str]]

_SYSTEMS: tuple[_System, ...] = (
    ("windows-server", _WINDOWS, _year),
    ("centos", r"centos", _centos),
    ("oracle-linux", r"oracle (enterprise )?linux|\boel\b", _major),
    ("amazon-linux", r"amazon linux", _major),
    ("rhel", r"rhel|red ?hat", _major),
    ("ubuntu", r"ubuntu", _minor),
    ("sles", r"sles|suse linux enterprise", _sles),
    ("debian", r"debian", _major),
)

_ENGINES: tuple[_System, ...] = (
    ("sql-server", r"sql ?server|mssql|ms sql", _sql_server),
    ("mariadb", r"mariadb", _minor),
    ("mysql", r"^(oracle )?mysql", _minor),
    ("postgresql", r"^postgres", _major),
    ("oracle", r"oracle", _oracle),
)
