"""A report of the suite made small: a verdict for each case, and why.

    brief.py REPORT NAME VERSION WRITE_TO

Ids, addresses and times of the run are left out, so that two runs of the same server differ only where it behaved differently.
"""

import datetime
import json
import re
import sys


def why(case):
    """One line: what a failure was, or why a case was skipped."""
    if case["outcome"] == "skipped":
        return case["reason"]
    trouble = case["trouble"]
    line = f"{trouble['step']}: {trouble['expected'][0]}"
    line = re.sub(r"https?://[^\s\"/]+", "http://host", line)
    line = re.sub(r"cf[0-9a-f]{10,}", "RUN", line)
    line = re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", "ID", line)
    line = re.sub(r"(/(?:Users|Groups)/)\d+", r"\1ID", line)
    return line if len(line) <= 240 else line[:239] + "…"


def main(report, name, version, write_to):
    with open(report, encoding="utf-8") as file:
        run = json.load(file)
    today = datetime.date.today().isoformat()
    head = {"server": f"{name} {version}", "suite": run["suite"], "date": today}
    counts = {word: run[word] for word in ("passed", "failed", "skipped")}
    cases = []
    for case in run["cases"]:
        entry = {"id": case["id"], "outcome": case["outcome"]}
        if case["outcome"] != "passed":
            entry["why"] = why(case)
        cases.append(entry)
    with open(f"{write_to}.json", "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in cases)
        start = json.dumps({**head, **counts}, ensure_ascii=False)[:-1]
        file.write(f'{start}, "cases": [\n{lines}\n]}}\n')
    titles = {case["id"]: case["title"] for case in run["cases"]}
    total = ", ".join(f"{number} {word}" for word, number in counts.items())
    with open(f"{write_to}.txt", "w", encoding="utf-8") as file:
        file.write(f"{head['server']}, judged by {head['suite']} on {today}: {total}\n")
        group = None
        for case, entry in zip(run["cases"], cases, strict=True):
            if case["group"] != group:
                group = case["group"]
                file.write(f"\n{group}\n")
            mark = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}[entry["outcome"]]
            file.write(f"{mark:<4} {entry['id']:<5} {titles[entry['id']]}\n")
            if "why" in entry:
                file.write(f"           {entry['why']}\n")
        file.write(f"\n{total}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
