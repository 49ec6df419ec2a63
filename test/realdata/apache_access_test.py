"""The page views of examples/apache_access, counted again with a regular expression."""
import collections
import re
from datetime import datetime

import realdata

LINE = re.compile(r'(\S+) \S+ \S+ \[(\S+) \S+\] "GET ([^ ?"]*)[^"]*" 200 (\S+)')


def expected():
    hosts, sizes = collections.defaultdict(list), collections.defaultdict(int)
    for line in realdata.data("apache_access.log").read_text().splitlines():
        m = LINE.match(line)
        if m and m[3].endswith(("/", ".html")):
            minute = datetime.strptime(m[2], "%d/%b/%Y:%H:%M:%S").strftime("%Y-%m-%d %H:%M")
            hosts[minute].append(m[1])
            sizes[minute] += int(m[4]) if m[4].isdigit() else 0
    return collections.Counter(f"{t}, {len(h)}, {len(set(h))}, {sizes[t]}" for t, h in hosts.items())


@realdata.in_every_mode
def PageViewsPerMinute(self, workers, batch_rows):
    want = expected()
    self.assertGreater(len(want), 80)
    self.assertEqual(realdata.run("examples/apache_access/apache_access.sql", workers, batch_rows), want)
