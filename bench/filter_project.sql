-- One comparison, one multiplication, one column left out.
CREATE TABLE src (id BIGINT, k INT, v BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '${ROWS}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${ROWS}',
  'fields.k.min' = '0', 'fields.k.max' = '999', 'fields.v.min' = '0', 'fields.v.max' = '1000000');
CREATE TABLE snk (id BIGINT, v BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO snk SELECT id, v * 2 FROM src WHERE k < 900;
