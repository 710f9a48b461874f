#!/usr/bin/env python3
"""Documents that lie are worse than none: what they name must exist.

Each check gets the root of the source tree, so that it can be shown a tree in which it must fail.
"""

import os
import re
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def documents(root):
    found = ["README.md"]
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names if n.endswith(".md")]
    return sorted(found)


def anchors(text):
    """The names by which headings can be linked to, as the usual viewers make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    plain = [re.sub(r"[^\w\- ]", "", h.strip().lower()) for h in headings]
    return {h.replace(" ", "-") for h in plain}


def broken_links(root):
    for document in documents(root):
        text = read(root, document)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
            if not os.path.exists(os.path.join(root, path)):
                yield f"{document}: {target}: there is no {path}"
            elif anchor and path.endswith(".md") and anchor not in anchors(read(root, path)):
                yield f"{document}: {target}: no such heading"


def code_of_readme(root):
    return re.search(r"```cpp\n(.*?)```", read(root, "README.md"), re.S).group(1)


def code_of_example(root):
    return re.sub(r"\A(//.*\n)+\n*", "", read(root, "engine/examples/first_steps.cc"))


def test_names(root):
    """Suite.Case, and Case alone, of every test in the tree."""
    names = set()
    for folder, _, files in os.walk(os.path.join(root, "tests")):
        for name in files:
            if name.endswith(".cc"):
                text = read(root, os.path.relpath(os.path.join(folder, name), root))
                for suite, case in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.M):
                    names |= {f"{suite}.{case}", case}
    return names


def unknown_tests(root):
    """Whatever stands in backquotes and looks like a test is one."""
    known = test_names(root)
    for document in documents(root):
        for name in re.findall(r"`((?:[A-Z]\w+\.)?[A-Z][A-Za-z0-9]+_\w+)`", read(root, document)):
            if not name.startswith("NACRE_") and name.upper() != name and name not in known:
                yield f"{document}: there is no test {name}"


def fields(root, struct):
    body = re.search(rf"struct {struct} {{\n(.*?)\n}};", read(root, "engine/include/nacre/options.h"), re.S)
    return re.findall(r"^  [\w:<>(), ]+? (\w+) = ", body.group(1), re.M)


def missing_options(root):
    text = read(root, "docs/EMBEDDING.md")
    for struct in ("Options", "TransactionOptions", "TransactOptions"):
        names = fields(root, struct)
        if len(names) < 5:
            yield f"only {names} were found in {struct}"
        for name in names:
            if f"`{name}`" not in text:
                yield f"docs/EMBEDDING.md: {struct}::{name} is missing"


def missing_invariants(root):
    """Every named invariant of the engine and the vacuum has its row in ISOLATION.md."""
    text = read(root, "docs/ISOLATION.md")
    for top in ("engine", "vacuum"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if not name.endswith((".h", ".cc")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                for invariant in re.findall(r"Invariant ([A-Z][A-Z-]+[A-Z])\b", read(root, path)):
                    if invariant not in text:
                        yield f"docs/ISOLATION.md: invariant {invariant} of {path} is missing"


class Documents(unittest.TestCase):
    maxDiff = None

    def test_links_lead_somewhere(self):
        self.assertEqual(list(broken_links(ROOT)), [])

    def test_the_program_of_the_readme_is_the_example(self):
        self.assertEqual(code_of_readme(ROOT), code_of_example(ROOT))

    def test_tests_that_are_named_exist(self):
        self.assertEqual(list(unknown_tests(ROOT)), [])

    def test_every_option_is_described(self):
        self.assertEqual(list(missing_options(ROOT)), [])

    def test_every_invariant_is_listed(self):
        self.assertEqual(list(missing_invariants(ROOT)), [])


class TheChecks(unittest.TestCase):
    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in files.items():
            full = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return folder.name

    def test_a_missing_file_and_a_missing_heading_are_found(self):
        root = self.tree({"README.md": "# A b\n[x](gone.md) [y](docs/b.md#no) [z](docs/b.md#yes-it-is) [s](#a-b)",
                          "docs/b.md": "## Yes, it is\n```\n# no\n```\n"})
        self.assertEqual(len(list(broken_links(root))), 2)

    def test_an_unknown_test_is_found(self):
        root = self.tree({"README.md": "`Suite.Case_Holds` `Case_Holds` `Suite.Case_Fails` `NACRE_FAULTS`",
                          "tests/a_test.cc": "TEST_F(Suite, Case_Holds) {\n"})
        self.assertEqual(list(unknown_tests(root)), ["README.md: there is no test Suite.Case_Fails"])

    def test_an_invariant_without_a_row_is_found(self):
        root = self.tree({"docs/ISOLATION.md": "NEEDED", "vacuum/a.h": "// Invariant NEEDED: x\n// Invariant LONE-ONE: y"})
        self.assertEqual(len(list(missing_invariants(root))), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
