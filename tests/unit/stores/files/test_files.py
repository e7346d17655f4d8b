"""What keeps customers' files: the same rules in memory, in a folder and in a bucket."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from buckets import keys_in, new_bucket
from hypothesis import given
from hypothesis import strategies as st

from opportune.errors import FileMissingError
from opportune.model.file import InputFile
from opportune.model.records import SourceFile
from opportune.stores.files.kept import FileKeeper, FolderFiles, MemoryFiles
from opportune.stores.files.s3 import FILES, S3Files


def source_of(file: InputFile, name: str = "") -> SourceFile:
    size = len(file.data)
    return SourceFile(name=name or file.name, kind="mpa", sha256=file.sha256, size_bytes=size)


def keeper_of(kind: str, folder: Path) -> FileKeeper:
    if kind == "memory":
        return MemoryFiles()
    return FolderFiles(folder / "files") if kind == "folder" else S3Files(new_bucket())


@pytest.fixture(params=["memory", "folder", "s3"])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> FileKeeper:
    return keeper_of(request.param, tmp_path)


def test_what_is_kept_comes_back_under_the_name_of_its_session(keeper: FileKeeper) -> None:
    file = InputFile("mpa.xlsx", bytes(range(256)) * 40_000)
    keeper.keep(file)
    assert keeper.load(source_of(file)) == file
    assert keeper.load(source_of(file, "ñ.xlsx")) == InputFile("ñ.xlsx", file.data)


def test_what_was_never_kept_is_missing(keeper: FileKeeper) -> None:
    keeper.keep(InputFile("a", b"a"))
    with pytest.raises(FileMissingError, match=r"b\.xlsx"):
        keeper.load(source_of(InputFile("b.xlsx", b"b")))


def test_keeping_again_is_the_same_as_once(keeper: FileKeeper) -> None:
    file = InputFile("a", b"a")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keeper.keep, [file] * 8))
    keeper.keep(InputFile("other name", b"a"))
    assert keeper.load(source_of(file)).data == b"a"


@pytest.mark.parametrize("kind", ["memory", "folder", "s3"])
def test_any_bytes_survive(kind: str, tmp_path: Path) -> None:
    keeper = keeper_of(kind, tmp_path)

    @given(st.binary(max_size=2000))
    def survive(data: bytes) -> None:
        file = InputFile("a", data)
        keeper.keep(file)
        assert keeper.load(source_of(file)) == file

    survive()


def test_a_file_that_is_no_longer_what_it_was_is_missing(tmp_path: Path) -> None:
    file = InputFile("a", b"a")
    bucket = new_bucket()
    in_folder, in_bucket = FolderFiles(tmp_path), S3Files(bucket)
    for keeper in (in_folder, in_bucket):
        keeper.keep(file)
    (tmp_path / file.sha256).write_bytes(b"b")
    bucket.client.put_object(Bucket=bucket.name, Key=FILES + file.sha256, Body=b"b")
    for keeper in (in_folder, in_bucket):
        with pytest.raises(FileMissingError):
            keeper.load(source_of(file))


def test_a_bucket_keeps_the_first_copy_and_never_writes_another() -> None:
    bucket = new_bucket()
    file = InputFile("a", b"a")
    key = FILES + file.sha256
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"first")
    S3Files(bucket).keep(file)
    assert bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read() == b"first"
    assert keys_in(bucket) == [key]
