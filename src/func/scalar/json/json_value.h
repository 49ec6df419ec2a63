/* json_value.h - SQL values as JSON, for JSON_OBJECT, JSON_ARRAY and JSON_STRING. Numbers as Java's
 * BigDecimal prints them, timestamps as ISO-8601 (TIMESTAMP_LTZ in UTC with a Z), bytes as base 64,
 * the keys of rows and maps in order. */
#pragma once
#include "func/func.h"
#include "func/scalar/json/json_tree.h"

struct value;

/* Is there JSON for the type? The words are Flink's. */
MUST_USE struct err *json_value_check(struct arena *a, const struct type *t, struct text_pos pos);
/* Appends the value; json_value_check has passed its type. What is needed on the way comes from
 * `scratch`. */
void json_value_print(
    struct arena *scratch, const struct type *t, const struct value *v, struct buf *out);
