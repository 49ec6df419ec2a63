-- 2.5 million keys, about 200 MB of state. First all keys by chance, then a twentieth of them at a time: of twenty
-- classes, all over the key space and the table, the next one after every PHASE_ROWS rows. Where those are what a second
-- brings, two classes change between two checkpoints a second apart: a tenth of the keys.
CREATE TABLE src (i BIGINT, any_key BIGINT, place BIGINT, phase_rows BIGINT, v BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '${ROWS}',
  'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '1000000000000',
  'fields.any_key.min' = '0', 'fields.any_key.max' = '2499999',
  'fields.place.min' = '0', 'fields.place.max' = '124999',
  'fields.phase_rows.min' = '${PHASE_ROWS}', 'fields.phase_rows.max' = '${PHASE_ROWS}', 'fields.v.min' = '0', 'fields.v.max' = '1000000');
CREATE TABLE snk (k BIGINT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO snk SELECT k, COUNT(*), SUM(v) FROM (
  SELECT CASE WHEN i < 10000000 THEN any_key ELSE place * 20 + MOD(i / phase_rows, 20) END AS k, v FROM src)
GROUP BY k;
