#!/usr/bin/env python3
"""nacre-cli as scripts use it: NACRE_CLI against the server at NACRE_PORT. Exit codes, formats, commands from
stdin, --pipe, --scan, --latency, --stat and top."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

CLI = os.environ["NACRE_CLI"]
PORT = os.environ["NACRE_PORT"]
SECONDS_MAX = 60  # Only a hang lasts so long.


def run(*arguments, stdin=None, port=PORT, **environment):
    """Runs nacre-cli to its end; stdin and what it prints are bytes."""
    return subprocess.run([CLI, "-p", str(port), *arguments], input=stdin, capture_output=True,
                          timeout=SECONDS_MAX, env=dict(os.environ, **environment),
                          **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))


def refusing_port():
    """A socket whose port refuses connections for as long as it is open: nobody else can have it."""
    socket_without_listener = socket.socket()
    socket_without_listener.bind(("127.0.0.1", 0))
    return socket_without_listener


class CommandsTest(unittest.TestCase):
    def cli(self, *arguments, stdin=None, code=0, **environment):
        done = run(*arguments, stdin=stdin, **environment)
        self.assertEqual(done.returncode, code, done)
        return done.stdout

    def setUp(self):
        self.cli("FLUSHALL")

    # Exit codes.

    def test_ends_with_zero_after_a_reply(self):
        self.assertEqual(self.cli("SET", "k", "v"), b"OK\n")
        self.assertEqual(self.cli("GET", "missing"), b"\n")

    def test_ends_with_one_after_an_error_reply(self):
        self.assertEqual(self.cli("GET", code=1),
                         b"ERR wrong number of arguments for 'get' command\n\n")

    def test_an_error_goes_to_stderr_with_e(self):
        done = run("-e", "GET")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(done.stderr, b"ERR wrong number of arguments for 'get' command\n")

    def test_ends_with_two_after_a_mistake_on_the_command_line(self):
        for arguments in (["--nonsense"], ["-p"], ["--csv", "--json", "PING"], ["--scan", "GET"]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertNotEqual(done.stderr, b"")

    def test_ends_with_three_without_a_server(self):
        with refusing_port() as reserved:
            port = reserved.getsockname()[1]
            for arguments in (["PING"], ["--pipe"], ["--scan"], ["--latency"], ["--stat"],
                              ["top", "--once"]):
                done = run(*arguments, stdin=b"", port=port)
                self.assertEqual(done.returncode, 3, arguments)
                self.assertEqual(done.stderr,
                                 f"Could not connect to 127.0.0.1:{port}: Connection refused\n".encode())

    def test_ends_with_three_when_the_server_closes_the_connection(self):
        done = run(stdin=b"SET k 1\nCLIENT KILL TYPE normal SKIPME no\nSET k 2\n")
        self.assertEqual(done.returncode, 3, done)
        self.assertIn(b"Connection lost", done.stderr)
        self.assertEqual(self.cli("GET", "k"), b"1\n")

    def test_help_and_version(self):
        shown = self.cli("--help")
        for text in (b"--pipe", b"--json", b"Exit status: 0"):
            self.assertIn(text, shown)
        self.assertRegex(self.cli("--version"), rb"^nacre-cli \d+\.\d+\.\d+\n$")

    # Commands from stdin.

    def test_lines_are_commands_with_quotes(self):
        self.assertEqual(self.cli(stdin=b"""SET "a key" 'it\\'s' \nGET "a key"\n\nSTRLEN "a key"\n"""),
                         b"OK\nit's\n4\n")
        self.assertEqual(self.cli(stdin=b'SET b "\\x00\\xff\\n"\nGET b'), b"OK\n\x00\xff\n\n")

    def test_a_transaction_stays_open_between_lines(self):
        self.assertRegex(
            self.cli(stdin=b"BEGIN SERIALIZABLE\nSET k 5\nINCR k\nCOMMIT\nGET k\n"),
            rb"^OK\nOK\n6\n\d+\n6\n$")

    def test_an_error_does_not_end_the_lines_but_the_exit_code_tells(self):
        self.assertEqual(self.cli(stdin=b"SET k v\nNONSENSE\nGET k\n", code=1)[-2:], b"v\n")

    def test_with_e_the_first_error_ends_the_lines(self):
        done = run("-e", stdin=b"SET k 1\nINCR k x\nSET k 2\n")
        self.assertEqual((done.returncode, done.stdout), (1, b"OK\n"))
        self.assertEqual(self.cli("GET", "k"), b"1\n")

    def test_a_line_that_is_none_is_told_on_stderr(self):
        done = run(stdin=b'GET "k\nPING\n')
        self.assertEqual((done.returncode, done.stdout), (1, b"PONG\n"))
        self.assertIn(b"Invalid argument(s)", done.stderr)

    def test_quit_ends_the_lines(self):
        self.assertEqual(self.cli(stdin=b"PING\nquit\nPING\n"), b"PONG\n")

    def test_a_count_repeats_a_line(self):
        self.assertEqual(self.cli(stdin=b"3 INCR n\n"), b"1\n2\n3\n")

    # Options.

    def test_repeat_and_interval(self):
        self.assertEqual(self.cli("-r", "3", "-i", "0.01", "INCR", "n"), b"1\n2\n3\n")

    def interrupted(self, *arguments, after):
        """The exit code of a run that gets Ctrl-C once it has printed `after`."""
        process = subprocess.Popen([CLI, "-p", PORT, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), after)
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(SECONDS_MAX)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def test_ctrl_c_ends_a_repetition_by_the_signal(self):
        self.assertEqual(self.interrupted("-r", "-1", "INCR", "n", after=b"1\n"), -signal.SIGINT)

    def test_ctrl_c_ends_the_wait_between_two_runs(self):
        self.assertEqual(self.interrupted("-r", "-1", "-i", "3600", "INCR", "n", after=b"1\n"),
                         -signal.SIGINT)

    def test_a_second_ctrl_c_ends_what_is_printed_to_one_who_does_not_read(self):
        self.cli("-x", "SET", "k", stdin=b"x" * 1_000_000)  # More than a pipe holds.
        with subprocess.Popen([CLI, "-p", PORT, "GET", "k"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.read(1), b"x")
            process.send_signal(signal.SIGINT)
            # The first one lets it go on: that is more than was there before it.
            self.assertEqual(process.stdout.read(500_000), b"x" * 500_000)
            end = time.monotonic() + SECONDS_MAX
            while process.poll() is None and time.monotonic() < end:
                process.send_signal(signal.SIGINT)
                os.sched_yield()
            if process.poll() is None:
                process.kill()
            self.assertEqual(process.wait(), -signal.SIGINT)

    def test_arguments_from_stdin(self):
        value = bytes(range(256)) * 100
        self.cli("-x", "SET", "k", stdin=value)
        self.assertEqual(self.cli("GET", "k"), value + b"\n")
        self.cli("-X", "VALUE", "SET", "k2", "VALUE", "NX", stdin=b"tagged")
        self.assertEqual(self.cli("GET", "k2"), b"tagged\n")
        self.cli("-X", "VALUE", "SET", "k2", "no", stdin=b"tagged", code=2)

    def test_a_stdin_that_can_not_be_read_is_no_argument(self):
        self.cli("SET", "k", "before")
        for arguments in (["-x", "SET", "k"], ["-X", "VALUE", "SET", "k", "VALUE"]):
            directory = os.open("/", os.O_RDONLY)  # Reading fails at once.
            with subprocess.Popen([CLI, "-p", PORT, *arguments], stdin=directory,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                os.close(directory)
                out, err = process.communicate(timeout=SECONDS_MAX)
            self.assertEqual((process.returncode, out), (1, b""))
            self.assertIn(b"Error reading from stdin", err)
        self.assertEqual(self.cli("GET", "k"), b"before\n")

    def test_an_argument_from_a_stdin_that_does_not_block_is_read_to_its_end(self):
        value = b"x" * 4_000_000  # More than a pipe holds: the reader is ahead of who writes.
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        with subprocess.Popen([CLI, "-p", PORT, "-x", "SET", "k"], stdin=reading,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.close(reading)
            try:
                with os.fdopen(writing, "wb") as pipe:
                    pipe.write(value)
            except BrokenPipeError:
                pass  # It has ended, which is seen below.
            out, err = process.communicate(timeout=SECONDS_MAX)
        self.assertEqual((process.returncode, out, err), (0, b"OK\n", b""))
        self.assertEqual(self.cli("STRLEN", "k"), b"%d\n" % len(value))

    def test_database(self):
        self.cli("-n", "3", "SET", "k", "three")
        self.assertEqual(self.cli("GET", "k"), b"\n")
        self.assertEqual(self.cli("-u", f"redis://127.0.0.1:{PORT}/3", "GET", "k"), b"three\n")

    def test_delimiters(self):
        self.cli("MSET", "a", "1", "b", "2")
        self.assertEqual(self.cli("-d", ",", "-D", ";", "MGET", "a", "b"), b"1,2;")

    def test_passwords(self):
        self.cli("CONFIG", "SET", "requirepass", "secret")
        try:
            refused = run("GET", "k")
            self.assertEqual(refused.returncode, 3)
            self.assertIn(b"NOAUTH", refused.stderr)
            self.assertEqual(self.cli(stdin=b"AUTH secret\nPING\n"), b"OK\nPONG\n")
            self.assertEqual(self.cli("PING", REDISCLI_AUTH="secret"), b"PONG\n")
            self.assertEqual(self.cli("PING", NACRECLI_AUTH="secret", REDISCLI_AUTH="x"), b"PONG\n")
            self.assertEqual(self.cli("--pass-env", "MINE", "PING", MINE="secret"), b"PONG\n")
            self.assertEqual(self.cli("--askpass", "PING", stdin=b"secret\n"), b"PONG\n")
            self.assertEqual(self.cli("--user", "default", "-a", "secret", "PING"), b"PONG\n")
            warned = run("-a", "secret", "PING")
            self.assertEqual(warned.stdout, b"PONG\n")
            self.assertIn(b"Warning", warned.stderr)
            self.assertEqual(run("-a", "secret", "--no-auth-warning", "PING").stderr, b"")
            wrong = run("PING", REDISCLI_AUTH="wrong")
            self.assertEqual(wrong.returncode, 3)
            self.assertIn(b"WRONGPASS", wrong.stderr)
        finally:
            self.cli("CONFIG", "SET", "requirepass", "", NACRECLI_AUTH="secret")

    # Formats.

    def test_human_format_on_request(self):
        self.cli("MSET", "a", "1", "b", "x y")
        self.assertEqual(self.cli("--no-raw", "MGET", "a", "b", "c"),
                         b'1) "1"\n2) "x y"\n3) (nil)\n')

    def test_json_is_valid_for_every_kind_of_reply(self):
        self.cli("-x", "SET", "binary", stdin=bytes(range(256)))
        for arguments, check in [
                (["GET", "binary"], lambda v: self.assertEqual(len(v), 256)),
                (["GET", "missing"], self.assertIsNone),
                (["DBSIZE"], lambda v: self.assertEqual(v, 1)),
                (["KEYS", "*"], lambda v: self.assertEqual(v, ["binary"])),
                (["CONFIG", "GET", "maxmemory*"], lambda v: self.assertEqual(v["maxmemory"], "0")),
                (["HELLO"], lambda v: self.assertEqual(v["proto"], 3)),
                (["COMMAND", "DOCS", "get"], lambda v: self.assertEqual(v["get"]["group"], "string")),
                (["COMMAND"], lambda v: self.assertGreater(len(v), 50)),
                (["INFO"], lambda v: self.assertIn("nacre_version", v))]:
            for option in ("--json", "--quoted-json"):
                with self.subTest(arguments, option=option):
                    printed = self.cli(option, *arguments)
                    self.assertEqual(printed.count(b"\n"), 1)
                    if option == "--json":
                        check(json.loads(printed))
                    else:
                        json.loads(printed)
        self.assertEqual(json.loads(self.cli("--json", "GET", code=1)),
                         {"error": "ERR wrong number of arguments for 'get' command"})

    def test_csv(self):
        self.cli("MSET", "a", "1", "b", 'x,"y"')
        self.assertEqual(self.cli("--csv", "MGET", "a", "b", "c"), b'"1","x,\\"y\\"",NULL\n')

    # Modes.

    def test_pipe_takes_resp_and_lines(self):
        resp = b"".join(b"*3\r\n$3\r\nSET\r\n$6\r\nk%05d\r\n$4\r\n\x00\xff\r\n\r\n" % i
                        for i in range(20000))
        done = self.cli("--pipe", stdin=resp + b'SET "a line" 1\r\nINCR "a line"\n')
        self.assertIn(b"errors: 0, replies: 20002\n", done)
        self.assertEqual(self.cli("DBSIZE"), b"20001\n")
        self.assertEqual(self.cli("GET", "k00042"), b"\x00\xff\r\n\n")
        self.assertEqual(self.cli("GET", "a line"), b"2\n")

    def test_pipe_ends_with_one_after_errors(self):
        done = run("--pipe", stdin=b"SET k v\nINCR k\nSET k2 v\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"errors: 1, replies: 3\n", done.stdout)
        self.assertIn(b"not an integer", done.stderr)
        self.assertEqual(self.cli("EXISTS", "k2"), b"1\n")

    def test_pipe_sends_what_it_has_before_its_input_ends(self):
        process = subprocess.Popen([CLI, "-p", PORT, "--pipe"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(b"SET early 1\n")
        process.stdin.flush()
        giving_up = threading.Timer(SECONDS_MAX, process.kill)
        giving_up.start()
        while self.cli("EXISTS", "early") != b"1\n":
            self.assertIsNone(process.poll())
        process.stdin.close()
        self.assertIn(b"replies: 1\n", process.stdout.read())
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        giving_up.cancel()

    def test_scan(self):
        self.cli("--pipe", stdin=b"".join(b"SET key:%d 1\nSET other:%d 1\n" % (i, i) for i in range(500)))
        keys = self.cli("--scan", "--pattern", "key:*", "--count", "7").splitlines()
        self.assertEqual(sorted(keys), sorted(b"key:%d" % i for i in range(500)))
        self.assertEqual(len(self.cli("--scan").splitlines()), 1000)
        self.assertEqual(len([json.loads(line) for line in
                              self.cli("--scan", "--json").splitlines()]), 1000)

    def test_latency(self):
        low, high, mean, samples = map(float, self.cli("--latency", "-i", "0.1").split())
        self.assertGreater(samples, 0)
        self.assertTrue(0 <= low <= mean <= high, (low, mean, high))
        stats = json.loads(self.cli("--latency-samples", "5", "--json"))
        self.assertEqual(stats["samples"], 5)

    def test_latency_ends_well_at_ctrl_c(self):
        process = subprocess.Popen([CLI, "-p", PORT, "--latency", "--no-raw"], stdout=subprocess.PIPE)
        self.assertIn(b"min", os.read(process.stdout.fileno(), 4096))
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(SECONDS_MAX), 0)

    def test_stat(self):
        lines = self.cli("--stat", "-r", "3", "-i", "0.01").splitlines()
        self.assertEqual(len(lines), 5)
        self.assertTrue(lines[1].startswith(b"keys"))
        self.assertRegex(lines[4], rb"\(\+\d+\)")

    def test_top_for_scripts(self):
        report = json.loads(self.cli("top", "--once", "--json", "-i", "0.05"))
        self.assertTrue(report["server"].startswith("nacre "))
        self.assertEqual(report["keys"], 0)
        self.assertGreater(report["commands_per_second"], 0)
        self.assertIn("info", [command["name"] for command in report["commands"]])
        self.assertIn("versions_parked", report)
        lines = self.cli("-r", "2", "top", "-i", "0.05").splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], rb"Z commands_per_second=\d")

    def test_top_sees_an_open_transaction_and_a_conflict(self):
        holder = subprocess.Popen([CLI, "-p", PORT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdin.write(b"SET k 0\nBEGIN\nINCR k\n")
        holder.stdin.flush()
        for expected in (b"OK\n", b"OK\n", b"1\n"):
            self.assertEqual(holder.stdout.readline(), expected)
        report = json.loads(self.cli("top", "--once", "--json", "-i", "0.05"))
        self.assertEqual(report["clients_in_transaction"], 1)
        self.assertEqual(report["active_snapshots"], 1)
        self.assertIn("oldest_snapshot_client", report)
        self.cli("INCR", "k")
        holder.stdin.write(b"COMMIT\n")
        holder.stdin.close()
        self.assertTrue(holder.stdout.readline().startswith(b"CONFLICT"))
        holder.stdout.close()
        self.assertEqual(holder.wait(SECONDS_MAX), 1)

    def test_what_nobody_reads_any_more_ends_the_program(self):
        # As in `nacre-cli --scan | head -1`.
        self.cli("--pipe", stdin=b"".join(b"SET key:%d 1\n" % i for i in range(20000)))
        process = subprocess.Popen([CLI, "-p", PORT, "--scan"], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        process.wait(SECONDS_MAX)


if __name__ == "__main__":
    unittest.main()
