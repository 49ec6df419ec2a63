#include "type/type.h"

#include "base/arena.h"
#include "base/check.h"

/* What SQL gives a type written without parameters. */
static const struct type simple_types[] = {
    [TYPE_NULL] = {.kind = TYPE_NULL, .nullable = true},
    [TYPE_BOOLEAN] = {.kind = TYPE_BOOLEAN, .nullable = true},
    [TYPE_TINYINT] = {.kind = TYPE_TINYINT, .nullable = true},
    [TYPE_SMALLINT] = {.kind = TYPE_SMALLINT, .nullable = true},
    [TYPE_INTEGER] = {.kind = TYPE_INTEGER, .nullable = true},
    [TYPE_BIGINT] = {.kind = TYPE_BIGINT, .nullable = true},
    [TYPE_FLOAT] = {.kind = TYPE_FLOAT, .nullable = true},
    [TYPE_DOUBLE] = {.kind = TYPE_DOUBLE, .nullable = true},
    [TYPE_DECIMAL] = {.kind = TYPE_DECIMAL, .nullable = true, .precision = 10},
    [TYPE_CHAR] = {.kind = TYPE_CHAR, .nullable = true, .precision = 1},
    [TYPE_VARCHAR] = {.kind = TYPE_VARCHAR, .nullable = true, .precision = TYPE_LENGTH_MAX},
    [TYPE_BINARY] = {.kind = TYPE_BINARY, .nullable = true, .precision = 1},
    [TYPE_VARBINARY] = {.kind = TYPE_VARBINARY, .nullable = true, .precision = TYPE_LENGTH_MAX},
    [TYPE_DATE] = {.kind = TYPE_DATE, .nullable = true},
    [TYPE_TIME] = {.kind = TYPE_TIME, .nullable = true},
    [TYPE_TIMESTAMP] = {.kind = TYPE_TIMESTAMP, .nullable = true, .precision = 6},
    [TYPE_TIMESTAMP_LTZ] = {.kind = TYPE_TIMESTAMP_LTZ, .nullable = true, .precision = 6},
    [TYPE_INTERVAL_MONTH] = {.kind = TYPE_INTERVAL_MONTH, .nullable = true},
    [TYPE_INTERVAL_SECOND] = {.kind = TYPE_INTERVAL_SECOND, .nullable = true, .precision = 3},
};

const struct type *type_simple(enum type_kind kind)
{
    ASSERT(kind <= TYPE_INTERVAL_SECOND);
    return &simple_types[kind];
}

const struct type *type_string(void)
{
    return &simple_types[TYPE_VARCHAR];
}

const struct type *type_bytes(void)
{
    return &simple_types[TYPE_VARBINARY];
}

static struct type *copy_top(struct arena *a, const struct type *t)
{
    struct type *copy = ARENA_NEW(a, struct type);
    *copy = *t;
    return copy;
}

const struct type *type_new(
    struct arena *a, enum type_kind kind, int32_t precision, int32_t scale, bool nullable)
{
    ASSERT(kind <= TYPE_INTERVAL_SECOND && precision >= 0);
    ASSERT(kind != TYPE_DECIMAL || (precision >= 1 && precision <= TYPE_DECIMAL_PRECISION_MAX &&
                                       scale >= 0 && scale <= precision));
    return copy_top(a,
        &(struct type){.kind = kind, .nullable = nullable, .precision = precision, .scale = scale});
}

const struct type *type_array(struct arena *a, const struct type *element, bool nullable)
{
    return copy_top(
        a, &(struct type){.kind = TYPE_ARRAY, .nullable = nullable, .element = element});
}

const struct type *type_multiset(struct arena *a, const struct type *element, bool nullable)
{
    return copy_top(
        a, &(struct type){.kind = TYPE_MULTISET, .nullable = nullable, .element = element});
}

const struct type *type_map(
    struct arena *a, const struct type *key, const struct type *value, bool nullable)
{
    return copy_top(
        a, &(struct type){.kind = TYPE_MAP, .nullable = nullable, .element = value, .key = key});
}

const struct type *type_row(
    struct arena *a, const struct type_field *fields, uint32_t count, bool nullable)
{
    ASSERT(count <= TYPE_FIELDS_MAX);
    struct type_field *copy = ARENA_ARRAY(a, struct type_field, count);
    if (count) memcpy(copy, fields, sizeof *fields * count);
    return copy_top(
        a, &(struct type){
               .kind = TYPE_ROW, .nullable = nullable, .fields = copy, .field_count = count});
}

const struct type *type_with_nullable(struct arena *a, const struct type *t, bool nullable)
{
    if (t->nullable == nullable || t->kind == TYPE_NULL) return t;
    struct type *copy = copy_top(a, t);
    copy->nullable = nullable;
    return copy;
}

const struct type *type_with_time_attribute(
    struct arena *a, const struct type *t, enum time_attribute attribute)
{
    if (t->time_attribute == attribute) return t;
    ASSERT(attribute == TIME_NONE || (type_is_timestamp(t) && t->precision <= 3));
    struct type *copy = copy_top(a, t);
    copy->time_attribute = attribute;
    return copy;
}

static const struct type *copy_deep(struct arena *a, const struct type *t, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    struct type *copy = copy_top(a, t);
    if (t->element) copy->element = copy_deep(a, t->element, depth + 1);
    if (t->key) copy->key = copy_deep(a, t->key, depth + 1);
    if (t->kind != TYPE_ROW) return copy;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++) {
        fields[i].name = slice_copy(a, t->fields[i].name);
        fields[i].type = copy_deep(a, t->fields[i].type, depth + 1);
    }
    copy->fields = fields;
    return copy;
}

const struct type *type_copy(struct arena *a, const struct type *t)
{
    return copy_deep(a, t, 0);
}

static bool depth_allowed(const struct type *t, int depth)
{
    if (depth > TYPE_DEPTH_MAX) return false;
    if (t->element && !depth_allowed(t->element, depth + 1)) return false;
    if (t->key && !depth_allowed(t->key, depth + 1)) return false;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (!depth_allowed(t->fields[i].type, depth + 1)) return false;
    return true;
}

bool type_depth_allowed(const struct type *t)
{
    return depth_allowed(t, 0);
}

static bool equal(const struct type *a, const struct type *b, int depth);

static bool rows_equal(const struct type *a, const struct type *b, int depth)
{
    if (a->field_count != b->field_count) return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        if (!slice_eq(a->fields[i].name, b->fields[i].name)) return false;
        if (!equal(a->fields[i].type, b->fields[i].type, depth + 1)) return false;
    }
    return true;
}

static bool equal_below(const struct type *a, const struct type *b, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (a->kind != b->kind || a->precision != b->precision || a->scale != b->scale) return false;
    if (a->element && !equal(a->element, b->element, depth + 1)) return false;
    if (a->key && !equal(a->key, b->key, depth + 1)) return false;
    return a->kind != TYPE_ROW || rows_equal(a, b, depth);
}

static bool equal(const struct type *a, const struct type *b, int depth)
{
    return a == b || (a->nullable == b->nullable && equal_below(a, b, depth));
}

bool type_equal(const struct type *a, const struct type *b)
{
    return equal(a, b, 0);
}

bool type_equal_ignoring_null(const struct type *a, const struct type *b)
{
    return a == b || equal_below(a, b, 0);
}
