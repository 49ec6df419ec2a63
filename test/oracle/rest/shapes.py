#!/usr/bin/env python3
"""shapes.py - records the fields and types of the REST answers of a running Flink into src/server/rest_shapes.inc.

Needs what ../oracle needs, and one call of that before it, which fetches Flink. With the argument `client HOST PORT`
it asks a running `weir run` with Flink's own client instead.
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[2] / "src/server/rest_shapes.inc"
CACHE = Path(os.environ.get("WEIR_ORACLE_CACHE", Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "weir-oracle"))
PACKAGES = """java.lang java.lang.invoke java.lang.reflect java.net java.nio java.text java.time java.util
    java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks""".split()
PATHS = """/overview /config /jobs /jobs/overview /jobs/:jobid /jobs/:jobid/status /jobs/:jobid/plan /jobs/:jobid/config
    /jobs/:jobid/exceptions /jobs/:jobid/accumulators /jobs/:jobid/execution-result /jobs/:jobid/metrics?get=
    /jobs/:jobid/checkpoints /jobs/:jobid/checkpoints/config /jobs/:jobid/checkpoints/details/:checkpointid
    /jobs/:jobid/vertices/:vertexid /jobs/:jobid/vertices/:vertexid/backpressure /taskmanagers /jobmanager/config""".split()
HEAD = """/* rest_shapes.inc - fields and types of the answers of Flink 2.3.0, recorded from a running job by
 * test/oracle/rest/shapes.py: X(path, line), sorted. A '*' stands for an id or a state as a key. */
"""


def java(source, *args):
    opens = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in PACKAGES]
    return ["java", "-Xmx1g", "-XX:+UseSerialGC", *opens, "-cp", f"{CACHE}/lib/*", str(HERE / source), *args]


def lines(value, path=""):
    """"path type" of everything in a document."""
    if isinstance(value, dict):
        yield f"{path} {{}}"
        for key, item in value.items():
            varies = re.fullmatch("[0-9a-f]{32}", key) or path.endswith("status-duration")
            yield from lines(item, f"{path}.{'*' if varies else key}")
    elif isinstance(value, list):
        yield f"{path} []"
        for item in value:
            yield from lines(item, f"{path}[]")
    else:
        kinds = {bool: "bool", int: "number", float: "number", str: "text", type(None): "null"}
        yield f"{path} {'number' if value == 'NaN' else kinds[type(value)]}"


def record():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return json.load(answer)

    with tempfile.TemporaryDirectory() as folder:
        flink = subprocess.Popen(java("Record.java", str(port), folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        try:
            if flink.stdout.readline() != "started\n":
                sys.exit("shapes.py: Flink did not start; has ../oracle been run?")
            jid = get("/jobs")["jobs"][0]["id"]
            end = time.monotonic() + 60
            while not get(f"/jobs/{jid}/checkpoints")["latest"]["completed"] or get(f"/jobs/{jid}")["state"] != "RUNNING":
                if time.monotonic() > end:
                    sys.exit("shapes.py: no checkpoint was completed")
                time.sleep(0.1)
            names = {":jobid": jid, ":vertexid": get(f"/jobs/{jid}")["vertices"][0]["id"],
                     ":checkpointid": str(get(f"/jobs/{jid}/checkpoints")["latest"]["completed"]["id"])}
            for path in PATHS:
                asked = re.sub(r":\w+", lambda m: names[m[0]], path) + ("uptime,numRestarts" if path.endswith("=") else "")
                for line in sorted(set(lines(get(asked)))):
                    # clang-format does not look at these files, but lines have a limit.
                    gap = " " if len(path + line) < 90 else "\n    "
                    yield f'X("{path}",{gap}"{line}")\n'
        finally:
            flink.stdin.close()
            flink.wait(30)


if sys.argv[1:2] == ["client"]:
    sys.exit(subprocess.run(java("Client.java", *sys.argv[2:])).returncode)
text = HEAD + "".join(record())
OUT.write_text(text)
print(f"{OUT}: {text.count('X(') - 1} lines")
