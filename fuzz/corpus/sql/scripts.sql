-- What scripts in the field are made of, beside Nexmark: cookbook, tutorials, client commands.
SET 'sql-client.execution.result-mode' = 'changelog';
SET execution.runtime-mode = streaming;
SET table.local-time-zone=Europe/Berlin;
SET state.checkpoints.dir = file:///var/lib/checkpoints--x//y;
SET;
RESET 'pipeline.name';
RESET;
;;
CREATE TABLE orders (
    order_id STRING,
    product STRING, /* what was bought */
    price DECIMAL(10, 2) NOT NULL,
    order_time TIMESTAMP(3),
    ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    `partition` INT METADATA VIRTUAL,
    proc AS PROCTIME(),
    WATERMARK FOR order_time AS order_time - INTERVAL '15' SECONDS,
    PRIMARY KEY (order_id) NOT ENFORCED
) DISTRIBUTED BY HASH(order_id) INTO 6 BUCKETS WITH (
    'connector' = 'faker', -- a comment in the list
    'fields.product.expression' = '#{regexify ''(a|b){1}''}',
    'fields.price.expression' = '#{number.numberBetween ''0'',''100''}'
);
CREATE TEMPORARY TABLE doctor_sightings WITH ('number-of-rows' = '10') LIKE orders (EXCLUDING OPTIONS);
CREATE TEMPORARY VIEW top AS
SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY product ORDER BY price DESC) AS row_num FROM orders
) WHERE row_num <= 3;
SELECT TUMBLE_START(order_time, INTERVAL '1' MINUTE) AS `window`, COUNT(DISTINCT product)
FROM orders GROUP BY TUMBLE(order_time, INTERVAL '1' MINUTE);
SELECT AVG(price) OVER w AS avg_price, SUM(price) OVER w
FROM orders
WINDOW w AS (PARTITION BY product ORDER BY order_time
    RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW);
SELECT o.order_id, r.rate FROM orders AS o
LEFT JOIN rates /*+ OPTIONS('lookup.cache' = 'PARTIAL') */ FOR SYSTEM_TIME AS OF o.proc AS r
    ON o.product = r.product;
SELECT state, city, population
FROM (SELECT DISTINCT state FROM people) S,
    LATERAL (SELECT city, population FROM people WHERE state = S.state ORDER BY population DESC LIMIT 2);
SELECT k, t.word FROM docs, LATERAL TABLE(split(body)) AS t (word);
SELECT * FROM docs CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n);
SELECT CAST(event_time AS TIMESTAMP(3)), JSON_VALUE(body, '$.a' RETURNING INT NULL ON EMPTY) FROM messages;
WITH big AS (SELECT * FROM orders WHERE price > 100)
SELECT product, COUNT(*) FROM big GROUP BY product HAVING COUNT(*) > 1;
SELECT window_start, window_end, SUM(price) AS total
FROM SESSION(TABLE orders PARTITION BY product, DESCRIPTOR(order_time), INTERVAL '5' MINUTES)
GROUP BY GROUPING SETS ((window_start, window_end, product), (window_start, window_end));
SELECT * FROM TO_CHANGELOG(input => TABLE orders, op => DESCRIPTOR(op));
BEGIN STATEMENT SET;
INSERT INTO sink1 SELECT * FROM orders;
INSERT INTO sink2 (a, b) SELECT 1, 2;
END;
EXECUTE STATEMENT SET
BEGIN
INSERT INTO sink1 SELECT CASE WHEN a THEN 1 ELSE 2 END FROM orders;
INSERT INTO sink2 SELECT * FROM orders;
END;
EXPLAIN CHANGELOG_MODE, PLAN_ADVICE INSERT INTO sink1 SELECT * FROM orders;
ALTER TABLE orders ADD (note STRING COMMENT 'free' AFTER product, WATERMARK FOR ts AS ts);
ADD JAR '/tmp/udf.jar'; SHOW JARS;
QUIT;
