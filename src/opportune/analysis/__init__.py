"""From an assessment to opportunities: plays, sizing, prices, and the tree behind each dollar.

Pure: no clock, no network, no store. Data files are read at the first analysis, not at import, and
the rules are loaded when the first of these names is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opportune.analysis.calculation import Node, named_cells
    from opportune.analysis.cells import Cell, Cells, written_out
    from opportune.analysis.engine import Analysis, analyze
    from opportune.analysis.prices import PriceBook

__all__ = [
    "Analysis",
    "Cell",
    "Cells",
    "Node",
    "PriceBook",
    "analyze",
    "named_cells",
    "written_out",
]

_MODULES = {
    "Analysis": "engine",
    "Cell": "cells",
    "Cells": "cells",
    "Node": "calculation",
    "PriceBook": "prices",
    "analyze": "engine",
    "named_cells": "calculation",
    "written_out": "cells",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"opportune.analysis.{_MODULES[name]}"), name)
