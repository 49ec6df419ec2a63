/* explain.h - pieces of EXPLAIN's text that several operators share, in Flink's manner. */
#pragma once
#include "op/agg_spec.h"
#include "op/window_spec.h"
#include "type/schema.h"

/* "a, b" */
void explain_columns(
    const struct schema *s, const uint32_t *columns, uint32_t count, struct buf *out);
void explain_fields(const struct schema *s, struct buf *out); /* all of them */
/* "groupBy=[a], " or nothing without keys */
void explain_keys(const struct schema *s, const uint32_t *columns, uint32_t count, struct buf *out);
/* "COUNT(DISTINCT v) FILTER f AS n"; `name` may be empty: no AS. */
void explain_agg(
    const struct agg_spec *spec, const struct schema *input, struct slice name, struct buf *out);
/* "TUMBLE(time_col=[ts], size=[10 s])" */
void explain_window(const struct window_spec *w, const struct schema *input, struct buf *out);
