#!/usr/bin/python3
"""run.py --server PROGRAM [--work DIR] [--unit UNIT...]: other people's tests, against our server.

Fetches the sources of Redis's suite and of hiredis from Debian, runs them against a fresh PROGRAM for
each unit, and holds every single result against the expectations beside this file. Exit status 0 only if
nothing deviates and the share of passed tests is high enough; see docs/COMPATIBILITY.md.
"""

import argparse
import os
import sys
import time

import judge
import source
import tcl_suite
from server import Server, is_redis

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PERCENTAGE_MIN = 97.0

REDIS = source.Package("redis", "7.0.15")


def load(path, server):
    with open(path, encoding="utf-8") as file:
        found = judge.parse_expectations(file, os.path.relpath(path, ROOT))
    # Redis itself is held to everything that the harness does not leave out: that judges the harness.
    return {key: e for key, e in found.items() if e.kind == "denied"} if is_redis(server) else found


def run_tcl_unit(tree, unit, expectations, options):
    folder = os.path.join(options.work, "run", unit.replace("/", "-"))
    skipped = judge.names_of(expectations, unit, "unsafe")
    with Server(options.server, folder) as server:
        run = tcl_suite.run_unit(tree, unit, server, skipped, folder + ".log")
    if server.fault:
        run.faults.append(server.fault)
    return judge.judge(unit, run, expectations)


def run_suites(options):
    archive = source.Archive(options.work)
    expectations = load(os.path.join(HERE, "expectations"), options.server)
    verdicts = []
    tree = archive.obtain(REDIS)
    for unit in options.unit or tcl_suite.UNITS:
        start = time.monotonic()
        verdicts.append(run_tcl_unit(tree, unit, expectations, options))
        print(f"{unit}: {time.monotonic() - start:.0f} s", flush=True)
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server", required=True, help="nacre-server, or a redis-server to compare with")
    parser.add_argument("--work", default=os.path.join(ROOT, "build", "compat"),
                        help="where sources, builds and logs are kept")
    parser.add_argument("--unit", action="append", choices=tcl_suite.UNITS, help="only this one")
    options = parser.parse_args()
    options.work = os.path.abspath(options.work)
    os.makedirs(os.path.join(options.work, "run"), exist_ok=True)
    try:
        verdicts = run_suites(options)
    except source.Unavailable as error:
        sys.exit(f"compat: a source package could not be had: {error}")

    deviations = [d for v in verdicts for d in v.deviations]
    if deviations:
        print("\n=== what deviates from tests/compat/expectations")
        print("\n".join(deviations))
    print("\n" + judge.table(verdicts) + "\n")
    failed = len(deviations)
    share = judge.percentage(verdicts)
    if share < PERCENTAGE_MIN:
        print(f"{share:.1f} % of what counts passed; at least {PERCENTAGE_MIN:.0f} % must")
        failed += 1
    print(f"{sum(v.passed for v in verdicts)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
