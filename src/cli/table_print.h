/* table_print.h - prints the small results of SHOW, DESCRIBE and EXPLAIN. */
#pragma once
#include <stdio.h>

struct session_table;

/* A box as Flink's client draws it and "N rows in set"; texts as they are. */
void table_print(FILE *out, const struct session_table *t);
