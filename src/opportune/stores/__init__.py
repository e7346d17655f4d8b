"""The stores: `contract.py` says what they promise, one file each keeps it."""
