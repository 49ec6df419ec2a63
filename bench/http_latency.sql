-- One body is one window: its count is visible when the checkpoint that has it is published.
SET 'execution.checkpointing.interval' = '100 ms';
SET 'execution.checkpointing.dir' = '${DIR}/checkpoints';
SET 'pipeline.name' = 'http_latency';
SET 'pipeline.auto-watermark-interval' = '10 ms';
CREATE TABLE events (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'http', 'listen' = '127.0.0.1:${PORT}', 'log.dir' = '${DIR}/log', 'format' = 'json');
CREATE TABLE snk (window_end TIMESTAMP(3), n BIGINT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/out', 'format' = 'csv');
INSERT INTO snk SELECT window_end, COUNT(*)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '0.01' SECOND)) GROUP BY window_start, window_end;
