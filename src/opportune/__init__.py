"""Finds sales opportunities in a customer's AWS migration assessment, with evidence and ARR."""

__version__ = "0.1.0"
