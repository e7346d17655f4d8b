"""From an assessment to opportunities: plays, sizing, prices, and the tree behind each dollar.

Pure: no clock, no network, no store. Data files are read at the first analysis, not at import.
"""

from opportune.analysis.calculation import Node
from opportune.analysis.engine import Analysis, analyze
from opportune.analysis.prices import PriceBook

__all__ = ["Analysis", "Node", "PriceBook", "analyze"]
