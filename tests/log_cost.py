#!/usr/bin/env python3
"""Prints what the provisioning log costs: users created in a second with the log and without it, and how the two relate.

    tests/log_cost.py PROGRAM [--postgres URL] [--rounds N] [--creates N] [--clients N]

PROGRAM is a release build. Two servers of it run at the same time on fresh databases, one with the log and one without, and
take turns in short rounds, because a shared machine is twice as slow from one minute to the next. Each number is the median
of the rounds. CPU is that of the server's process until its log is written; on PostgreSQL the database's own comes on top.
URL is that of a PostgreSQL server without a database's name; two databases are made there and dropped. No dependency.
"""
import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pool


def user(name):
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"{name}@example.com",
        "externalId": name,
        "displayName": f"User {name}",
        "name": {"givenName": "Given", "familyName": f"Family {name}"},
        "emails": [{"value": f"{name}@example.com", "type": "work", "primary": True}],
        "active": True,
    }


def answer(stream):
    """The status of the next answer, which is read to its end."""
    status = stream.readline().split(b" ", 2)[1]
    length = 0
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length)
    return status, body


def create(job):
    """One client: that many creates, one behind the other on one connection."""
    address, token, prefix, count = job
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"POST /scim/v2/Users HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nUser-Agent: cost\r\n"
        head += "Content-Type: application/scim+json\r\nContent-Length: "
        for number in range(count):
            body = json.dumps(user(f"{prefix}-{number}"))
            connection.sendall(f"{head}{len(body)}\r\n\r\n{body}".encode())
            status, text = answer(stream)
            if status != b"201":
                raise SystemExit(f"{status} {text[:300]!r}")


class Server:
    """The program, serving, with the log or without it."""

    def __init__(self, program, folder, database, log):
        environment = {
            **os.environ,
            "SCIM_CONNECTOR_DATABASE": database,
            "SCIM_CONNECTOR_LOG__LEVEL": "warn",
            "SCIM_CONNECTOR_LIMITS__REQUESTS_PER_SECOND": "0",
            "SCIM_CONNECTOR_PROVISIONING_LOG__ENABLED": "true" if log else "false",
            # Above what is measured.
            "SCIM_CONNECTOR_PROVISIONING_LOG__QUEUE": "1000000",
            "SCIM_CONNECTOR_PROVISIONING_LOG__QUEUE_MEGABYTES": "2000",
        }
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
        )
        printed = ""
        while "SCIM token" not in printed:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("the server does not start")
            printed += line
        self.address = re.search(r"http://([0-9.:]+)/", printed)[1]
        self.token = re.search(r"SCIM token\s+(\S+)", printed)[1]

    def cpu(self):
        """Seconds that the process has used."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def round(self, pool, name, clients, creates):
        """Creates in a second, and microseconds of CPU for one."""
        jobs = [(self.address, self.token, f"{name}-{client}", creates) for client in range(clients)]
        cpu, begun = self.cpu(), time.perf_counter()
        pool.map(create, jobs, chunksize=1)
        seconds = time.perf_counter() - begun
        # Until the log is written.
        before = -1.0
        while self.cpu() - before > 0.02:
            before = self.cpu()
            time.sleep(0.8)
        total = clients * creates
        return total / seconds, (self.cpu() - cpu) / total * 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--creates", type=int, default=150, help="of each client in a round")
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="log-cost-")
    names = {log: f"log_cost_{os.getpid()}_{'on' if log else 'off'}" for log in (True, False)}
    database = {log: f"sqlite:{folder}/{name}/scim.db" for log, name in names.items()}
    psql = ["psql", "-q", "-v", "ON_ERROR_STOP=1", f"{given.postgres}/postgres", "-c"]
    if given.postgres:
        for log, name in names.items():
            subprocess.run([*psql, f"CREATE DATABASE {name}"], check=True)
            database[log] = f"{given.postgres}/{name}"
    program = os.path.abspath(given.program)
    servers = {log: Server(program, folder, database[log], log) for log in (True, False)}
    figures = {True: [], False: []}
    try:
        with Pool(given.clients) as pool:
            for number in range(given.rounds + 1):
                # Whoever begins has it worse or better; so they take turns in that, too.
                for log in (number % 2 == 0, number % 2 != 0):
                    figure = servers[log].round(pool, f"r{number}", given.clients, given.creates)
                    # The first round warms up.
                    if number > 0:
                        figures[log].append(figure)
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        if given.postgres:
            for name in names.values():
                subprocess.run([*psql, f"DROP DATABASE {name}"], check=False)
    median = {log: [statistics.median(column) for column in zip(*rows)] for log, rows in figures.items()}
    for log in (True, False):
        rate, cpu = median[log]
        print(f"{'with the log' if log else 'without it':14} {rate:9.0f} creates/s  {cpu:8.0f} µs of CPU each")
    pairs = list(zip(figures[True], figures[False]))
    rates = statistics.median(on[0] / off[0] for on, off in pairs)
    print(f"{'ratio':14} {rates:9.3f} of the throughput (median of {len(pairs)} pairs), {median[True][1] / median[False][1]:.3f} of the CPU")


if __name__ == "__main__":
    main()
