-- Clicks per page and 10 seconds, from a file of JSON lines.
CREATE TABLE clicks (
  page STRING,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/tour/clicks.json',
  'format' = 'json'
);

CREATE TABLE per_page (window_end TIMESTAMP(3), page STRING, clicks BIGINT) WITH ('connector' = 'print');

INSERT INTO per_page
SELECT window_end, page, COUNT(*)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY page, window_start, window_end;
