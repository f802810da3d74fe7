#!/usr/bin/env python3
"""Prints what a move by a rule costs beside a plain PATCH, and what a member costs in a group of 100 and of 100,000.

    tests/moves.py HOST:PORT TOKEN ADMIN_KEY [MEMBERS]     (a fresh account on a release build; some minutes)

The two requests of each pair follow each other on one connection, so their ratio holds on a machine whose speed drifts.
"""
import http.client
import json
import statistics
import sys
import time

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"


class Client:
    def __init__(self, address, token, admin_key):
        self.connection = http.client.HTTPConnection(address)
        self.keys = {"/scim/v2": token, "/api/v1": admin_key}

    def call(self, base, method, path, body=None):
        """One request: microseconds and the answer."""
        headers = {"Authorization": f"Bearer {self.keys[base]}", "Content-Type": "application/json"}
        text = json.dumps(body) if body is not None else None
        begun = time.perf_counter()
        self.connection.request(method, base + path, text, headers)
        response = self.connection.getresponse()
        answer = response.read()
        cost = (time.perf_counter() - begun) * 1e6
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {answer[:500]!r}")
        return cost, json.loads(answer) if answer else None

    def scim(self, method, path, body=None):
        return self.call("/scim/v2", method, path, body)

    def api(self, method, path, body=None):
        return self.call("/api/v1", method, path, body)[1]

    def patch(self, path, *operations):
        return self.scim("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)})[0]


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


def rules(client):
    """Two rules that move a user between organizations, groups and roles."""
    names = ("Sales", "Engineering")
    for name in names:
        client.api("POST", "/organizations", {"name": name, "settingsSet": "Default"})
        client.api("POST", "/groups", {"name": name})
    roles = dict(zip(names, ("standard_user", "finance_admin")))
    rule = lambda name: {
        "name": name,
        "when": f'{DEPARTMENT} eq "{name}"',
        "set": {"organization": name, "roles": [roles[name]], "groups": [{"group": name}], "primaryGroup": name},
    }
    connection = client.api("GET", "/connections")["items"][0]["id"]
    client.api("PATCH", f"/connections/{connection}", {"roleCeiling": "administrator"})
    client.api("PUT", f"/connections/{connection}/rules", {"rules": [rule(name) for name in names]})


def compare(label, first, second, pairs=400):
    """The median costs of two requests in turn, and the ratio of the second to the first."""
    costs = [(first(number), second(number)) for number in range(pairs)]
    one, two = (statistics.median(side) for side in zip(*costs))
    print(f"{label:58}{one:8.0f}{two:8.0f}{two / one:8.2f}", flush=True)


def moves(client):
    person = lambda name: {"userName": name, "emails": [{"value": f"{name}@example.com"}], DEPARTMENT: "Sales"}
    plain = client.scim("POST", "/Users", person("plain"))[1]["id"]
    title = lambda user: lambda number: client.patch(f"/Users/{user}", replace("title", f"Title {number}"))
    rules(client)
    moving = client.scim("POST", "/Users", person("moving"))[1]["id"]
    departments = ("Engineering", "Sales")
    move = lambda number: client.patch(f"/Users/{moving}", replace(DEPARTMENT, departments[number % 2]))
    compare("plain PATCH : PATCH that moves (same connection, rules)", title(plain), move)


def fill(client, count):
    ids = []
    for begin in range(0, count, 500):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": f"b{number}", "data": {"userName": f"user{number:07}"}}
            for number in range(begin, min(begin + 500, count))
        ]
        answer = client.scim("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})[1]
        ids += [operation["location"].rsplit("/", 1)[1] for operation in answer["Operations"]]
    return ids


def group_of(client, name, ids):
    group = client.scim("POST", "/Groups", {"displayName": name})[1]["id"]
    for begin in range(0, len(ids), 5_000):
        members = [{"value": member} for member in ids[begin : begin + 5_000]]
        client.patch(f"/Groups/{group}?excludedAttributes=members", {"op": "add", "path": "members", "value": members})
    return group


def members(client, count):
    ids = fill(client, count + 400)
    small, large = group_of(client, "small", ids[:100]), group_of(client, "large", ids[:count])
    path = lambda group: f"/Groups/{group}?excludedAttributes=members"
    add = lambda group: lambda number: client.patch(
        path(group), {"op": "add", "path": "members", "value": [{"value": ids[count + number]}]}
    )
    remove = lambda group: lambda number: client.patch(
        path(group), {"op": "remove", "path": f'members[value eq "{ids[count + number]}"]'}
    )
    # By turns, so that neither always finds the user in Default.
    label = f"in a group of 100 : of {count:,}"
    compare(f"add a member {label}", add(small), add(large), 200)
    compare(f"remove a member {label}", remove(small), remove(large), 200)


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    client = Client(*sys.argv[1:4])
    print(f"{'median microseconds':58}{'first':>8}{'second':>8}{'ratio':>8}")
    moves(client)
    members(client, int(sys.argv[4]) if len(sys.argv) == 5 else 100_000)


main()
