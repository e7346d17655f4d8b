"""The store in one process: gone when it ends."""
