#!/usr/bin/env python3
"""nacre-check history: verdicts, exit statuses, and what it says of input that it cannot judge."""

import json
import os
import subprocess
import unittest

from program import HISTORIES, PROGRAM, WRITE_SKEW, ProgramTest, check

LEVELS = ["read-committed", "read-atomic", "causal", "snapshot-isolation", "strong-session-snapshot-isolation",
          "strong-snapshot-isolation", "serializable", "strict-serializable"]
# Two transactions appended the same to eleven lists, and both saw what the third appended after it had seen one of theirs:
# no way in which that can be holds, and there are more of them than are tried.
LISTS = ["x"] + [f"y{i}" for i in range(10)]
APPENDS = " | ".join(f"append {key} 1" for key in LISTS)
AMBIGUOUS = (f"T1 ok | {APPENDS} | list z [7]\nT2 ok | {APPENDS} | list z [7]\n"
             f"T3 ok | {' | '.join(f'list {key} [1]' for key in LISTS)} | append z 7\n")


def shared_verdicts():
    """(path, verdict at snapshot isolation, verdict at serializable), as their table has them."""
    with open(os.path.join(HISTORIES, "README.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 5 and cells[1].endswith(".txt"):
                yield os.path.join(HISTORIES, cells[1]), cells[4], cells[5]


class Verdicts(ProgramTest):
    def test_the_shared_histories_have_their_known_verdicts(self):
        verdicts = list(shared_verdicts())
        self.assertGreaterEqual(len(verdicts), 20)
        codes = {"valid": 0, "INVALID": 1}
        for path, snapshot, serial in verdicts:
            self.judged(codes[snapshot], "history", path, "--level", "snapshot-isolation")
            self.judged(codes[serial], "history", path, "--level", "serializable")

    def test_snapshot_isolation_is_asked_where_no_level_is_named(self):
        report = self.judged(0, "history", "-", stdin=WRITE_SKEW)
        self.assertTrue(report.startswith("snapshot-isolation holds in standard input\n"), report)

    def test_a_violation_is_told_with_transactions_edges_and_values(self):
        path = self.path("skew.txt", WRITE_SKEW)
        report = self.judged(1, "history", path, "--level", "serializable")
        for words in (f"serializable is violated in {path}\n", "1. write-skew: ", "T1 --rw y--> T2 --rw x--> T1\n",
                      "T1 (line 1, session a): read x absent; read y absent; write x 1\n",
                      "T2 (line 2, session b): read x absent; read y absent; write y 1\n"):
            self.assertIn(words, report)

    def test_what_cannot_be_told_has_its_reason(self):
        report = self.judged(2, "history", "-", "--level", "serializable", stdin=AMBIGUOUS)
        self.assertIn("could not tell whether serializable holds in standard input: ", report)
        self.assertIn("appended 1 to x", report)

    def test_all_levels_are_a_table_and_the_status_is_that_of_the_level(self):
        report = self.judged(0, "history", "-", "--all-levels", stdin=WRITE_SKEW)
        rows = [line.split() for line in report.splitlines()[:8]]
        self.assertEqual([row[0] for row in rows], LEVELS)
        self.assertEqual([row[1] for row in rows], ["holds"] * 6 + ["violated"] * 2)
        self.assertEqual(rows[6][2], "write-skew")
        self.judged(1, "history", "-", "--all-levels", "--level", "strict-serializable", stdin=WRITE_SKEW)

    def test_only_so_many_violations_are_told(self):
        skews = "".join(f"T{i}1 ok | list x{i} [] | append y{i} 1\nT{i}2 ok | list y{i} [] | append x{i} 1\n"
                        for i in range(5))
        report = self.judged(1, "history", "-", "--level", "serializable", stdin=skews)
        self.assertIn("\n5. write-skew", report)
        report = self.judged(1, "history", "-", "--level", "serializable", "--violations-max", "2", stdin=skews)
        self.assertIn("\n2. write-skew", report)
        self.assertNotIn("\n3. write-skew", report)

    def test_timestamps_can_be_ignored(self):
        stale = "T1 ok time=0..1 | append x 1\nT2 ok time=5..? | list x []\n"
        self.assertIn("1. G-SIb", self.judged(1, "history", "-", stdin=stale))
        self.judged(0, "history", "-", "--ignore-timestamps", stdin=stale)


    def test_a_time_limit_ends_the_search_with_its_reason_and_never_with_a_wrong_verdict(self):
        path = os.path.join(HISTORIES, "paper_np_complete-ser_violation_cycle.txt")
        report = self.judged(2, "history", path, "--level", "serializable", "--time-limit", "1ns")
        self.assertIn("time limit", report)
        for limit in ("5m", "0"):
            self.judged(1, "history", path, "--level", "serializable", "--time-limit", limit)


class Input(ProgramTest):
    def test_every_format_can_be_named_and_is_guessed(self):
        op = '[["append", 1, 1], ["r", 2, null]]'
        texts = {
            "edn": "{:type :invoke, :process 0, :f :txn, :value [[:append 1 1] [:r 2 nil]]}\n"
                   "{:type :ok, :process 0, :f :txn, :value [[:append 1 1] [:r 2 [9]]]}\n",
            "json": f'{{"type": "ok", "process": 0, "f": "txn", "value": {op.replace("null", "[9]")}}}\n',
            "text": "w(1,1,0,0)\nr(2,9,0,0)\n",
            "native": "T1 ok | append 1 1 | list 2 [9]\n",
        }
        for name, text in texts.items():
            for arguments in ((), ("--format", name)):
                report = self.judged(1, "history", "-", *arguments, stdin=text)
                self.assertIn("1. thin-air-read", report, name)

    def test_a_pipe_is_read_without_being_held_in_a_file(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        with subprocess.Popen([PROGRAM, "history", fifo], stdout=subprocess.PIPE) as judging:
            with open(fifo, "w", encoding="utf-8") as writer:
                for i in range(20_000):
                    writer.write(f"T{i} ok | append x {i} | list y []\n")
            report = judging.communicate()[0].decode()
        self.assertEqual(judging.returncode, 0)
        self.assertIn("20000 transactions", report)

    def test_a_file_that_is_not_there_or_no_file_is_named(self):
        missing = self.path("missing.edn")
        self.assertIn(f"cannot read {missing}: No such file", self.refused("history", missing))
        self.assertIn(f"cannot read {self.folder}: Is a directory", self.refused("history", self.folder))

    def test_what_is_no_history_is_refused_with_its_line(self):
        bad = self.path("bad.txt", "T1 ok | append x 1\nT2 ok | apend x 1\n")
        error = self.refused("history", bad)
        self.assertIn(bad, error)
        self.assertIn("line 2", error)
        self.assertIn("native", error)

    def test_nothing_recorded_is_no_history_and_nothing_committed_proves_nothing(self):
        self.assertIn("no transaction is in it", self.refused("history", "-", "--format", "native", stdin=""))
        failed = "T1 fail | write x 1\nT2 info | write x 2\n"
        self.assertIn("known to have committed", self.judged(2, "history", "-", stdin=failed))
        self.judged(0, "history", "-", stdin=failed + "T3 ok | read x 2\n")

    def test_what_could_be_any_format_has_to_be_named(self):
        for text in ("", "hello\n"):
            error = self.refused("history", "-", stdin=text)
            self.assertIn("standard input", error)
            self.assertIn("--format edn, json, text or native", error)


class CommandLine(ProgramTest):
    def test_an_unknown_level_is_refused_with_those_there_are(self):
        error = self.refused("history", "-", "--level", "repeatable-read", stdin=WRITE_SKEW)
        self.assertIn("no level 'repeatable-read'", error)
        for level in LEVELS:
            self.assertIn(level, error)

    def test_mistakes_are_refused_and_lead_to_the_help(self):
        for arguments in ((), ("history",), ("judge", "x"), ("history", "-", "--no-such-option"),
                          ("history", "-", "--format", "csv"), ("history", "-", "--violations-max", "0"),
                          ("history", "-", "--violations-max", "many"), ("history", "-", "--time-limit", "5"),
                          ("history", "-", "--time-limit", "-5s")):
            self.assertIn("--help", self.refused(*arguments), arguments)

    def test_a_command_that_there_is_not_is_named_with_those_there_are(self):
        self.assertRegex(self.refused("histroy", "x"), r"no command 'histroy'; there are: .*\bhistory\b")
        for arguments in ((), ("--level", "causal")):
            self.assertRegex(self.refused(*arguments), r"a command comes first; there are: .*\bhistory\b")

    def test_help_and_version_are_no_mistakes(self):
        self.assertIn("history", self.judged(0, "--help"))
        self.assertIn("--violations-max", self.judged(0, "history", "--help"))
        self.assertRegex(self.judged(0, "--version"), r"^nacre-check \d+\.\d+\.\d+\n$")

    def test_a_report_that_cannot_be_written_is_no_verdict(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([PROGRAM, "history", "-"], input=WRITE_SKEW.encode(), stdout=full,
                                    stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"could not be written", result.stderr)

    def test_a_picture_that_cannot_be_written_is_told_and_leaves_the_verdict(self):
        for option in ("--svg", "--dot"):
            path = self.path("no-such-folder/picture")
            result = check("history", "-", "--level", "serializable", option, path, stdin=WRITE_SKEW)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"cannot write {path}: No such file or directory", result.stderr.decode())
            self.assertIn(b"write-skew", result.stdout)

    def test_without_a_violation_there_is_no_picture_and_that_is_said(self):
        path = self.path("picture.svg")
        result = check("history", "-", "--svg", path, stdin=WRITE_SKEW)
        self.assertEqual(result.returncode, 0)
        self.assertIn(path, result.stderr.decode())
        self.assertFalse(os.path.exists(path))


class Json(ProgramTest):
    def test_a_violation_has_its_transactions_and_edges(self):
        report = json.loads(self.judged(1, "history", "-", "--level", "serializable", "--json", stdin=WRITE_SKEW))
        self.assertEqual((report["level"], report["verdict"], report["source"]),
                         ("serializable", "violated", "standard input"))
        self.assertEqual((report["transactions"], report["operations"], report["sessions"], report["keys"]), (2, 6, 2, 2))
        violation, = report["violations"]
        self.assertEqual((violation["name"], violation["class"]), ("write-skew", "G2-item"))
        self.assertEqual([(e["from"], e["to"], e["kind"], e["key"]) for e in violation["edges"]],
                         [("T1", "T2", "rw", "y"), ("T2", "T1", "rw", "x")])
        first = violation["transactions"][0]
        self.assertEqual((first["name"], first["line"], first["session"], first["outcome"]), ("T1", 1, "a", "ok"))
        self.assertEqual(first["operations"], ["read x absent", "read y absent", "write x 1"])

    def test_transactions_that_show_the_order_of_others_are_witnesses(self):
        report = json.loads(self.judged(1, "history", "-", "--level", "read-atomic", "--json", stdin=(
            "T1 ok | write x 1 | write y 1\nT2 ok | write x 2 | write y 2\n"
            "T3 ok | read x 1 | read y 2\nT4 ok | read y 2 | read x 1\n")))
        violation, = report["violations"]
        self.assertEqual(violation["name"], "cyclic-versions")
        self.assertEqual({t["name"] for t in violation["transactions"]}, {"T1", "T2"})
        self.assertLessEqual({t["name"] for t in violation["witnesses"]}, {"T3", "T4"})
        for edge in violation["edges"]:
            self.assertRegex(edge["reason"], "|".join(t["name"] for t in violation["witnesses"]))

    def test_what_cannot_be_told_has_its_reason(self):
        report = json.loads(self.judged(2, "history", "-", "--json", stdin=AMBIGUOUS))
        self.assertEqual(report["verdict"], "unknown")
        self.assertIn("appended 1 to x", report["reason"])

    def test_all_levels_are_a_list(self):
        report = json.loads(self.judged(0, "history", "-", "--json", "--all-levels", stdin=WRITE_SKEW))
        self.assertEqual([level["level"] for level in report["levels"]], LEVELS)
        self.assertEqual([level["verdict"] for level in report["levels"]], ["holds"] * 6 + ["violated"] * 2)

    def test_bytes_that_are_no_text_do_not_break_it(self):
        report = json.loads(self.judged(1, "history", "-", "--json", stdin='T1 ok | read "\\xff\\x00\\"" 1\n'))
        self.assertEqual(report["violations"][0]["name"], "thin-air-read")


if __name__ == "__main__":
    unittest.main()
