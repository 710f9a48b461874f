#!/usr/bin/python3
"""run.py --server PROGRAM [--work DIR] [--unit UNIT]... [--redis-py DIR]: other people's tests, against our server.

Fetches the sources of Redis's suite, of hiredis and of redis-py from Debian, runs them against a fresh PROGRAM for
each unit, and holds every single result against the expectations beside this file. Exit status 0 only if
nothing deviates and the share of passed tests is high enough; see docs/COMPATIBILITY.md.
"""

import argparse
import os
import sys
import time

import hiredis_suite
import judge
import redis_py_suite
import source
import tcl_suite
from server import Server, is_redis

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PERCENTAGE_MIN = 97.0

UNITS = [*tcl_suite.UNITS, hiredis_suite.UNIT, redis_py_suite.UNIT]


def load(path, server):
    with open(path, encoding="utf-8") as file:
        found = judge.parse_expectations(file, os.path.relpath(path, ROOT))
    # Redis itself is held to everything that the harness does not leave out: that judges the harness.
    return {key: e for key, e in found.items() if e.kind == "denied"} if is_redis(server) else found


def tree_of(archive, unit, options):
    """The unpacked source whose tests a unit is."""
    if unit == redis_py_suite.UNIT and options.redis_py:
        return os.path.abspath(options.redis_py)
    packages = {hiredis_suite.UNIT: hiredis_suite.PACKAGE, redis_py_suite.UNIT: redis_py_suite.PACKAGE}
    return archive.obtain(packages.get(unit, tcl_suite.PACKAGE))


def run_unit(tree, unit, expectations, options):
    """One unit against a server of its own."""
    folder = os.path.join(options.work, "run", unit.replace("/", "-"))
    start = time.monotonic()
    with Server(options.server, folder) as server:
        if unit == hiredis_suite.UNIT:
            run = hiredis_suite.run_unit(tree, server, folder + ".log")
        elif unit == redis_py_suite.UNIT:
            run = redis_py_suite.run_unit(tree, server, folder + ".log")
        else:
            skipped = judge.names_of(expectations, unit, "unsafe")
            run = tcl_suite.run_unit(tree, unit, server, skipped, folder + ".log")
    if server.fault:
        run.faults.append(server.fault)
    print(f"{unit}: {time.monotonic() - start:.0f} s", flush=True)
    return judge.judge(unit, run, expectations)


def run_units(options):
    archive = source.Archive(options.work)
    expectations = {}
    for name in ("expectations", "expectations-redis-py"):
        expectations.update(load(os.path.join(HERE, name), options.server))
    verdicts = []
    for unit in options.unit or UNITS:
        try:
            tree = tree_of(archive, unit, options)
        except source.Unavailable as error:
            if unit != redis_py_suite.UNIT:
                sys.exit(f"compat: the source of {unit} could not be had: {error}")
            # Debian's mirrors do not all carry this source; it is not what the gate rests on.
            print(f"{unit}: unavailable, neither passed nor failed: {error}")
            continue
        verdicts.append(run_unit(tree, unit, expectations, options))
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server", required=True, help="nacre-server, or a redis-server to compare with")
    parser.add_argument("--work", default=os.path.join(ROOT, "build", "compat"),
                        help="where sources, builds and logs are kept")
    parser.add_argument("--unit", action="append", choices=UNITS, help="only this one")
    parser.add_argument("--redis-py", metavar="DIR",
                        help=f"a source tree of redis-py {redis_py_suite.PACKAGE.upstream} that is already here")
    options = parser.parse_args()
    options.work = os.path.abspath(options.work)
    os.makedirs(os.path.join(options.work, "run"), exist_ok=True)
    verdicts = run_units(options)
    deviations = [d for v in verdicts for d in v.deviations]
    if deviations:
        print("\n=== what deviates from tests/compat/expectations")
        print("\n".join(deviations))
    print("\n" + judge.table(verdicts) + "\n")
    failed = len(deviations)
    suite = [v for v in verdicts if v.unit in tcl_suite.UNITS]
    share = judge.percentage(suite)
    if suite and share < PERCENTAGE_MIN:
        print(f"{share:.1f} % of what counts in Redis's suite passed; at least {PERCENTAGE_MIN:.0f} % must")
        failed += 1
    print(f"{sum(v.passed for v in verdicts)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
