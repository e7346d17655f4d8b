"""Portfolios to export: a real analysis, and opportunities that somebody made to do harm."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from customer import report, workbook
from hypothesis import strategies as st
from stores import a_session, an_opportunity

from opportune.export.portfolio import Portfolio, printable_opportunities
from opportune.model.records import Estimate, EstimateInput, Evidence, Opportunity, Priority, Status
from opportune.model.regions import region_named
from opportune.pipeline.service import Service
from opportune.stores.files.kept import MemoryFiles
from opportune.stores.open import open_store

MOMENT = datetime(2026, 11, 28, 14, 5, 9, tzinfo=UTC)
CUSTOMER = "Panadería Ñandú"
FORMULA = "=cmd|' /C calc'!A0"
MARKUP = '#import "x" *bold* $x$ _y_ `z` <w:p> & </w:t> {{ 7*7 }} {% for %} \\ ñ ã ç ¿'


@cache
def analysed(language: str = "es") -> Portfolio:
    """Return what an analysis of the sample files finds, with an amount of our own in it."""
    service = Service(open_store("memory:"), MemoryFiles(), clock=lambda: MOMENT)
    answer = service.analyses.analyze(
        [workbook(), report()], customer=CUSTOMER, updated_by="ana", language=language
    )
    return portfolio(
        *answer.opportunities,
        language=language,
        sessions=(service.store.get_session(answer.session_id),),
        customer=CUSTOMER,
    )


def portfolio(*opportunities: Opportunity, language: str = "en", **fields: Any) -> Portfolio:
    plain: dict[str, Any] = {
        "sessions": (a_session("s1", price_book="p 2026-11-22", run_date="2026-11-28"),),
        "language": language,
        "region": region_named("", language),
        "title": "Playbook ¿ñ?",
        "customer": "",
        "moment": MOMENT,
    }
    return Portfolio(opportunities=printable_opportunities(opportunities), **plain | fields)


def estimate(**fields: Any) -> Estimate:
    plain: dict[str, Any] = {
        "basis": "on-demand",
        "price_book": "p 2026-11-22",
        "region": "us-east-1",
        "formula": "a * b",
        "inputs": (EstimateInput(name="Compute", value="-12.50", unit="USD/year", source="S!A1"),),
        "low": "-1.00",
        "expected": "1234.56",
        "high": "2000",
        "digest": "f" * 64,
    }
    return Estimate.model_validate(plain | fields)


def hostile(text: str, **fields: Any) -> Opportunity:
    """Return an opportunity with this text wherever one may stand."""
    plain: dict[str, Any] = {
        "title": text,
        "category": text,
        "customer": text,
        "reasoning": text,
        "owner": text,
        "loss_reason": text,
        "talking_points": (text, text),
        "next_steps": (text,),
        "related_services": (text, text),
        "evidence": (Evidence(file=text, location=text, text=text),),
        "estimate": estimate(
            formula=text,
            basis="on-demand",
            inputs=(EstimateInput(name=text, value=text, unit=text, source=text),),
        ),
        "updated_by": text,
        "created_at": "2026-11-01T00:00:00.000Z",
        "updated_at": "2026-11-02T10:20:30.000Z",
        "close_date": "2026-12-31",
        "version": 3,
    }
    return an_opportunity("s1", **plain | fields)


UNPRINTABLE_TEXT = "a\x01\x0b\x1f\x85\ufffe\uffff\u202e\r\n\r\u2028b"
PIECES = st.sampled_from(
    [
        "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20",
        ",", ";", '"', "'", " ", "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "_x0041_",
        "\x01", "\x0b", "\u2028", "\ufffe", "\u00a0", "<w:t>", "&amp;", "]]>", "{{ 7*7 }}",
        "#eval(1)", "$x$", "Ñandú", "\U0001f600",
    ],
)  # fmt: skip
TEXTS = (
    st.lists(PIECES | st.text(max_size=5), max_size=8)
    .map("".join)
    .filter(lambda text: "\0" not in text)
)
HOSTILE = st.builds(
    hostile,
    TEXTS,
    status=st.sampled_from(Status),
    priority=st.sampled_from(Priority),
    estimated_arr=st.decimals(-(10**12), 10**12, places=2),
)
