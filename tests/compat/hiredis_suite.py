"""The test program of hiredis, over TCP, a Unix socket and an inherited descriptor."""

import os
import re
import subprocess
import tempfile
from typing import List

from judge import DENIED, FAILED, PASSED, UnitRun, numbered
from relay import Relay
from server import Server, run_group
from source import Package

PACKAGE = Package("hiredis", "0.14.1")
UNIT = "hiredis"
SOURCES = ["test.c", "hiredis.c", "net.c", "read.c", "sds.c", "alloc.c"]
SECONDS_MAX = 60

PLACE = re.compile(r"^Testing against (TCP|Unix|inherited)", re.M)
START = re.compile(r"#\d{2,} ")
RESULT = re.compile(r"^(.*?):?\s*(?:\x1b\[[\d;]*m)?(PASSED|FAILED)")
END = re.compile(r"^(ALL TESTS PASSED|\*\*\* \d+ TESTS FAILED \*\*\*)$", re.M)


def build(tree: str) -> str:
    program = os.path.join(tree, "nacre-hiredis-test")
    if not os.path.exists(program):
        subprocess.run(["cc", "-O1", "-w", "-o", program, *SOURCES], cwd=tree, check=True)
    return program


def parse_results(text: str) -> UnitRun:
    """A test is "#07 name: PASSED"; one without a verdict is followed by the next one at once.

    Those that stand before the first place speak to no server, and are left out.
    """
    names: List[str] = []
    statuses: List[str] = []
    starts = [*START.finditer(text)]
    for index, start in enumerate(starts):
        places = PLACE.findall(text[:start.start()])
        if not places:
            continue
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        chunk = text[start.end():end]
        match = RESULT.match(chunk)
        name = match.group(1) if match else chunk.split(":")[0]
        names.append(f"{places[-1]}: {name.strip()}")
        statuses.append({"PASSED": PASSED, "FAILED": FAILED}[match.group(2)] if match else DENIED)
    run = UnitRun(statuses=dict(zip(numbered(names), statuses)))
    if not END.search(text):
        run.faults.append(f"the program broke off in: {names[-1] if names else 'its beginning'}")
    return run


def run_unit(tree: str, server: Server, log: str) -> UnitRun:
    program = build(tree)
    # The path of a Unix socket has to be short, so it is not below the folder of the build.
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        with Relay(path, server.port):
            # Its measurements of throughput assert on lists.
            command = [program, "-h", "127.0.0.1", "-p", str(server.port), "-s", path, "--skip-throughput"]
            status = run_group(command, tree, log, SECONDS_MAX)
    with open(log, encoding="utf-8", errors="replace") as file:
        run = parse_results(file.read())
    if status is None:
        run.faults.append(f"stopped after {SECONDS_MAX} s")
    elif status != (1 if FAILED in run.statuses.values() else 0):
        run.faults.append(f"the program exited with status {status}")
    return run
