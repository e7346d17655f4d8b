"""Evidence adds up: each entry counts and sums its own rows, all entries together the whole.

The expected sums come from the generator's own numbers, never from what was read.
"""

import random
import re
from collections import Counter, defaultdict
from datetime import date

from row_files import VINFO, by_csv, by_openpyxl, by_xlsxwriter, read_files

from opportune.analysis import analyze
from opportune.model.records import Opportunity

SYSTEMS = (
    "Microsoft Windows Server 2012 R2",
    "Microsoft Windows Server 2019",
    "Red Hat Enterprise Linux 6",
    "Ubuntu Linux 22.04",
)
ENVIRONMENTS = ("Production", "Development", "Test")
PLAIN = (
    "Server Name",
    "OS",
    "CPU Cores",
    "Memory (GB)",
    "Storage (GB)",
    "Environment",
    "Hypervisor",
    "Peak CPU %",
    "Peak RAM Usage (%)",
)
NUMBER = r"(\d+(?:,\d{3})*(?:\.\d+)?)"
"""As English writes it."""

Row = tuple[str, str, int, int, float, str]


def rows(seed: int, prefix: str, many: int) -> list[Row]:
    rng = random.Random(seed)
    return [
        (
            f"{prefix}{n:02}",
            rng.choice(SYSTEMS),
            rng.choice((2, 4, 8)),
            rng.choice((4, 16, 33)),
            rng.choice((100.25, 200.5, 333.33)),
            rng.choice(ENVIRONMENTS),
        )
        for n in range(many)
    ]


def plain(made: list[Row], seed: int) -> list[tuple[object, ...]]:
    rng = random.Random(seed)
    return [
        PLAIN,
        *((*row, "VMware", rng.randrange(11, 80), rng.randrange(11, 80)) for row in made),
    ]


def vinfo(made: list[Row]) -> list[tuple[object, ...]]:
    header = (*VINFO[:5], "OS according to the VMware Tools", "Environment")
    return [header, *((r[0], "poweredOn", "False", r[2], r[3] * 1024, r[1], r[5]) for r in made)]


def disks(made: list[Row]) -> list[tuple[object, ...]]:
    return [("VM", "Disk", "Capacity MiB", "Thin"), *((r[0], "d", r[4] * 1024, "n") for r in made)]


def estates(seed: int) -> dict[str, tuple[dict[str, bytes], list[Row]]]:
    """Return files by how they are divided, and all of their rows."""
    one, two = rows(seed, "alder", 9), rows(seed + 1, "birch", 7)
    databases = [
        (
            "Database ID",
            "DB Name",
            "Source Engine Type",
            "Source Engine Version",
            "Source Engine Edition",
            "Total Size (GB)",
            "Hostname",
        ),
        *(
            (
                f"D{n}",
                f"db{n}",
                "SQL Server",
                "2016",
                ("Enterprise", "Standard")[n % 2],
                10.5 + n,
                row[0],
            )
            for n, row in enumerate(one[:4])
        ),
    ]
    return {
        "two lists": (
            {"a_csv": by_csv(plain(one, seed)), "b_xlsx": by_openpyxl(S=plain(two, seed))},
            one + two,
        ),
        "two sheets": (
            {"a_xlsx": by_xlsxwriter(S=plain(one, seed), T=plain(two, seed))},
            one + two,
        ),
        "disks of two sources": (
            {
                "a_xlsx": by_openpyxl(vInfo=vinfo(one), vDisk=disks(one)),
                "b_csv": by_csv(plain(two, seed)),
            },
            one + two,
        ),
        "databases beside": (
            {
                "a_csv": by_csv(plain(one, seed)),
                "d_csv": by_csv(databases),
                "b_csv": by_csv(plain(two, seed)),
            },
            one + two,
        ),
    }


def entries(opportunity: Opportunity, pattern: str) -> list[tuple[float, ...]]:
    """Return the numbers of the entries of evidence that fit a pattern."""
    found = (re.search(pattern, e.text) for e in opportunity.evidence)
    return [
        tuple(float(text.replace(",", "")) for text in match.groups()) for match in found if match
    ]


def test_entries_of_the_base_add_up_to_what_the_files_hold() -> None:
    wrong = []
    for seed in range(6):
        for name, (files, made) in estates(seed).items():
            found = analyze(
                read_files(**files), session_id="s", customer="", run_date=date(2026, 12, 1)
            )
            (rehost,) = [o for o in found.opportunities if o.template_id == "rehost"]
            want = {
                rf"^{NUMBER} running servers? ha.* {NUMBER} cores": sum(r[2] for r in made),
                rf"^{NUMBER} servers? ha.* {NUMBER} GB of RAM": sum(r[3] for r in made),
                rf"^{NUMBER} servers? ha.* {NUMBER} GB of prov": round(sum(r[4] for r in made), 2),
            }
            for pattern, total in want.items():
                got = entries(rehost, pattern)
                sums = [round(sum(column), 2) for column in zip(*got, strict=True)]
                if sums != [len(made), total] or len(got) < 2:
                    wrong.append((seed, name, pattern, got, total))
    assert not wrong


def sums(opportunity: Opportunity) -> dict[str, Counter[str]]:
    """Return what the entries of evidence add up to, by sentence and by the place of a number."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    texts = (e.text.replace("64-bit", "wide") for e in opportunity.evidence)
    for text in (text for text in texts if "median" not in text):
        named = re.findall(r"([A-Z]\w+) \((\d+)\)", text)  # Development (3), Test (2)
        rest = re.sub(r"(?:, )?[A-Z]\w+ \(\d+\)", "", text)
        numbers = re.findall(NUMBER, rest)
        shape = re.sub(NUMBER, "#", rest)
        for many, one in PLURALS:
            shape = re.sub(rf"\b{many}\b", one, shape)
        if not numbers or re.search(r"(?:20\d\d)-|Support|support|rated", text):
            continue  # dates of releases: nothing that adds up
        for place, number in [*enumerate(numbers), *named]:
            found[shape][str(place)] += round(100 * float(number.replace(",", "")))
    return found


PLURALS = (
    ("servers", "server"),
    ("databases", "database"),
    ("have", "has"),
    ("make", "makes"),
    ("run", "runs"),
    ("are", "is"),
    ("hold", "holds"),
    ("rows name", "row names"),
    ("name", "names"),
    ("lines", "line"),
    ("rows", "row"),
)


def test_entries_of_several_tables_add_up_to_the_one_entry_of_a_single_table() -> None:
    wrong = []
    compared = 0
    for seed in range(6):
        one, two = rows(seed, "alder", 9), rows(seed + 1, "birch", 7)
        parts = plain(one, seed), plain(two, seed)
        whole = {"a_csv": by_csv([*parts[0], *parts[1][1:]])}
        divided = {
            "two files": {"a_csv": by_csv(parts[0]), "b_xlsx": by_openpyxl(S=parts[1])},
            "two sheets": {"a_xlsx": by_xlsxwriter(S=parts[0], T=parts[1])},
        }
        right = {o.template_id: sums(o) for o in found_in(whole)}
        for name, files in divided.items():
            got = {o.template_id: sums(o) for o in found_in(files)}
            assert got.keys() == right.keys()
            for play, totals in right.items():
                compared += len(totals)
                wrong += [
                    (seed, name, play, shape, got[play][shape], total)
                    for shape, total in totals.items()
                    if got[play][shape] != total
                ]
    assert not wrong
    assert compared > 150


def found_in(files: dict[str, bytes]) -> tuple[Opportunity, ...]:
    """Return what an analysis of these files finds."""
    read = read_files(**files)
    return analyze(read, session_id="s", customer="", run_date=date(2026, 12, 1)).opportunities


def test_the_base_by_table_adds_up_to_the_dollar() -> None:
    wrong = []
    for seed in range(6):
        for name, (files, _) in estates(seed).items():
            found = analyze(
                read_files(**files), session_id="s", customer="", run_date=date(2026, 12, 1)
            )
            for opportunity in found.opportunities:
                got = entries(opportunity, rf"^{NUMBER} servers? makes? up a base of USD {NUMBER}")
                whole = re.search(r"USD ([\d,]+)", opportunity.reasoning)
                if got and whole and f"{sum(n[1] for n in got):,.0f}" not in opportunity.reasoning:
                    wrong.append((seed, name, got, opportunity.reasoning))
    assert not wrong
