"""From an assessment to opportunities: plays, sizing, prices, and the tree behind each dollar.

Pure: no clock, no network, no store. Data files are read at the first analysis, not at import, and
the rules are loaded when the first of these names is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opportune.analysis.cells import Cell, Cells, written_out
    from opportune.analysis.engine import Analysis, analyze
    from opportune.analysis.tree import Node, named_cells, named_servers

__all__ = [
    "Analysis",
    "Cell",
    "Cells",
    "Node",
    "analyze",
    "named_cells",
    "named_servers",
    "written_out",
]

_MODULES = {
    "Analysis": "engine",
    "Cell": "cells",
    "Cells": "cells",
    "Node": "tree",
    "analyze": "engine",
    "named_cells": "tree",
    "named_servers": "tree",
    "written_out": "cells",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"opportune.analysis.{_MODULES[name]}"), name)
