"""What owners say of applications is told with its cells, and raises what is urgent."""

from datetime import date

from openpyxl_oracle import rows_of
from row_files import by_openpyxl, read_files

from opportune.analysis import analyze
from opportune.analysis.business import refresh_is_due
from opportune.model.records import Opportunity

TODAY = date(2026, 12, 1)
APPLICATIONS = (
    "Application ID",
    "Application Name",
    "Business Unit",
    "Business Owner",
    "Pain-point, Risks and Challenges",
    "Modernization Preference",
    "Modernization Roadmap",
    "Approaching Refresh (Y/N)",
    "Data Sovereignty Requirements",
    "Lifecycle Status",
)
CRM = (
    "A1",
    "CRM",
    "Sales",
    "Ana Ruiz",
    "Slow at month end",
    "Containers",
    "",
    "2027-03-31",
    "GDPR",
    "Active",
)
ERP = ("A2", "ERP", "Finance", "Ben Ode", "", "", "", "No", "", "Phase out 2028")


def estate(*applications: tuple[str, ...], linux: str = "7") -> bytes:
    """Return an MPA workbook: CRM on elm1 and elm2 (Windows), ERP on elm3 (RHEL)."""
    return by_openpyxl(
        Servers=(
            (
                "Serverid",
                "HOSTNAME",
                "osName",
                "osVersion",
                "numCpus",
                "totalRAM (GB)",
                "Storage-Total Disk Size (GB)",
            ),
            ("S1", "elm1", "Windows Server", "2012 R2", 4, 16, 100),
            ("S2", "elm2", "Windows Server", "2012 R2", 4, 16, 100),
            ("S3", "elm3", "RHEL", linux, 4, 16, 100),
        ),
        Applications=(APPLICATIONS, *applications),
        **{
            "Server to application": (
                ("appid", "serverId"),
                ("A1", "S1"),
                ("A1", "S2"),
                ("A2", "S3"),
            )
        },
    )


def found(data: bytes, language: str = "en") -> dict[str, Opportunity]:
    """Return what an analysis finds, by its play."""
    result = analyze(
        read_files(a_xlsx=data), session_id="s", customer="", language=language, run_date=TODAY
    )
    return {o.template_id: o for o in result.opportunities}


def blank(row: tuple[str, ...]) -> tuple[str, ...]:
    return (*row[:3], *("" for _ in row[3:]))


def test_facts_are_told_where_their_application_is_concerned_with_their_cells() -> None:
    data = estate(CRM, ERP)
    plays = found(data)
    windows, linux = plays["windows-eos"], plays["linux-eos"]
    said = dict(next(iter(rows_of(data, "Applications"))))
    assert said["Business Owner"] == "Ana Ruiz"
    talk = " ".join((*windows.talking_points, *windows.next_steps))
    for header in (
        "Business Owner",
        "Pain-point, Risks and Challenges",
        "Modernization Preference",
        "Data Sovereignty Requirements",
        "Approaching Refresh (Y/N)",
    ):
        assert str(said[header]) in talk, header
    assert "Active" not in talk
    assert "Ben Ode" not in talk
    cells = {(e.location, e.text.rpartition(": ")[2].rstrip(".")) for e in windows.evidence}
    assert {
        ("Applications!D2", "Ana Ruiz"),
        ("Applications!E2", "Slow at month end"),
        ("Applications!H2", "2027-03-31"),
        ("Applications!I2", "GDPR"),
    } <= cells
    other = " ".join((*linux.talking_points, *linux.next_steps))
    assert "Phase out 2028" in other
    assert "Ben Ode" in other
    assert "Ana Ruiz" not in other


def test_a_refresh_that_is_due_raises_by_one_step_and_it_is_said() -> None:
    before, after = found(estate(blank(CRM), ERP)), found(estate(CRM, ERP))
    steps = ["Low", "Medium", "High"]
    on_windows = {play for play, o in after.items() if "Raised to" in o.reasoning}
    assert on_windows
    assert "linux-eos" not in on_windows
    for play, old in before.items():
        want = min(steps.index(old.priority) + (play in on_windows), 2)
        assert after[play].priority == steps[want], play
        assert after[play].estimate == old.estimate, play  # no figure, no digest changes


def test_a_refresh_of_other_machines_raises_nothing() -> None:
    before, after = (found(estate(row, ERP, linux="9")) for row in (blank(CRM), CRM))
    assert before["graviton"].priority == after["graviton"].priority == "Medium"
    assert after["graviton"].reasoning == before["graviton"].reasoning
    assert "Raised to Medium" in after["rehost"].reasoning


def test_nothing_is_said_where_the_columns_are_blank_or_say_no() -> None:
    nothing = (*CRM[:3], "", "N/A", "No", "none", "N", "-", "Active")
    assert found(estate(nothing, blank(ERP))) == found(estate(blank(CRM), blank(ERP)))


def test_each_language_speaks_its_own_words() -> None:
    data = estate(CRM, ERP)
    assert any("responsable de negocio" in s for s in found(data, "es")["rehost"].next_steps)
    assert any("responsável de negócio" in s for s in found(data, "pt")["rehost"].next_steps)


def test_a_refresh_is_due_from_a_year_before_to_a_year_after_the_run_date() -> None:
    due = (
        "Yes",
        "Sí",
        "sim",
        "2026-12-31",
        "2027-12-01",
        "31/12/2026",
        "Q2 2027",
        "2027",
        "2025-12",
        "12/2026",
        "2027-01-15 00:00:00",
        "4T 2026",
    )
    not_due = (
        "",
        "No",
        "2028-01-01",
        "2025-11-30",
        "31/01/2028",
        "Q1 2028",
        "soon",
        "2024",
        "12/01/2028",
        "2027-13-01",
    )
    assert [text for text in due if not refresh_is_due(text, TODAY)] == []
    assert [text for text in not_due if refresh_is_due(text, TODAY)] == []
