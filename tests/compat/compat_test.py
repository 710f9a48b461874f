#!/usr/bin/python3
"""The harness itself: what it reads, and that nothing which deviates can pass for what was expected."""

import os
import socket
import sys
import tempfile
import unittest

import hiredis_suite
import judge
import relay
import source
import tcl_suite
from judge import DENIED, FAILED, MISSING, PASSED, SKIPPED, UnitRun
from tcl_suite import Listed

HERE = os.path.dirname(os.path.abspath(__file__))


def expectations(*lines):
    return judge.parse_expectations(lines, "file")


class ReadingTheSuite(unittest.TestCase):
    LISTED = [Listed("SET x", False), Listed("GET (1 ms)", False), Listed("twice", False),
              Listed("twice (2)", False), Listed("needs more", True), Listed("last", False)]

    def parse(self, *lines):
        return tcl_suite.parse_results(self.LISTED, lines)

    def test_each_test_gets_its_status(self):
        run = self.parse("[ready]: 12", "Testing unit/x", "[ok]: SET x (3 ms)",
                         "[err]: GET (1 ms) in tests/unit/x.tcl", "Expected 'a' to equal 'b'", "[ok]: twice (0 ms)",
                         "[err]: twice in tests/unit/x.tcl", "n command 'get'", "ERR unknown command 'get'", "    while",
                         "[ignore]: needs more: Tag: needs:debug denied",
                         "[skip]: last", "[1/1 done]: unit/x (2 seconds)",
                         "*** [err]: twice in tests/unit/x.tcl")
        self.assertEqual(run.statuses, {"SET x": PASSED, "GET (1 ms)": FAILED, "twice": PASSED, "twice (2)": FAILED,
                                        "needs more": DENIED, "last": SKIPPED})
        self.assertEqual(run.details, {"GET (1 ms)": "Expected 'a' to equal 'b'",
                                       "twice (2)": "ERR unknown command 'get'"})
        self.assertEqual(run.faults, [])

    def test_a_unit_that_breaks_off_is_a_fault_and_leaves_tests_not_reached(self):
        run = self.parse("[ok]: SET x (3 ms)", "[exception]: Executing test client: ERR unknown.")
        self.assertEqual(run.statuses["last"], MISSING)
        self.assertEqual(len(run.faults), 2)
        self.assertIn("ERR unknown", run.faults[0])

    def test_a_test_that_hangs_is_named(self):
        run = self.parse("[TIMEOUT]: clients state report follows.", "sock5a0 => (IN PROGRESS) SET x")
        self.assertEqual(run.faults, ["hung in: SET x", "the unit did not run to its end"])

    def test_an_error_outside_of_tests_and_an_unknown_result_are_faults(self):
        run = self.parse("[err]: R unknown command", "[ok]: stranger (1 ms)", "[1/1 done]: unit/x (2 seconds)")
        self.assertEqual(run.faults, ["an error between two tests: R unknown command",
                                      "a result of a test that is not listed: stranger"])

    def test_tests_are_listed_with_the_tags_of_their_blocks(self):
        with tempfile.TemporaryDirectory() as tree:
            os.makedirs(os.path.join(tree, "tests", "unit"))
            with open(os.path.join(tree, "tests", "unit", "x.tcl"), "w", encoding="utf-8") as file:
                file.write('start_server {tags {"x"} overrides {a b}} {\n'
                           '  foreach c {1 2} { test "plain $c" { error ran } {} }\n'
                           '  r config get x\n'
                           '  tags {"needs:repl"} { test {in a block} { error ran } }\n'
                           '  test {again} {error ran} {1} {needs:debug slow}\n'
                           '  test {again} {error ran}\n'
                           '}\n'
                           'start_server {tags {external:skip}} { test {not ours} { error ran } }\n')
            listed = tcl_suite.list_tests(tree, "x")
        self.assertEqual(listed, [("plain 1", False), ("plain 2", False), ("in a block", True), ("again", True),
                                  ("again (2)", False), ("not ours", True)])


class ReadingHiredis(unittest.TestCase):
    TEXT = ("#01 Of no concern: \x1b[0;32mPASSED\x1b[0;0m\n\nTesting against TCP connection (127.0.0.1:1):\n"
            "#02 Is able to: \x1b[0;32mPASSED\x1b[0;0m\n#03 Says nothing: #04 Reads %s: \x1b[0;31mFAILED\x1b[0;0m\n"
            "\nTesting against inherited fd (x):\nConnecting to inherited fd 3\n#05 Is able to: \x1b[0;32mPASSED\n")

    def test_each_test_gets_its_status(self):
        run = hiredis_suite.parse_results(self.TEXT + "*** 1 TESTS FAILED ***\n")
        self.assertEqual(run.statuses, {"TCP: Is able to": PASSED, "TCP: Says nothing": DENIED, "TCP: Reads %s": FAILED,
                                        "inherited: Is able to": PASSED})
        self.assertEqual(run.faults, [])

    def test_an_end_before_the_end_is_a_fault(self):
        self.assertEqual(hiredis_suite.parse_results(self.TEXT).faults,
                         ["the program broke off in: inherited: Is able to"])

    def test_the_relay_passes_bytes_and_the_end_both_ways(self):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
            with relay.Relay(os.path.join(folder, "s"), server.getsockname()[1]):
                client = socket.socket(socket.AF_UNIX)
                client.connect(os.path.join(folder, "s"))
                peer, _ = server.accept()
                with client, peer:
                    client.sendall(b"question")
                    self.assertEqual(peer.recv(100), b"question")
                    peer.sendall(b"answer")
                    peer.shutdown(socket.SHUT_WR)
                    self.assertEqual(client.recv(100), b"answer")
                    self.assertEqual(client.recv(100), b"")
                    client.close()
                    self.assertEqual(peer.recv(100), b"")


class Judging(unittest.TestCase):
    RULES = ("== absent: lists", "u: lists", "== differs: order", "u: order",
             "== denied: DEBUG", "u: debug", "== unsafe: hangs", "u: hangs")
    AS_EXPECTED = {"plain": PASSED, "lists": FAILED, "order": FAILED, "debug": DENIED, "hangs": SKIPPED}

    def verdict(self, rules=RULES, faults=(), **statuses):
        run = UnitRun(statuses={**self.AS_EXPECTED, **statuses}, faults=list(faults))
        return judge.judge("u", run, expectations(*rules))

    def test_what_is_expected_does_not_deviate_and_only_differences_count(self):
        verdict = self.verdict()
        self.assertEqual((verdict.passed, verdict.differing, verdict.not_counted), (1, 1, 3))
        self.assertEqual(verdict.deviations, [])
        self.assertEqual(judge.percentage([verdict]), 50.0)

    def test_every_other_status_of_every_kind_deviates(self):
        allowed = {"plain": {PASSED}, "lists": {FAILED, MISSING}, "order": {FAILED}, "debug": {DENIED},
                   "hangs": {SKIPPED}}
        for name, statuses in allowed.items():
            for status in (PASSED, FAILED, SKIPPED, DENIED, MISSING):
                verdict = self.verdict(**{name: status})
                self.assertEqual(len(verdict.deviations), 0 if status in statuses else 1, (name, status))

    def test_an_unlisted_failure_lowers_the_percentage(self):
        self.assertEqual(self.verdict(plain=FAILED).passed, 0)
        self.assertEqual(self.verdict(plain=MISSING).counted, 2)

    def test_a_line_without_a_test_and_a_fault_deviate(self):
        verdict = self.verdict(rules=self.RULES + ("u: gone",), faults=["the server ended"])
        self.assertEqual(len(verdict.deviations), 2)

    def test_lines_of_other_units_are_no_concern(self):
        self.assertEqual(self.verdict(rules=self.RULES + ("other: gone",)).deviations, [])

    def test_a_run_without_tests_has_no_share(self):
        self.assertEqual(judge.percentage([]), 0.0)


class TheFileOfExpectations(unittest.TestCase):
    def test_mistakes_in_it_are_errors(self):
        for lines in (["u: before any section"], ["== unknown: x"], ["== absent:"], ["== absent: x", "no unit"],
                      ["== absent: x", "u: a", "== differs: y", "u: a"]):
            with self.assertRaises(ValueError, msg=lines):
                expectations(*lines)

    def test_names_may_hold_what_separates(self):
        found = expectations("# of everything", "", "== absent: a: b", "u: EVAL: a (2) #1")
        self.assertEqual(found, {("u", "EVAL: a (2) #1"): ("absent", "a: b")})

    def test_the_real_one_can_be_read_and_names_known_units(self):
        with open(os.path.join(HERE, "expectations"), encoding="utf-8") as file:
            found = judge.parse_expectations(file, "expectations")
        self.assertGreater(len(found), 20)
        self.assertLessEqual({unit for unit, _ in found}, {*tcl_suite.UNITS, hiredis_suite.UNIT})


class EntriesOfTheArchive(unittest.TestCase):
    def test_only_debian_s_own_entries_become_sources(self):
        text = ("# made by hand\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n\n"
                "Types: deb deb-src\nURIs: https://mirror.example/debian-security/\nSuites: s\n\n"
                "Types: deb\nURIs: https://tools.example/apt\nSuites: t\n\n"
                "Types: deb\nEnabled: no\nURIs: http://mirror.example/debian\nSuites: off\n")
        made = source.from_deb822(text)
        self.assertEqual(made.count("Types: deb-src\n"), 2)
        self.assertNotIn("tools", made)
        self.assertNotIn("off", made)

    def test_one_line_entries_keep_their_options(self):
        text = ("deb [signed-by=/k] http://mirror.example/debian bookworm main # ours\n"
                "# deb http://mirror.example/debian old main\ndeb http://tools.example/apt t main\n")
        self.assertEqual(source.from_list(text), "deb-src [signed-by=/k] http://mirror.example/debian bookworm main\n")

    def test_a_machine_without_them_is_told_so(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "sources.list.d"))
            self.assertEqual(source.derive_sources(folder, folder), 0)

    def test_a_command_that_fails_or_is_missing_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(source.Unavailable, "(?s)`sh -c.*` failed:.*no such source"):
                source.run(["sh", "-c", "echo no such source; exit 3"], folder)
            with self.assertRaisesRegex(source.Unavailable, "not installed"):
                source.run(["no-such-program-at-all"], folder)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
