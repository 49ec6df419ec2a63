-- Page views, visitors and bytes per minute of an Apache access log in combined format:
--   83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /projects/ HTTP/1.1" 200 203023 "http://..." "Mozilla/5.0 ..."
SET 'pipeline.name' = 'apache_access';

CREATE TABLE access_log (
  line STRING,
  host AS SPLIT_INDEX(line, ' ', 0),
  ts AS TO_TIMESTAMP(SUBSTRING(SPLIT_INDEX(line, '[', 1), 1, 20), 'dd/MMM/yyyy:HH:mm:ss'),
  verb AS SPLIT_INDEX(SPLIT_INDEX(line, '"', 1), ' ', 0),
  page AS SPLIT_INDEX(SPLIT_INDEX(SPLIT_INDEX(line, '"', 1), ' ', 1), '?', 0),
  status AS CAST(SPLIT_INDEX(SPLIT_INDEX(line, '"', 2), ' ', 1) AS INT),
  size_bytes AS TRY_CAST(SPLIT_INDEX(SPLIT_INDEX(line, '"', 2), ' ', 2) AS BIGINT), -- a dash when nothing was sent
  -- The server writes a line when its request ends, so lines are up to 59 s out of order.
  WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = '${WEIR_TEST_DATA}/apache_access.log',
  'format' = 'raw'
);

CREATE TABLE per_minute (
  `minute` STRING,
  page_views BIGINT,
  visitors BIGINT,
  size_bytes BIGINT
) WITH ('connector' = 'print');

-- A page is what a reader asked for, not the images and styles that came with it.
INSERT INTO per_minute
SELECT DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm'), COUNT(*), COUNT(DISTINCT host), SUM(size_bytes)
FROM TABLE(TUMBLE(TABLE access_log, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
WHERE verb = 'GET' AND status = 200 AND (page LIKE '%/' OR page LIKE '%.html')
GROUP BY window_start, window_end;
