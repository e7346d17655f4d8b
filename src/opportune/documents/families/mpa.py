"""The tables of an MPA import file: which headers mean which field.

Header keys are spelled without spaces, marks, accents and units (`tables.header_key`). The first of
each field is the official one; the others are those of collectors, templates and partner tools.
These layouts are also the vocabulary that other families begin with.
"""

from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import layout

SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "serverid vmid machineid externalid",
        "hostname": "hostname servername serverhostname vmname vm name",
        "is_physical": "isphysical physical",
        "is_virtual": "isvirtual virtual",
        "hypervisor": "hypervisor hypervisorname",
        "os_name": "osname operatingsystem os osaccordingtotheconfigurationfile",
        "os_version": "osversion operatingsystemversion",
        "sockets": "numcpus numcpu numbercpus numberofcpus cpusockets sockets cpucount vcpu vcpus "
        "cpus cpunumberofprocessors",
        "cores_per_cpu": "numcorespercpu corespercpu corespersocket",
        "threads_per_core": "numthreadspercore threadspercore",
        "total_cores": "cpucores cores totalcores totalnumcores cpunumberofcores",
        "total_threads": "logicalprocessors totalnumlogicalprocessors cpunumberoflogicalcores",
        "ram_gb": "totalram ram memory ramtotalsize totalmemory memorysize",
        "cpu_peak_fraction": "maxcpuusagepctdec maxcpuusage maxcpuusagepct maxcpu peakcpu "
        "peakcpuusage cpupeak cpuutilizationpeak cpuutilizationmax cpuusagepctmax",
        "cpu_avg_fraction": "avgcpuusagepctdec avgcpuusage avgcpuusagepct avgcpu averagecpu "
        "averagecpuusage cpuaverage cpuutilizationavg cpuutilizationaverage cpuusagepctavg",
        "ram_peak_fraction": "maxramusagepctdec maxramusage maxram peakram peakramusage rampeak "
        "memoryutilizationpeak memoryutilizationmax maxramutlpctdec peakmemoryusage "
        "ramusagepctmax",
        "ram_avg_fraction": "avgramutlpctdec avgramusagepctdec avgramusage avgram averageram "
        "averageramusage memoryutilizationavg memoryutilizationaverage averagememoryusage "
        "ramusagepctavg",
        "uptime_fraction": "uptime timeinuse",
        "disk_gb": "storagetotaldisksize storage totaldisksize provisionedstorage provisioned "
        "totaldiskcapacity disksize",
        "disk_used_fraction": "storageutilization diskutilization",
        "environment": "environmenttype environment env",
        "is_powered_on": "powerstate powerstatus",
        "is_template": "template istemplate",
        "placeholder": "srmplaceholder placeholder",
        "ip_address": "ipaddress ip ipv4 ipv4address ipaddresses primaryipaddress primaryip "
        "privateip privateipaddress",
        "cluster": "clustername vmcluster cluster",
        "sql_edition": "sqledition mssqledition sqlserveredition",
        "uuid": "smbiosuuid smbiosid biosuuid systemuuid",
        "serial": "serialnumber serialno serial numerodeserie numeroserie numserie seriennummer",
        "vcenter": "visdkserver vcenter vcentername vcenterserver",
        "vcenter_uuid": "visdkuuid vcenterid vcenteruuid",
        "ci_class": "sysclassname ciclass citype class classname ciclassname assettype assetclass "
        "devicetype deviceclass objecttype resourcetype configurationitemtype tipodeci tipoci "
        "clasedeci claseci clase tipodeactivo tipoactivo tipodispositivo tipodedispositivo classe "
        "classedeic classeci tipodeic tipodeativo tipoativo typeci typedeci typedactif citypname "
        "cityp ciklasse klasse geratetyp anlagentyp assettyp",
        "ci_kind": "type tipo typ kind category categoria categorie kategorie",
        "folder": "folder vmfolder",
        "pool": "resourcepool",
        "vapp": "vapp",
        "notes": "annotation notes",
    },
    (
        "id hostname",
        "sockets total_cores total_threads ram_gb disk_gb os_name",
    ),
    3,
    {
        "cores": "total_cores cores_per_cpu sockets total_threads",
        "threads": "total_threads threads_per_core total_cores cores_per_cpu sockets",
        "is_virtual": "is_physical",
        "id": "hostname",
    },
)

DATABASES = layout(
    "databases",
    {
        "id": "databaseid dbid",
        "name": "dbname databasename",
        "instance": "dbinstancename instancename databaseinstancename",
        "engine": "sourceenginetype enginetype engine databaseengine",
        "version": "sourceengineversion engineversion",
        "edition": "sourceengineedition engineedition sqledition mssqledition",
        "size_gb": "totalsize size databasesize dbsize totaldbsize totaldatabasesize dbtotalsize "
        "allocatedsize datasize tamano tamanototal tamanobd tamanodelabasededatos tamanho "
        "tamanhototal datenbankgrosse grosse taille tailletotale tailledelabase",
        "server_id": "serverid",
        "server_id_host": "hostname servername serverhostname",
        "target_engine": "targetengine",
        "deployment": "deploymenttype",
        "license_model": "licensemodel license",
        "is_replicated": "replication",
        "is_clustered": "clusteroraclerac oraclerac cluster",
        "migration_strategy": "migrationstrategy",
        "cpu_cores": "cpucores",
        "peak_iops": "peakiops",
        "stored_procedure_lines": "storedprocedureslinesofcode",
        "trigger_lines": "triggerslinesofcode",
    },
    ("id name instance", "engine version edition"),
    3,
    {"id": "name instance", "server_id": "server_id_host"},
)

APPLICATIONS = layout(
    "applications",
    {
        "id": "applicationid appid",
        "name": "applicationname appname",
        "business_unit": "businessunit",
        "criticality": "businesscriticality",
        "kind": "applicationtype",
        "rpo_hours": "recoverypointobjective rpo",
        "rto_hours": "recoverytimeobjective rto",
        "migration_strategy": "migrationstrategy",
        "environment": "environmenttype environment",
        "database": "database",
        "architecture": "architecturetype",
        "compliance": "complianceframework",
        "data_classification": "dataclassification",
        "is_encrypted": "dataencryption",
        "has_backup": "backupprocess",
        "has_disaster_recovery": "disasterrecovery",
        "disaster_recovery_plan": "disasterrecoveryplan drplan",
        "has_penetration_test": "penetrationtest",
        "methodology": "developmentmethodology",
        "vendor": "cotsvendor applicationvendor",
        "owner": "businessowner applicationowner appowner owner propietario dueno responsable "
        "proprietario responsavel",
        "pain_points": "painpointrisksandchallenges painpointsrisksandchallenges painpoints "
        "painpoint challenges puntosdedolor retos pontosdedor desafios",
        "risks": "risks risk riesgos riscos",
        "refresh": "approachingrefresh refreshdate hardwarerefresh hardwarerefreshdate nextrefresh "
        "fechaderenovacion datadarenovacao datadeatualizacao",
        "modernisation": "modernizationpreference modernisationpreference "
        "preferenciademodernizacion preferenciademodernizacao",
        "roadmap": "modernizationroadmap modernisationroadmap hojaderutademodernizacion",
        "sovereignty": "datasovereigntyrequirements datasovereignty dataresidency "
        "soberaniadedatos soberaniadedados",
        "lifecycle": "lifecyclestatus lifecycle ciclodevida estadodelciclodevida",
    },
    ("id name", "name business_unit criticality kind"),
    3,
    {"id": "name"},
)

SERVER_APPLICATION = layout(
    "server-application",
    {"target": "appid applicationid", "source": "serverid"},
    ("source", "target"),
    2,
)

SERVER_SERVER = layout(
    "server-server",
    {
        "source": "sourceserverid origenserverid",
        "source_host": "sourcehostname sourcehost origenhostname origenservidor",
        "target": "targetserverid destinoserverid",
        "target_host": "targethostname targethost destinohostname destinoservidor",
        "port": "targetport destinoport",
    },
    ("source source_host", "target target_host"),
    2,
    {"source": "source_host", "target": "target_host"},
)

DATABASE_APPLICATION = layout(
    "database-application",
    {"source": "databaseid dbid", "target": "applicationid appid", "criticality": "criticality"},
    ("source", "target"),
    2,
)

APPLICATION_APPLICATION = layout(
    "application-application",
    {
        "source": "srcappid sourceappid sourceapplicationid srcapplicationid",
        "target": "destappid targetappid destinationappid targetapplicationid",
        "criticality": "criticality",
    },
    ("source", "target"),
    2,
)

LINKS = (SERVER_APPLICATION, SERVER_SERVER, DATABASE_APPLICATION, APPLICATION_APPLICATION)
LAYOUTS = (SERVERS, DATABASES, APPLICATIONS, *LINKS)
