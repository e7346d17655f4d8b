"""Opportunities as files: PDF, DOCX, XLSX, CSV and JSON Lines.

Each format is written by a module of its own, imported when it is asked for.
"""

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a program needs that only asks which formats there are, is little
    from opportune.export.docx_template import UserTemplate
    from opportune.export.portfolio import Portfolio


class Format(StrEnum):
    """Of an export; the value is the ending of the file's name."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"
    JSONL = "jsonl"


OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.DOCX: f"{OFFICE}.wordprocessingml.document",
    Format.XLSX: f"{OFFICE}.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/jsonl; charset=utf-8",
}
NAME_LIMIT = 60


def file_name(format_: Format, customer: str, day: str) -> str:
    """Return the usual name: `soa-Example-Corp-2026-11-28.pdf`."""
    name = re.sub(r"[^\w.]+", "-", customer)[:NAME_LIMIT].strip("-.")
    return "-".join(part for part in ("soa", name, day) if part) + f".{format_}"


def write(
    format_: Format,
    portfolio: "Portfolio",
    *,
    separator: str = ",",
    template: "UserTemplate | None" = None,
) -> bytes:
    """Write a portfolio in any format but JSON Lines, which takes records; see `records.write`.

    Args:
        format_: Which.
        portfolio: What it shows.
        separator: Of CSV: `,` or `;`.
        template: Of DOCX; None = our own looks.

    Raises:
        InvalidInputError: The separator is another one.
        DocumentError: The template cannot be used.
    """
    if format_ is Format.PDF:
        from opportune.export import pdf

        return pdf.write(portfolio)
    if format_ is Format.XLSX:
        from opportune.export import xlsx

        return xlsx.write(portfolio)
    if format_ is Format.CSV:
        from opportune.export import delimited

        return delimited.write(portfolio, separator=separator)
    if template is not None:
        from opportune.export import docx_template

        return docx_template.write(portfolio, template)
    from opportune.export import docx

    return docx.write(portfolio)
