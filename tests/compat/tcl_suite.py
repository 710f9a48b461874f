"""Redis's own Tcl suite, one unit at a time, against a server that is already running."""

import os
import re
import subprocess
import sys
from typing import Dict, Iterable, List, NamedTuple

from judge import DENIED, FAILED, MISSING, PASSED, SKIPPED, UnitRun, numbered
from server import Server, run_group
from source import Package

PACKAGE = Package("redis", "7.0.15")
UNITS = ["type/string", "type/incr", "keyspace", "expire", "scan", "multi", "protocol", "quit", "other"]

# What a server without DEBUG, replication and files can not do, by the suite's own tags.
DENIED_TAGS = ["needs:debug", "needs:pfdebug", "needs:repl", "needs:save"]
# Denied by the suite itself when it has not started the server.
EXTERNAL_TAG = "external:skip"

UNIT_SECONDS_MAX = 150
IDLE_SECONDS_MAX = 40  # Without a result; the slowest test takes some 10 s.

RESULT = re.compile(r"^\[(ok|err|skip)\]: (.*)$")
OK_TAIL = re.compile(r" \(\d+ ms\)$")
ERR_TAIL = re.compile(r" in tests/unit/\S+\.tcl$")
BROKEN = re.compile(r"^\[exception\]: (.*)$")
TIMED_OUT = re.compile(r"^sock\w+ => \(IN PROGRESS\) (.*)$")
DONE = re.compile(r"^\[1/1 done\]: ")


class Listed(NamedTuple):
    name: str
    denied: bool


def list_tests(tree: str, unit: str) -> List[Listed]:
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "list_tests.tcl")
    result = subprocess.run(["tclsh", script, os.path.join(tree, "tests", "unit", unit + ".tcl")],
                            capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        sys.exit(f"can not list the tests of {unit}:\n{result.stderr}")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    names = numbered(name for name, _ in rows)
    denied = set(DENIED_TAGS + [EXTERNAL_TAG])
    return [Listed(name, bool(denied & set(tags.split()))) for name, (_, tags) in zip(names, rows)]


def parse_results(listed: List[Listed], lines: Iterable[str]) -> UnitRun:
    """What the suite printed, as one status for each test that it should have run."""
    run = UnitRun(statuses={test.name: DENIED if test.denied else MISSING for test in listed})
    seen: Dict[str, int] = {}
    done, detail_of = False, None
    for line in lines:
        match = RESULT.match(line)
        if match:
            kind, text = match.groups()
            tail = {"ok": OK_TAIL, "err": ERR_TAIL}.get(kind)
            name = tail.sub("", text) if tail else text
            if kind == "err" and not ERR_TAIL.search(text):
                run.faults.append(f"an error between two tests: {text}")
                detail_of = None
                continue
            seen[name] = seen.get(name, 0) + 1
            name = name if seen[name] == 1 else f"{name} ({seen[name]})"
            if name not in run.statuses:
                run.faults.append(f"a result of a test that is not listed: {name}")
            run.statuses[name] = {"ok": PASSED, "err": FAILED, "skip": SKIPPED}[kind]
            detail_of = name if kind == "err" else None
            continue
        if detail_of and not line.startswith("["):
            # An error that is no assertion is printed without its beginning, then in full.
            shown = run.details.get(detail_of, "")
            if not shown or (len(shown) > 3 and line.strip().endswith(shown)):
                run.details[detail_of] = line.strip()
                continue
        detail_of = None
        if BROKEN.match(line):
            run.faults.append(f"the unit broke off: {BROKEN.match(line).group(1)}")
        elif TIMED_OUT.match(line):
            run.faults.append(f"hung in: {TIMED_OUT.match(line).group(1)}")
        done = done or bool(DONE.match(line))
    if not done:
        run.faults.append("the unit did not run to its end")
    return run


def run_unit(tree: str, unit: str, server: Server, skipped: List[str], log: str) -> UnitRun:
    listed = list_tests(tree, unit)
    command = ["tclsh", "tests/test_helper.tcl", "--host", "127.0.0.1", "--port", str(server.port),
               "--single", "unit/" + unit, "--durable", "--ignore-encoding", "--ignore-digest",
               "--timeout", str(IDLE_SECONDS_MAX), "--tags", " ".join("-" + t for t in DENIED_TAGS)]
    for name in skipped:
        command += ["--skiptest", name]
    status = run_group(command, tree, log, UNIT_SECONDS_MAX, env=dict(os.environ, TERM="dumb"))
    with open(log, encoding="utf-8", errors="replace") as file:
        run = parse_results(listed, file.read().splitlines())
    if status is None:
        run.faults.append(f"stopped after {UNIT_SECONDS_MAX} s")
    return run
