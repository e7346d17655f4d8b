"""Makes the files in this folder with the code of commit 5b6aab0, and nothing of today's.

    git worktree add /tmp/before 5b6aab0
    .venv/bin/python tests/support/earlier/make.py /tmp/before/src URL

URL is a ministack with DynamoDB. What is made, and then asked by the same old code, is:
store.sqlite.xz, records.jsonl.xz, items.json.xz (every item of the three tables as it lies there)
and told.json.xz: the answers of the command line, by store. Nothing in them ever expires.
"""

import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

HERE = Path(__file__).parent
TABLE = "OpportunitySessions"
TEMPLATE = """
id = "kick-off"
category = "Workshop"
priority = { rule = "fixed", level = "High" }

[en]
title = "Kick-off with {customer}"
reasoning = ["They asked for it."]
next_steps = ["Agree on a day."]
"""
QUESTIONS = {
    "list": ["list", "--limit", "100"],
    "sessions": ["sessions"],
    "stats": ["stats"],
    "verify": ["history", "verify"],
    "templates": ["templates", "list"],
}


def main(source: str, url: str) -> None:
    """Make everything."""
    told: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 - for the children
            "PYTHONPATH": source,
            "HOME": scratch,
            "LOGNAME": "ana",
            "OPPORTUNITY_DATA_DIR": scratch,
            "OPPORTUNITY_TTL_DAYS": "0",
            "OPPORTUNITY_HISTORY_TTL_DAYS": "0",
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

        def run(*arguments: str) -> str:
            command = [sys.executable, "-m", "opportune", *arguments]
            done = subprocess.run(command, env=environment, cwd=folder, stdout=-1, check=True)
            return done.stdout.decode()

        (folder / "kick-off.toml").write_text(TEMPLATE, "utf-8")
        run("sample", "--servers", "12", "--out", ".")
        run("store", "create-tables")
        for kind in ("sqlite", "dynamodb"):
            environment["OPPORTUNITY_STORAGE_TYPE"] = kind
            told[kind] = asked(run, fill(run)[:4])
        run("export", "--format", "jsonl", "--store", "sqlite", "-o", "records.jsonl")
        environment |= {
            "OPPORTUNITY_STORAGE_TYPE": "sqlite",
            "OPPORTUNITY_DATA_DIR": f"{scratch}/2",
        }
        run("import", "records.jsonl")
        histories = told["sqlite"]["history"]  # what is deleted is not exported
        told["import"] = asked(run, [one for one in histories if not histories[one][-1]["deleted"]])
        for name in ("opportune.sqlite3", "records.jsonl"):
            kept = HERE / name.replace("opportune.sqlite3", "store.sqlite")
            kept.with_name(f"{kept.name}.xz").write_bytes(
                lzma.compress((folder / name).read_bytes())
            )
    client = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    tables = (TABLE, f"{TABLE}-History", f"{TABLE}-Templates")
    items = {name: client.scan(TableName=name)["Items"] for name in tables}
    text = json.dumps(items, ensure_ascii=False, sort_keys=True)
    (HERE / "items.json.xz").write_bytes(lzma.compress(text.encode()))
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (HERE / "told.json.xz").write_bytes(lzma.compress(text.encode()))


def fill(run) -> list[str]:  # type: ignore[no-untyped-def] # a program that is run once
    """Analyse, change, delete, restore, make by hand, and keep templates of two kinds."""
    run("analyze", "mpa.xlsx", "mra.pdf", "--customer", "Panadería Ñandú")
    run("analyze", "mpa.xlsx", "--customer", "Example Corp", "--lang", "es")
    ids = sorted(one["id"] for one in json.loads(run("list", "--limit", "100", "--json"))["items"])
    run("edit", ids[0], "--set", "owner=eva", "--set", "closeDate=2027-03-31", "--note", "call")
    run("edit", ids[0], "--set", "owner=ana")
    run("set-status", ids[0], "Ganada")
    run("set-status", ids[1], "En Progreso")
    run("delete", ids[2], "--note", "not ours")
    run("delete", ids[3])
    run("restore", ids[3])
    run("templates", "create", "kick-off.toml")
    (session, *_) = (one.split(".")[0] for one in ids)
    run("templates", "use", "kick-off", "--session", session)
    run("templates", "duplicate", "graviton", "our-graviton")
    run("templates", "disable", "our-graviton")
    return ids


def asked(run, ids: list[str]) -> dict[str, Any]:  # type: ignore[no-untyped-def] # the same
    """Return what the command line answers."""
    answers = {name: json.loads(run(*words, "--json")) for name, words in QUESTIONS.items()}
    answers["history"] = {one: json.loads(run("history", "show", one, "--json")) for one in ids}
    del answers["stats"]["at"]
    answers["templates"] = [one for one in answers["templates"] if one["state"] != "built-in"]
    return answers


if __name__ == "__main__":
    main(*sys.argv[1:])
