"""A URL names the store; what is not asked for is not imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from stores import ManualClock, a_session, an_opportunity

from opportune.errors import ConfigurationError
from opportune.stores.contract import Retention
from opportune.stores.open import open_store


def test_each_url_opens_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    monkeypatch.chdir(tmp_path)
    urls = [
        "memory:",
        f"sqlite:///{tmp_path}/a.sqlite3",
        "sqlite:///./b.sqlite3",
        "sqlite:///c#?%20",
    ]
    for url in urls:
        store = open_store(url, clock=clock, retention=Retention(days=0))
        store.store_opportunities(a_session("s1"), [an_opportunity("s1")])
        assert store.get_opportunity("s1.rehost").ttl is None
        store.close()
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"a.sqlite3", "b.sqlite3", "c#?%20"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory:x",
        "sqlite:",
        "sqlite:///",
        "sqlite://x",
        "postgresql://x",
        "dynamodb://",
        "dynamodb://Table?regoin=eu-west-1",
        "dynamodb://Table/more",
    ],
)
def test_what_names_no_store_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"use .*dynamodb://TableName"):
        open_store(url)


@pytest.mark.parametrize(
    ("url", "unwanted"),
    [
        ("memory:", ["sqlite3", "boto3", "botocore"]),
        ("sqlite:///./x.sqlite3", ["boto3", "botocore", "opportune.stores.memory.store"]),
    ],
)
def test_opening_a_store_does_not_load_the_others(
    tmp_path: Path, url: str, unwanted: list[str]
) -> None:
    script = f"""
import sys
from opportune.stores.open import open_store
open_store({url!r}).close()
print([name for name in {unwanted!r} if name in sys.modules])
"""
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_a_bundle_without_numpy_says_what_a_sqlite_store_needs() -> None:
    code = """import sys
sys.modules["numpy"] = None
from opportune.errors import ConfigurationError
from opportune.stores.open import open_store
open_store("memory:").close()
try:
    open_store("sqlite:///x.sqlite3")
except ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "need numpy: pip install numpy" in done.stdout
