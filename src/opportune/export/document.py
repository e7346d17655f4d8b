"""What a document for people says, fully worded: the PDF, the DOCX and users' templates show it.

Plain dicts, lists and texts, so that it can be passed as JSON and to a template without any object
behind it. docs/exports.md lists the keys; they are a promise to whoever has written a template.
"""

from typing import Any

from opportune.export.method import (
    language_of,
    made_at,
    method_lines,
    method_paragraphs,
    source_line,
)
from opportune.export.portfolio import Portfolio, claimed
from opportune.model.records import Estimate, Opportunity, Priority, Status
from opportune.model.words import category_name, words

CHART_ROWS = 10
"""Opportunities that the chart shows: those with the largest ARR, up or down."""
LABEL_LIMIT = 46

Worded = dict[str, Any]


def worded(portfolio: Portfolio) -> Worded:
    """Return all that a document says, in its language and region."""
    text, region = words(portfolio.language), portfolio.region
    count, total = portfolio.arr()
    high_count, high = portfolio.arr(priority=Priority.HIGH)
    return {
        "language": portfolio.language,
        "paper": region.paper,
        "title": portfolio.title,
        "customer": portfolio.customer,
        "made": made_at(portfolio),
        "filters": portfolio.filters or text["export.filters.none"],
        "about": method_lines(portfolio, with_method=False),
        "count": count,
        "arr": region.money(total),
        "high_count": high_count,
        "high_arr": region.money(high),
        "matrix": _matrix(portfolio),
        "chart": _chart(portfolio),
        "opportunities": [
            _worded_opportunity(one, number, portfolio)
            for number, one in enumerate(portfolio.opportunities, 1)
        ],
        "method": method_paragraphs(portfolio),
        "sources": [source_line(source, portfolio.language) for source in portfolio.sources],
        "words": {
            key.removeprefix("export.word."): value
            for key, value in text.items()
            if key.startswith("export.word.")
        },
    }


def _matrix(portfolio: Portfolio) -> Worded:
    """Return count and ARR by status and priority, with totals."""
    text = words(portfolio.language)

    def cell(status: Status | None, priority: Priority | None) -> Worded:
        count, arr = portfolio.arr(status, priority)
        return {"count": count, "arr": portfolio.region.number(arr)}

    rows = [
        {
            "name": text[f"status.{status}"] if status else text["export.total"],
            "is_total": status is None,
            "cells": [cell(status, priority) for priority in (*Priority, None)],
        }
        for status in (*Status, None)
    ]
    return {
        "titles": [*(text[f"priority.{p}"] for p in Priority), text["export.total"]],
        "rows": rows,
    }


def _chart(portfolio: Portfolio) -> Worded:
    """Return the largest amounts, and the same as a sentence for who does not see them."""
    text, region = words(portfolio.language), portfolio.region
    shown = sorted(
        (one for one in portfolio.opportunities if one.estimated_arr),
        key=lambda one: (-abs(one.estimated_arr), one.id),
    )[:CHART_ROWS]
    shown.sort(key=lambda one: (-one.estimated_arr, one.id))
    bars = [
        {
            "label": _short_title(one.title),
            "value": float(one.estimated_arr),
            "text": region.number(one.estimated_arr),
            "priority": one.priority.value,
        }
        for one in shown
    ]
    told = "; ".join(f"{bar['label']}: USD {bar['text']}" for bar in bars)
    return {
        "title": text["export.chart.arr"],
        "alt": f"{text['export.chart.arr']}: {told}",
        "bars": bars,
        "legend": [[p.value, text[f"priority.{p}"]] for p in Priority],
    }


def _short_title(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= LABEL_LIMIT else line[: LABEL_LIMIT - 1].rstrip() + "…"


def _worded_opportunity(one: Opportunity, number: int, portfolio: Portfolio) -> Worded:
    text, language = words(portfolio.language), portfolio.language
    return {
        "number": number,
        "id": one.id,
        "title": one.title or "-",
        "language": language_of(one.language, language),
        "priority": text[f"priority.{one.priority}"],
        "priority_code": one.priority.value,
        "status": text[f"status.{one.status}"],
        "category": category_name(one.category, language),
        "customer": one.customer,
        "arr": portfolio.region.money(one.estimated_arr),
        "owner": one.owner,
        "close_date": one.close_date.isoformat() if one.close_date else "",
        "loss_reason": one.loss_reason,
        "reasoning": one.reasoning,
        "evidence": [{"text": e.text, "file": e.file, "place": e.location} for e in one.evidence],
        "estimate": _worded_estimate(claimed(one), portfolio),
        "talking_points": list(one.talking_points),
        "next_steps": list(one.next_steps),
        "services": list(one.related_services),
        "updated": one.updated_at[:10],
        "version": one.version,
    }


def _worded_estimate(estimate: Estimate | None, portfolio: Portfolio) -> Worded | None:
    """Return an estimate, or None if no ARR is claimed."""
    if estimate is None:
        return None
    money = portfolio.region.money
    return {
        "low": money(estimate.low),
        "expected": money(estimate.expected),
        "high": money(estimate.high),
        "basis": estimate.basis,
        "price_book": estimate.price_book,
        "region": estimate.region,
        "formula": estimate.formula,
        "inputs": [
            {
                "name": item.name,
                "value": _value(item.value, portfolio),
                "unit": words(portfolio.language).get(f"export.unit.{item.unit}", item.unit),
                "source": item.source,
            }
            for item in estimate.inputs
        ],
    }


def _value(value: str, portfolio: Portfolio) -> str:
    """Return an input's value with the region's marks if it is a plain number."""
    whole, _, fraction = value.removeprefix("-").partition(".")
    if not (whole.isdecimal() and whole.isascii()) or (fraction and not fraction.isdecimal()):
        return value
    return portfolio.region.number(float(value), decimals=len(fraction))
