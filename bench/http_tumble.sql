-- Lines of 350 bytes, posted in bodies of 100, synced before they are answered.
CREATE TABLE events (page STRING, amount DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (
  'connector' = 'http', 'listen' = '127.0.0.1:${PORT}', 'log.dir' = '${DIR}/log', 'format' = 'json');
CREATE TABLE snk (window_end TIMESTAMP(3), page STRING, n BIGINT, total DOUBLE) WITH ('connector' = 'print');
INSERT INTO snk SELECT window_end, page, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, page;
