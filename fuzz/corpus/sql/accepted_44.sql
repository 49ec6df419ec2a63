SELECT DATE_FORMAT(a, 'x'), DATE(a);
SELECT TIME 'x', TIME_X;
SELECT `sum`(a), Sum(A), sUm(b);
SELECT f(a).b.c, f(a)[1], (SELECT 1).a, ROW(1,2).f0, (a).b, (a, b).c, CAST(a AS ROW<x INT>).x, CASE WHEN a THEN b END.c;
SELECT a.b(c).d;
SELECT MAP['a', 1, 'b', 2]['a'], MAP['a'];
SELECT ARRAY[ARRAY[1], ARRAY[]], ARRAY[(1, 2)], ARRAY[ROW(1, 2)];
