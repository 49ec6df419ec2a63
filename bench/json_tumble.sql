-- Lines of 350 bytes, of which three fields are wanted.
CREATE TABLE src (page STRING, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${JSON_FILE}', 'format' = 'json');
CREATE TABLE snk (window_end TIMESTAMP(3), page STRING, n BIGINT, total DOUBLE) WITH ('connector' = 'blackhole');
INSERT INTO snk SELECT window_end, page, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, page;
