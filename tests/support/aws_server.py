"""The AWS CLI without its start: a process that has imported it, and a fork of that for each call.

A page of a hundred `aws` commands spends most of its time on importing. A call through here runs
the same code with the caller's arguments, environment, folder, input and output; what is left out
is only the start of an interpreter.

Usage: python aws_server.py SOCKET. It ends when its input does.
"""

import array
import json
import os
import socket
import sys
import threading
import traceback
from pathlib import Path

import awscli.clidriver  # type: ignore[import-untyped] # it has no types
import awscli.handlers  # type: ignore[import-untyped] # the same
import botocore.client
import botocore.handlers

CLIENT = """#!{python} -ISs
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    asked = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    files = socket.SCM_RIGHTS, array.array("i", [0, 1, 2])
    server.sendmsg([len(asked).to_bytes(4, "big")], [(socket.SOL_SOCKET, *files)])
    server.sendall(asked)
    sys.exit(server.recv(1)[0])
"""


def write_client(path: Path, address: Path) -> None:
    """Write the program that takes the place of `aws`."""
    path.write_text(CLIENT.format(python=sys.executable, address=str(address)), "utf-8")
    path.chmod(0o755)


def serve(address: str) -> None:
    """Answer calls, one process for each, until there are no more."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)  # noqa: T201 - for who has started it
        threading.Thread(target=_end_with_input, daemon=True).start()
        while True:
            caller, _ = listener.accept()
            if not os.fork():
                listener.close()
                _answer(caller)
            caller.close()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _answer(caller: socket.socket) -> None:
    """Run the command in a child of its own, and tell its code; never returns."""
    head, rights, *_ = caller.recvmsg(4, socket.CMSG_SPACE(3 * 4))
    files = array.array("i", rights[0][2][: 3 * 4])
    size, asked = int.from_bytes(head, "big"), b""
    while len(asked) < size:
        asked += caller.recv(size - len(asked))
    child = os.fork()
    if not child:
        _run(*json.loads(asked), files=list(files))
    _, status = os.waitpid(child, 0)
    caller.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    os._exit(0)


def _run(
    arguments: list[str], folder: str, environment: dict[str, str], *, files: list[int]
) -> None:
    code: object = 255
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.chdir(folder)
        own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}  # noqa: TID251 - set by awscli
        os.environ.clear()  # noqa: TID251 - it is the caller's
        os.environ.update(own | environment)  # noqa: TID251 - the same
        sys.argv = arguments
        code = awscli.clidriver.main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - told where the caller looks for it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


PRELOADED = (awscli.handlers, botocore.client, botocore.handlers)
"""What the first call would import besides."""

if __name__ == "__main__":
    serve(sys.argv[1])
