"""Says whether the runners may start: right token, SCIM answers, fresh account.

With a wrong token one runner passes everything (401 is a documented answer) and another still passes thirteen checks, so a run
without this look would prove nothing. Usage: preflight.py BASE_URL, the token in RUNNER_TOKEN. Exit 0 or one sentence and exit 2.
"""

import json
import os
import sys
import urllib.error
import urllib.request

FRESH_LIMIT = 20  # scim2-cli looks for what it created on the first page of each list


def get(url, token):
    request = urllib.request.Request(url, headers={"Accept": "application/scim+json"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def main():
    base = sys.argv[1].rstrip("/")
    token = os.environ.get("RUNNER_TOKEN", "")
    try:
        status, _ = get(f"{base}/Users?count=1", "wrong-" + token[:4])
        if status != 401:
            return f"{base}/Users answered {status} to a wrong token, 401 expected: no runner could tell a good answer from a bad one."
        for kind in ("Users", "Groups"):
            status, body = get(f"{base}/{kind}?count=1", token)
            if status == 401:
                return f"The token is wrong for {base}: GET /{kind} answered 401. Create one with `scim-connector token create`."
            if status != 200:
                return f"GET {base}/{kind} answered {status}, 200 expected: {body[:300]!r}"
            total = json.loads(body).get("totalResults", 0)
            if total > FRESH_LIMIT:
                return f"The account is not fresh: it has {total} {kind}. The runners need an empty account of their own."
    except (OSError, ValueError) as error:
        return f"No SCIM server answers at {base}: {error}"
    return None


if __name__ == "__main__":
    problem = main()
    if problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
