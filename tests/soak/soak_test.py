#!/usr/bin/env python3
"""The soak's own parts: what it reads, what it sends, and that it notices what it is there for."""

import random
import unittest
from unittest import mock

import client
import server
import soak
import traffic
from replies import Error, Malformed, ReplyReader

FLAT = soak.Figures(resident_kib=20_000, allocated_kib=1000, used_kib=1, descriptors=11, threads=6)


def read_all(data, piece):
    reader = ReplyReader()
    return [reply for at in range(0, len(data), piece) for reply in reader.feed(data[at:at + piece])]


class AllocatedTest(unittest.TestCase):
    def test_reads_the_reports_of_both_allocators(self):
        jemalloc = "___ Begin ___\nBackground threads: 1\nAllocated: 176128, active: 188416, resident: 2834432\n"
        self.assertEqual(server.allocated_in(jemalloc), 176128)
        libc = ('<malloc version="1">\n<heap nr="0">\n<total type="fast" count="9" size="999"/>\n'
                '<system type="current" size="7777"/>\n</heap>\n<total type="fast" count="1" size="32"/>\n'
                '<total type="rest" count="2" size="500"/>\n<total type="mmap" count="1" size="4096"/>\n'
                '<system type="current" size="135168"/>\n<system type="max" size="200000"/>\n</malloc>\n')
        self.assertEqual(server.allocated_in(libc), 135168 - 32 - 500 + 4096)


class RepliesTest(unittest.TestCase):
    def test_reads_both_protocols_in_pieces_of_any_size(self):
        data = (b"+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n"
                b"_\r\n,1.5\r\n#t\r\n%1\r\n+k\r\n*0\r\n=5\r\ntxt:x\r\n~1\r\n:2\r\n(12\r\n")
        wanted = [b"OK", "ERR no", -7, b"a\r\nb", None, None, [], [[1], b""],
                  None, 1.5, True, [b"k", []], b"txt:x", [2], 12]
        for piece in (1, 2, 3, 7, len(data)):
            self.assertEqual(read_all(data, piece), wanted)
        self.assertIsInstance(read_all(data, 9)[1], Error)

    def test_refuses_what_is_no_reply(self):
        for data in (b"OK\r\n", b"$2\r\nabcd\r\n"):
            with self.assertRaises(Malformed):
                read_all(data, len(data))


class TrafficTest(unittest.TestCase):
    def test_a_seed_gives_the_same_stream_again(self):
        one, same, other = (traffic.make_stream(random.Random(seed), range(1, 100)) for seed in ("1/1", "1/1", "1/2"))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)

    def test_half_a_value_is_noticed(self):
        for size in (8, 9, 5000):
            self.assertTrue(traffic.is_whole(traffic.value_of(size)))
        self.assertFalse(traffic.is_whole(traffic.value_of(100)[:99]))
        self.assertFalse(traffic.is_whole(b"refused"))


class JudgeTest(unittest.TestCase):
    def test_what_moves_within_the_bounds_is_flat(self):
        self.assertEqual(soak.growth(FLAT, FLAT), [])
        self.assertEqual(soak.growth(FLAT, FLAT._replace(resident_kib=24_048, allocated_kib=1064, used_kib=17)), [])
        self.assertEqual(soak.growth(FLAT, FLAT._replace(resident_kib=1, allocated_kib=1, used_kib=0)), [])

    def test_each_kind_of_growth_is_noticed(self):
        for more in ({"resident_kib": 24_049}, {"allocated_kib": 1065}, {"used_kib": 18}, {"descriptors": 12},
                     {"descriptors": 10}, {"threads": 7}):
            faults = soak.growth(FLAT, FLAT._replace(**more))
            self.assertEqual(len(faults), 1)
            self.assertIn(next(iter(more)), faults[0])

    def test_each_kind_of_unrest_is_noticed(self):
        self.assertEqual(soak.unrest(soak.REST), [])
        for name in soak.REST:
            self.assertEqual(len(soak.unrest({**soak.REST, name: "3"})), 1)
            self.assertEqual(len(soak.unrest({k: v for k, v in soak.REST.items() if k != name})), 1)


class LedgerTest(unittest.TestCase):
    """What a client concludes from what it has sent and heard."""

    def conclude(self, units, sent, replies, ending=b"", tail=()):
        ledger = client.Ledger()
        with mock.patch("socket.socket"):
            it = client.Client("0", ("127.0.0.1", 0), ledger, 0.0)
            it.stream = traffic.Stream(units, ending, list(tail))
            it.unit_index, it.reads, it.sent = 0, "all", sent
            for reply in replies:
                it.socket.recv.return_value = reply
                it._read(0.0)
            it._end("close")
        return ledger

    INCR = traffic.Unit(b"incr", adds=("n",), certain=True)
    EXEC = traffic.Unit(b"multi incr incr exec", 4, adds=("n", "n"))

    def test_only_what_was_sent_in_full_may_count(self):
        for sent, most in ((3, 0), (4, 1), (7, 1), (8, 2)):
            ledger = self.conclude([self.INCR, self.INCR], sent, [])
            self.assertEqual((ledger.acknowledged["n"], ledger.possible["n"]), (0, most))

    def test_what_was_answered_has_to_count(self):
        ledger = self.conclude([self.INCR, self.INCR], 8, [b":1\r\n:", b"2\r"])
        self.assertEqual((ledger.acknowledged["n"], ledger.possible["n"]), (1, 2))

    def test_a_transaction_counts_by_its_last_reply(self):
        begin = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n"
        for last, least, most in ((b"*2\r\n:1\r\n:2\r\n", 2, 2), (b"*-1\r\n", 0, 0), (b"-EXECABORT x\r\n", 0, 0), (b"", 0, 2)):
            ledger = self.conclude([self.EXEC], 20, [begin + last])
            self.assertEqual((ledger.acknowledged["n"], ledger.possible["n"]), (least, most))
            self.assertEqual(ledger.faults, [])

    def test_what_follows_an_ending_may_count(self):
        ledger = self.conclude([self.INCR], 11, [b":1\r\n"], b"off", [self.INCR])
        self.assertEqual((ledger.acknowledged["n"], ledger.possible["n"]), (1, 2))

    def test_an_incr_that_fails_and_a_pair_that_differs_are_faults(self):
        self.assertEqual(len(self.conclude([self.INCR], 4, [b"-CONFLICT x\r\n"]).faults), 1)
        pair = traffic.Unit(b"mget", pair=True)
        self.assertEqual(self.conclude([pair], 4, [b"*2\r\n$1\r\na\r\n$1\r\na\r\n"]).faults, [])
        self.assertEqual(len(self.conclude([pair], 4, [b"*2\r\n$1\r\na\r\n$1\r\nb\r\n"]).faults), 1)

    def test_a_client_that_was_turned_away_knows_nothing(self):
        ledger = self.conclude([self.INCR, self.INCR], 8, [b"-ERR max number of clients reached\r\n"])
        self.assertEqual((ledger.acknowledged["n"], ledger.possible["n"], ledger.faults), (0, 2, []))


if __name__ == "__main__":
    unittest.main()
