"""How much a file may be before it is refused: one set of limits for zips, XML and sheets."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of a file at most; docs/documents.md says the same to users."""

    entries: int = 10_000
    """Files in a zip, whatever they are."""
    members: int = 500
    """Files in a zip of CSV files; exports have a few dozen."""
    inflated_bytes: int = 512 * MIB
    """Of the parts that are read, unpacked, together."""
    kept_bytes: int = 160 * MIB
    """Of the same without long stretches of empty rows: what is held in memory at once."""
    part_bytes: int = 512 * MIB
    """Of one part, unpacked."""
    ratio: int = 200
    """Unpacked to packed size of a part; real sheets reach about 20."""
    ratio_from_bytes: int = 4 * MIB
    """Parts that unpack to less than this are not held to the ratio."""
    xml_bytes: int = 32 * MIB
    """Of XML that a tree is built of."""
    xml_tags: int = 1_500_000
    xml_depth: int = 150
    """Elements inside each other; a table in a table in a control has about 40."""
    columns: int = 16_384
    rows: int = 1_048_576
    """Of a sheet, as Excel has them."""
    area_cells: int = 4_000_000
    """Rows x columns of a sheet, from A1 to its last cell."""
    file_cells: int = 8_000_000
    """The same of all sheets of a file together."""
    texts: int = 4_000_000
    """Different texts of a workbook."""
    text_bytes: int = 512 * MIB
    """All texts of all cells of a workbook together."""


LIMITS = Limits()
"""For customers' files."""
TEMPLATE_LIMITS = Limits(
    entries=1_000,
    inflated_bytes=40_000_000,
    kept_bytes=40_000_000,
    part_bytes=20_000_000,
    xml_bytes=5_000_000,
    ratio=300,
    ratio_from_bytes=500_000,
)
"""For users' own Word templates, which are rendered again for each export."""
