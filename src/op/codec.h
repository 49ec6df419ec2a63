/* codec.h - reading and writing the JSON of operators' parameters and of the graph around them. An
 * object has its keys in a fixed order, so a reader asks for one key after the other; anything else
 * is ERR_CORRUPT with the place. Readers stand before the value they are asked for. What is read
 * lives in the arena given. Limits: COUNT_MAX elements of a list. */
#pragma once
#include "base/json.h"
#include "base/option.h"
#include "expr/expr.h"
#include "op/agg_spec.h"
#include "type/schema.h"

enum { CODEC_COUNT_MAX = 100000 };

/* ---- writing ---- */
void codec_open(struct buf *out);                 /* { */
void codec_close(struct buf *out);                /* } */
void codec_key(struct buf *out, const char *key); /* ,"key": - the value follows */
void codec_comma(struct buf *out);                /* between elements of a list */
void codec_write_i64(struct buf *out, const char *key, int64_t v);
void codec_write_bool(struct buf *out, const char *key, bool v);
void codec_write_text(struct buf *out, const char *key, const char *text); /* NULL: null */
void codec_write_u32s(struct buf *out, const char *key, const uint32_t *v, uint32_t count);
void codec_write_type(struct buf *out, const char *key, const struct type *t);
void codec_write_schema(struct buf *out, const char *key, const struct schema *s); /* NULL: null */
/* Sorted by key, so that their order in the script is no part of the plan. Without the values of
 * secrets: graphs are stored in checkpoints, and a new token is no change. `without`: names that
 * are left out, up to a NULL; may be NULL. */
void codec_write_options(
    struct buf *out, const char *key, const struct options *o, const char *const *without);
void codec_write_expr(struct buf *out, const char *key, const struct expr *e); /* NULL: null */
void codec_write_exprs(
    struct buf *out, const char *key, const struct expr *const *exprs, uint32_t count);
void codec_write_aggs(
    struct buf *out, const char *key, const struct agg_spec *specs, uint32_t count);

/* ---- reading ---- */
MUST_USE struct err *codec_enter(struct json_reader *r);
MUST_USE struct err *codec_leave(struct json_reader *r);
MUST_USE struct err *codec_expect_key(struct json_reader *r, const char *key);
/* Lists: codec_begin_list, then codec_more before each element, which says false at the end. */
MUST_USE struct err *codec_begin_list(struct json_reader *r, const char *key);
MUST_USE struct err *codec_more(struct json_reader *r, bool *more);
MUST_USE struct err *codec_read_i64(
    struct json_reader *r, const char *key, int64_t min, int64_t max, int64_t *out);
MUST_USE struct err *codec_read_u32(
    struct json_reader *r, const char *key, uint32_t max, uint32_t *out);
MUST_USE struct err *codec_read_bool(struct json_reader *r, const char *key, bool *out);
MUST_USE struct err *codec_read_text(
    struct arena *a, struct json_reader *r, const char *key, const char **out); /* may be NULL */
MUST_USE struct err *codec_read_u32s(struct arena *a, struct json_reader *r, const char *key,
    uint32_t max, const uint32_t **out, uint32_t *count);
MUST_USE struct err *codec_read_type(
    struct arena *a, struct json_reader *r, const char *key, const struct type **out);
MUST_USE struct err *codec_read_schema(
    struct arena *a, struct json_reader *r, const char *key, const struct schema **out);
MUST_USE struct err *codec_read_options(
    struct arena *a, struct json_reader *r, const char *key, struct options *out);
/* Columns are checked against the input. */
MUST_USE struct err *codec_read_expr(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct expr **out);
MUST_USE struct err *codec_read_exprs(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct expr *const **out, uint32_t *count);
MUST_USE struct err *codec_read_aggs(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct agg_spec **out, uint32_t *count);
