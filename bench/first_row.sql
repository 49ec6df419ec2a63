-- How long a user waits for the first row of an endless result.
CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence',
  'fields.id.start' = '1', 'fields.id.end' = '1000000000');
SELECT 'a row' AS mark, id FROM src;
