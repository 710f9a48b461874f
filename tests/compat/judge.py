"""Holds what a run showed against the file of expectations.

The file has sections, each a kind and the reason that its tests share, then one line a test:

    == absent: lists
    type/string: MGET against non-string key

  absent   concerns only what the server does not have yet: fails, and does not count
  denied   left out by a tag of the suite or by the program under test: does not count
  unsafe   as absent, but it would hang or spoil the tests after it, so it is not run
  differs  concerns what the server has, and fails: counts against it

A test without a line passes. Whatever is otherwise is a deviation: so is a test that fails without a
line, and so is a line whose test passes or does not exist.
"""

from dataclasses import dataclass, field
from typing import Dict, Iterable, List, NamedTuple, Tuple

PASSED, FAILED, SKIPPED, DENIED, MISSING = "passed", "failed", "skipped", "denied", "not reached"

# Kind -> the statuses that a test of it may have. The suite leaves out some tests by what the server
# says of itself; those are not reached.
KINDS = {"absent": (FAILED, MISSING), "denied": (DENIED,), "unsafe": (SKIPPED,), "differs": (FAILED,)}


class Expectation(NamedTuple):
    kind: str
    reason: str


Expectations = Dict[Tuple[str, str], Expectation]


@dataclass
class UnitRun:
    """What one unit showed: a status for each of its tests, and what went wrong outside of them."""
    statuses: Dict[str, str] = field(default_factory=dict)
    details: Dict[str, str] = field(default_factory=dict)
    faults: List[str] = field(default_factory=list)


@dataclass
class Verdict:
    unit: str
    passed: int = 0
    differing: int = 0
    not_counted: int = 0
    deviations: List[str] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.passed + self.differing


def numbered(names: Iterable[str]) -> List[str]:
    """Tests of one unit may share a name: the second one is then "name (2)"."""
    seen: Dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def parse_expectations(lines: Iterable[str], source: str) -> Expectations:
    found: Expectations = {}
    section = None
    for number, line in enumerate(lines, 1):
        where = f"{source}:{number}"
        line = line.strip()
        if not line or line.startswith("# "):
            continue
        if line.startswith("== "):
            kind, _, reason = line[3:].partition(": ")
            if kind not in KINDS or not reason:
                raise ValueError(f"{where}: a section is '== KIND: reason', KIND one of {sorted(KINDS)}")
            section = Expectation(kind, reason)
            continue
        unit, _, name = line.partition(": ")
        if section is None or not name:
            raise ValueError(f"{where}: expected 'unit: name of a test', below a section")
        if (unit, name) in found:
            raise ValueError(f"{where}: listed twice: {line}")
        found[unit, name] = section
    return found


def names_of(expectations: Expectations, unit: str, kind: str) -> List[str]:
    return [name for (u, name), e in expectations.items() if u == unit and e.kind == kind]


def judge(unit: str, run: UnitRun, expectations: Expectations) -> Verdict:
    verdict = Verdict(unit, deviations=[f"{unit}: {fault}" for fault in run.faults])
    for name, status in run.statuses.items():
        expectation = expectations.get((unit, name))
        shown = f"{unit}: {name}"
        if status == PASSED:
            verdict.passed += 1
        elif expectation and expectation.kind != "differs":
            verdict.not_counted += 1
        else:
            verdict.differing += 1
        if expectation is None:
            if status != PASSED:
                detail = run.details.get(name)
                verdict.deviations.append(f"{shown}\n    {status}{': ' + detail if detail else ''}")
        elif status == PASSED:
            verdict.deviations.append(f"{shown}\n    passes: take its line out of the expectations")
        elif status not in KINDS[expectation.kind]:
            verdict.deviations.append(f"{shown}\n    {status}, where '{expectation.kind}' expects "
                                      f"{' or '.join(KINDS[expectation.kind])}")
    for (listed_unit, name) in expectations:
        if listed_unit == unit and name not in run.statuses:
            verdict.deviations.append(f"{unit}: {name}\n    listed, but there is no such test")
    return verdict


def percentage(verdicts: Iterable[Verdict]) -> float:
    verdicts = list(verdicts)
    counted = sum(v.counted for v in verdicts)
    return 100.0 * sum(v.passed for v in verdicts) / counted if counted else 0.0


def table(verdicts: List[Verdict]) -> str:
    rows = [("unit", "passed", "differs", "not counted", "of what counts")]
    total = Verdict("together")
    for v in verdicts:
        total.passed += v.passed
        total.differing += v.differing
        total.not_counted += v.not_counted
    for v in [*verdicts, total]:
        rows.append((v.unit, str(v.passed), str(v.differing), str(v.not_counted),
                     f"{percentage([v]):.1f} %" if v.counted else "-"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])])
                     for row in rows)
