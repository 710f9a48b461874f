#!/usr/bin/env python3
"""redis-benchmark against the server at NACRE_PORT: it finishes, reports every test, and what it wrote is
there. No figure is judged here."""

import csv
import os
import subprocess
import unittest

PORT = os.environ["NACRE_PORT"]
REQUESTS = 20000


def cli(*words):
    return subprocess.run(["redis-cli", "-p", PORT, *words], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.split()


def benchmark(*flags):
    """Runs redis-benchmark; returns its rows by the name of the test."""
    done = subprocess.run(["redis-benchmark", "-p", PORT, "--csv", "-n", str(REQUESTS), *flags],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    if done.returncode != 0 or "rror" in done.stdout:
        raise AssertionError(f"redis-benchmark {flags} exited with {done.returncode}:\n{done.stdout}")
    lines = [line for line in done.stdout.splitlines() if line.startswith('"')]
    return {row["test"]: row for row in csv.DictReader(lines)}


class BenchmarkTest(unittest.TestCase):
    def setUp(self):
        self.assertEqual(cli("FLUSHALL"), ["OK"])

    def test_every_test_is_reported(self):
        for protocol in ([], ["-3"]):
            for pipeline in ("1", "16"):
                rows = benchmark("-t", "ping,set,get,incr,mset", "-c", "20", "-P", pipeline, "-r",
                                 "1000", *protocol)
                for name in ("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"):
                    self.assertIn(name, rows)
                    self.assertGreater(float(rows[name]["rps"]), 0)

    def test_every_increment_is_counted(self):
        benchmark("-c", "25", "-P", "8", "-r", "10", "INCR", "counter:__rand_int__")
        counters = cli("KEYS", "counter:*")
        self.assertEqual(len(counters), 10)
        self.assertEqual(sum(map(int, cli("MGET", *counters))), REQUESTS)

    def test_several_threads_of_clients(self):
        benchmark("-c", "16", "--threads", "2", "-P", "4", "INCR", "one")
        self.assertEqual(cli("GET", "one"), [str(REQUESTS)])


if __name__ == "__main__":
    unittest.main()
