"""Where records are kept: `contract.py` says what a store promises, a package each keeps it."""
