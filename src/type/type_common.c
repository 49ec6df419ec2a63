/* Result types and casts. Flink's LogicalTypeMerging and LogicalTypeCasts; where the planner
 * refuses more than those (numbers to timestamps) or follows Calcite (CASE, UNION), the planner's
 * behaviour was read off Flink 2.3. */
#include "base/arena.h"
#include "base/check.h"
#include "type/type.h"

static int32_t max32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}
static int32_t min32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* ---- decimals ---- */

static int32_t exact_precision(const struct type *t)
{
    static const int32_t digits[] = {
        [TYPE_TINYINT] = 3, [TYPE_SMALLINT] = 5, [TYPE_INTEGER] = 10, [TYPE_BIGINT] = 19};
    return t->kind == TYPE_DECIMAL ? t->precision : digits[t->kind];
}

static int32_t exact_scale(const struct type *t)
{
    return t->kind == TYPE_DECIMAL ? t->scale : 0;
}

/* Past 38 digits the scale gives way, but not below 6, before whole digits do. */
static const struct type *adjusted(struct arena *a, int32_t p, int32_t s, bool nullable)
{
    if (p > TYPE_DECIMAL_PRECISION_MAX) {
        s = max32(TYPE_DECIMAL_PRECISION_MAX - (p - s), min32(s, 6));
        p = TYPE_DECIMAL_PRECISION_MAX;
    }
    return type_new(a, TYPE_DECIMAL, p, s, nullable);
}

const struct type *type_decimal_result(
    struct arena *a, char op, const struct type *left, const struct type *right)
{
    ASSERT(type_is_exact(left) && type_is_exact(right));
    int32_t p1 = exact_precision(left), s1 = exact_scale(left);
    int32_t p2 = exact_precision(right), s2 = exact_scale(right);
    bool nullable = left->nullable || right->nullable;
    int32_t s = max32(s1, s2);
    if (op == '+' || op == '-') return adjusted(a, max32(p1 - s1, p2 - s2) + s + 1, s, nullable);
    if (op == '*') return adjusted(a, p1 + p2 + 1, s1 + s2, nullable);
    if (op == '/') {
        s = max32(6, s1 + p2 + 1);
        return adjusted(a, p1 - s1 + s2 + s, s, nullable);
    }
    ASSERT(op == '%');
    if (s == 0) return type_with_nullable(a, right, nullable);
    return adjusted(a, min32(p1 - s1, p2 - s2) + s, s, nullable);
}

const struct type *type_decimal_round(struct arena *a, const struct type *t, int32_t digits)
{
    ASSERT(t->kind == TYPE_DECIMAL);
    int32_t p = t->precision, s = t->scale;
    if (digits >= s) return t;
    int32_t whole = min32(TYPE_DECIMAL_PRECISION_MAX, 1 + p - s);
    if (digits < 0) return type_new(a, TYPE_DECIMAL, whole, 0, t->nullable);
    return type_new(a, TYPE_DECIMAL, 1 + p - s + digits, digits, t->nullable);
}

/* ---- casts ---- */

static uint32_t bit(enum type_kind kind)
{
    return UINT32_C(1) << kind;
}

enum {
    INTEGERS = 1u << TYPE_TINYINT | 1u << TYPE_SMALLINT | 1u << TYPE_INTEGER | 1u << TYPE_BIGINT,
    FLOATS = 1u << TYPE_FLOAT | 1u << TYPE_DOUBLE,
    NUMBERS = INTEGERS | FLOATS | 1u << TYPE_DECIMAL,
    TEXTS = 1u << TYPE_CHAR | 1u << TYPE_VARCHAR,
    BINARIES = 1u << TYPE_BINARY | 1u << TYPE_VARBINARY,
    TIMESTAMPS = 1u << TYPE_TIMESTAMP | 1u << TYPE_TIMESTAMP_LTZ,
    INTERVALS = 1u << TYPE_INTERVAL_MONTH | 1u << TYPE_INTERVAL_SECOND,
    NESTED = 1u << TYPE_ARRAY | 1u << TYPE_MAP | 1u << TYPE_MULTISET | 1u << TYPE_ROW
};

/* Kinds that may be stored into `to` without a CAST. */
static uint32_t implicit_sources(enum type_kind to)
{
    switch (to) {
    case TYPE_SMALLINT: return bit(TYPE_TINYINT) | bit(TYPE_SMALLINT);
    case TYPE_INTEGER: return bit(TYPE_TINYINT) | bit(TYPE_SMALLINT) | bit(TYPE_INTEGER);
    case TYPE_BIGINT: return INTEGERS;
    case TYPE_FLOAT: return INTEGERS | bit(TYPE_FLOAT) | bit(TYPE_DECIMAL);
    case TYPE_DOUBLE:
    case TYPE_DECIMAL: return NUMBERS;
    case TYPE_VARCHAR: return TEXTS;
    case TYPE_VARBINARY: return BINARIES;
    case TYPE_DATE: return bit(TYPE_DATE) | bit(TYPE_TIMESTAMP);
    case TYPE_TIME: return bit(TYPE_TIME) | bit(TYPE_TIMESTAMP);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return TIMESTAMPS;
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_CHAR:
    case TYPE_BINARY:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return bit(to);
    }
    UNREACHABLE();
}

/* Kinds that CAST takes to `to`, besides the implicit ones. */
static uint32_t explicit_sources(enum type_kind to)
{
    uint32_t datetimes = bit(TYPE_DATE) | bit(TYPE_TIME) | TIMESTAMPS;
    switch (to) {
    case TYPE_BOOLEAN: return bit(TYPE_BOOLEAN) | NUMBERS | TEXTS;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL: return bit(TYPE_BOOLEAN) | NUMBERS | TEXTS;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        return bit(TYPE_BOOLEAN) | NUMBERS | TEXTS | BINARIES | datetimes | INTERVALS | NESTED;
    case TYPE_BINARY:
    case TYPE_VARBINARY: return TEXTS | BINARIES;
    case TYPE_DATE: return TEXTS | TIMESTAMPS;
    case TYPE_TIME: return TEXTS | TIMESTAMPS;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return TEXTS | datetimes;
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return INTEGERS;
    case TYPE_NULL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return 0;
    }
    UNREACHABLE();
}

static bool castable(const struct type *from, const struct type *to, bool explicitly, int depth);

/* Same kind, same number of children, each castable. */
static bool castable_nested(
    const struct type *from, const struct type *to, bool explicitly, int depth)
{
    if (from->kind != to->kind || from->field_count != to->field_count) return false;
    if (from->key && !castable(from->key, to->key, explicitly, depth + 1)) return false;
    if (from->element && !castable(from->element, to->element, explicitly, depth + 1)) return false;
    for (uint32_t i = 0; i < from->field_count; i++)
        if (!castable(from->fields[i].type, to->fields[i].type, explicitly, depth + 1))
            return false;
    return true;
}

/* Inside a collection a nullable child may not become NOT NULL; at the top CAST carries it over. */
static bool castable(const struct type *from, const struct type *to, bool explicitly, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (depth > 0 && from->nullable && !to->nullable) return false;
    if (type_equal_ignoring_null(from, to) || from->kind == TYPE_NULL) return true;
    bool from_nested = from->kind >= TYPE_ARRAY, to_nested = to->kind >= TYPE_ARRAY;
    if (to_nested || (from_nested && !explicitly))
        return castable_nested(from, to, explicitly, depth);
    if (implicit_sources(to->kind) >> from->kind & 1) return true;
    return explicitly && (explicit_sources(to->kind) >> from->kind & 1);
}

bool type_castable_implicitly(const struct type *from, const struct type *to)
{
    return castable(from, to, false, 0);
}

bool type_castable(const struct type *from, const struct type *to)
{
    return castable(from, to, true, 0);
}

bool type_comparable(const struct type *a, const struct type *b)
{
    uint32_t both = bit(a->kind) | bit(b->kind);
    if (a->kind == TYPE_NULL || b->kind == TYPE_NULL) return true;
    if (a->kind >= TYPE_ARRAY || b->kind >= TYPE_ARRAY)
        return castable(a, b, false, 0) || castable(b, a, false, 0);
    if (a->kind == b->kind) return true;
    if (!(both & ~(uint32_t)NUMBERS) || !(both & ~(uint32_t)BINARIES) ||
        !(both & ~(uint32_t)TIMESTAMPS))
        return true;
    uint32_t with_text = TEXTS | bit(TYPE_BOOLEAN) | bit(TYPE_DATE) | bit(TYPE_TIME) | TIMESTAMPS;
    return (both & TEXTS) && !(both & ~with_text);
}

/* ---- common types ---- */

struct merge {
    struct arena *arena;
    bool calcite; /* the rules of CASE and UNION, not those of functions */
};

static const struct type *find_common(
    const struct merge *m, const struct type *const *types, size_t count, int depth);

static const struct type *merge_exact(
    const struct merge *m, const struct type *r, const struct type *t)
{
    if (r->kind != TYPE_DECIMAL && t->kind != TYPE_DECIMAL) return t->kind > r->kind ? t : r;
    int32_t whole = max32(exact_precision(r) - exact_scale(r), exact_precision(t) - exact_scale(t));
    int32_t s = max32(exact_scale(r), exact_scale(t));
    s = min32(s, TYPE_DECIMAL_PRECISION_MAX - whole);
    return type_new(m->arena, TYPE_DECIMAL, whole + s, s, true);
}

/* FLOAT wins over integers; DECIMAL and FLOAT meet in DOUBLE, in functions only when the DECIMAL
 * comes second. CASE and UNION keep the first of FLOAT and DOUBLE. */
static const struct type *merge_numeric(
    const struct merge *m, const struct type *r, const struct type *t)
{
    if (type_is_exact(r) && type_is_exact(t)) return merge_exact(m, r, t);
    if (type_is_exact(t)) return t->kind == TYPE_DECIMAL ? type_simple(TYPE_DOUBLE) : r;
    if (type_is_exact(r))
        return m->calcite && r->kind == TYPE_DECIMAL ? type_simple(TYPE_DOUBLE) : t;
    if (m->calcite) return r;
    return r->kind == TYPE_DOUBLE ? r : t;
}

static const struct type *merge_timestamp(
    const struct merge *m, const struct type *r, const struct type *t)
{
    int32_t precision = max32(r->precision, t->precision);
    enum type_kind kind = t->kind == r->kind ? t->kind : TYPE_TIMESTAMP_LTZ;
    if (m->calcite) kind = t->precision == r->precision ? r->kind : t->kind;
    return type_new(m->arena, kind, precision, 0, true);
}

/* CHAR and BINARY of different lengths become variable. */
static const struct type *merge_text(
    const struct merge *m, const struct type *r, const struct type *t)
{
    int32_t length = max32(r->precision, t->precision);
    bool binary = type_is_binary(r);
    bool fixed = r->kind == t->kind && r->precision == t->precision &&
                 (r->kind == TYPE_CHAR || r->kind == TYPE_BINARY);
    enum type_kind kind = fixed ? r->kind : binary ? TYPE_VARBINARY : TYPE_VARCHAR;
    return type_new(m->arena, kind, length, 0, true);
}

/* A date or timestamp with an interval or a number: the date (functions only). */
static const struct type *merge_pattern(
    const struct merge *m, const struct type *r, const struct type *t)
{
    if (m->calcite) return NULL;
    if (type_is_datetime(r) && type_is_interval(t)) return r;
    if (type_is_interval(r) && type_is_datetime(t)) return t;
    bool r_day = type_is_timestamp(r) || r->kind == TYPE_DATE;
    bool t_day = type_is_timestamp(t) || t->kind == TYPE_DATE;
    if (r_day && type_is_exact(t)) return r;
    if (type_is_exact(r) && t_day) return t;
    return NULL;
}

/* Types of the i-th child (MAP: key, value) merged. */
static const struct type *merge_child(
    const struct merge *m, const struct type *const *types, size_t count, uint32_t i, int depth)
{
    const struct type **children = ARENA_ARRAY(m->arena, const struct type *, count);
    for (size_t k = 0; k < count; k++) {
        const struct type *t = types[k];
        children[k] = t->kind == TYPE_ROW             ? t->fields[i].type
                      : t->kind == TYPE_MAP && i == 0 ? t->key
                                                      : t->element;
    }
    return find_common(m, children, count, depth + 1);
}

static const struct type *merge_row(const struct merge *m, const struct type *const *types,
    size_t count, const struct type *first, int depth)
{
    struct type_field *fields = ARENA_ARRAY(m->arena, struct type_field, first->field_count);
    for (uint32_t i = 0; i < first->field_count; i++) {
        fields[i].name = first->fields[i].name;
        fields[i].type = merge_child(m, types, count, i, depth);
        if (!fields[i].type) return NULL;
    }
    return type_row(m->arena, fields, first->field_count, true);
}

/* All types are of the first one's kind, or NULLs that were taken out before. */
static const struct type *merge_nested(
    const struct merge *m, const struct type *const *types, size_t count, int depth)
{
    const struct type *first = types[0], *key = NULL;
    for (size_t i = 0; i < count; i++)
        if (types[i]->kind != first->kind || types[i]->field_count != first->field_count)
            return NULL;
    if (first->kind == TYPE_ROW) return merge_row(m, types, count, first, depth);
    if (first->kind == TYPE_MAP) {
        key = merge_child(m, types, count, 0, depth);
        if (!key) return NULL;
    }
    const struct type *element = merge_child(m, types, count, 1, depth);
    if (!element) return NULL;
    if (key) return type_map(m->arena, key, element, true);
    if (first->kind == TYPE_ARRAY) return type_array(m->arena, element, true);
    return type_multiset(m->arena, element, true);
}

static const struct type *merge_two(
    const struct merge *m, const struct type *r, const struct type *t)
{
    const struct type *pattern = merge_pattern(m, r, t);
    if (pattern) return pattern;
    if (type_is_numeric(r) && type_is_numeric(t)) return merge_numeric(m, r, t);
    if ((type_is_character(r) && type_is_character(t)) || (type_is_binary(r) && type_is_binary(t)))
        return merge_text(m, r, t);
    if (type_is_timestamp(r) && type_is_timestamp(t)) return merge_timestamp(m, r, t);
    if (r->kind != t->kind) return NULL;
    return t->precision > r->precision ? t : r;
}

/* What is left in functions: one type that all others are implicitly castable to. */
static const struct type *find_castable(const struct type *const *types, size_t count)
{
    const struct type *r = types[0];
    for (size_t i = 1; i < count; i++) {
        if (type_castable_implicitly(r, types[i]))
            r = types[i];
        else if (!type_castable_implicitly(types[i], r))
            return NULL;
    }
    return r;
}

static const struct type *find_common(
    const struct merge *m, const struct type *const *types, size_t count, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    const struct type **known = ARENA_ARRAY(m->arena, const struct type *, count);
    size_t known_count = 0;
    bool nullable = false;
    for (size_t i = 0; i < count; i++) {
        nullable |= types[i]->nullable;
        if (types[i]->kind != TYPE_NULL) known[known_count++] = types[i];
    }
    if (known_count == 0) return NULL;
    const struct type *result = known[0];
    if (result->kind >= TYPE_ARRAY) {
        result = merge_nested(m, known, known_count, depth);
    } else {
        for (size_t i = 1; i < known_count && result; i++) result = merge_two(m, result, known[i]);
    }
    if (!result && !m->calcite) result = find_castable(known, known_count);
    if (!result) return NULL;
    result = type_with_nullable(m->arena, result, nullable);
    return type_with_time_attribute(m->arena, result, TIME_NONE);
}

const struct type *type_common(struct arena *a, const struct type *const *types, size_t count)
{
    return find_common(&(struct merge){.arena = a}, types, count, 0);
}

const struct type *type_least_restrictive(
    struct arena *a, const struct type *const *types, size_t count)
{
    return find_common(&(struct merge){.arena = a, .calcite = true}, types, count, 0);
}
