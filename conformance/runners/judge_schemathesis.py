"""Judges the JSON report of `schemathesis run`: no failure, every documented operation tested, enough requests, and not all of them refused.

Usage: judge_schemathesis.py REPORT EXIT_CODE. No exception is known.
"""

import json
import sys

LEAST_CASES = 2000


def main():
    path, exit_code = sys.argv[1], int(sys.argv[2])
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError) as error:
        print(f"schemathesis  0 requests, 1 failed\n    no report (exit code {exit_code}): {error}")
        return 1
    failed = []
    for failure in report["failures"]:
        operations = ", ".join(map(str, failure["operations"]))
        failed.append(f"{failure['code']} {failure['title']}, {failure['count']} times: {operations}")
    for error in report["errors"]:
        failed.append(f"{error['title']}, {error['count']} times")
    operations, cases = report["operations"], report["test_cases"]
    if not report["complete"] or report["stop_reason"] != "completed":
        failed.append(f"the run stopped early: {report['stop_reason']}")
    if operations["tested"] != operations["total"] or operations["total"] == 0:
        failed.append(f"{operations['tested']} of {operations['total']} documented operations tested: {operations['skip_reasons']}")
    if cases["with_failures"] and not report["failures"]:
        failed.append(f"{cases['with_failures']} requests failed")
    if cases["generated"] < LEAST_CASES:
        failed.append(f"only {cases['generated']} requests sent, at least {LEAST_CASES} expected")
    for phase in ("coverage", "fuzzing", "stateful"):
        if report["phases"][phase]["status"] == "skip":
            failed.append(f"the phase {phase} did not run: {report['phases'][phase]['skip_reason']}")
    if report["warnings"].get("missing_auth"):
        failed.append(f"refused for want of a credential: {report['warnings']['missing_auth']}")
    accepted = sum(phase["accepted"] for rates in report["valid_rates"].values() for phase in rates.values())
    if not accepted:
        failed.append("no valid request was ever accepted")
    if exit_code != 0 and not failed:
        failed.append(f"the runner itself ended with exit code {exit_code}")
    print(
        f"schemathesis  {cases['generated']} requests on {operations['tested']} operations, {accepted} valid ones accepted, "
        f"{max(cases['unique_failures'], len(failed))} failed (seed {report['seed']})"
    )
    for line in failed:
        print(f"    {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
