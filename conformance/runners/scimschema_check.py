"""Feeds the server's User, Group and ServiceProviderConfig answers to scimschema, a library of RFC 7643 shapes.

Not ResourceType and Schema: there it contradicts the RFC. It takes the enterprise extension for a core schema and knows no other
extension, so extensions are handed to it as such, as the server publishes them.
Usage: scimschema_check.py BASE_URL, the token in RUNNER_TOKEN. Prints one line; exit 1 when a shape is refused.
"""

import copy
import json
import os
import sys
import traceback
import urllib.request
import uuid

import scimschema
from scimschema import core_schemas
from scimschema._model.model import Model

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LEAST_SHAPES = 9


class Server:
    def __init__(self, base, token):
        self.base = base.rstrip("/")
        self.token = token
        self.log = []

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/scim+json")
        if data is not None:
            request.add_header("Content-Type", "application/scim+json")
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = response.read()
        self.log.append(f"{method} {path} {json.dumps(body) if body else ''}\n{answer.decode(errors='replace')}\n")
        return json.loads(answer) if answer else None


def user(tag, manager):
    """A user with every attribute of RFC 7643: scimschema takes canonical values for a closed list, so only those."""
    mail = f"{tag}@example.com"
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": mail,
        "externalId": tag,
        "name": {
            "formatted": "Ms. Barbara J Jensen, III",
            "familyName": "Jensen",
            "givenName": "Barbara",
            "middleName": "Jane",
            "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "profileUrl": "https://login.example.com/bjensen",
        "title": "Tour Guide",
        "userType": "Employee",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": True,
        "emails": [
            {"value": mail, "type": "work", "primary": True},
            {"value": f"home-{mail}", "type": "home", "display": "at home"},
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [{"value": "https://photos.example.com/profilephoto/1/F", "type": "photo"}],
        "addresses": [
            {
                "type": "work",
                "streetAddress": "100 Universal City Plaza",
                "locality": "Hollywood",
                "region": "CA",
                "postalCode": "91608",
                "country": "US",
                "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA",
            }
        ],
        "entitlements": [{"value": "guide"}],
        "roles": [{"value": "user"}],
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVM="}],
        ENTERPRISE: {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "organization": "Universal Studios",
            "division": "Theme Park",
            "department": "Tour Operations",
            "manager": {"value": manager},
        },
    }


def extensions(server):
    """The published extensions, in the library's own form."""
    core_schemas.schema.pop(ENTERPRISE, None)
    named = {
        extension["schema"]
        for resource_type in server.call("GET", "/ResourceTypes")["Resources"]
        for extension in resource_type.get("schemaExtensions", [])
    }
    known = {}
    for schema in server.call("GET", "/Schemas")["Resources"]:
        if schema["id"] in named:
            schema = {key: schema.get(key) for key in ("id", "name", "description", "attributes")}
            known[schema["id"]] = Model(copy.deepcopy(schema))
    return known


def main():
    server = Server(sys.argv[1], os.environ["RUNNER_TOKEN"])
    shapes, failed, created = 0, [], []

    def check(name, answer, expected):
        nonlocal shapes
        shapes += 1
        try:
            if expected not in answer.get("schemas", []):
                raise AssertionError(f"schemas lack {expected}: {answer.get('schemas')}")
            scimschema.validate(copy.deepcopy(answer), known)
        except Exception as error:  # the library raises KeyError and its own kinds
            failed.append(f"{name}: {type(error).__name__}: {' '.join(str(error).split())[:600]}")

    def create(path, body):
        answer = server.call("POST", path, body)
        created.append(f"{path}/{answer['id']}")
        return answer

    try:
        known = extensions(server)
        tag = f"shape-{uuid.uuid4().hex[:8]}"
        config = server.call("GET", "/ServiceProviderConfig")
        check("ServiceProviderConfig", config, CONFIG)

        manager = create("/Users", {"schemas": [USER], "userName": f"boss-{tag}@example.com"})
        check("POST /Users, userName only", manager, USER)
        full = create("/Users", user(tag, manager["id"]))
        check("POST /Users, every attribute", full, USER)
        path = f"/Users/{full['id']}"
        check("GET /Users/{id}", server.call("GET", path), USER)
        replacement = {**user(tag, manager["id"]), "title": "Vice President"}
        check("PUT /Users/{id}", server.call("PUT", path, replacement), USER)

        empty = create("/Groups", {"schemas": [GROUP], "displayName": f"empty {tag}"})
        check("POST /Groups, no member", empty, GROUP)
        member = {"value": full["id"]}
        group = create("/Groups", {"schemas": [GROUP], "displayName": f"group {tag}", "members": [member]})
        check("POST /Groups, one member", group, GROUP)
        if not [one for one in group.get("members", []) if one["value"] == full["id"]]:
            failed.append("POST /Groups: the member is not in the answer")
        check("GET /Users/{id}, with its groups", server.call("GET", path), USER)
        for kind, urn in (("Users", USER), ("Groups", GROUP)):
            for answer in server.call("GET", f"/{kind}")["Resources"]:
                check(f"GET /{kind}", answer, urn)

        # The library must be able to say no, or its yes is worth nothing.
        for broken, name in (({**full, "userName": 5}, "a numeric userName"), ({**group, "displayName": 5}, "a numeric displayName")):
            try:
                scimschema.validate(copy.deepcopy(broken), known)
                failed.append(f"scimschema accepted {name}: the check checks nothing")
            except AssertionError:
                pass
    except Exception as error:
        body = error.read().decode(errors="replace") if hasattr(error, "read") else ""
        server.log.append(traceback.format_exc() + body)
        failed.append(f"{type(error).__name__}: {error} {body[:300]}")
    finally:
        for path in reversed(created):
            try:
                server.call("DELETE", path)
            except OSError as error:
                failed.append(f"DELETE {path}: {error}")

    if shapes < LEAST_SHAPES:
        failed.append(f"only {shapes} shapes checked, at least {LEAST_SHAPES} expected")
    print(f"scimschema    {shapes} shapes, {shapes - min(shapes, len(failed))} passed, {len(failed)} failed")
    for line in failed:
        print(f"    {line}")
    if "RUNNER_LOG" in os.environ:
        with open(os.environ["RUNNER_LOG"], "w", encoding="utf-8") as log:
            log.write("\n".join([*server.log, *failed]) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
