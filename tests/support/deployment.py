"""What docs/deployment.md needs to be played: its commands, a shell, a package, a login provider.

The cloud is ministack on a loopback port, with permissions enforced; it runs the function's code.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aws_server
import jwt
from aws_server import write_client
from cryptography.hazmat.primitives.asymmetric import rsa
from engines import endpoint_of, free_port, start_ministack
from jwt.algorithms import RSAAlgorithm
from once import once, shared_folder

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deployment.md"
SECTION = re.compile(r"^##+ (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)

REGION = "us-east-1"
SERVICES = "apigatewayv2,cloudformation,cloudwatch,dynamodb,iam,lambda,logs,s3,sns,sts"
PAGE_ISSUER, PAGE_TOKEN = "https://login.example.com", "eyJ..."
AUDIENCE = "opportune"
SCAN = """
import sys
from opportune.stores.open import open_store
store, cursor = open_store(sys.argv[1]), None
while True:
    page = store.scan(cursor=cursor)
    for record in page.items:
        print(record.model_dump_json())
    cursor = page.cursor
    if cursor is None:
        break
"""


def blocks_of(page: str) -> dict[str, list[str]]:
    """Return the commands of each section, by its title; sections without any are left out."""
    _, *parts = SECTION.split(page)
    sections = zip(parts[::2], parts[1::2], strict=True)
    return {title: blocks for title, text in sections if (blocks := BLOCK.findall(text))}


class Provider:
    """An OpenID Connect provider on this machine: one key, and tokens signed with it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        keys = {"keys": [public | {"kid": "1", "use": "sig", "alg": "RS256"}]}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer = f"http://{self.headers['host']}"
                found = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
                body = json.dumps(keys if self.path == "/keys" else found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, audience: str = AUDIENCE) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "sub": "1",
            "email": "ana@example.com",
            "email_verified": True,
            "cognito:groups": ["admin"],
            "iat": now - 60,
            "exp": now + 3600,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "1"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def package_for_this_machine() -> Path:
    """Return the function's package, with what it depends on built for this machine."""

    def build() -> str:
        path = Path(tempfile.mkdtemp(dir=shared_folder())) / "package.zip"
        program = ROOT / "infra" / "package.py"
        command = [sys.executable, str(program), "--this-platform", "--out", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return str(path)

    return Path(once("package", build))


class Terminal:
    """One bash that ends at the first command that fails."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder = folder
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail"],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._played = 0

    def run(self, commands: str) -> str:
        """Run commands; return what they print."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._played += 1
        script, out, err = (
            self._folder / f"block-{self._played}.{suffix}" for suffix in ("sh", "out", "err")
        )
        script.write_text(commands, "utf-8")
        self._bash.stdin.write(f". '{script}' > '{out}' 2> '{err}' < /dev/null; echo played\n")
        self._bash.stdin.flush()
        ended = self._bash.stdout.readline()
        said = out.read_text("utf-8")
        if ended != "played\n":
            raise AssertionError(f"{commands}\nfailed:\n{said}\n{err.read_text('utf-8')}")
        return said

    def close(self) -> None:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.close()
        self._bash.stdout.close()
        self._bash.wait(timeout=30)


class Deployment:
    """The page under way: an empty cloud, and a shell whose commands reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provider = Provider()
        (folder / "infra").symlink_to(ROOT / "infra")
        package = package_for_this_machine()
        # Whatever the name of a host, it is this machine; the port stays.
        (folder / ".curlrc").write_text('connect-to = "::127.0.0.1:"\n', "utf-8")
        waits = {
            "OPPORTUNITY_MIGRATION_LEASE_SECONDS": "1",
            "OPPORTUNITY_MIGRATION_REQUEST_SECONDS": "1",
        }
        self.endpoint = start_ministack(
            SERVICES,
            folder,
            {"AUTH": "true", "MINISTACK_HOST": f"{REGION}.amazonaws.com"} | waits,
        )
        self._aws = self._start_aws()
        self._replaced = {
            PAGE_ISSUER: self.provider.issuer,
            PAGE_TOKEN: self.provider.token(),
            "--port 8000": f"--port {(port := free_port())}",
            "127.0.0.1:8000": f"127.0.0.1:{port}",
            "http://127.0.0.1:4566": endpoint_of("ministack"),
        }
        self._terminal = Terminal(folder, self._variables() | waits)
        self._terminal.run(f"make() {{ cp '{package}' build/opportune-lambda.zip; }}")

    def _start_aws(self) -> subprocess.Popen[str]:
        """Let `aws` be forked from a process that has imported it."""
        tools, address = self.folder / "tools", self.folder / "aws.socket"
        tools.mkdir()
        write_client(tools / "aws", address)
        command = [sys.executable, aws_server.__file__, str(address)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def _variables(self) -> dict[str, str]:
        tools = Path(sys.executable).parent
        return {
            "PATH": f"{self.folder / 'tools'}:{tools}:{os.environ['PATH']}",  # noqa: TID251 # only tests
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": str(self.folder),  # no profile, no configuration of this machine's user
            "CURL_HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def play(self, block: str) -> str:
        """Run commands as they stand on the page, its own values replaced."""
        for shown, own in self._replaced.items():
            block = block.replace(shown, own)
        return self._terminal.run(block)

    def run(self, commands: str) -> str:
        """Run commands that are not on the page, in the same shell."""
        return self._terminal.run(commands).strip()

    def ask(self, question: str) -> Any:
        """Return the answer of an `aws` command."""
        return json.loads(self.run(f"aws {question} --output json"))

    def records(self, url: str) -> set[str]:
        """Return everything that a store holds: headers, revisions, templates, deleted ones too."""
        return set(self.run(f"python3 -c '{SCAN}' '{url}'").splitlines())

    def file(self, name: str) -> Any:
        """Return a JSON file that the page's commands wrote into build/."""
        return json.loads((self.folder / "build" / name).read_text("utf-8"))

    def close(self) -> None:
        self._terminal.close()
        self._aws.communicate()
        self.provider.close()


def named_tests(page: str) -> Iterator[str]:
    """Yield the tests that the table of flaws names."""
    for row in re.findall(r"^\| \d+ \|.*$", page, re.MULTILINE):
        yield from re.findall(r"`(test_\w+)`", row)
