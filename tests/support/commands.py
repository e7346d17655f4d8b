"""The command line as a test calls it."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from customer import files_in

from opportune.cli import main


class Cli:
    """Runs the command line in this process, as a user of a fresh machine would."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, patch
        self.out = self.err = ""

    def __call__(self, *arguments: object, code: int = 0) -> str:
        self._patch.setattr(sys, "argv", ["opportune", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        self.out, self.err = self._capsys.readouterr()
        assert ended.value.code == code, self.err
        return self.out

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    for name in [n for n in os.environ if n.startswith("OPPORTUNITY_")]:  # noqa: TID251 - cleared
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "data"))
    return Cli(capsys, monkeypatch)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return files_in(tmp_path)
