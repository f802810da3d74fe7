#!/usr/bin/env python3
"""Prints what requests cost as an account grows: medians at 100, 1,000 and 10,000 users, and how the last relates to the first.

    tests/growth.py HOST:PORT TOKEN      (a fresh account on a release build; about a minute)

One connection, real HTTP, no dependency. Compare the ratios; the figures themselves depend on the machine and the hour.
"""
import http.client
import json
import random
import statistics
import sys
import time
from urllib.parse import quote

MARKS = (100, 1_000, 10_000)
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Client:
    def __init__(self, address, token):
        self.connection = http.client.HTTPConnection(address)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    def call(self, method, path, body=None, expect=200):
        """One request: microseconds and the answer."""
        text = json.dumps(body) if body is not None else None
        begun = time.perf_counter()
        self.connection.request(method, f"/scim/v2{path}", text, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        cost = (time.perf_counter() - begun) * 1e6
        if response.status != expect:
            sys.exit(f"{method} {path}: {response.status} {answer[:300]!r}")
        return cost, json.loads(answer) if answer else None

    def patch_members(self, group, operations):
        body = {"schemas": [PATCH_OP], "Operations": operations}
        return self.call("PATCH", f"/Groups/{group}?excludedAttributes=members", body)[0]


def median(times, measure):
    return statistics.median(measure() for _ in range(times))


def user(number):
    name = f"user{number:06}@example.com"
    return {
        "userName": name,
        "externalId": f"x{number}",
        "displayName": f"User {number}",
        "name": {"givenName": "Given", "familyName": f"Family {number}"},
        "emails": [{"value": name, "type": "work", "primary": True}],
    }


def fill(client, ids, size):
    """Creates users up to that many; the median cost."""
    costs = []
    while len(ids) < size:
        cost, created = client.call("POST", "/Users", user(len(ids)), 201)
        costs.append(cost)
        ids.append(created["id"])
    return statistics.median(costs)


def group_of(client, ids):
    """A group of all users but the first."""
    _, group = client.call("POST", "/Groups", {"displayName": f"Group of {len(ids)}"}, 201)
    for begin in range(1, len(ids), 5_000):
        members = [{"value": member} for member in ids[begin : begin + 5_000]]
        client.patch_members(group["id"], [{"op": "add", "path": "members", "value": members}])
    return group


def measure(client, ids):
    size, group, first = len(ids), group_of(client, ids), ids[0]
    get = lambda path: client.call("GET", path)[0]
    lookup = lambda: get("/Users?filter=" + quote(f'userName eq "user{random.randrange(size):06}@example.com"'))
    page = lambda start: lambda: get(f"/Users?startIndex={start}&count=50")
    add = [{"op": "add", "path": "members", "value": [{"value": first}]}]
    remove = [{"op": "remove", "path": f'members[value eq "{first}"]'}]
    pairs = [(client.patch_members(group["id"], add), client.patch_members(group["id"], remove)) for _ in range(200)]
    member = quote(f'id eq "{group["id"]}" and members eq "{ids[5]}"')
    named = quote(f'displayName eq "{group["displayName"]}"')
    figures = {
        "look-up by userName": median(500, lookup),
        "read by id": median(500, lambda: get(f"/Users/{random.choice(ids)}")),
        "add a member": statistics.median(added for added, _ in pairs),
        "remove a member": statistics.median(removed for _, removed in pairs),
        "first page of 50": median(200, page(1)),
        "last page of 50": median(200, page(size - 49)),
        "is a member": median(200, lambda: get(f"/Groups?filter={member}&attributes=id")),
        "group by name": median(200, lambda: get(f"/Groups?excludedAttributes=members&filter={named}")),
    }
    # Else the users of the next size would be in one group more, and their answers longer.
    client.call("DELETE", f"/Groups/{group['id']}", expect=204)
    return figures


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    client, ids, figures = Client(sys.argv[1], sys.argv[2]), [], {}
    for mark in MARKS:
        create = fill(client, ids, mark)
        figures[mark] = {"create": create, **measure(client, ids)}
    print(f"{'microseconds':22}" + "".join(f"{mark:>10,}" for mark in MARKS) + f"{'last/first':>12}")
    for name in figures[MARKS[0]]:
        row = [figures[mark][name] for mark in MARKS]
        print(f"{name:22}" + "".join(f"{cost:10.0f}" for cost in row) + f"{row[-1] / row[0]:12.2f}")


main()
