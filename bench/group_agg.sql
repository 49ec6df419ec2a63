-- A million keys without windows: every row changes a row of the result.
CREATE TABLE src (k INT, v BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '${ROWS}',
  'fields.k.min' = '0', 'fields.k.max' = '999999', 'fields.v.min' = '0', 'fields.v.max' = '1000000');
CREATE TABLE snk (k INT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO snk SELECT k, COUNT(*), SUM(v) FROM src GROUP BY k;
