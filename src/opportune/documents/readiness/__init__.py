"""Readiness reports: the MRA report, and reports in Markdown."""
