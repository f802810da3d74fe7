#!/usr/bin/env python3
"""Prints what requests cost as an account grows: medians at 100, 1,000 and 10,000 users, and how the last relates to the first.

    tests/growth.py HOST:PORT TOKEN      (a fresh account on a release build; about a minute)

One connection, real HTTP, no dependency. A shared machine is twice as slow from one minute to the next, so each request is
followed by one whose cost does not depend on the account (/ServiceProviderConfig), and the ratio is that of the two.
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


def median(client, times, measure):
    """The median cost, and that of the yardstick measured in between."""
    pairs = [(measure(), client.call("GET", "/ServiceProviderConfig")[0]) for _ in range(times)]
    return tuple(statistics.median(costs) for costs in zip(*pairs))


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

    def create():
        cost, created = client.call("POST", "/Users", user(len(ids)), 201)
        ids.append(created["id"])
        return cost

    return median(client, size - len(ids), create)


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
    added, removed = [], []

    def add_and_remove():
        added.append(client.patch_members(group["id"], add))
        removed.append(client.patch_members(group["id"], remove))
        return added[-1]

    _, yardstick = median(client, 200, add_and_remove)
    member = quote(f'id eq "{group["id"]}" and members eq "{ids[5]}"')
    named = quote(f'displayName eq "{group["displayName"]}"')
    figures = {
        "look-up by userName": median(client, 500, lookup),
        "read by id": median(client, 500, lambda: get(f"/Users/{random.choice(ids)}")),
        "add a member": (statistics.median(added), yardstick),
        "remove a member": (statistics.median(removed), yardstick),
        "first page of 50": median(client, 200, page(1)),
        "last page of 50": median(client, 200, page(size - 49)),
        "is a member": median(client, 200, lambda: get(f"/Groups?filter={member}&attributes=id")),
        "group by name": median(client, 200, lambda: get(f"/Groups?excludedAttributes=members&filter={named}")),
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
        (first, first_yardstick), (last, last_yardstick) = row[0], row[-1]
        growth = (last / last_yardstick) / (first / first_yardstick)
        print(f"{name:22}" + "".join(f"{cost:10.0f}" for cost, _ in row) + f"{growth:12.2f}")


main()
