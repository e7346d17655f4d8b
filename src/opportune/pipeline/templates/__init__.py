"""Users' own plays: saved, previewed, used by hand."""
