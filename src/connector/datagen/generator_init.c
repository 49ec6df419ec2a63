#include <float.h>
#include <math.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "connector/datagen/generator.h"
#include "type/decimal.h"

enum {
    STRING_LENGTH = 100, /* Flink's defaults */
    COLLECTION_LENGTH = 3,
    STRING_LENGTH_MAX = 1 << 20,
    COLLECTION_LENGTH_MAX = 4096
};

struct reader {
    struct generator *g;
    struct arena *arena;
    const struct options *options;
    const char *path;
};

static bool find(const struct reader *r, const char *name, struct slice *value)
{
    return option_find(r->options, str_fmt(r->arena, "fields.%s.%s", r->path, name), value);
}

static struct err *fail_value(
    const struct reader *r, const char *name, struct slice value, const char *wanted)
{
    FAIL(ERR_INVALID_OPTION, "option 'fields.%s.%s' must be %s, not '%.*s'", r->path, name, wanted,
        (int)value.n, value.p);
}

static struct err *fail_unsupported(const struct reader *r, const char *what)
{
    FAIL(ERR_UNSUPPORTED, "connector 'datagen': column '%s' %s", r->path, what);
}

static struct err *read_bound(const struct reader *r, const char *name, i128 *out)
{
    struct slice value;
    const struct type *t = r->g->type;
    if (!find(r, name, &value)) return NULL;
    bool good = t->kind == TYPE_DECIMAL ? decimal_parse(slice_trim(value), t->precision, t->scale,
                                              out) == DECIMAL_PARSE_OK
                                        : num_parse_i128(slice_trim(value), out);
    return good ? NULL : fail_value(r, name, value, "a number of the column's type");
}

static struct err *read_range(const struct reader *r, i128 low, i128 high)
{
    struct generator *g = r->g;
    g->min = low;
    g->max = high;
    TRY(read_bound(r, "min", &g->min));
    TRY(read_bound(r, "max", &g->max));
    if (g->min >= low && g->max <= high && g->min <= g->max) return NULL;
    return fail_unsupported(r, "has a min and max that are no range of its type");
}

static struct err *read_float_bound(const struct reader *r, const char *name, double *out)
{
    struct slice value;
    if (!find(r, name, &value)) return NULL;
    if (num_parse_double(slice_trim(value), out) && isfinite(*out)) return NULL;
    return fail_value(r, name, value, "a number");
}

static struct err *read_float_range(const struct reader *r)
{
    struct generator *g = r->g;
    bool single = g->type->kind == TYPE_FLOAT;
    g->float_min = 0; /* Flink: Float.MIN_VALUE, the least positive number */
    g->float_max = single ? (double)FLT_MAX : DBL_MAX;
    TRY(read_float_bound(r, "min", &g->float_min));
    TRY(read_float_bound(r, "max", &g->float_max));
    if (g->float_min <= g->float_max) return NULL;
    return fail_unsupported(r, "has a min above its max");
}

static struct err *read_length(const struct reader *r, uint32_t otherwise, uint32_t most)
{
    struct slice value;
    int64_t v = otherwise;
    if (find(r, "length", &value) && (!num_parse_i64(slice_trim(value), &v) || v < 0 || v > most))
        return fail_value(r, "length", value, str_fmt(r->arena, "0 to %u", most));
    r->g->length = (uint32_t)v;
    if (find(r, "var-len", &value)) TRY(option_parse_bool(value, &r->g->var_length));
    return NULL;
}

static struct err *read_text_length(const struct reader *r)
{
    const struct type *t = r->g->type;
    uint32_t length = t->precision == TYPE_LENGTH_MAX ? STRING_LENGTH : (uint32_t)t->precision;
    if (length > STRING_LENGTH_MAX) length = STRING_LENGTH_MAX;
    return read_length(r, length, STRING_LENGTH_MAX);
}

/* Whole multiples: 1 of DECIMAL(5, 2) is 100 unscaled. */
static struct err *read_sequence(const struct reader *r)
{
    struct generator *g = r->g;
    struct slice start, end;
    if (!find(r, "start", &start) || !find(r, "end", &end))
        return fail_unsupported(r, "is a sequence without start and end");
    if (!num_parse_i128(slice_trim(start), &g->start))
        return fail_value(r, "start", start, "a whole number");
    if (!num_parse_i128(slice_trim(end), &g->end))
        return fail_value(r, "end", end, "a whole number");
    if (g->start < INT64_MIN) return fail_value(r, "start", start, "a BIGINT");
    if (g->end > INT64_MAX) return fail_value(r, "end", end, "a BIGINT");
    if (g->start > g->end)
        return fail_unsupported(r, "has a sequence whose start is above its end");
    bool fits = g->type->kind == TYPE_TINYINT    ? g->start >= INT8_MIN && g->end <= INT8_MAX
                : g->type->kind == TYPE_SMALLINT ? g->start >= INT16_MIN && g->end <= INT16_MAX
                : g->type->kind == TYPE_INTEGER  ? g->start >= INT32_MIN && g->end <= INT32_MAX
                                                 : true;
    return fits ? NULL : fail_unsupported(r, "has a sequence beyond its type");
}

static struct err *read_kind(const struct reader *r)
{
    struct generator *g = r->g;
    struct slice value;
    if (!find(r, "kind", &value) || slice_eq_nocase(value, SLICE("random"))) return NULL;
    if (!slice_eq_nocase(value, SLICE("sequence")))
        return fail_value(r, "kind", value, "random or sequence");
    const struct type *t = g->type;
    if (!type_is_numeric(t) && !type_is_character(t))
        return fail_unsupported(r, "cannot be a sequence");
    g->sequence = true;
    return read_sequence(r);
}

static struct err *read_null_rate(const struct reader *r)
{
    struct slice value;
    double rate = 0;
    if (!find(r, "null-rate", &value)) return NULL;
    if (!num_parse_double(slice_trim(value), &rate) || !(rate >= 0 && rate <= 1))
        return fail_value(r, "null-rate", value, "between 0 and 1");
    r->g->null_below = rate >= 1 ? UINT64_MAX : (uint64_t)(rate * 0x1p64);
    return NULL;
}

static struct err *init_children(const struct reader *r)
{
    static const char *const map_parts[] = {"key", "value"};
    struct generator *g = r->g;
    const struct type *t = g->type;
    bool row = t->kind == TYPE_ROW, map = t->kind == TYPE_MAP;
    g->child_count = row ? t->field_count : map ? 2 : 1;
    g->children = ARENA_ARRAY(r->arena, struct generator, g->child_count + 1);
    for (uint32_t i = 0; i < g->child_count; i++) {
        const struct type *child = row ? t->fields[i].type : map && i == 0 ? t->key : t->element;
        const char *path =
            row ? str_fmt(
                      r->arena, "%s.%.*s", r->path, (int)t->fields[i].name.n, t->fields[i].name.p)
                : str_fmt(r->arena, "%s.%s", r->path, map ? map_parts[i] : "element");
        TRY(generator_init(&g->children[i], r->arena, r->options, path, child, g->seed));
        if (g->children[i].sequence && !row)
            return fail_unsupported(r, "cannot have sequences in a collection");
    }
    return row ? NULL : read_length(r, COLLECTION_LENGTH, COLLECTION_LENGTH_MAX);
}

static struct err *read_type_options(const struct reader *r)
{
    const struct type *t = r->g->type;
    struct slice value;
    int64_t ms = 0;
    switch (t->kind) {
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_DATE:
    case TYPE_TIME: return NULL;
    case TYPE_TINYINT: return read_range(r, INT8_MIN, INT8_MAX);
    case TYPE_SMALLINT: return read_range(r, INT16_MIN, INT16_MAX);
    case TYPE_INTEGER:
    case TYPE_INTERVAL_MONTH: return read_range(r, INT32_MIN, INT32_MAX);
    case TYPE_BIGINT:
    case TYPE_INTERVAL_SECOND: return read_range(r, INT64_MIN, INT64_MAX);
    case TYPE_DECIMAL:
        return read_range(r, 1 - decimal_powers[t->precision], decimal_powers[t->precision] - 1);
    case TYPE_FLOAT:
    case TYPE_DOUBLE: return read_float_range(r);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: return read_text_length(r);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        if (find(r, "max-past", &value)) TRY(option_parse_duration(value, &ms));
        r->g->max_past_ms = (uint64_t)ms;
        return NULL;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return init_children(r);
    }
    UNREACHABLE();
}

/* A seed of the column's own makes its values independent of everything else. */
static struct err *read_seed(const struct reader *r, uint64_t table_seed)
{
    struct slice value;
    int64_t seed;
    r->g->seed = hash_combine(table_seed, hash_bytes(r->path, strlen(r->path), 0));
    if (!find(r, "seed", &value)) return NULL;
    if (!num_parse_i64(slice_trim(value), &seed)) return fail_value(r, "seed", value, "a number");
    r->g->seed = hash_u64((uint64_t)seed);
    return NULL;
}

struct err *generator_init(struct generator *g, struct arena *a, const struct options *o,
    const char *path, const struct type *type, uint64_t seed)
{
    struct reader r = {g, a, o, path};
    g->type = type;
    TRY(read_seed(&r, seed));
    TRY(read_kind(&r));
    TRY(read_null_rate(&r));
    return read_type_options(&r);
}

uint64_t generator_limit(const struct generator *g)
{
    uint64_t limit = UINT64_MAX;
    if (g->sequence && g->end - g->start < (i128)UINT64_MAX)
        limit = (uint64_t)(g->end - g->start) + 1;
    for (uint32_t i = 0; i < g->child_count; i++) {
        uint64_t child = generator_limit(&g->children[i]);
        if (child < limit) limit = child;
    }
    return limit;
}

/* Lengths are at most 2^20 and 2^12, and types nest 32 deep: the product may wrap, so it is capped.
 */
uint64_t generator_row_bytes(const struct generator *g)
{
    enum { VALUE_BYTES = 16 };
    const uint64_t most = UINT64_C(1) << 40;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < g->child_count; i++)
        bytes += VALUE_BYTES + generator_row_bytes(&g->children[i]);
    if (type_is_character(g->type) || type_is_binary(g->type))
        bytes = g->length;
    else if (g->type->kind != TYPE_ROW && g->child_count > 0)
        bytes *= g->length;
    return bytes < most ? bytes : most;
}
