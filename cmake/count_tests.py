"""count_tests.py JUNIT-FILE CTEST-STATUS: prints "PASSED FAILED" for a ctest run.

A test that was skipped by its own decision counts as neither and is named on stderr. A test that could
not be started is a failure, and so is a run that ctest calls failed without naming a test (discovery of a
test program crashed, or no test matched). What a failed test printed last is repeated on stderr.
"""

import sys
import xml.etree.ElementTree as ElementTree


OUTPUT_LINES = 40


def report_failure(case):
    output = case.findtext("system-out") or ""
    print("failed: " + case.get("name"), file=sys.stderr)
    for line in output.splitlines()[-OUTPUT_LINES:]:
        print("  | " + line, file=sys.stderr)


def main():
    junit_file, ctest_status = sys.argv[1], int(sys.argv[2])
    passed, failed, skipped = 0, 0, []
    try:
        cases = ElementTree.parse(junit_file).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        cases = []
    for case in cases:
        status = case.get("status")
        reason = case.find("skipped")
        message = "" if reason is None else reason.get("message", "")
        if status == "run":
            passed += 1
        elif status == "disabled" or message.startswith("SKIP_"):
            skipped.append(case.get("name"))
        else:
            failed += 1
            report_failure(case)
    if skipped:
        print("skipped: " + ", ".join(skipped), file=sys.stderr)
    if failed == 0 and (ctest_status != 0 or passed == 0):
        print("ctest failed without naming a test, or no test ran: one failure", file=sys.stderr)
        failed = 1
    print(passed, failed)


main()
