-- 1,000 keys, 100,000 rows a second of event time: a window of 10 s holds a million rows and fires a thousand.
CREATE TABLE src (id BIGINT, k INT, v BIGINT, ts AS TO_TIMESTAMP_LTZ(id / 100, 3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '${ROWS}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${ROWS}',
  'fields.k.min' = '0', 'fields.k.max' = '999', 'fields.v.min' = '0', 'fields.v.max' = '1000000');
CREATE TABLE snk (window_end TIMESTAMP(3), k INT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO snk SELECT window_end, k, COUNT(*), SUM(v)
FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k;
