#!/usr/bin/env python3
"""Every planted bug is found by its named run, and no run fails without its bug (runs.txt, concurrent_runs.txt).

planted_test.py NUMBER OF: does that share of the runs, so that ctest can share them out.
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ["NACRE_CHECK"]
FOLDER = os.path.dirname(os.path.abspath(__file__))


def rows(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield [cell.strip() for cell in line.split("|")]


def named_runs():
    for name, bug, rule, anomaly, size, command in rows("runs.txt"):
        sessions, operations = [int(number) for number in size.split(",")]
        yield name, bug, rule, anomaly, (sessions, operations), command.split()


def concurrent_runs():
    for name, bug, anomaly, command in rows("concurrent_runs.txt"):
        yield name, bug, anomaly, tuple(command.split())


def in_folder(word):
    return os.path.join(FOLDER, "schedules", word) if word.endswith(".txt") else word


# A bug that is not found within a minute is not found: the run itself ends then, with the status 2 if it explores and
# 0 if it does not. Without a bug a run is done to its end, however slow that is.
EXPLORE_FOR = ("--time-limit", "30s")  # And as much again to shrink what was found.
RUN_FOR = ("--duration", "50", "--time-limit", "10s")  # Of a step of the judge, the last one among them.

RUNS_MAX = 12  # Until one is stopped by the violation that is named.


def explore(*arguments, limit=("--time-limit", "0")):
    return check("explore", *limit, *arguments)


def run(*arguments, limit=("--duration", "1000000")):
    return check("run", "--online", "--seed", "1", *limit, *arguments)


@functools.lru_cache
def healthy_run(command):
    return run(*command)


def check(*arguments):
    """(exit status, report, seconds)"""
    began = time.monotonic()
    result = subprocess.run([PROGRAM, *arguments, "--json"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, check=False)
    seconds = time.monotonic() - began
    if result.returncode not in (0, 1, 2):
        how = f"crashed by signal {-result.returncode}" if result.returncode < 0 else f"ended with {result.returncode}"
        raise AssertionError(f"{' '.join(arguments)} {how}: {result.stderr.decode()}")
    return result.returncode, json.loads(result.stdout), seconds


def size_of(schedule):
    steps = [line.split(":")[0] for line in schedule.splitlines() if line[:1].isupper()]
    return len(set(steps)), len(steps)


class NamedRuns(unittest.TestCase):
    runs = list(named_runs())
    concurrent = list(concurrent_runs())

    def test_each_bug_is_found_by_its_run_and_no_run_fails_without_its_bug(self):
        self.assertTrue(self.runs)
        for name, bug, rule, anomaly, size, command in self.runs:
            with self.subTest(name):
                self.check_run(name, bug, rule, anomaly, size, [in_folder(word) for word in command])

    def test_threads_find_each_of_their_bugs_and_nothing_without_it(self):
        self.assertTrue(list(concurrent_runs()))
        for name, bug, anomaly, command in self.concurrent:
            with self.subTest(name):
                code, report, healthy_seconds = healthy_run(command)
                self.assertEqual(code, 0, f"{name} fails without its bug: {report}")
                code, report, seconds = run(*command, "--plant", bug, limit=RUN_FOR)
                self.assertEqual(code, 1, f"{name} does not find {bug} within a minute: {report}")
                print(f"{name}: {healthy_seconds:.2f} s without the bug, {seconds:.2f} s with {bug}")
                if anomaly != "-":
                    self.assertIn(anomaly, self.names_of_runs(name, command, bug, report, anomaly))

    def names_of_runs(self, name, command, bug, report, wanted):
        """Of the violations that stopped this run and others like it, until `wanted` is among them."""
        names = {violation["name"] for violation in report["violations"]}
        for _ in range(RUNS_MAX - 1):
            if wanted in names:
                break
            code, report, _ = run(*command, "--plant", bug, limit=RUN_FOR)
            self.assertEqual(code, 1, f"{name} does not find {bug} within a minute: {report}")
            names |= {violation["name"] for violation in report["violations"]}
        return names

    def test_every_bug_has_its_run(self):
        text = subprocess.run([PROGRAM, "explore", "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
        there_are = re.search(r"Breaks the embedded engine first: ((?:[a-z-]+,\s+)*[a-z-]+)", text).group(1)
        bugs = set(re.split(r",\s+", there_are))
        self.assertEqual({row[1] for row in named_runs()}, bugs)

    def check_run(self, name, bug, rule, anomaly, size, command):
        code, _, healthy_seconds = explore(*command)
        self.assertEqual(code, 0, f"{name} fails without its bug")
        code, report, seconds = explore(*command, "--plant", bug, limit=EXPLORE_FOR)
        self.assertEqual(code, 1, f"{name} does not find {bug} within a minute")
        print(f"{name}: {healthy_seconds:.2f} s without the bug, {seconds:.2f} s with {bug}")
        if any(note.startswith("Shrinking was not finished") for note in report["notes"]):
            # It is found. How small it gets is asked of a run that has the time.
            code, report, _ = explore(*command, "--plant", bug)
            self.assertEqual(code, 1)
        facts = report["facts"]
        self.assertEqual(facts["rule"], rule)
        found = [violation["name"] for violation in report["violations"]]
        self.assertEqual(found[:1], [] if anomaly == "-" else [anomaly])
        self.assertEqual(size_of(facts["shrunk schedule"]), size, facts["shrunk schedule"])
        self.check_again(facts["shrunk schedule"], bug, rule, command[1:])

    def check_again(self, schedule, bug, rule, options):
        """The shrunk schedule is one that can be explored, and fails in the same way."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shrunk.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write(schedule)
            self.assertEqual(explore(path, *options)[0], 0, "the shrunk schedule fails without the bug")
            code, report, _ = explore(path, *options, "--plant", bug)
            self.assertEqual((code, report["facts"]["rule"]), (1, rule), "it is not found again")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        share = int(sys.argv[1])
        shares = int(sys.argv[2])
        NamedRuns.runs = NamedRuns.runs[share::shares]
        # By command, so that each is run without a bug once.
        commands = sorted({run[3] for run in NamedRuns.concurrent})
        NamedRuns.concurrent = [run for run in NamedRuns.concurrent if commands.index(run[3]) % shares == share]
    unittest.main(argv=sys.argv[:1])
