-- Page views and visitors per page and 10 seconds of event time.
--
-- `datagen` makes 50,000 clicks a second for 20 seconds, the same ones each time (seeds below). Event time
-- runs ten times as fast as the clock, so that a window closes every second. Clicks come up to a second and
-- a half out of order, within what the watermark waits for; one in a thousand comes 30 seconds late, after
-- its window has closed: those are dropped and counted.

CREATE TABLE clicks (
  id BIGINT,
  visitor INT,
  dice INT,                 -- 0 .. 99: which page
  jitter_ms INT,            -- how much out of order
  luck INT,                 -- 0 .. 999: 0 is late
  page AS CASE
    WHEN dice < 40 THEN '/'
    WHEN dice < 65 THEN '/products'
    WHEN dice < 80 THEN '/products/weir'
    WHEN dice < 90 THEN '/basket'
    WHEN dice < 96 THEN '/checkout'
    ELSE '/about'
  END,
  event_time AS TO_TIMESTAMP_LTZ(
    1767225602000 + id / 5 - jitter_ms - CASE WHEN luck = 0 THEN 30000 ELSE 0 END, 3),
  WATERMARK FOR event_time AS event_time - INTERVAL '2' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '50000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000',
  'fields.visitor.min' = '1', 'fields.visitor.max' = '20000', 'fields.visitor.seed' = '1',
  'fields.dice.min' = '0', 'fields.dice.max' = '99', 'fields.dice.seed' = '2',
  'fields.jitter_ms.min' = '0', 'fields.jitter_ms.max' = '1500', 'fields.jitter_ms.seed' = '3',
  'fields.luck.min' = '0', 'fields.luck.max' = '999', 'fields.luck.seed' = '4'
);

SELECT window_start, page, COUNT(*) AS page_views, COUNT(DISTINCT visitor) AS visitors
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY page, window_start, window_end;
