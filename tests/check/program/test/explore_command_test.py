#!/usr/bin/env python3
"""nacre-check explore: verdicts and exit statuses, the schedules that come with it, and what it shrinks."""

import json
import os
import re
import unittest

from program import OnTerminal, ProgramTest, check

SCHEDULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schedules")
WRONG = ("anomaly: a wrong expectation\ninitial: k1=10 k2=20\n"
         "T1: BEGIN\nT1: GET k1 -> 10\nT1: SET k2 21\nT1: COMMIT\n"
         "T2: BEGIN\nT2: GET k2 -> 20\nT2: COMMIT\n")


class Explore(ProgramTest):
    def test_the_schedules_that_come_with_it_are_the_files(self):
        listed = [line.split()[0] for line in self.judged(0, "explore", "--list").splitlines()]
        self.assertEqual(listed, sorted(name[:-len(".txt")] for name in os.listdir(SCHEDULES)))
        self.assertIn("g2_item_write_skew", listed)

    def test_a_schedule_is_found_by_its_name_and_as_a_file(self):
        by_name = self.judged(0, "explore", "p4_lost_update")
        as_file = self.judged(0, "explore", os.path.join(SCHEDULES, "p4_lost_update.txt"))
        self.assertEqual(by_name, as_file)
        self.assertRegex(by_name, r"snapshot: holds; in the order written: prevented; \d+ interleavings")

    def test_all_interleavings_are_run_unless_told_otherwise(self):
        command = ("explore", "g2_item_write_skew", "--level", "serializable")
        for options in ((), ("--reduction", "none")):
            self.assertIn("252 interleavings of operations, all that exist", self.judged(0, *command, *options))
        self.assertRegex(self.judged(0, *command, "--reduction", "commuting"),
                         r"; \d+ of 252 interleavings of operations; those that differ only in the order of "
                         r"neighbours that read or begin were taken as one")

    def test_who_gives_up_could_not_tell(self):
        report = self.judged(2, "explore", "g2_item_write_skew", "--runs-max", "3")
        self.assertIn("could not tell", report)
        self.assertIn("--runs-max", report)

    def test_without_a_limit_of_runs_time_ends_it_and_both_are_told(self):
        report = self.judged(2, "explore", "g2_item_write_skew", "--time-limit", "1ns")
        self.assertIn("gave up after 0 of 252 interleavings of operations (--time-limit)", report)
        self.judged(0, "explore", "g2_item_write_skew", "--time-limit", "0")
        self.assertIn("is no duration", self.refused("explore", "g2_item_write_skew", "--time-limit", "soon"))

    def test_ctrl_c_ends_it_with_what_was_run(self):
        steps = "".join(f"T{i}: BEGIN\nT{i}: GET a\nT{i}: SET k{i} 1\nT{i}: COMMIT\n" for i in range(1, 9))
        path = self.path("endless.txt", "anomaly: much\ninitial: {}\n" + steps)
        program = OnTerminal("explore", path, "--time-limit", "0", "--runs-max", str(1 << 60))
        self.assertIn("exploring snapshot: ", program.wait_for_progress())
        program.interrupt()
        status, report = program.end()
        self.assertEqual(status, 2, report)
        self.assertRegex(report, r"snapshot: could not tell; gave up after \d+ of more than 10{15} interleavings of "
                                 r"operations \(interrupted\)")

    def test_a_directory_is_no_schedule(self):
        self.assertIn("is a directory", self.refused("explore", self.folder))
        self.assertIn("broken.txt: 'anomaly' is missing", self.refused("explore", self.path("broken.txt", "")))

    def test_without_a_violation_there_is_no_picture_and_that_is_said(self):
        for form in ((), ("--json",)):
            result = check("explore", "p4_lost_update", "--svg", self.path("picture.svg"), *form)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr.decode().count("was not drawn"), 1)

    def test_what_fails_is_shrunk_to_a_schedule_that_fails_again(self):
        report = self.judged(1, "explore", self.path("wrong.txt", WRONG))
        self.assertIn("T2: GET k2 answered 21, not 20", report)
        shrunk = re.search(r"finds it again:\n\n(.*?)\n\nIt fails", report, re.S).group(1) + "\n"
        self.assertEqual(re.findall(r"(?m)^T\d: .*", shrunk),
                         ["T1: BEGIN", "T1: SET k2 21", "T1: COMMIT", "T2: BEGIN", "T2: GET k2 -> 20", "T2: COMMIT"])
        again = self.judged(1, "explore", self.path("shrunk.txt", shrunk), "--level", "snapshot")
        self.assertIn("T2: GET k2 answered 21, not 20", again)

    def test_programs_read_the_same(self):
        report = json.loads(self.judged(1, "explore", self.path("wrong.txt", WRONG), "--json",
                                        "--level", "snapshot"))
        self.assertEqual(report["facts"]["rule"], "OUTCOME")
        self.assertEqual(report["verdict"], "violated")
        self.assertEqual(report["facts"]["by the values alone"], "holds")
        self.assertIn("T2: GET k2", report["facts"]["shrunk schedule"])

    def test_both_levels_are_one_object_for_programs(self):
        held = json.loads(self.judged(0, "explore", "p4_lost_update", "--json"))
        self.assertEqual(held["verdict"], "holds")
        self.assertEqual([level["level"] for level in held["levels"]],
                         ["strong-snapshot-isolation", "strict-serializable"])
        unknown = json.loads(self.judged(2, "explore", "g2_item_write_skew", "--json", "--runs-max", "3"))
        self.assertEqual(unknown["verdict"], "unknown")
        self.assertIn("3 of 252", unknown["levels"][0]["reason"])
        # Behind the first violation there is nothing more.
        broken = json.loads(self.judged(1, "explore", self.path("wrong.txt", WRONG), "--json"))
        self.assertEqual([broken["verdict"], len(broken["levels"])], ["violated", 1])

    def test_mistakes_are_told(self):
        self.assertIn("--list", self.refused("explore", "no_such_schedule"))
        self.assertIn("needs a schedule", self.refused("explore"))
        path = self.path("broken.txt", "anomaly: a\ninitial: {}\nT1: BEGIN\nT1: GTE k\n")
        self.assertIn("line 4: unknown operation 'GTE'", self.refused("explore", path))

    def test_a_mistake_in_a_schedule_is_no_violation(self):
        for line, steps, why in (
                (4, "T1: BEGIN READONLY\nT1: SET k 1\nT1: COMMIT\n", "the transaction of T1 is READONLY"),
                (4, "T1: BEGIN\nT1: ROLLBACKTO\nT1: COMMIT\n", "there is no SAVEPOINT to go back to"),
                (4, "T1: BEGIN\nT1: ADD a 1\nT1: COMMIT\n", "T1: ADD a 1: ADD to 'zz', which is not a number"),
                # Only where T2 comes first.
                (4, "T1: BEGIN\nT1: ADD b 1\nT1: COMMIT\nT2: BEGIN\nT2: SET b x\nT2: COMMIT\n",
                 "T1: ADD b 1: ADD to 'x', which is not a number")):
            path = self.path("mistake.txt", "anomaly: a mistake\ninitial: a=zz\n" + steps)
            result = check("explore", path)
            self.assertEqual(result.returncode, 3, result.stdout)
            self.assertNotIn(b"VIOLATED", result.stdout)
            self.assertIn(f"line {line}: {why}", result.stderr.decode())

    def test_steps_and_planted_bugs_need_the_build_that_has_them(self):
        if "--plant" in check("explore", "--help").stdout.decode():
            self.assertIn("there is no bug 'typo'", self.refused("explore", "p4_lost_update", "--plant", "typo"))
            self.judged(0, "explore", "p4_lost_update", "--steps", "--preemptions-max", "1")
            report = self.judged(1, "explore", self.path("wrong.txt", WRONG), "--plant", "skip-read-validation")
            self.assertIn("--plant skip-read-validation finds it again", report)
        else:
            self.assertIn("NACRE_FAULTS", self.refused("explore", "p4_lost_update", "--steps"))
            self.refused("explore", "p4_lost_update", "--plant", "skip-read-validation")


if __name__ == "__main__":
    unittest.main()
