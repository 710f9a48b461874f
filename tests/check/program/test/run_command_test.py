#!/usr/bin/env python3
"""nacre-check run: exit statuses, and what it says and writes. What it finds is tested in tests/check/run/test."""

import json
import os
import signal
import sys
import unittest

from program import SERVER, OnTerminal, ProgramTest, check

QUICK = ("--count", "2000", "--duration", "60", "--seed", "5")
# Write skew is what snapshot isolation lets happen and serializability does not.
SKEWED = ("run", "list-append", "--isolation", "snapshot", "--level", "serializable", "--seed", "5", "--keys", "4",
          "--duration", "60")


def stop(process):
    """Returns when no thread of it runs any more."""
    os.kill(process, signal.SIGSTOP)
    tasks = f"/proc/{process}/task"
    while any(state_of(f"{tasks}/{task}") != "T" for task in os.listdir(tasks)):
        os.sched_yield()


def state_of(task):
    with open(f"{task}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0]


class Run(ProgramTest):
    def test_the_library_keeps_what_it_promises(self):
        for isolation, level in (("snapshot", "strong-snapshot-isolation"), ("serializable", "strict-serializable")):
            report = self.judged(0, "run", "--isolation", isolation, *QUICK)
            self.assertTrue(report.startswith(f"{level} holds in libnacre\n"), report)
            self.assertIn("seed: 5\n", report)
            self.assertIn("2000 transactions, ", report)

    def test_what_the_level_asked_for_forbids_is_found(self):
        report = self.judged(1, *SKEWED, "--count", "15000")
        self.assertTrue(report.startswith("serializable is violated in libnacre\n"), report)
        self.assertIn("write-skew", report)

    def test_the_report_for_programs_has_the_facts_of_the_run(self):
        report = json.loads(self.judged(0, "run", "bank", "--json", *QUICK))
        self.assertEqual(report["facts"]["workload"], "bank")
        self.assertEqual(report["facts"]["seed"], "5")

    def test_a_recorded_run_is_judged_again_as_it_was(self):
        file = self.path("history.txt")
        self.judged(0, "run", "range", "--history", file, *QUICK)
        report = self.judged(0, "history", file, "--level", "strict-serializable")
        self.assertIn("2000 transactions, ", report)

    def test_a_file_that_would_pass_for_a_further_life_is_left_and_refused(self):
        file = self.path("history.txt")
        # Of an earlier run, which may have had more lives than this one will have.
        for life in ("2", "10"):
            other = self.path("history.txt." + life, "T1 ok | write x 1\n")
            self.assertIn(f"history.txt.{life} is there already", self.refused("run", "--history", file, *QUICK))
            with open(other, encoding="utf-8") as kept:
                self.assertEqual(kept.read(), "T1 ok | write x 1\n")
            os.rename(other, self.path(f"history.txt.{life}.old"))
        self.judged(0, "run", "--history", file, *QUICK)

    def test_what_is_judged_online_is_not_counted_by_what_is_kept(self):
        report = self.judged(0, "run", "--online", *QUICK)
        self.assertIn(" transactions committed", report)
        self.assertNotIn(" keys\n", report)
        report = json.loads(self.judged(0, "run", "--online", "--json", *QUICK))
        self.assertNotIn("transactions", report)

    def test_a_run_in_which_nothing_commits_could_not_tell(self):
        report = self.judged(2, "run", "--rollback-share", "1", *QUICK)
        self.assertIn("only 0 committed", report)

    def test_what_cannot_be_run_is_refused_with_the_reason(self):
        self.assertIn("There is no workload 'nonsense'", self.refused("run", "nonsense"))
        self.assertIn("--spawn", self.refused("run", "--fault", "restart"))
        self.assertIn("is no target", self.refused("run", "--target", "nowhere"))
        self.assertEqual("nacre-check: cannot reach 127.0.0.1:1: Connection refused\n",
                         self.refused("run", "--target", "127.0.0.1:1"))
        self.assertIn("{port}", self.refused("run", "--spawn", "true"))
        self.assertIn("ended with status 7", self.refused("run", "--spawn", "sh -c 'exit 7' {port}"))
        self.assertIn("--target", self.refused("run", "--target", "embedded", "--spawn", "server {port}"))
        self.assertIn("--online", self.refused("run", "--horizon", "10"))

    def test_ctrl_c_while_a_server_comes_up_ends_it_with_the_reason(self):
        # Who reads from the pipe waits until the server that never listens has been started.
        started = self.path("started")
        os.mkfifo(started)
        for form in ((), ("--json",)):
            program = OnTerminal("run", "--spawn", f"sh -c 'echo yes > {started}; exec sleep 1000' {{port}}", *form)
            with open(started, encoding="utf-8") as pipe:
                self.assertEqual(pipe.read(), "yes\n")
            program.interrupt()
            status, report = program.end()
            self.assertEqual(status, 2, report)
            self.assertIn("interrupted while 'sh -c", report)
        self.assertEqual(json.loads(report)["verdict"], "unknown")

    def test_ctrl_c_while_a_server_that_was_started_says_nothing_ends_it_with_the_reason(self):
        # It takes connections, and answers nobody.
        server = self.path("silent.py", "import signal, socket, sys\n"
                                        "peer = socket.create_server(('127.0.0.1', int(sys.argv[1]))).accept()\n"
                                        "with open(sys.argv[2], 'w') as pipe:\n"
                                        "    pipe.write('asked')\n"
                                        "signal.pause()\n")
        asked = self.path("asked")
        os.mkfifo(asked)
        program = OnTerminal("run", "--spawn", f"{sys.executable} {server} {{port}} {asked}")
        with open(asked, encoding="utf-8") as pipe:
            self.assertEqual(pipe.read(), "asked")
        program.interrupt()
        status, report = program.end()
        self.assertEqual(status, 2, report)
        self.assertIn("interrupted while '", report)

    @unittest.skipUnless(SERVER, "a build without nacre-server")
    def test_ctrl_c_does_not_wait_for_a_server_that_is_stopped(self):
        pid = self.path("pid")
        os.mkfifo(pid)
        program = OnTerminal("run", "--duration", "1000000", "--count", "0", "--json", "--spawn",
                             f"sh -c 'echo $$ > {pid}; exec {SERVER} --port $0' {{port}}")
        with open(pid, encoding="utf-8") as pipe:
            server = int(pipe.read())
        while " unknown" not in program.wait_for_progress():
            pass
        stop(server)
        # From one line to the next every session asks for something.
        program.wait_for_progress()
        program.wait_for_progress()
        program.interrupt()
        status, report = program.end()
        self.assertEqual(status, 2, report)
        report = json.loads(report)
        self.assertRegex(report["reason"], "what it answered before was right: it did not answer within 1s of "
                                           "when the run was interrupted")
        self.assertRegex(report["facts"]["run"], "[1-9][0-9,]* transactions committed")

    def test_a_person_sees_that_it_judges(self):
        program = OnTerminal("run", *QUICK)
        shown = ""
        while "judging 2000 transactions" not in shown:
            shown += program.wait_for_progress()
        self.assertEqual(program.end()[0], 0)

    def test_an_option_that_would_do_nothing_is_refused(self):
        for option, value in (("--restart-interval", "1"), ("--fault-share", "0.5"), ("--transactions", "watch"),
                              ("--password", "secret")):
            self.assertIn(f"{option} needs ", self.refused("run", option, value, "--count", "10"))

    def test_numbers_that_are_none_are_refused(self):
        for option in ("--duration", "--skew", "--fault-share", "--restart-interval", "--read-share"):
            self.assertIn("nan is no number", self.refused("run", option, "nan", "--count", "10"))
        for seed in ("-1", " -1", str(1 << 64)):
            self.assertIn(f"{seed} is no number from 0 to ", self.refused("run", "--seed", seed, "--count", "10"))
        self.assertIn("seed: 18446744073709551615\n",
                      self.judged(0, "run", "--seed", str((1 << 64) - 1), "--count", "2000"))

    def test_a_workload_may_follow_the_faults(self):
        report = self.judged(0, "run", "--fault", "drop", "--fault", "pause", "bank", "--count", "400", "--seed", "5")
        self.assertIn("workload: bank\n", report)

    def test_a_file_that_cannot_be_written_is_told_before_the_run(self):
        # A run of that many seconds would not end.
        endless = ("--duration", "1000000", "--count", "0")
        unwritable = self.path("no/such/folder/history.txt")
        self.assertIn("history.txt: No such file or directory", self.refused("run", "--history", unwritable, *endless))
        for option in ("--svg", "--dot"):
            picture = self.path("no/such/folder/picture")
            self.assertIn("picture: No such file or directory", self.refused("run", option, picture, *endless))
            self.assertIn(": Is a directory", self.refused("run", option, self.folder, *endless))
            of_a_file = os.path.join(self.path("a.txt", ""), "picture")
            self.assertIn("picture: Not a directory", self.refused("run", option, of_a_file, *endless))
            # What is refused leaves no history that is empty.
            history = self.path("history.txt")
            self.refused("run", "--history", history, option, picture, *endless)
            self.assertFalse(os.path.exists(history))
        edn = self.path("history.edn")
        self.assertIn("EDN has no form", self.refused("run", "range", "--history", edn, *endless))
        self.assertFalse(os.path.exists(edn))

    def test_a_file_that_breaks_during_the_run_leaves_the_verdict(self):
        result = check("run", "--history", "/dev/full", *QUICK)
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"strict-serializable holds", result.stdout)
        self.assertIn(b"could not be written", result.stderr)
        # A violation is one, whatever became of its history.
        result = check(*SKEWED, "--count", "15000", "--history", "/dev/full")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"could not be written", result.stderr)


if __name__ == "__main__":
    unittest.main()
