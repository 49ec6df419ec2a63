"""The counts of examples/dns_queries, made again with a dictionary."""
import collections
import gzip
import json

import realdata


def expected():
    groups = collections.defaultdict(list)
    with gzip.open(realdata.data("dns.json.gz"), "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            hour, minute = record["ts"][11:16].split(":")
            groups[f"{hour}:{int(minute) // 5 * 5:02}", record["id.orig_h"]].append(record)
    rows = collections.Counter()
    for (window, host), records in groups.items():
        names = {r["query"] for r in records if r.get("query") is not None}
        codes = [r.get("rcode_name") for r in records]
        rows[f"{window}, {host}, {len(records)}, {len(names)}, {codes.count('NXDOMAIN')}, {codes.count(None)}"] += 1
    return rows


@realdata.in_every_mode
def QueriesPerHost(self, workers, batch_rows):
    want = expected()
    self.assertGreater(len(want), 100)
    self.assertEqual(realdata.run("examples/dns_queries/dns_queries.sql", workers, batch_rows), want)
