"""The words of column headers, in English, Spanish, Portuguese, German and French, by meaning.

Words are written as `folded` leaves them: lower case, without accents. A header is understood only
if every word of it stands here, so a word that changes the meaning ("recommended", "video", "swap")
must be left out.
"""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # Things
    "machine": "netbios ci instance instances instancia instancias gerat gerate device devices "
    "appliance machine machines maschine maschinen server servers serveur serveurs servidor "
    "servidores maquina maquinas rechner computer computers computador computadora ordenador "
    "ordinateur equipo equipos asset activo ativo node nodo knoten vm vms vmname guest hostname "
    "fqdn servername workload",
    "hypervisor_host": "esx esxi vmhost",
    "host": "host hosts hote",
    "hypervisor": "hypervisor hipervisor hyperviseur",
    "cluster": "cluster clusters",
    "name": "name names nombre nombres nome nomes nom noms bezeichnung",
    "id": "id identifier identificador identifiant kennung uuid",
    "cpu": "cpu cpus processor processors proc procs procesador procesadores processador "
    "processadores prozessor prozessoren processeur processeurs",
    "vcpu": "vcpu vcpus",
    "core": "core cores nucleo nucleos kern kerne kernen coeur coeurs prozessorkerne "
    "prozessorkernen cpukerne",
    "thread": "thread threads hilo hilos",
    "logical": "logical logico logicos logicas logische logischer logischen logique logiques",
    "socket": "socket sockets zocalo zocalos sockel soquete soquetes",
    "memory": "memorias memory mem ram vram memoria memoire vive arbeitsspeicher hauptspeicher "
    "speicher arbeitsspeichergrosse",
    "disk": "platten festplatten disk disc storage disco duro rigido almacenamiento "
    "armazenamento stockage disque dur hdd festplatte plattenspeicher festplattenspeicher "
    "festplattenplatz festplattengrosse speicherplatz plattenplatz hard space espacio espaco "
    "espace",
    "disks": "disks discos duros rigidos disques durs drives",
    "os": "os so se betriebssystem operating operativo operacional exploitation",
    "system": "system systems sistema sistemas systeme",
    "environment": "umgebungstyp environment env entorno ambiente umgebung environnement",
    "power": "encendida ligado ligada allume allumee eingeschaltet betriebszustand poweredon "
    "alimentation power powered powerstate encendido energia",
    "state": "situacion state status stats estado estatus etat statut zustand situacao",
    "ip": "ip ipv4 ips",
    "address": "address addresses addr direccion direcciones endereco enderecos adresse adresses "
    "adressen",
    "application": "application applications app apps aplicacion aplicaciones aplicacao "
    "aplicacoes anwendung anwendungen",
    # What is said of them
    "usage": "ocupacion ocupacao carga usage utilization utilisation uso utilizacion utilizacao "
    "auslastung nutzung",
    "used": "used use util utilized utilised usado usada usados utilizado utilizada utilise "
    "utilisee utilises belegt belegter genutzt genutzter",
    "free": "free libre libres livre livres frei freier disponible disponibles disponivel "
    "available",
    "peak": "pic pics spitzen max maximum maximal maximale maximaler maximo maxima peak peaks "
    "pico spitze spitzenwert spitzenlast pointe hochste",
    "average": "avg average mean promedio media medio moyen moyenne durchschnitt "
    "durchschnittlich durchschnittliche mittel mittelwert mittlere",
    "per": "per por par pro je",
    "version": "version versions versao release",
    "physical": "physical fisico fisica fisicos fisicas physique physiques physisch physische "
    "physischer",
    "virtual": "virtual virtuales virtuais virtuell virtuelle virtueller virtuellen virtuels "
    "virtuel",
    "type": "type typ tipo family familia famille familie",
    # What changes nothing
    "count": "cant qtd qtde qte nbre anz number num no n nr nbr nb anzahl numero numeros "
    "cantidad quantidade quantite qty quantity count",
    "whole": "total totals totale totaux totales gesamt gesamter gesamte",
    "given": "provisionierter provisionierte provisioniert allouees attribues installierte "
    "installiertes installed instaladas instalados configuradas zugewiesenes provisionados "
    "provisionadas provisionnes aprovisionados aprovisionadas asig alocados alocadas capacite "
    "allocated allocation assigned provisioned configured size tamano tamanho taille grosse "
    "capacity capacidad capacidade kapazitat asignado asignada asignados asignadas alocado "
    "alocada atribuido atribuida zugewiesen zugewiesener zugewiesene bereitgestellt "
    "bereitgestellter alloue allouee alloues attribue attribuee provisionne provisionnee "
    "provisionado provisionada aprovisionado aprovisionada installiert installierter configurado "
    "configurada instalado instalada installe installee",
    "filler": "of the de del da do das dos du des la el le les l d der die von in en em und and "
    "y e et is full",
    "percent": "percent pct percentage porcentaje porcentagem pourcentage prozent",
}
"""Meaning to its words, apart by spaces."""

SIZE_UNITS: Mapping[str, str] = {
    "kb": "kb", "kib": "kib", "ko": "kb", "kilobytes": "kb",
    "mb": "mb", "mib": "mib", "mo": "mb", "megabytes": "mb", "megas": "mb",
    "gb": "gb", "gib": "gib", "go": "gb", "gigabytes": "gb", "gigas": "gb", "gbs": "gb",
    "tb": "tb", "tib": "tib", "terabytes": "tb",
}  # fmt: skip
"""Words for units of sizes, French ones ("Go", octets) too."""

MEANINGS: Mapping[str, str] = {
    word: meaning for meaning, words in WORDS.items() for word in words.split()
}
"""Word to its meaning."""

NO_MACHINES_ADDRESS_WORDS = (
    "gateway dns mask netmask subnet network vcenter sdk esx esxi host hypervisor ilo ipmi idrac "
    "mgmt management backup nas broadcast passerelle puerta maske puerto masque source target "
    "origen destino public"
)
NO_MACHINES_ADDRESS = frozenset(NO_MACHINES_ADDRESS_WORDS.split())
"""A column of addresses with one of these in its header says where something else is."""
