"""Replies of a server as Python values, from bytes that arrive in any pieces.

A reader of its own, which shares nothing with the server's writer, so that a mistake in one does not hide in the other.
"""

from typing import Any, Iterator, List


class Error(str):
    """An error reply, without its minus sign."""


class Malformed(Exception):
    """Bytes that are no reply."""


class _List:
    """A reply of many parts that is not complete yet."""

    def __init__(self, count: int):
        self.left = count
        self.items: List[Any] = []


_SCALARS = {
    ord("+"): bytes,
    ord("-"): lambda line: Error(line.decode("utf-8", "replace")),
    ord(":"): int,
    ord(","): float,
    ord("("): int,
    ord("#"): lambda line: line == b"t",
    ord("_"): lambda line: None,
}
_BLOBS = (ord("$"), ord("="), ord("!"))
# Parts for each one counted.
_LISTS = {ord("*"): 1, ord("~"): 1, ord(">"): 1, ord("%"): 2}


class ReplyReader:
    """Takes what has arrived, gives the replies that are complete. Speaks RESP2 and RESP3."""

    def __init__(self):
        self._bytes = bytearray()
        self._at = 0
        self._open: List[_List] = []

    def feed(self, arrived: bytes) -> Iterator[Any]:
        self._bytes += arrived
        while True:
            value, complete = self._next_part()
            if not complete:
                break
            done, value = self._close(value)
            if done:
                yield value
        del self._bytes[:self._at]
        self._at = 0

    def _next_part(self):
        """One scalar, an empty list, or a `_List` that begins; False if its bytes are not all there."""
        end = self._bytes.find(b"\r\n", self._at)
        if end < 0:
            return None, False
        kind = self._bytes[self._at]
        line = bytes(self._bytes[self._at + 1:end])
        after = end + 2
        if kind in _SCALARS:
            value = _SCALARS[kind](line)
        elif kind in _BLOBS and int(line) < 0:
            value = None
        elif kind in _BLOBS:
            size = int(line)
            if len(self._bytes) < after + size + 2:
                return None, False
            value = bytes(self._bytes[after:after + size])
            after += size + 2
            if self._bytes[after - 2:after] != b"\r\n":
                raise Malformed(f"a blob of {size} bytes without its end")
        elif kind in _LISTS:
            count = int(line) * _LISTS[kind]
            value = None if count < 0 else _List(count)
        else:
            raise Malformed(f"a reply that begins with {bytes(self._bytes[self._at:end])[:40]!r}")
        self._at = after
        return value, True

    def _close(self, value):
        """Puts a part in its place; whether a whole reply is complete, and which."""
        while True:
            if isinstance(value, _List):
                if value.left > 0:
                    self._open.append(value)
                    return False, None
                value = value.items
            if not self._open:
                return True, value
            parent = self._open[-1]
            parent.items.append(value)
            parent.left -= 1
            if parent.left > 0:
                return False, None
            value = self._open.pop()
