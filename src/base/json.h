/* json.h - a strict RFC 8259 reader for documents (configuration, REST, the plan codec, test rows)
 * and helpers to write them. Not for records on the hot path: format/json decodes those.
 *
 * Pull style: json_next gives one token after the other; commas and colons are checked inside.
 * Depth is limited to JSON_DEPTH_MAX; strings must be valid UTF-8. After an error the reader stays
 * at it. Errors are ERR_SYNTAX with line and column in the text.
 *
 *     struct json_reader r;
 *     json_init(&r, text, arena);
 *     TRY(json_expect(&r, JSON_OBJECT_BEGIN));
 *     while (true) {
 *         TRY(json_next(&r));
 *         if (r.token == JSON_OBJECT_END) break;
 *         if (slice_eq(r.text, SLICE("name"))) TRY(json_read_string(&r, &name));
 *         else TRY(json_skip(&r));
 *     }
 *     TRY(json_expect(&r, JSON_END)); */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct arena;

enum { JSON_DEPTH_MAX = 64 };

enum json_token {
    JSON_END, /* nothing but white space follows the document */
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
    JSON_ARRAY_BEGIN,
    JSON_ARRAY_END,
    JSON_KEY, /* its value comes next */
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

struct json_reader {
    enum json_token token; /* the current one */
    struct slice text;     /* KEY and STRING: unescaped (borrows the input, or the arena when there
                              were escapes); NUMBER: as written */
    uint32_t depth;        /* open objects and arrays */

    struct slice input;
    size_t at;
    struct arena *arena;
    uint64_t in_object; /* bit i: level i is an object */
    bool after_value;   /* a comma or the end must follow */
    bool after_key;
};

/* Borrows `input` for the reader's life; unescaped strings go to `arena`. */
void json_init(struct json_reader *r, struct slice input, struct arena *arena);
MUST_USE struct err *json_next(struct json_reader *r);
MUST_USE struct err *json_expect(
    struct json_reader *r, enum json_token token);     /* next must be it */
MUST_USE struct err *json_skip(struct json_reader *r); /* the next value, whole */
/* The next value must be of that type and fit. */
MUST_USE struct err *json_read_string(struct json_reader *r, struct slice *out);
MUST_USE struct err *json_read_i64(struct json_reader *r, int64_t *out);
MUST_USE struct err *json_read_double(struct json_reader *r, double *out);
MUST_USE struct err *json_read_bool(struct json_reader *r, bool *out);
/* An error at the reader's place, e.g. for an unknown key. */
MUST_USE struct err *json_fail(const struct json_reader *r, const char *fmt, ...) PRINTF(2, 3);

/* "text" in quotes; escapes '"', '\' and control characters only, UTF-8 goes through. */
void json_write_string(struct buf *out, struct slice text);
/* JSON has no NaN and Infinity: those are written as strings. */
void json_write_double(struct buf *out, double v);
void json_write_i64(struct buf *out, int64_t v);
const char *json_token_name(enum json_token token);
