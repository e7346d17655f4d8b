"""Lists of servers that people keep: plain ones, by header synonyms, and the MPA import file.

In English, Spanish and Portuguese. The plain list takes what no tool's family fits. People fill in
MPA's sheets by hand too, so that any column of a plain list may stand in them.
"""

from opportune.documents.families import mpa
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import layout
from opportune.documents.inventory.recognition import family

SERVERS = layout(
    layouts.SERVERS,
    {
        "id": "ciid assetid assettag cinumber sysid uuid configurationitemid idservidor "
        "idactivo idativo codigo",
        "other_name": "fqdn dnsname",
        "hostname": "computername machinename devicename nodename instancename "
        "ciname configurationitem hostnames server servidor servidores nombreservidor "
        "nombredelservidor nombredeservidor nomeservidor nomedoservidor nombrehost nomehost "
        "nombredehost nomedohost equipo nombreequipo nombredelequipo maquina maquinavirtual "
        "nombre nome displayname host",
        "is_virtual": "esvirtual evirtual servervirtual virtualphysical virtualorphysical "
        "physicalvirtual physicalorvirtual virtualfisico virtualofisico tipodeservidor servertype "
        "machinetype isvm",
        "hypervisor": "hipervisor virtualizationplatform virtualplatform plataformavirtual "
        "virtualizacion",
        "os_name": "osfullname osplatform osfamily operatingsystemname guestos sistemaoperativo "
        "sistemaoperacional so ossystem osedition",
        "os_version": "osrelease versionso versaoso "
        "versiondelso versaodoso versionsistemaoperativo "
        "versaosistemaoperacional osservicepack",
        "sockets": "numberofcpu cpunumber procesadores processadores numprocesadores "
        "numeroprocesadores physicalcpus processors processorcount numberofprocessors cpu cpuqty "
        "cantidadcpu numcpu numerocpus numvcpu numvcpus numberofvcpus vcpucount cpusvirtuales "
        "cpuvirtual vcpuasignadas",
        "cores_per_cpu": "coresperprocessor nucleosporcpu nucleosporprocesador nucleosporsocket "
        "nucleosporprocessador corespersockets",
        "total_cores": "cpucorecount corecount cpucore numberofcores "
        "numcores totalcpucores nucleos "
        "nucleoscpu totalnucleos totaldenucleos physicalcores",
        "total_threads": "logicalcpus logicalcpucount threads totalthreads hilos "
        "procesadoreslogicos processadoreslogicos",
        "ram_gb": "memoria memoriaram ramtotal memoriatotal physicalmemory installedmemory "
        "installedram assignedmemory allocatedmemory memorytotal memoryinstalled ramasignada "
        "ramsize memorycapacity",
        "cpu_peak_fraction": "maxcpuutilization cpumax cpumaxusage cpuusagemax cpupeakusage "
        "peakcpuutilization cpumaxutilization picocpu cpumaximo cpumaxima usocpumax "
        "usomaximocpu usomaximodecpu usocpumaximo",
        "cpu_avg_fraction": "avgcpuutilization averagecpuutilization cpuavg cpuusageavg cpuusage "
        "cpuutilization cpupromedio cpumedia cpumedio usocpu usodecpu usopromediocpu "
        "usocpupromedio usomediocpu usomediodecpu",
        "ram_peak_fraction": "maxmemoryusage maxmemoryutilization peakmemoryutilization "
        "peakmemory memorymax memorypeak memoryusagemax ramusagemax picoram picomemoria "
        "usorammax usomaximoram usomaximodememoria memoriamaxima",
        "ram_avg_fraction": "avgmemoryusage avgmemoryutilization averagememory "
        "averagememoryutilization memoryavg memoryusage memoryutilization memoryusageavg ramusage "
        "ramutilization usoram usodememoria usomemoria usoderam usopromedioram rampromedio "
        "memoriapromedio memoriamedia",
        "ram_used_avg_gb": "usedmemory memoryused usedram ramused memoriausada ramusada",
        "disk_gb": "disk totaldisk disktotal diskcapacity diskspace totalstorage storagesize "
        "storagetotal storagecapacity allocatedstorage disco discototal almacenamiento "
        "almacenamientototal armazenamento armazenamentototal capacidaddisco capacidadedisco "
        "tamanodisco espacioendisco espacoemdisco discos hdd totalhdd provisioneddisk localstorage "
        "provisionedspace",
        "disk_used_gb": "useddisk diskused usedstorage storageused storageinuse usedspace "
        "discousado discoutilizado almacenamientousado almacenamientoutilizado armazenamentousado "
        "espaciousado inuse",
        "disk_free_gb": "freedisk diskfree freespace "
        "freestorage discolibre espaciolibre discolivre",
        "disk_used_fraction": "diskusage diskusagepct usodisco usodedisco",
        "environment": "entorno ambiente stage lifecycle serverenvironment usedfor tipoambiente "
        "tipodeambiente",
        "is_powered_on": "power state status estado estatus operationalstatus poweredon "
        "estadoencendido",
        "ip_address": "direccionip enderecoip ips direccionesip ipprincipal managementip",
        "host": "esxhost esxihost vmhost hypervisorhost hostserver physicalhost servidorfisico",
        "cluster": "clusteresx",
        "sql_edition": "edicionsql edicaosql sqlserverlicense sqllicense",
        "applications": "application applications app apps applicationname appname "
        "applicationnames businessservice businessapplication aplicacion aplicaciones "
        "aplicacao aplicacoes",
        "databases": "databases databasesoftware dbengine databaseengine motorbd motorbasededatos "
        "basesdedatos basededatos bancodedados",
        "tags": "tags etiquetas",
    },
    ("id hostname other_name", "sockets total_cores total_threads ram_gb disk_gb os_name"),
    2,
    {"hostname": "other_name", "id": "hostname other_name"},
    base=mpa.SERVERS,
    fallbacks={"environment": "tags"},
    summed={"disk_gb": r"(?:disk|disco|drive|volume)\d+(?:size|capacity|tamano)?"},
)

_LAYOUTS = (SERVERS, *mpa.LAYOUTS[1:])

SHEET_MARKS = (
    "databaseid dbname dbinstancename sourceenginetype sourceengineversion sourceengineedition "
    "targetengine licensemodel applicationid appid applicationname businesscriticality "
    "sourceserverid targetserverid sourcehostname targethostname origenhostname destinohostname "
    "srcappid destappid"
)
"""Of MPA's sheets beside that of servers."""

MPA = family(
    "mpa-workbook",
    "an MPA import file",
    _LAYOUTS,
    "serverid isphysical numcpus numcorespercpu numthreadspercore maxcpuusagepctdec "
    "avgcpuusagepctdec totalram maxramusagepctdec avgramutlpctdec avgramusagepctdec "
    "environmenttype storagetotaldisksize storageutilization storagemaxreadiopssize " + SHEET_MARKS,
    text_kind="mpa-csv",
)

PLAIN_LIST = family(
    "server-list",
    "a plain list of servers",
    _LAYOUTS,
    "",
    least=0,
    reads_all_lists=True,
)
