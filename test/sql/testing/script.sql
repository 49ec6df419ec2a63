-- A script as it is deployed: its connectors are replaced by 'test'.
SET 'execution.checkpointing.interval' = '10 s';
CREATE TABLE orders (id INT, amount DECIMAL(10, 2), paid BOOLEAN)
WITH ('connector' = 'kafka', 'topic' = 'orders; all', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
CREATE TABLE paid (id INT, amount DECIMAL(10, 2)) WITH ('connector' = 'print');
CREATE TABLE total (amount DECIMAL(38, 2)) WITH ('connector' = 'print');
INSERT INTO paid SELECT id, amount FROM orders WHERE paid;
EXECUTE STATEMENT SET BEGIN
  INSERT INTO total SELECT SUM(amount) FROM orders;
END;
