"""dashboards/weir.json and alerts.yml against Debian's Prometheus, which scrapes the job of the demo: every expression
has data."""
import json
import re
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import program
from program import free_port, wait_until
from rest_test import Job

DASHBOARD = program.REPO / "dashboards/weir.json"
SCRIPT = program.REPO / "examples/clickstream/clickstream.sql"
ALERTS = program.REPO / "dashboards/alerts.yml"
# What stands for Grafana's variables.
VARIABLES = {"$__rate_interval": "30s", "$job_name": ".*"}


def expressions():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"]
            for name, value in VARIABLES.items():
                text = text.replace(name, value)
            yield f"{panel['title']}: {target['expr']}", text


def alert_expressions():
    """Each compares a figure with a number; the figure has data whether it fires or not."""
    for name, expression in re.findall(r"alert: (\w+)\n\s+expr: (.+)", ALERTS.read_text()):
        yield f"alert {name}", re.fullmatch(r"(.+) [<>] [\d.]+", expression)[1]


class Grafana(program.Case):
    def setUp(self):
        super().setUp()
        for command in "prometheus", "promtool":
            self.assertTrue(shutil.which(command), f"{command} is not installed: ./dev setup")

    def start_prometheus(self, target):
        port = free_port()
        config = self.write("prometheus.yml", f"""
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
rule_files: ["{ALERTS}"]
scrape_configs: [{{job_name: weir, static_configs: [{{targets: ["{target}"]}}]}}]
""")
        with open(self.folder / "prometheus.log", "w") as log:
            process = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
                                        f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return f"http://127.0.0.1:{port}"

    def query(self, expression):
        """The values there are; NaN and Inf are none."""
        url = f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                result = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as e:
            if e.code == 503:
                return []  # it is still starting
            raise RuntimeError(f"{expression}: {e.read().decode()}") from e
        except OSError:
            return []  # not listening yet
        values = [float(r["value"][1]) for r in result]
        return [v for v in values if v == v and abs(v) != float("inf")]

    def test_every_expression_of_the_dashboard_and_the_alerts_has_data(self):
        job = Job(self, SCRIPT.read_text(), "-D", "rest.port=0")
        url = job.get("/api/v1/ingest")["tables"][0]["url"]
        self.prometheus = self.start_prometheus(job.address)
        missing = dict([*expressions(), *alert_expressions()])
        self.assertGreater(len(missing), 50)
        self.second = 0

        def still_missing():
            # A click in time, one that is late, one that is none.
            self.second += 20
            times = [f"2026-01-01T00:{self.second // 60:02}:{self.second % 60:02}Z", "2026-01-01T00:00:00Z", "never"]
            lines = [json.dumps({"id": 1, "visitor": 2, "page": "/", "event_time": t}) for t in times]
            request = urllib.request.Request(url, "\n".join(lines).encode(), {"Content-Type": "application/x-ndjson"})
            urllib.request.urlopen(request, timeout=20).close()
            for name in [n for n, e in missing.items() if self.query(e)]:
                del missing[name]
            return not missing

        try:
            wait_until("every expression has data", still_missing)
        except AssertionError:
            with urllib.request.urlopen(f"{self.prometheus}/api/v1/targets", timeout=20) as answer:
                target = json.load(answer)["data"]["activeTargets"][0]
            self.fail(f"no data ({target['health']}, {target['lastError']}):\n" + "\n".join(missing))
        self.assertEqual(self.query("sum(weir_account_rows_read) - sum(weir_account_rows)"), [0])
        rules = json.load(urllib.request.urlopen(f"{self.prometheus}/api/v1/rules", timeout=20))["data"]["groups"][0]["rules"]
        self.assertEqual([r["name"] for r in rules if r["state"] == "firing" and r["name"] in ("WeirDown", "WeirJobFailed", "WeirAccount")], [])
        job.process.send_signal(signal.SIGINT)
        job.process.wait(program.TIMEOUT_SECONDS)

    def test_the_alert_rules_are_valid(self):
        done = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_dashboard_asks_for_its_data_source_and_its_jobs(self):
        dashboard = json.loads(DASHBOARD.read_text())
        self.assertGreaterEqual(dashboard["schemaVersion"], 36)
        self.assertEqual([v["name"] for v in dashboard["templating"]["list"]], ["DS_PROMETHEUS", "job_name"])
        panels = [p for p in dashboard["panels"] if p["type"] != "row"]
        self.assertEqual(len({p["id"] for p in dashboard["panels"]}), len(dashboard["panels"]))
        for p in panels:
            self.assertEqual(p["datasource"], {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}, p["title"])
            for q in panels:
                a, b = p["gridPos"], q["gridPos"]
                apart = (a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])
                self.assertTrue(p is q or apart, f"{p['title']} lies on {q['title']}")


if __name__ == "__main__":
    unittest.main()
