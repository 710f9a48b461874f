#!/usr/bin/env python3
"""Pictures: everything of the counterexample is in them, and nothing covers anything else."""

import os
import re
import subprocess
import unittest
import xml.etree.ElementTree

from program import PROGRAM, ProgramTest, WRITE_SKEW, check

SVG = "{http://www.w3.org/2000/svg}"
CELL = 8  # Pixels of a letter.
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "write_skew.svg")

RING = "".join(f"T{i} {session}ok | list k{i} [] | append k{(i + 1) % 6} 1\n"
               for i, session in enumerate(["s=a ", "s=b ", "s=c ", "", "s=a ", ""]))
LONG = (f"T1 s={'s' * 50} ok | read customers/0001/addresses/billing/street nil | write x {'a' * 300}\n"
        f"T2 s=b ok | read x nil | write customers/0001/addresses/billing/street {'b' * 90}\n")
THIN_AIR = 'T1 s=a ok | write y 1\nT2 s=b ok | read y 1 | read x "<b> & \\"c\\" \\x00\\x1b]"\n'
REAL_TIME = ("T1 s=a ok real=10..20 | append x 1\nT2 s=b ok real=25..30 | list x []\n"
             "T3 s=c ok real=40..50 | list x [1]\n")
PHANTOM = "T1 ok | scan r s {} | append r1 1\nT2 ok | scan r s {} | append r2 1\nT3 ok | list r1 [1] | list r2 [1]\n"
MANY = "T1 ok | " + " | ".join(f"append a{i} 1" for i in range(60)) + " | list x []\nT2 ok | append x 1 | list a30 []\n"


class Box:
    def __init__(self, x, y, width, height):
        self.x, self.y, self.right, self.bottom = x, y, x + width, y + height

    def overlaps(self, other):
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def contains(self, other):
        return (self.x <= other.x and other.right <= self.right and self.y <= other.y and
                other.bottom <= self.bottom)

    def __repr__(self):
        return f"({self.x},{self.y})..({self.right},{self.bottom})"


def box_of(rect):
    return Box(*(int(rect.get(name)) for name in ("x", "y", "width", "height")))


def text_box(text):
    """Where a text stands, by what its letters take."""
    width = len(text.text) * CELL
    x = int(text.get("x")) - {None: 0, "end": width, "middle": width // 2}[text.get("text-anchor")]
    return Box(x, int(text.get("y")) - 10, width, 12)


def lines_of(path):
    """The straight parts of an arrow, one pixel wide."""
    x, y, across, turn_x, _, _, turn_y, down = map(int, re.fullmatch(
        r"M(-?\d+),(-?\d+)H(-?\d+)Q(-?\d+),(-?\d+) (-?\d+),(-?\d+)V(-?\d+)", path).groups())
    return [Box(min(x, across), y, abs(across - x), 1), Box(turn_x, min(turn_y, down), 1, abs(down - turn_y))]


def of_class(element, tag, name):
    return [e for e in element.iter(SVG + tag) if name in e.get("class", "").split()]


class PictureTest(ProgramTest):
    def draw(self, history, level="strict-serializable", violations=1):
        path = self.path("picture.svg")
        self.judged(1, "history", "-", "--level", level, "--violations-max", str(violations), "--svg", path,
                    stdin=history)
        return xml.etree.ElementTree.parse(path).getroot()

    def dot(self, history):
        path = self.path("picture.dot")
        self.judged(1, "history", "-", "--level", "strict-serializable", "--dot", path, stdin=history)
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_a_dash_that_cannot_be_written_leaves_the_verdict(self):
        # One that fits into a buffer, and one that does not.
        for history in (WRITE_SKEW, RING):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([PROGRAM, "history", "-", "--level", "strict-serializable", "--svg", "-"],
                                        input=history.encode(), stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(b"strict-serializable is violated", result.stderr)
            self.assertIn(b"cannot write the picture: No space left", result.stderr)

    def test_a_dash_is_standard_output_and_the_report_goes_to_standard_error(self):
        command = ("history", "-", "--level", "serializable")
        for option, begin in (("--svg", "<svg "), ("--dot", "digraph ")):
            result = check(*command, option, "-", stdin=WRITE_SKEW)
            self.assertEqual(result.returncode, 1, result.stderr)
            path = self.path("picture")
            self.judged(1, *command, option, path, stdin=WRITE_SKEW)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(result.stdout.decode(), file.read())
            self.assertIn(begin, result.stdout.decode())
            self.assertIn("serializable is violated", result.stderr.decode())
            self.assertFalse(os.path.exists("-"))
            self.assertIn("--json writes to standard output as well",
                          self.refused(*command, option, "-", "--json", stdin=WRITE_SKEW))
            held = check("history", "-", "--level", "read-committed", option, "-", stdin=WRITE_SKEW)
            self.assertEqual((held.returncode, held.stdout), (0, b""))
            self.assertIn("so the picture was not drawn", held.stderr.decode())
        self.assertIn("--dot - is there as well", self.refused(*command, "--svg", "-", "--dot", "-", stdin=WRITE_SKEW))

    def names(self, picture):
        return [txn.find(SVG + "text").text for txn in of_class(picture, "g", "txn")]

    def labels(self, picture):
        return sorted(edge.find(SVG + "text").text for edge in of_class(picture, "g", "edge"))

    def test_a_small_picture_is_as_it_was(self):
        path = self.path("picture.svg")
        self.judged(1, "history", "-", "--level", "serializable", "--svg", path, stdin=WRITE_SKEW)
        with open(path, encoding="utf-8") as file:
            drawn = file.read()
        if os.environ.get("NACRE_UPDATE_GOLDEN"):
            with open(GOLDEN, "w", encoding="utf-8") as file:
                file.write(drawn)
        with open(GOLDEN, encoding="utf-8") as file:
            self.assertEqual(drawn, file.read())

    def test_every_transaction_and_every_edge_is_drawn(self):
        picture = self.draw(WRITE_SKEW)
        self.assertEqual(self.names(picture), ["T1", "T2"])
        self.assertEqual(self.labels(picture), ["rw x", "rw y"])
        picture = self.draw(RING)
        self.assertEqual(sorted(self.names(picture)), [f"T{i}" for i in range(6)])
        self.assertEqual(self.labels(picture), [f"rw k{i}" for i in range(6)])
        self.assertEqual(self.labels(self.draw(REAL_TIME)), ["real time", "rw x"])
        self.assertEqual(self.labels(self.draw(PHANTOM)), ["rw (range) r1", "rw (range) r2"])

    def test_operations_are_written_in_their_boxes(self):
        first, second = of_class(self.draw(WRITE_SKEW), "g", "txn")
        self.assertEqual([t.text for t in first.iter(SVG + "text")][2:], ["read x absent", "read y absent", "write x 1"])
        self.assertEqual([t.text for t in of_class(second, "text", "strong")], ["T2", "read x absent", "write y 1"])

    def test_what_is_no_cycle_is_drawn_without_edges(self):
        picture = self.draw(THIN_AIR)
        self.assertEqual(self.names(picture), ["T2"])
        self.assertEqual(self.labels(picture), [])
        strong = [t.text for t in of_class(picture, "text", "strong")]
        self.assertEqual(len(strong), 2)
        self.assertIn("read x = ", strong[1])

    def test_names_that_mean_something_to_xml_are_text(self):
        everything = "".join(self.draw(THIN_AIR).itertext())
        self.assertIn("<b> &", everything)
        self.assertIn("\\x00\\x1b]", everything)

    def test_sessions_have_lanes_and_the_unknown_one_each(self):
        picture = self.draw(RING)
        lanes = [box_of(r) for r in of_class(picture, "rect", "lane")]
        titles = sorted(t.text for t in picture.iter(SVG + "text") if "session" in t.text)
        self.assertEqual(titles, ["no session", "no session", "session a", "session b", "session c"])
        self.assertEqual(len(lanes), 5)
        boxes = [box_of(r) for r in of_class(picture, "rect", "box")]
        for box in boxes:
            self.assertEqual(sum(lane.contains(box) for lane in lanes), 1, box)

    def assert_nothing_covered(self, history, violations=1):
        for section in self.draw(history, violations=violations).findall(SVG + "g"):
            boxes = [box_of(r) for r in of_class(section, "rect", "box")]
            lanes = [box_of(r) for r in of_class(section, "rect", "lane")]
            edges = of_class(section, "g", "edge")
            labels = [text_box(edge.find(SVG + "text")) for edge in edges]
            lines = [part for path in of_class(section, "path", "arrow") for part in lines_of(path.get("d"))]
            for group in (boxes, lanes, labels):
                for i, one in enumerate(group):
                    for other in group[:i]:
                        self.assertFalse(one.overlaps(other), (one, other))
            for label in labels:
                for other in boxes + lines:
                    self.assertFalse(label.overlaps(other), (label, other))
            for line in lines:
                for box in boxes:
                    self.assertFalse(line.overlaps(box), (line, box))
            for txn in of_class(section, "g", "txn"):
                box = box_of(of_class(txn, "rect", "box")[0])
                for text in txn.iter(SVG + "text"):
                    self.assertTrue(box.contains(text_box(text)), (box, text.text))

    def test_nothing_covers_anything_else(self):
        for history in (WRITE_SKEW, RING, LONG, THIN_AIR, REAL_TIME, PHANTOM, MANY):
            self.assert_nothing_covered(history)

    def test_several_violations_stand_below_each_other(self):
        skews = "".join(WRITE_SKEW.replace("T1", f"T{i}1").replace("T2", f"T{i}2").replace(" x", f" x{i}").
                        replace(" y", f" y{i}") for i in range(3))
        self.assert_nothing_covered(skews, violations=3)
        picture = self.draw(skews, violations=3)
        titles = [t.text for t in of_class(picture, "text", "title")]
        self.assertEqual(titles, ["1. write-skew", "2. write-skew", "3. write-skew"])
        tops = [int(re.search(r",(\d+)\)", g.get("transform")).group(1)) for g in picture.findall(SVG + "g")]
        heights = [max(box_of(r).bottom for r in of_class(g, "rect", "lane")) for g in picture.findall(SVG + "g")]
        for i in range(2):
            self.assertLess(tops[i] + heights[i], tops[i + 1])

    def test_a_transaction_of_many_operations_shows_those_that_matter(self):
        for txn in of_class(self.draw(MANY), "g", "txn"):
            texts = [t.text for t in txn.iter(SVG + "text")]
            self.assertLess(len(texts), 20)
            if texts[0] == "T1":
                self.assertIn("append a30 1", texts)
                self.assertIn("read x = []", texts)
                self.assertRegex(texts[-1], r"^\.\.\. and \d+ more$")

    def test_a_picture_can_be_read_in_light_and_in_dark(self):
        style = self.draw(WRITE_SKEW).find(SVG + "style").text
        light, dark = style.split("@media (prefers-color-scheme:dark)")
        for css in re.findall(r"\.(\w+)\{[^}]*(?:fill|stroke):#", light):
            self.assertIn(f".{css}", dark, f"{css} has no colour for the dark")

    def test_dot_names_every_transaction_and_every_edge(self):
        dot = self.dot(RING)
        for i in range(6):
            self.assertRegex(dot, rf'"1\.{i}" \[label="T\d \(line \d\)\\l')
            self.assertIn(f'[label="T{i} (line {i + 1})\\l', dot)
            self.assertIn(f'label="rw k{i}"', dot)
        self.assertEqual(len(re.findall(r"-> ", self.dot(WRITE_SKEW))), 2)

    def test_dot_escapes_what_means_something_to_it(self):
        dot = self.dot('T1 s=a ok | write y 1\nT2 s="q\\"s" ok | read "k\\"\\\\" 7\n')
        strings = re.sub(r'"(?:[^"\\]|\\.)*"', "", dot)
        self.assertNotIn('"', strings)
        self.assertNotIn("\\", strings)


if __name__ == "__main__":
    unittest.main()
