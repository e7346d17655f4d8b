"""Questionnaires as documents and as sheets: questions, and what was answered."""
