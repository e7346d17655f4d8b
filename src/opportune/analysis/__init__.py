"""From an assessment to opportunities: plays, sizing, prices, and the tree behind each dollar.

Pure: no clock, no network, no store. Data files are read at the first analysis, not at import.
"""

from opportune.analysis.calculation import Node, named_cells, named_servers
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
    "named_servers",
    "written_out",
]
