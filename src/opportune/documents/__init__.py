"""Readers of customers' files: identify by content, then extract facts with their places."""
