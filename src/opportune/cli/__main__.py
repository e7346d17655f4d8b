"""`python -m opportune.cli docs/cli.md` brings the generated parts of that page up to date."""

import sys
from pathlib import Path

from opportune.cli import cli
from opportune.cli.reference import page

if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(page(cli, file.read_text("utf-8")), "utf-8")
