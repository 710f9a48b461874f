#!/usr/bin/env python3
"""redis-cli against the server at NACRE_PORT: one command a call, a session by a pipe, two sessions that
interleave. Runs in RESP2 and, with the flag -3, in RESP3."""

import os
import select
import subprocess
import unittest

PORT = os.environ["NACRE_PORT"]
REPLY_SECONDS_MAX = 60  # Only a hang lasts so long.


class Session:
    """A redis-cli that stays, fed line by line; its replies are read as a person would see them."""

    def __init__(self, *flags):
        self.process = subprocess.Popen(["redis-cli", "--no-raw", "-p", PORT, *flags],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line, lines=1):
        """Sends a line; returns that many lines of reply (of one, the text itself)."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        printed = b""
        while printed.count(b"\n") < lines:
            ready, _, _ = select.select([self.process.stdout], [], [], REPLY_SECONDS_MAX)
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise AssertionError(f"redis-cli answers {line!r} by {printed!r} and nothing more")
            printed += more
        replies = printed.decode().splitlines()
        return replies[0] if lines == 1 else replies

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class CliTest(unittest.TestCase):
    flags = ()
    nil = "(nil)"

    def cli(self, *words, stdin=None):
        done = subprocess.run(["redis-cli", *self.flags, "-p", PORT, *words], input=stdin,
                              stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.rstrip("\n")

    def setUp(self):
        self.assertEqual(self.cli("FLUSHALL"), "OK")
        self.a = Session(*self.flags)
        self.b = Session(*self.flags)

    def tearDown(self):
        self.assertEqual(self.a.close(), 0)
        self.assertEqual(self.b.close(), 0)

    def test_strings_one_command_a_call(self):
        self.assertEqual(self.cli("PING"), "PONG")
        self.assertEqual(self.cli("SET", "greeting", "hello world"), "OK")
        self.assertEqual(self.cli("GET", "greeting"), "hello world")
        self.assertEqual(self.cli("INCRBY", "n", "42"), "42")
        self.assertEqual(self.cli("EXISTS", "n", "missing"), "1")
        self.assertEqual(self.cli("DEL", "n"), "1")
        self.assertEqual(self.cli("DBSIZE"), "1")

    def test_value_from_stdin(self):
        self.assertEqual(self.cli("-x", "SET", "k", stdin="from a pipe"), "OK")
        self.assertEqual(self.cli("STRLEN", "k"), "11")

    def test_mass_insertion_by_pipe(self):
        protocol = "".join(f"*3\r\n$3\r\nSET\r\n$5\r\nk{i:04}\r\n$4\r\n{i:04}\r\n" for i in range(5000))
        report = self.cli("--pipe", stdin=protocol)
        self.assertIn("errors: 0, replies: 5000", report)
        self.assertEqual(self.cli("DBSIZE"), "5000")
        self.assertEqual(self.cli("GET", "k4321"), "4321")

    def test_another_database(self):
        self.assertEqual(self.cli("-n", "3", "SET", "k", "three"), "OK")
        self.assertEqual(self.cli("EXISTS", "k"), "0")
        self.assertEqual(self.cli("-n", "3", "GET", "k"), "three")

    def test_multi_exec_watch(self):
        self.assertEqual(self.a.ask("MULTI"), "OK")
        self.assertEqual(self.a.ask("SET k 1"), "QUEUED")
        self.assertEqual(self.a.ask("INCR k"), "QUEUED")
        self.assertEqual(self.a.ask("EXEC", 2), ["1) OK", "2) (integer) 2"])

        self.assertEqual(self.a.ask("WATCH k"), "OK")
        self.assertEqual(self.b.ask("SET k 100"), "OK")
        self.assertEqual(self.a.ask("MULTI"), "OK")
        self.assertEqual(self.a.ask("SET k 3"), "QUEUED")
        self.assertEqual(self.a.ask("EXEC"), self.nil)
        self.assertEqual(self.a.ask("GET k"), '"100"')

        self.assertEqual(self.a.ask("MULTI"), "OK")
        self.assertEqual(self.a.ask("SET k 4"), "QUEUED")
        self.assertEqual(self.a.ask("DISCARD"), "OK")
        self.assertEqual(self.a.ask("GET k"), '"100"')

    def test_begin_commit_and_a_conflict(self):
        self.a.ask("SET stock 10")
        self.assertEqual(self.a.ask("BEGIN"), "OK")
        self.assertEqual(self.b.ask("BEGIN SERIALIZABLE"), "OK")
        self.assertEqual(self.a.ask("GET stock"), '"10"')
        self.assertEqual(self.b.ask("DECRBY stock 3"), "(integer) 7")
        self.assertEqual(self.a.ask("DECRBY stock 1"), "(integer) 9")
        self.assertEqual(self.cli("GET", "stock"), "10")
        self.assertRegex(self.b.ask("COMMIT"), r"^\(integer\) [1-9]\d*$")
        self.assertRegex(self.a.ask("COMMIT"), r"^\(error\) CONFLICT .*stock")
        self.assertEqual(self.a.ask("GET stock"), '"7"')

        self.assertEqual(self.a.ask("BEGIN"), "OK")
        self.assertEqual(self.a.ask("SET stock 0"), "OK")
        self.assertRegex(self.a.ask("BEGIN"), r"^\(error\) ERR BEGIN inside BEGIN")
        self.assertEqual(self.a.ask("ROLLBACK"), "OK")
        self.assertRegex(self.a.ask("COMMIT"), r"^\(error\) ERR COMMIT without BEGIN")
        self.assertEqual(self.a.ask("GET stock"), '"7"')

    def test_range(self):
        self.a.ask("MSET a 1 b 2 c 3")
        self.assertEqual(self.a.ask("RANGE [b +", 2), ['1) "b"', '2) "c"'])
        self.assertEqual(self.a.ask("RANGE + - REV LIMIT 0 2", 2), ['1) "c"', '2) "b"'])


class CliResp3Test(CliTest):
    flags = ("-3",)

    def test_hello_has_switched_the_protocol(self):
        # Maps are printed as maps only if the server sent the type.
        self.assertIn("maxclients", self.cli("CONFIG", "GET", "maxclients"))
        self.assertRegex(self.a.ask("CONFIG GET maxclients"), r'^1# "maxclients" => "\d+"$')


if __name__ == "__main__":
    unittest.main()
