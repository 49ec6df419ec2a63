/* option.h - declared options: one table per connector and format drives parsing, validation, "did
 * you mean", completion and the manual. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum option_type {
    OPTION_STRING,
    OPTION_BOOL,
    OPTION_INT, /* int64 */
    OPTION_DOUBLE,
    OPTION_DURATION, /* "10 s", "1 min", "500ms", "PT10S"; milliseconds */
    OPTION_SIZE,     /* "64 mb", "128MB"; bytes */
    OPTION_ENUM      /* one of `values` */
};

/* '#' in a name stands for a column's name, or a path into a nested column ("fields.#.min" is also
 * "fields.address.city.min"); a '*' at its end for anything ("properties.*"). An entry whose name
 * is NULL ends. */
struct option_def {
    const char *name;
    enum option_type type;
    const char *default_text; /* NULL: none */
    bool required;
    const char *values; /* OPTION_ENUM: "a|b|c"; numbers: "min..max", either may be
                           left out; else NULL */
    const char *doc;
};

/* One pair as written in WITH (...), with its place in the script. */
struct option {
    struct slice key;
    struct slice value;
    struct text_pos pos;
};

/* Borrowed pairs, in order of the script; a later pair of the same key wins (hints come last). */
struct options {
    const struct option *pairs;
    uint32_t count;
};

/* Checks every pair against the tables (NULL-terminated list of tables: connector's, common ones,
 * format's): unknown keys list the known ones and suggest, values are parsed and range-checked,
 * required ones must be there. `columns` are the names '#' may stand for. The error carries the
 * pair's position. */
MUST_USE struct err *option_validate(const struct options *o,
    const struct option_def *const *tables, const char *const *columns, uint32_t column_count,
    const char *owner);

/* Typed getters; the default applies when the pair is absent. Call only after option_validate: a
 * bad value here is a programmer's error. No pair and no default: 0, false, or a slice with p =
 * NULL.
 */
bool option_find(const struct options *o, const char *key, struct slice *value);
/* Of the pair that counts, for errors; unknown when there is none. */
struct text_pos option_pos(const struct options *o, const char *key);
struct slice option_string(
    const struct options *o, const struct option_def *table, const char *key);
bool option_bool(const struct options *o, const struct option_def *table, const char *key);
int64_t option_int(const struct options *o, const struct option_def *table, const char *key);
double option_double(const struct options *o, const struct option_def *table, const char *key);
int64_t option_duration_ms(
    const struct options *o, const struct option_def *table, const char *key);
int64_t option_size_bytes(const struct options *o, const struct option_def *table, const char *key);

/* Is its value not to be shown or stored? Flink's GlobalConfiguration.isSensitive. */
bool option_is_secret(struct slice key);

/* One value against its definition: grammar, range, enum. */
MUST_USE struct err *option_check(const struct option_def *d, struct slice value);
/* The value grammars by themselves; configuration keys use them too. */
MUST_USE struct err *option_parse_duration(struct slice text, int64_t *ms);
MUST_USE struct err *option_parse_size(struct slice text, int64_t *bytes);
MUST_USE struct err *option_parse_bool(struct slice text, bool *out);
