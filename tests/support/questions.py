"""Rows to find, and questions about them with the answers."""

from decimal import Decimal
from typing import Any

from opportune.model.filters import OpportunityFilters
from opportune.model.records import Priority, Status

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


ROWS: list[dict[str, Any]] = [
    {"priority": HIGH, "estimated_arr": Decimal("100.00"), "title": "Migración a RDS"},
    {"priority": HIGH, "estimated_arr": Decimal("100.01"), "reasoning": "ÁRBOL de 100% _x_"},
    {"priority": MEDIUM, "estimated_arr": Decimal(-5), "status": Status.IN_PROGRESS},
    {"priority": MEDIUM, "estimated_arr": Decimal(0), "talking_points": ["uno", "Straße"]},
    {"priority": LOW, "estimated_arr": Decimal("100.00"), "customer": "Ñandú"},
    {
        "priority": LOW,
        "estimated_arr": Decimal("99.99"),
        "related_services": ["Amazon Aurora", "Amazon RDS"],
        "close_date": "2026-03-31",
    },
    {"priority": LOW, "estimated_arr": Decimal("1E3"), "category": "Seguridad 'única'"},
    {
        "priority": HIGH,
        "estimated_arr": Decimal("1E3"),
        "status": Status.LOST,
        "owner": "Bea",
        "related_services": ["amazon rds"],
        "close_date": "2026-04-01",
    },
]


FILTERS: list[dict[str, Any]] = [
    {},
    {"priority": [HIGH]},
    {"priority": [LOW, HIGH, HIGH]},
    {"status": [Status.NEW]},
    {"status": [Status.LOST, Status.IN_PROGRESS], "priority": [HIGH, MEDIUM]},
    {"status": [Status.DISCARDED]},
    {"min_arr": Decimal(100)},
    {"max_arr": Decimal(100)},
    {"min_arr": Decimal(100), "max_arr": Decimal(100)},
    {"min_arr": Decimal(101), "max_arr": Decimal(100)},
    {"max_arr": Decimal("-0.01")},
    {"min_arr": Decimal("-9999999999999.99"), "max_arr": Decimal("9999999999999.99")},
    {"search_term": "MIGRACION"},
    {"search_term": "árbol"},
    {"search_term": "strasse"},
    {"search_term": "ñandu"},
    {"search_term": "aurora", "priority": [LOW]},
    {"search_term": "%"},
    {"search_term": "_x_"},
    {"search_term": "_"},
    {"search_term": "\\"},
    {"search_term": "'"},
    {"search_term": '"'},
    {"search_term": "*"},
    {"search_term": "bea"},
    {"search_term": "uno\nstr"},
    {"search_term": " "},
    {"search_term": "\N{COMBINING ACUTE ACCENT}"},
    {"category": ["MIGRACION"]},
    {"category": ["seguridad 'unica'", "Migración"], "priority": [LOW]},
    {"category": ["Migra"]},
    {"service": ["AMAZON RDS"]},
    {"service": ["Amazon"]},
    {"service": ["amazon aurora", "amazon rds"], "status": [Status.NEW]},
    {"customer": ["nandu"]},
    {"customer": ["Panaderia Nandu", "nobody"], "search_term": "rehost"},
    {"owner": ["bea"]},
    {"owner": [""]},
    {"owner": ["", "BEA"], "min_arr": Decimal(100)},
    {"session_id": "one"},
    {"session_id": "one", "search_term": "rds"},
    {"session_id": "none"},
    {"close_from": "2026-03-31"},
    {"close_to": "2026-03-31"},
    {"close_from": "2026-04-01", "close_to": "2026-04-01"},
    {"close_from": "2026-04-02"},
    {"created_from": "2026-03-01", "updated_to": "2026-03-01"},
    {"created_to": "2026-02-28"},
    {"updated_from": "2026-03-02"},
]


QUESTIONS = [OpportunityFilters.model_validate(one) for one in FILTERS]
