-- Questions and failed questions per host and five minutes, from a Zeek DNS log: one JSON object a line, gzip.
SET 'pipeline.name' = 'dns_queries';
SET 'table.local-time-zone' = 'UTC';

CREATE TABLE dns (
  ts TIMESTAMP_LTZ(3),
  `id.orig_h` STRING,   -- who asked
  `query` STRING,       -- for which name (NULL in two broken packets)
  rcode_name STRING,    -- NULL when nobody answered
  -- Zeek writes a question when its answer is in or given up, up to 11 minutes later.
  WATERMARK FOR ts AS ts - INTERVAL '15' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = '${WEIR_TEST_DATA}/dns.json.gz',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE dns_queries (
  window_start STRING,
  host STRING,
  questions BIGINT,
  names BIGINT,         -- different ones
  not_found BIGINT,
  unanswered BIGINT
) WITH ('connector' = 'print');

INSERT INTO dns_queries
SELECT DATE_FORMAT(window_start, 'HH:mm'), `id.orig_h`, COUNT(*), COUNT(DISTINCT `query`),
  COUNT(*) FILTER (WHERE rcode_name = 'NXDOMAIN'), SUM(CASE WHEN rcode_name IS NULL THEN 1 ELSE 0 END)
FROM TABLE(TUMBLE(TABLE dns, DESCRIPTOR(ts), INTERVAL '5' MINUTES))
GROUP BY window_start, window_end, `id.orig_h`;
