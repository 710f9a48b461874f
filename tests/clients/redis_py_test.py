#!/usr/bin/python3
"""redis-py against the server at NACRE_PORT. The client of Debian's python3-redis; it speaks RESP2."""

import os
import threading
import unittest

import redis

PORT = int(os.environ["NACRE_PORT"])


def connect(**options):
    return redis.Redis(port=PORT, single_connection_client=True, **options)


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.r = connect()
        self.r.flushall()
        self.other = connect()

    def tearDown(self):
        self.r.close()
        self.other.close()


class Strings(ClientTest):
    def test_set_and_its_options(self):
        r = self.r
        self.assertTrue(r.ping())
        self.assertTrue(r.set("k", "v"))
        self.assertEqual(r.get("k"), b"v")
        self.assertIsNone(r.get("missing"))
        self.assertIsNone(r.set("k", "w", nx=True))
        self.assertIsNone(r.set("missing", "w", xx=True))
        self.assertEqual(r.set("k", "w", get=True), b"v")
        self.assertTrue(r.set("k", "x", ex=1000))
        self.assertTrue(990 < r.ttl("k") <= 1000)
        self.assertTrue(r.set("k", "y", keepttl=True))
        self.assertTrue(990 < r.ttl("k") <= 1000)
        self.assertTrue(r.set("k", "z"))
        self.assertEqual(r.ttl("k"), -1)
        self.assertEqual(r.ttl("missing"), -2)

    def test_binary_keys_and_values(self):
        key = bytes(range(256))
        for size in (0, 1, 100, 70_000, 3_000_000):
            value = os.urandom(size)
            self.r.set(key, value)
            self.assertEqual(self.r.get(key), value)
            self.assertEqual(self.r.strlen(key), size)

    def test_many_keys_at_once(self):
        self.assertTrue(self.r.mset({"a": 1, "b": 2, "c": 3}))
        self.assertEqual(self.r.mget("a", "missing", "c"), [b"1", None, b"3"])
        self.assertEqual(self.r.exists("a", "b", "missing", "a"), 3)
        self.assertEqual(sorted(self.r.keys("*")), [b"a", b"b", b"c"])
        self.assertEqual(self.r.keys("[ab]"), [b"a", b"b"])
        self.assertEqual(self.r.dbsize(), 3)
        self.assertEqual(self.r.delete("a", "missing", "b"), 2)
        self.assertTrue(self.r.flushdb())
        self.assertEqual(self.r.dbsize(), 0)

    def test_counters_and_append(self):
        self.assertEqual(self.r.incr("n"), 1)
        self.assertEqual(self.r.incrby("n", 10), 11)
        self.assertEqual(self.r.decr("n", 20), -9)
        self.r.set("text", "abc")
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            self.r.incr("text")
        self.assertEqual(self.r.append("text", "def"), 6)
        self.assertEqual(self.r.get("text"), b"abcdef")
        self.assertTrue(self.r.expire("text", 500))
        self.assertFalse(self.r.expire("missing", 500))
        self.assertTrue(490 < self.r.ttl("text") <= 500)

    def test_databases_are_separate(self):
        one = connect(db=1)
        self.r.set("k", "zero")
        self.assertIsNone(one.get("k"))
        one.set("k", "one")
        self.assertEqual(self.r.get("k"), b"zero")
        one.close()

    def test_connection_commands(self):
        self.assertTrue(self.r.client_setname("tester"))
        self.assertEqual(self.r.client_getname(), "tester")
        self.assertNotEqual(self.r.client_id(), self.other.client_id())
        self.assertEqual(self.r.echo("hello"), b"hello")
        self.assertIn("redis_version", self.r.info())
        self.assertIn("maxclients", self.r.config_get("maxclients"))

    def test_an_unknown_command_leaves_the_connection_usable(self):
        with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
            self.r.execute_command("NOSUCHCOMMAND", "x")
        self.assertTrue(self.r.ping())

    def test_decoded_responses(self):
        decoded = connect(decode_responses=True)
        decoded.set("k", "grüße")
        self.assertEqual(decoded.get("k"), "grüße")
        decoded.close()


class Pipelines(ClientTest):
    def test_many_commands_in_one_round_trip(self):
        pipe = self.r.pipeline(transaction=False)
        for i in range(2000):
            pipe.set(f"k{i}", i)
            pipe.get(f"k{i}")
        replies = pipe.execute()
        self.assertEqual(replies[0::2], [True] * 2000)
        self.assertEqual(replies[1::2], [str(i).encode() for i in range(2000)])

    def test_an_error_in_the_middle_disturbs_nobody(self):
        pipe = self.r.pipeline(transaction=False)
        pipe.set("text", "abc").incr("text").get("text")
        replies = pipe.execute(raise_on_error=False)
        self.assertEqual([replies[0], replies[2]], [True, b"abc"])
        self.assertIsInstance(replies[1], redis.ResponseError)


class MultiExecWatch(ClientTest):
    def test_multi_exec(self):
        pipe = self.r.pipeline(transaction=True)
        pipe.set("a", 1).incr("a").get("a").delete("missing")
        self.assertEqual(pipe.execute(), [True, 2, b"2", 0])

    def test_discard_by_an_error_while_queueing(self):
        self.r.execute_command("MULTI")
        self.r.execute_command("SET", "k", "never")
        with self.assertRaises(redis.ResponseError):
            self.r.execute_command("SET", "too few")
        with self.assertRaisesRegex(redis.RedisError, "(?i)EXECABORT|previous errors"):
            self.r.execute_command("EXEC")
        self.assertIsNone(self.r.get("k"))

    def test_watch_of_an_unchanged_key_lets_exec_through(self):
        self.r.set("k", 1)
        with self.r.pipeline() as pipe:
            pipe.watch("k", "missing")
            value = int(pipe.get("k"))
            self.other.set("elsewhere", "x")
            pipe.multi()
            pipe.set("k", value + 1)
            self.assertEqual(pipe.execute(), [True])
        self.assertEqual(self.r.get("k"), b"2")

    def test_watch_of_a_changed_key_aborts_exec(self):
        self.r.set("k", 1)
        with self.r.pipeline() as pipe:
            pipe.watch("k")
            self.other.set("k", 100)
            pipe.multi()
            pipe.set("k", 2)
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(self.r.get("k"), b"100")

    def test_watch_of_a_key_that_came_and_went_aborts_exec(self):
        with self.r.pipeline() as pipe:
            pipe.watch("k")
            self.other.set("k", 1)
            self.other.delete("k")
            pipe.multi()
            pipe.set("k", 2)
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertIsNone(self.r.get("k"))

    def test_unwatch_forgets(self):
        with self.r.pipeline() as pipe:
            pipe.watch("k")
            self.other.set("k", 1)
            pipe.unwatch()
            pipe.multi()
            pipe.set("k", 2)
            self.assertEqual(pipe.execute(), [True])

    def test_the_clients_own_retry_loop_counts_every_increment(self):
        def increment_often():
            r = connect()

            def increment(pipe):
                value = int(pipe.get("n") or 0)
                pipe.multi()
                pipe.set("n", value + 1)

            for _ in range(50):
                r.transaction(increment, "n")
            r.close()

        threads = [threading.Thread(target=increment_often) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.r.get("n"), b"200")


class BeginCommit(ClientTest):
    def begin(self, client, *words):
        self.assertIn(client.execute_command("BEGIN", *words), (b"OK", True))

    def test_reads_its_own_writes_and_shows_them_at_commit(self):
        self.begin(self.r)
        self.r.set("k", "v")
        self.assertEqual(self.r.get("k"), b"v")
        self.assertIsNone(self.other.get("k"))
        timestamp = self.r.execute_command("COMMIT")
        self.assertGreater(timestamp, 0)
        self.assertEqual(self.other.get("k"), b"v")

    def test_rollback_leaves_nothing(self):
        self.begin(self.r)
        self.r.set("k", "v")
        self.r.execute_command("ROLLBACK")
        self.assertIsNone(self.r.get("k"))

    def test_sees_one_snapshot(self):
        self.r.set("k", "old")
        self.begin(self.r, "SNAPSHOT", "READONLY")
        self.assertEqual(self.r.get("k"), b"old")
        self.other.set("k", "new")
        self.other.set("l", "new")
        self.assertEqual(self.r.mget("k", "l"), [b"old", None])
        self.assertEqual(self.r.dbsize(), 1)
        with self.assertRaises(redis.ResponseError):
            self.r.set("k", "refused")
        self.r.execute_command("COMMIT")
        self.assertEqual(self.r.get("k"), b"new")

    def test_a_conflict_is_an_error_at_commit_and_names_the_key(self):
        self.r.set("contested", 0)
        self.begin(self.r)
        self.begin(self.other)
        self.r.incr("contested")
        self.other.incr("contested")
        self.r.set("innocent", "x")
        self.other.execute_command("COMMIT")
        with self.assertRaisesRegex(redis.ResponseError, "^CONFLICT .*contested"):
            self.r.execute_command("COMMIT")
        self.assertEqual(self.r.get("contested"), b"1")
        self.assertIsNone(self.r.get("innocent"))
        with self.assertRaisesRegex(redis.ResponseError, "COMMIT without BEGIN"):
            self.r.execute_command("COMMIT")

    def write_skew(self, level):
        """Two doctors go off call, each having seen the other on call. Returns the commits that failed."""
        self.r.mset({"alice": "on", "bob": "on"})
        self.begin(self.r, level)
        self.begin(self.other, level)
        self.assertEqual(self.r.get("bob"), b"on")
        self.assertEqual(self.other.get("alice"), b"on")
        self.r.set("alice", "off")
        self.other.set("bob", "off")
        failed = 0
        for client in (self.r, self.other):
            try:
                client.execute_command("COMMIT")
            except redis.ResponseError as error:
                self.assertRegex(str(error), "^CONFLICT ")
                failed += 1
        return failed

    def test_write_skew_at_both_levels(self):
        self.assertEqual(self.write_skew("SNAPSHOT"), 0)
        self.assertEqual(self.write_skew("SERIALIZABLE"), 1)

    def test_range_of_keys_in_order(self):
        self.r.mset({"a": 1, "b": 2, "c": 3, "d": 4})
        self.assertEqual(self.r.execute_command("RANGE", "-", "+"), [b"a", b"b", b"c", b"d"])
        self.assertEqual(self.r.execute_command("RANGE", "[b", "(d"), [b"b", b"c"])
        self.assertEqual(
            self.r.execute_command("RANGE", "+", "-", "REV", "LIMIT", 1, 2, "WITHVALUES"),
            [b"c", b"3", b"b", b"2"])
        self.begin(self.r)
        self.r.delete("b")
        self.r.set("bb", "own")
        self.assertEqual(self.r.execute_command("RANGE", "[b", "[c"), [b"bb", b"c"])
        self.r.execute_command("ROLLBACK")

    def test_pipelined_transactions(self):
        pipe = self.r.pipeline(transaction=False)
        for i in range(100):
            pipe.execute_command("BEGIN")
            pipe.incr("n")
            pipe.execute_command("COMMIT")
        replies = pipe.execute()
        self.assertEqual(replies[1::3], list(range(1, 101)))
        self.assertEqual(replies[2::3], sorted(replies[2::3]))  # Commit timestamps, in order.

    def test_a_retry_loop_counts_every_increment(self):
        def increment_often():
            r = connect()
            done = 0
            while done < 50:
                r.execute_command("BEGIN")
                r.set("n", int(r.get("n") or 0) + 1)
                try:
                    r.execute_command("COMMIT")
                    done += 1
                except redis.ResponseError as error:
                    if not str(error).startswith("CONFLICT"):
                        raise
            r.close()

        threads = [threading.Thread(target=increment_often) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.r.get("n"), b"200")

    def test_a_client_that_disconnects_inside_leaves_nothing(self):
        gone = connect()
        self.begin(gone)
        gone.set("k", "never")
        gone.close()
        self.r.set("k", "v")
        self.assertEqual(self.r.get("k"), b"v")


if __name__ == "__main__":
    unittest.main()
