"""The use cases: nothing else calls stores, analysis and documents together."""
