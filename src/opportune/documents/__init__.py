"""Readers of customers' files: identify by content, then extract facts with their places.

They are loaded when the first of these names is asked for: a process that only shows what is stored
does not pay for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opportune.documents.families.registry import INVENTORY_KINDS
    from opportune.documents.reading import (
        NOT_READ,
        QUESTIONNAIRE_KINDS,
        READINESS_KINDS,
        Progress,
        kind_of,
        read_documents,
    )

__all__ = [
    "INVENTORY_KINDS",
    "NOT_READ",
    "QUESTIONNAIRE_KINDS",
    "READINESS_KINDS",
    "Progress",
    "kind_of",
    "read_documents",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("opportune.documents.reading"), name)
