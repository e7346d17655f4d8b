"""One declaration for each tool that exports an inventory."""
