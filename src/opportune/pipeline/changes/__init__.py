"""What people change: edits of one or many, history and its seals, duplicates."""
