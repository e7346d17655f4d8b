"""Builds the zip of the AWS Lambda function: the same sources and versions give the same bytes.

Run: .venv/bin/python infra/package.py [--out build/opportune-lambda.zip] [--this-platform]

Wheels for python3.13 on arm64 are downloaded in the versions of constraints.txt, once, into
~/.cache/opportune. Ours is built from the sources. Nothing is installed or run, so any machine
builds for any other. docs/lambda.md says what is left out and why.
"""

import argparse
import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
CACHE = Path("~/.cache/opportune/lambda-wheels").expanduser()
LAMBDA = (
    "--python-version=3.13",
    "--implementation=cp",
    "--abi=cp313",
    "--abi=abi3",
    "--abi=none",
    # The operating system of python3.13 is Amazon Linux 2023, with glibc 2.34.
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_28_aarch64",
)
"""What pip is told of the function's machine."""
LIMIT_ZIPPED = 60_000_000
LIMIT_UNZIPPED = 250 * 1024 * 1024
"""Lambda's own, for all of a function."""

NOT_IN_LAMBDA = {"click", "numpy", "rich", "uvicorn"}
"""Dependencies of the command line, and of SQLite, for which a function has no lasting disk."""
AWS_SERVICES = {"bedrock-runtime", "dynamodb", "s3", "sts"}
"""Services whose descriptions botocore keeps."""

_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_LEFT_OUT = re.compile(
    r"""(^|/)(tests|__pycache__)/ | \.(pyc|pyi)$ | \.dist-info/(RECORD|INSTALLER)$
    | ^[^/]+\.data/(scripts|headers|data)/ | ^opportune/cli/ | ^opportune/stores/sqlite/
    | ^fastapi_offline/static/redoc""",
    re.VERBOSE,
)
_LAID_OUT = re.compile(r"^[^/]+\.data/(purelib|platlib)/")
_AWS_DATA = re.compile(r"^botocore/data/([^/]+)/")


def requirements() -> list[str]:
    """Return what the function needs, as pyproject.toml says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: list[str] = project["dependencies"]
    return [text for text in found if _NAME.findall(text)[0].lower() not in NOT_IN_LAMBDA]


def wheels_of(needed: list[str], target: tuple[str, ...]) -> Path:
    """Return a folder with the wheels; downloaded if these versions are asked for anew."""
    constraints = ROOT / "constraints.txt"
    asked = [*sorted(needed), *target, constraints.read_text("utf-8")]
    if not target:
        asked.append(sys.version)
    folder = CACHE / hashlib.sha256("\n".join(asked).encode()).hexdigest()[:16]
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as fresh:
        options = ["--only-binary=:all:", f"--constraint={constraints}", f"--dest={fresh}", *target]
        _pip("download", *options, *needed)
        try:
            Path(fresh).rename(folder)
        except OSError:
            if not folder.exists():  # else somebody else was faster
                raise
        Path(fresh).mkdir(exist_ok=True)
    return folder


def own_wheel(folder: Path) -> Path:
    """Build our own wheel into a folder."""
    _pip("wheel", "--no-deps", f"--wheel-dir={folder}", str(ROOT))
    (wheel,) = folder.glob("opportune-*.whl")
    return wheel


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments


def contents(wheels: list[Path]) -> dict[str, bytes]:
    """Return the files that the zip holds, by path."""
    found: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and is_needed(name):
                    found[_LAID_OUT.sub("", name)] = archive.read(name)
    return found


def is_needed(name: str) -> bool:
    """Tell whether a file of a wheel goes into the zip."""
    service = _AWS_DATA.match(name)
    return not _LEFT_OUT.search(name) and (service is None or service[1] in AWS_SERVICES)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip whose bytes depend on the files alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode counts
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=9)
    return out.getvalue()


def report(data: bytes) -> Iterator[str]:
    """Say what a package weighs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    packed: Counter[str] = Counter()
    for entry in entries:
        packed[PurePosixPath(entry.filename).parts[0]] += entry.compress_size
    unzipped = sum(entry.file_size for entry in entries)
    digest = hashlib.sha256(data)
    yield f"SHA-256   {digest.hexdigest()}"
    yield f"CodeSha256 {base64.b64encode(digest.digest()).decode()}"
    yield f"zipped    {len(data) / 1e6:.1f} MB (limit {LIMIT_ZIPPED / 1e6:.0f})"
    yield f"unzipped  {unzipped / 1e6:.1f} MB (limit {LIMIT_UNZIPPED / 1e6:.0f})"
    yield "biggest, MB zipped:"
    for name, size in packed.most_common(10):
        yield f"  {name:<28}{size / 1e6:6.2f}"
    if len(data) > LIMIT_ZIPPED or unzipped > LIMIT_UNZIPPED:
        raise SystemExit("The package is over its limit: see docs/lambda.md for what can go.")


def build(*, this_platform: bool = False) -> bytes:
    """Return the zip."""
    wheels = wheels_of(requirements(), () if this_platform else LAMBDA)
    with tempfile.TemporaryDirectory() as folder:
        return zipped(contents([*sorted(wheels.glob("*.whl")), own_wheel(Path(folder))]))


def main() -> None:
    """Build, write and report."""
    parser = argparse.ArgumentParser(description="Builds the zip of the AWS Lambda function.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "opportune-lambda.zip")
    parser.add_argument("--this-platform", action="store_true", help="for this machine's Python")
    options = parser.parse_args()
    data = build(this_platform=options.this_platform)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial = options.out.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(data)
    partial.replace(options.out)
    print(options.out)
    print("\n".join(report(data)))


if __name__ == "__main__":
    main()
