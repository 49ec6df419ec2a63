-- Clicks come in over HTTP and go into files: every click, page views per page and 10 seconds of event time,
-- the clicks that came too late for their window, and what was no click at all.
--
-- `./dev demo` runs this with load.py posting clicks, and kills it in the middle. By hand, in an empty folder:
--     weir run .../examples/clickstream/clickstream.sql
-- prints a curl line that posts a click. Run it again after Ctrl-C or kill -9: it goes on where it was.

SET 'pipeline.name' = 'clickstream';
SET 'table.local-time-zone' = 'UTC';
SET 'execution.checkpointing.dir' = 'checkpoints';
SET 'execution.checkpointing.interval' = '1 s';    -- files appear with each checkpoint

CREATE TABLE clicks (
  id BIGINT,
  visitor INT,
  page STRING,
  event_time TIMESTAMP_LTZ(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'http',                            -- POST http://127.0.0.1:8080/clicks
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601',
  'late.table' = 'late_clicks',
  'errors.table' = 'bad_records'
);

CREATE TABLE all_clicks (id BIGINT, visitor INT, page STRING, event_time TIMESTAMP_LTZ(3)) WITH (
  'connector' = 'filesystem', 'format' = 'json', 'path' = 'results/all_clicks'
);

CREATE TABLE page_views (window_start TIMESTAMP(3), page STRING, clicks BIGINT, visitors BIGINT) WITH (
  'connector' = 'filesystem', 'format' = 'json', 'path' = 'results/page_views'
);

-- late_watermark: how far event time had come when the click was dropped.
CREATE TABLE late_clicks (id BIGINT, page STRING, event_time TIMESTAMP_LTZ(3), late_watermark TIMESTAMP_LTZ(3)) WITH (
  'connector' = 'filesystem', 'format' = 'json', 'path' = 'results/late_clicks'
);

CREATE TABLE bad_records (error_time TIMESTAMP_LTZ(3), source STRING, `position` STRING, reason STRING, payload BYTES) WITH (
  'connector' = 'filesystem', 'format' = 'json', 'path' = 'results/bad_records'
);

BEGIN STATEMENT SET;

INSERT INTO all_clicks SELECT id, visitor, page, event_time FROM clicks;

INSERT INTO page_views
SELECT window_start, page, COUNT(*), COUNT(DISTINCT visitor)
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, page;

END;
