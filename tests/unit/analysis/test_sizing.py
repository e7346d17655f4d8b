"""Sizing and prices: small cases computed by hand, and what must hold for any server."""

from decimal import Decimal
from pathlib import Path

import pytest
from cases import analysis_of, fired, server
from hypothesis import given
from hypothesis import strategies as st

from opportune.analysis.base import base_of
from opportune.analysis.sizing import Fitter, Need, need_as_is, need_at_peak
from opportune.errors import ConfigurationError
from opportune.model.assessment import Assessment
from opportune.prices.book import PriceBook

BOOK = PriceBook.bundled()
FITTER = Fitter(BOOK)


@pytest.mark.parametrize(
    ("vcpus", "ram_gib", "name"),
    [
        (0.1, 0.1, "c7i.large"),
        (2, 4, "c7i.large"),
        (2, 4.1, "m7i.large"),
        (2, 8.5, "r7i.large"),
        (2, 64, "r7i.2xlarge"),
        (6, 8, "c7i.2xlarge"),
        (6, 16, "c7i.2xlarge"),
        (6, 17, "m7i.2xlarge"),
        (32, 64, "c7i.8xlarge"),
        (33, 64, "c7i.12xlarge"),
        (192, 1536, "r7i.48xlarge"),
    ],
)
def test_the_cheapest_type_that_fits_is_chosen(vcpus: float, ram_gib: float, name: str) -> None:
    instance = FITTER.fit(Need(vcpus, ram_gib))
    assert instance is not None
    assert instance.name == name


@given(st.floats(0.1, 192), st.floats(0.1, 1536))
def test_no_other_type_that_fits_is_cheaper_with_or_without_a_windows_licence(
    vcpus: float, ram_gib: float
) -> None:
    chosen = FITTER.fit(Need(vcpus, ram_gib))
    assert chosen is not None
    assert chosen.vcpus >= vcpus
    assert chosen.ram_gib >= ram_gib
    licence = BOOK.price("windows-vcpu-hour").amount
    for other in BOOK.x86_by_price:
        if other.vcpus >= vcpus and other.ram_gib >= ram_gib:
            assert chosen.hourly <= other.hourly
            assert chosen.hourly + chosen.vcpus * licence <= other.hourly + other.vcpus * licence


def test_a_server_larger_than_every_type_is_left_out_and_said_so() -> None:
    analysis = analysis_of([server(2, cores=193), server(3, ram_gb=2000.0), server(4)])
    (note,) = (n for n in analysis.quality if n.code == "server-fits-no-type")
    assert note.source == "estate.xlsx Servers!H2:H3"
    assert "host2, host3" in note.message
    assert len(analysis.trees["s1.rehost"].children) == 1


@pytest.mark.parametrize("facts", [{"cores": None}, {"ram_gb": None}, {"cores": 0}, {"ram_gb": 0}])
def test_a_server_without_cores_or_ram_is_left_out_and_said_so(facts: dict[str, object]) -> None:
    analysis = analysis_of([server(2, **facts), server(3)])
    assert [n.source for n in analysis.quality if n.code == "server-size-unknown"] == [
        "estate.xlsx Servers!H2"
    ]
    assert len(analysis.trees["s1.rehost"].children) == 1


def test_threads_stand_in_where_cores_are_unknown() -> None:
    assert need_as_is(server(cores=None, threads=6)) == Need(6.0, 16.0)


def test_the_need_is_cores_x_peak_cpu_and_ram_x_peak_ram_without_float_dust() -> None:
    need = need_at_peak(server(cores=40, cpu_peak_fraction=0.8, ram_peak_fraction=0.3))
    assert need == Need(32.0, 4.8, 0.8, 0.3)


@pytest.mark.parametrize("fraction", [None, 0.0, -0.5, 1.5, 75.0])
def test_a_peak_that_cannot_be_one_is_not_applied(fraction: float | None) -> None:
    need = need_at_peak(server(cpu_peak_fraction=fraction, ram_peak_fraction=fraction))
    assert need == Need(4.0, 16.0)


def test_without_utilisation_a_server_is_sized_as_is_and_said_so() -> None:
    analysis = analysis_of([server()])
    rehost = fired(analysis, "rehost")
    assert rehost.estimate is not None
    assert rehost.estimate.expected == rehost.estimate.high
    assert "no measured peak" in rehost.reasoning
    assert "utilisation-missing" in [n.code for n in analysis.quality]


def test_a_windows_server_by_hand() -> None:
    # 8 cores x 75 % = 6 vCPU, 16 GB x 50 % = 8 GiB -> c7i.2xlarge: 0.357 x 8,760 = 3,127.32
    # licence 8 vCPU x 0.046 x 8,760 = 3,223.68; storage 500 x 0.08 x 12 = 480.00
    # like for like 8 vCPU, 16 GiB -> the same c7i.2xlarge
    windows = server(
        os_name="Windows ", os_version="2012 Standard R2", cores=8, disk_gb=500.0,
        cpu_peak_fraction=0.75, ram_peak_fraction=0.5,
    )  # fmt: skip
    analysis = analysis_of([windows])
    (node,) = analysis.trees["s1.rehost"].children
    assert [(c.label, c.amount) for c in node.children] == [
        ("EC2 compute", Decimal("3127.32")),
        ("Windows licence included", Decimal("3223.68")),
        ("EBS gp3 storage", Decimal("480.00")),
    ]
    assert node.children[0].formula == (
        "8 cores x 75 % peak = 6.0 vCPU, 16 GB x 50 % peak = 8.0 GiB -> c7i.2xlarge, "
        "8,760 h x $0.357"
    )
    assert node.children[0].sources[0] == "estate.xlsx Servers!2:2"
    estimate = fired(analysis, "rehost").estimate
    assert estimate is not None
    # committed: 3,127.32 x 33.38 / 73.58 = 1,418.73
    assert (estimate.low, estimate.expected, estimate.high) == (
        Decimal("1418.73") + Decimal("3703.68"),
        Decimal("6831.00"),
        Decimal("6831.00"),
    )
    assert [i.value for i in estimate.inputs[:3]] == ["3127.32", "3223.68", "480.00"]


def test_a_leaf_is_rounded_half_up_to_the_cent() -> None:
    # m7i.large: 0.1008 x 8,760 = 883.008 -> 883.01; 0.005208 GB x 0.96 = 0.005 -> 0.01
    (node,) = (
        analysis_of([server(cores=2, ram_gb=8.0, disk_gb=0.0052083334)]).trees["s1.rehost"].children
    )
    assert [c.amount for c in node.children] == [Decimal("883.01"), Decimal("0.01")]


def test_templates_are_no_machines_and_powered_off_ones_are_reported_apart() -> None:
    machines = [server(2), server(3, is_template=True), server(4, is_powered_on=False)]
    analysis = analysis_of(machines)
    assert [c.label for c in analysis.trees["s1.rehost"].children] == ["host2"]
    (note,) = (n for n in analysis.quality if n.code == "powered-off-left-out")
    assert note.source == "estate.xlsx Servers!A4"
    assert "USD 1,766 a year" in note.message


@pytest.mark.parametrize(("same", "expected"), [(8, 8), (7, None)])
def test_peaks_shared_by_four_fifths_of_the_servers_are_called_a_constant(
    same: int, expected: int | None
) -> None:
    constant = [server(r, cpu_peak_fraction=0.75, ram_peak_fraction=0.5) for r in range(same)]
    measured = [
        server(r, cpu_peak_fraction=r / 100, ram_peak_fraction=0.5) for r in range(same + 1, 11)
    ]
    base = base_of(Assessment(servers=(*constant, *measured)), BOOK)
    assert len(base.sized) == 10
    assert (base.constant_peaks or (0, 0, None))[2] == expected


def test_the_bundled_book_holds_the_published_prices() -> None:
    assert BOOK.instance_types["m7i.large"].hourly == Decimal("0.1008")
    assert BOOK.instance_types["r7i.2xlarge"].hourly == Decimal("0.5292")
    assert (
        BOOK.instance_types["c7i.8xlarge"].vcpus,
        BOOK.instance_types["c7i.8xlarge"].ram_gib,
    ) == (
        32,
        64,
    )
    assert "2026-07-20" in BOOK.instance_types["m7i.large"].source
    graviton = BOOK.graviton_of(BOOK.instance_types["m7i.large"])
    assert graviton is not None
    assert graviton.hourly == Decimal("0.0816")
    assert BOOK.graviton_of(BOOK.instance_types["m7i.48xlarge"]) is None


def test_a_book_of_ones_own_is_read_and_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("version = 'x'\n")
    with pytest.raises(ConfigurationError, match=r"mine\.toml lacks"):
        PriceBook.load(path)
    path.write_text("version = [\n")
    with pytest.raises(ConfigurationError, match=r"mine\.toml"):
        PriceBook.load(path)
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        PriceBook.load(tmp_path / "none.toml")
    path.write_text(
        "version='x'\nregion='r'\nhours_a_year=8760\n[sources]\ns={name='n',snapshot='2026'}\n"
        "[ec2.m7i]\nlarge_hourly='1'\nram_gib_per_vcpu=4\nsource='s'\nsizes=['large']\n"
        "[price.a]\namount='2'\nsource='s'\n"
    )
    book = PriceBook.load(path)
    assert book.price("a").amount == 2
    with pytest.raises(ConfigurationError, match="no price 'b'"):
        book.price("b")
