"""redis-py's own suite: the parts for one server without modules, scripts, TLS and clusters."""

import os
import xml.etree.ElementTree as ElementTree

from judge import DENIED, FAILED, PASSED, UnitRun, numbered
from server import Server, run_group
from source import Package

PACKAGE = Package("python-redis", "4.3.4")
UNIT = "redis-py"
FILES = ["commands", "connection", "connection_pool", "encoding", "lock", "multiprocessing", "pipeline", "retry"]
SECONDS_MAX = 240


def parse_results(path: str) -> UnitRun:
    """One status for each test case of a JUnit file, by its name as pytest would take it."""
    run = UnitRun()
    try:
        cases = [*ElementTree.parse(path).getroot().iter("testcase")]
    except (OSError, ElementTree.ParseError) as error:
        run.faults.append(f"no results: {error}")
        return run
    names = [f"{case.get('classname').replace('tests.', '', 1).replace('.', '::')}::{case.get('name')}" for case in cases]
    for name, case in zip(numbered(names), cases):
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if problem is not None:
            run.statuses[name] = FAILED
            run.details[name] = problem.get("message", "").splitlines()[0][:200]
        else:
            run.statuses[name] = PASSED if case.find("skipped") is None else DENIED
    if not cases:
        run.faults.append("no test ran")
    return run


def run_unit(tree: str, server: Server, log: str) -> UnitRun:
    results = os.path.splitext(log)[0] + ".xml"
    if os.path.exists(results):
        os.unlink(results)
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--junit-xml={results}",
               f"--redis-url=redis://127.0.0.1:{server.port}/9",
               # Nothing listens there: without them the suite leaves out what needs modules or a newer server.
               "--redismod-url=redis://127.0.0.1:1", "--redis-unstable-url=redis://127.0.0.1:1",
               *(f"tests/test_{name}.py" for name in FILES)]
    environment = dict(os.environ, PYTHONPATH=tree, PYTHONDONTWRITEBYTECODE="1")
    status = run_group(command, tree, log, SECONDS_MAX, env=environment)
    run = parse_results(results)
    if status is None:
        run.faults.append(f"stopped after {SECONDS_MAX} s")
    elif status not in (0, 1):
        run.faults.append(f"pytest exited with status {status}")
    return run
