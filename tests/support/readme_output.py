"""What the README shows: the output of `make demo`, and one calculation down to the cells.

`python tests/support/readme_output.py` writes the present output into the page.
"""

import re
import tempfile
from pathlib import Path

from click.testing import CliRunner

from opportune.cli import cli

README = Path(__file__).parents[2] / "README.md"
START = "<!-- demo: written by `python tests/support/readme_output.py` -->\n"
END = "<!-- end -->\n"
LEFT_OUT = ("Category", "Id")
"""Columns of the table that a narrow page has no room for."""
SERVER, SERVER_LINES = "host00001", 13


def written() -> str:
    """Run the demo in a folder of its own, and return the README's block."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"OPPORTUNITY_DATA_DIR": folder, "OPPORTUNITY_STORAGE_TYPE": "sqlite"}

        def run(*arguments: str) -> list[str]:
            done = CliRunner().invoke(cli, arguments, env=environment, catch_exceptions=False)
            return str(done.stdout).replace(f"{folder}/", "").splitlines()

        run("sample", "--servers", "200", "--out", folder)
        files = (f"{folder}/mpa.xlsx", f"{folder}/mra.pdf")
        table = _narrowed(run("analyze", *files, "--customer", "Example Corp"))
        base = re.findall(r"^Session (\w+)", table[0])[0] + ".rehost"
        tree = run("explain", base)
    first = next(n for n, line in enumerate(tree) if line.startswith(f"  {SERVER}:"))
    command = f"$ opportune explain {base} | grep -A {SERVER_LINES - 1} '{SERVER}:'"
    shown = [command, *tree[first : first + SERVER_LINES]]
    between = ["", "And this is where one server's part comes from:", ""]
    return "\n".join(["```", *table, "```", *between, "```", *shown, "```", ""])


def _narrowed(lines: list[str]) -> list[str]:
    """Return the first lines and the table, without the columns that are left out."""
    rule = next(n for n, line in enumerate(lines) if re.fullmatch(r"-[- ]+-", line))
    spans = [match.span() for match in re.finditer(r"-+", lines[rule])]
    kept = [span for span in spans if lines[rule - 1][slice(*span)].strip() not in LEFT_OUT]
    end = next(n for n, line in enumerate(lines) if n > rule and "ARR USD" in line)
    rows = lines[rule - 1 : end]
    table = ["  ".join(line[a:b].ljust(b - a) for a, b in kept).rstrip() for line in rows]
    return [*lines[: rule - 1], *table, lines[end]]


def shown() -> str:
    """Return the block that the README has now."""
    return README.read_text("utf-8").split(START)[1].split(END)[0]


if __name__ == "__main__":
    before, rest = README.read_text("utf-8").split(START)
    README.write_text(before + START + written() + END + rest.split(END)[1], "utf-8")
