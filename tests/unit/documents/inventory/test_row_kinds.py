"""Rows of a list of servers that are no servers: by class, as addresses, as examples."""

import pytest
from openpyxl_oracle import count, total
from row_files import by_csv, by_openpyxl, read_files
from workbooks import codes

from opportune.documents.inventory.row_kinds import kind_of_class
from opportune.errors import UnsupportedDocumentError

CLASSES = {
    "server": "Server|Virtual Machine|Windows Server|cmdb_ci_win_server|cmdb_ci_linux_server|"
    "cmdb_ci_vmware_instance|Servidor|Servidor de base de datos|Máquina virtual|Serveur|"
    "Machine virtuelle|Virtuelle Maschine|Database Server|File server|VM|Virtual|Physical",
    "database": "Database|cmdb_ci_db_mssql_instance|cmdb_ci_db_ora_instance|MSSQL Instance|"
    "Base de datos|Banco de dados|Datenbank|Base de données",
    "application": "Application|Business Application|cmdb_ci_appl|cmdb_ci_business_app|Aplicación|"
    "Aplicativo|Anwendung|Servicio",
    "network device": "Network Device|Switch|IP Switch|cmdb_ci_ip_switch|cmdb_ci_ip_router|"
    "cmdb_ci_netgear|Firewall|cmdb_ci_ip_firewall|Load Balancer|cmdb_ci_lb_bigip|Router|"
    "Equipo de red|Dispositivo de rede|Netzwerkgerät|Équipement réseau|Roteador|Access Point",
    "printer": "Printer|cmdb_ci_printer|Impresora|Impressora|Drucker|Imprimante",
    "storage": "Storage|Storage Array|cmdb_ci_storage_server|Storage Server|SAN|NAS|cmdb_ci_msd|"
    "Almacenamiento|Armazenamento|Speichersystem|Baie de stockage",
    "end user device": "Laptop|Desktop|Workstation|Notebook|Portátil|Poste de travail",
    "rack or power": "UPS|PDU|Rack|cmdb_ci_ups",
    "virtualisation host": "ESX Server|cmdb_ci_esx_server|ESXi Host|cmdb_ci_hyper_v_server",
    "software": "Software|cmdb_ci_app_server_tomcat|cmdb_ci_apache_web_server",
    "group": "Cluster|cmdb_ci_cluster|Resource Pool",
    "address": "cmdb_ci_ip_address|IP Address|Subnet",
    "": "Gold|A|cmdb_ci",
}


def test_classes_are_understood_in_five_languages_and_in_words_of_service_now() -> None:
    wrong = {
        (text, kind_of_class(text), kind)
        for kind, texts in CLASSES.items()
        for text in texts.split("|")
        if kind_of_class(text) != kind
    }
    assert not wrong


HEADER = ("sys_class_name", "name", "os", "os_version", "CPU Cores", "RAM (GB)", "Disk space (GB)")
CMDB = (
    ("cmdb_ci_win_server", "birch1", "Windows Server", "2019", 8, 32, 500),
    ("cmdb_ci_linux_server", "birch2", "RHEL", "8", 4, 16, 200),
    ("cmdb_ci_appl", "Payroll", "", "", 8, 16, 200),
    ("cmdb_ci_db_mssql_instance", "LEDGER", "", "", 16, 64, 2000),
    ("cmdb_ci_ip_switch", "core-sw-1", "", "", "", "", ""),
    ("cmdb_ci_storage_server", "array-1", "", "", 32, 128, 90000),
    ("cmdb_ci_printer", "prn-2", "", "", "", "", ""),
    ("cmdb_ci_toaster", "mill-7", "", "", "", "", ""),
)


def is_server(row: object) -> bool:
    return str(row["sys_class_name"]).endswith(("win_server", "linux_server"))  # type: ignore[index] # a row of the oracle


def test_a_cmdb_gives_servers_applications_and_databases_and_sets_the_rest_aside() -> None:
    data = by_openpyxl(Export=(HEADER, *CMDB))
    found = read_files(a_xlsx=data)
    totals = found.totals()
    assert totals.servers == count(data, "Export", is_server) == 2
    assert totals.cores == total(data, "Export", "CPU Cores", is_server) == 12
    assert totals.ram_gb == total(data, "Export", "RAM (GB)", is_server) == 48
    assert totals.disk_gb == total(data, "Export", "Disk space (GB)", is_server) == 700
    assert [a.name for a in found.applications] == ["Payroll"]
    (database,) = found.databases
    assert (database.name, database.engine, database.size_gb) == ("LEDGER", "mssql", 2000)
    assert database.table.place("name", database.row) == "Export!B5"
    assert {(a.kind, a.server.hostname) for a in found.aside} == {
        ("network device", "core-sw-1"),
        ("storage", "array-1"),
        ("printer", "prn-2"),
        ("other", "mill-7"),
    }
    assert sum(a.server.disk_gb or 0 for a in found.aside) == 90000
    assert "class-not-known" in codes(found)
    assert codes(found).count("not-a-server") == 6  # two read as such, four set aside


def test_a_class_beside_a_csv_in_other_languages_gives_the_same_servers() -> None:
    words = {
        "Tipo de CI": ("Servidor", "Máquina virtual", "Aplicación", "Base de datos", "Impresora"),
        "Tipo de ativo": (
            "Servidor",
            "Máquina virtual",
            "Aplicativo",
            "Banco de dados",
            "Roteador",
        ),
        "Klasse": ("Server", "Virtuelle Maschine", "Anwendung", "Datenbank", "Drucker"),
        "Classe": ("Serveur", "Machine virtuelle", "Application", "Base de données", "Pare-feu"),
    }
    for header, (one, two, application, database, other) in words.items():
        rows = (
            (header, "Name", "OS", "CPU Cores", "Memory (GB)", "Storage (GB)"),
            (one, "elm1", "RHEL 8", 8, 32, 500),
            (two, "elm2", "RHEL 8", 4, 16, 200),
            (application, "Shop", "RHEL 8", 8, 16, 200),
            (database, "shopdb", "Linux PostgreSQL 14", 16, 64, 2000),
            (other, "thing", "", "", "", ""),
        )
        totals = read_files(a_csv=by_csv(rows)).totals()
        assert (totals.servers, totals.cores, totals.ram_gb, totals.disk_gb) == (2, 12, 48, 700), (
            header
        )
        assert (totals.applications, totals.databases) == (1, 1), header


def test_a_role_in_a_column_called_type_makes_no_database_of_a_machine() -> None:
    rows = (
        ("Type", "Host Name", "OS", "vCPU", "Memory (GB)"),
        ("Database", "elm1", "RHEL 8", 8, 32),
        ("Application", "elm2", "RHEL 8", 4, 16),
        ("Switch", "sw-1", "", "", ""),
    )
    found = read_files(a_csv=by_csv(rows))
    assert [s.hostname for s in found.servers] == ["elm1", "elm2"]
    assert [a.kind for a in found.aside] == ["network device"]


def addresses(named: int, with_system: int) -> bytes:
    rows = [
        (f"10.9.0.{n}", f"host{n}" if n < named else "", "RHEL 8" if n < with_system else "")
        for n in range(256)
    ]
    return by_csv((("IP Address", "Host Name", "OS"), *rows))


def test_a_list_of_addresses_has_no_servers() -> None:
    for named in (0, 100, 256):
        with pytest.raises(UnsupportedDocumentError, match="no table lists servers"):
            read_files(a_csv=addresses(named, 0))


def test_of_a_list_of_addresses_only_rows_with_a_system_are_servers_and_it_is_told() -> None:
    found = read_files(a_csv=addresses(100, 7))
    assert len(found.servers) == 7
    (told,) = [n for n in found.quality if n.code == "not-a-server"]
    assert told.message.startswith("249 cells")


def test_names_alone_under_an_empty_column_are_no_servers() -> None:
    rows = (("Host Name", "Environment", "OS"), ("elm1", "Prod", ""), ("elm2", "Dev", ""))
    with pytest.raises(UnsupportedDocumentError, match="with values below them"):
        read_files(a_csv=by_csv(rows))


def test_a_bare_address_among_servers_is_none_and_a_name_without_size_is_one() -> None:
    rows = (
        ("IP Address", "Host Name", "OS"),
        ("10.0.0.1", "elm1", "RHEL 8"),
        ("10.0.0.2", "elm2", "RHEL 8"),
        ("10.0.0.3", "elm3", "RHEL 8"),
        ("10.0.0.4", "elm4", ""),
        ("10.0.0.5", "", ""),
        ("10.0.0.6", "10.0.0.6", ""),
    )
    found = read_files(a_csv=by_csv(rows))
    assert [s.hostname for s in found.servers] == ["elm1", "elm2", "elm3", "elm4"]
    assert "not-a-server" in codes(found)


def test_examples_of_a_form_are_no_servers() -> None:
    names = ("<server name>", "Example Server 1", "TBD", "Sample", "{{hostname}}", "elm1", "ex01")
    rows = [(name, "RHEL 8", 4, 16) for name in names]
    found = read_files(a_csv=by_csv((("Server Name", "OS", "vCPU", "Memory (GB)"), *rows)))
    assert [s.hostname for s in found.servers] == ["elm1", "ex01"]
    assert "not-a-server" in codes(found)
