"""Recomputing what is stored, verifying it, and comparing two analyses."""
