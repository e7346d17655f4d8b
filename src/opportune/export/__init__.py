"""Opportunities as files: PDF, DOCX, XLSX, CSV and JSON Lines.

Each format is written by a module of its own, imported when it is asked for.
"""
