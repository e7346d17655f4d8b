"""Headers are understood by their words, in five languages, and only if every word is known."""

from dress_words import EXTRAS, HEADERS

from opportune.documents.inventory.headers import meaning_of

FIELDS = {
    "name": ("hostname", "id"),
    "os": ("os_name", "os_version"),
    "cores": ("sockets", "total_cores", "total_threads"),
    "ram_gb": ("ram_gb",),
    "disk_gb": ("disk_gb",),
    "environment": ("environment",),
    "on": ("is_powered_on",),
    "cpu_peak": ("cpu_peak_fraction",),
}
"""By what other programs, and people, call a column: what it may be read as."""

BY_HAND = {
    "asset_name": ("hostname", ""),
    "Mem (GB)": ("ram_gb", "gb"),
    "MemoryGiB": ("ram_gb", "gib"),
    "Arbeitsspeicher (MB)": ("ram_gb", "mb"),
    "Mémoire vive (Go)": ("ram_gb", "gb"),
    "Taille disque (To)": ("disk_gb", "tb"),
    "storage_util_gb": ("disk_used_gb", "gb"),
    "Free disk space (GB)": ("disk_free_gb", "gb"),
    "Used memory (MB)": ("ram_used_avg_gb", "mb"),
    "CPU usage(%)": ("cpu_avg_fraction", ""),
    "Peak Memory Utilization (%)": ("ram_peak_fraction", ""),
    "Núcleos por socket": ("cores_per_cpu", ""),
    "Threads per core": ("threads_per_core", ""),
    "Versión del SO": ("os_version", ""),
    "VM host": ("", ""),
}


def test_what_people_call_their_columns_is_understood() -> None:
    not_by_words = {"Main address", "VM-Name", "Logical CPUs"}
    wrong = [
        f"{language}: {header!r} is {meaning_of(header).field!r}, not {name}"
        for language, columns in HEADERS.items()
        for name, headers in columns.items()
        for header in headers
        if name in FIELDS
        and header not in not_by_words
        and meaning_of(header).field not in FIELDS[name]
    ]
    assert not wrong, "\n".join(wrong)


def test_quantity_unit_and_qualifier_are_told_apart() -> None:
    found = {text: (meaning_of(text).field, meaning_of(text).unit) for text in BY_HAND}
    assert found == BY_HAND


def test_a_header_with_a_word_that_is_not_known_is_not_understood() -> None:
    understood = {header for header, _ in EXTRAS if meaning_of(header).field}
    assert understood == set()
    for header in ("Memory per core", "Video Ram KiB", "CPU p95 (%)", "Total disks", "Disks"):
        assert not meaning_of(header).field, header
