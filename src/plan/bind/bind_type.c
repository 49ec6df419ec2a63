/* bind_type.c - a data type as written to a struct type. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/bind.h"

enum {
    TIMESTAMP_PRECISION_DEFAULT = 6,
    TIMESTAMP_PRECISION_MAX = 9,
    TIME_PRECISION_MAX = 3,
    DECIMAL_PRECISION_DEFAULT = 10
};

static struct err *unsupported(struct bind *b, const struct ast_type *t, const char *name)
{
    FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, t->pos), "the type %s is not supported yet", name);
}

static struct err *check_range(struct bind *b, const struct ast_type *t, const char *what,
    int32_t value, int32_t low, int32_t high)
{
    if (value >= low && value <= high) return NULL;
    FAIL_AT(ERR_INVALID_DEFINITION, bind_pos(b, t->pos),
        "%s %d is out of range: it must be between %d and %d (both inclusive).", what, value, low,
        high);
}

static struct err *with_length(struct bind *b, const struct ast_type *t, enum type_kind kind,
    int32_t length, const struct type **out)
{
    TRY(check_range(b, t, "the length", length, 1, TYPE_LENGTH_MAX));
    *out = type_new(b->arena, kind, length, 0, true);
    return NULL;
}

static struct err *with_precision(struct bind *b, const struct ast_type *t, enum type_kind kind,
    int32_t precision, int32_t max, const struct type **out)
{
    TRY(check_range(b, t, "the precision", precision, 0, max));
    *out = type_new(b->arena, kind, precision, 0, true);
    return NULL;
}

static struct err *bind_decimal_type(
    struct bind *b, const struct ast_type *t, const struct type **out)
{
    int32_t precision = t->precision < 0 ? DECIMAL_PRECISION_DEFAULT : t->precision;
    int32_t scale = t->scale < 0 ? 0 : t->scale;
    TRY(check_range(b, t, "Decimal precision", precision, 1, TYPE_DECIMAL_PRECISION_MAX));
    TRY(check_range(b, t, "Decimal scale", scale, 0, precision));
    *out = type_new(b->arena, TYPE_DECIMAL, precision, scale, true);
    return NULL;
}

static struct err *bind_row_type(struct bind *b, const struct ast_type *t, const struct type **out)
{
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, t->field_count + 1);
    if (t->field_count > TYPE_FIELDS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, bind_pos(b, t->pos), "a ROW has at most %d fields",
            TYPE_FIELDS_MAX);
    for (size_t i = 0; i < t->field_count; i++) {
        fields[i].name = slice_copy(b->arena, t->fields[i].name.text);
        TRY(bind_type(b, t->fields[i].type, &fields[i].type));
        for (size_t k = 0; k < i; k++)
            if (slice_eq(fields[k].name, fields[i].name))
                FAIL_AT(ERR_INVALID_DEFINITION, bind_pos(b, t->fields[i].name.pos),
                    "Field names must be unique. Found duplicates: [%.*s]", (int)fields[i].name.n,
                    fields[i].name.p);
    }
    *out = type_row(b->arena, fields, (uint32_t)t->field_count, true);
    return NULL;
}

static struct err *bind_nested_type(
    struct bind *b, const struct ast_type *t, const struct type **out)
{
    const struct type *first, *second;
    TRY(bind_type(b, t->children[0], &first));
    switch ((int)t->kind) {
    case AST_TYPE_ARRAY: *out = type_array(b->arena, first, true); return NULL;
    case AST_TYPE_MULTISET: *out = type_multiset(b->arena, first, true); return NULL;
    default: break;
    }
    TRY(bind_type(b, t->children[1], &second));
    *out = type_map(b->arena, first, second, true);
    return NULL;
}

static struct err *bind_nullable(struct bind *b, const struct ast_type *t, const struct type **out)
{
    int32_t p = t->precision;
    switch (t->kind) {
    case AST_TYPE_BOOLEAN: *out = type_simple(TYPE_BOOLEAN); return NULL;
    case AST_TYPE_TINYINT: *out = type_simple(TYPE_TINYINT); return NULL;
    case AST_TYPE_SMALLINT: *out = type_simple(TYPE_SMALLINT); return NULL;
    case AST_TYPE_INTEGER: *out = type_simple(TYPE_INTEGER); return NULL;
    case AST_TYPE_BIGINT: *out = type_simple(TYPE_BIGINT); return NULL;
    case AST_TYPE_FLOAT:
    case AST_TYPE_REAL: *out = type_simple(TYPE_FLOAT); return NULL;
    case AST_TYPE_DOUBLE: *out = type_simple(TYPE_DOUBLE); return NULL;
    case AST_TYPE_DATE: *out = type_simple(TYPE_DATE); return NULL;
    case AST_TYPE_STRING: *out = type_string(); return NULL;
    case AST_TYPE_BYTES: *out = type_bytes(); return NULL;
    case AST_TYPE_NULL: *out = type_simple(TYPE_NULL); return NULL;
    case AST_TYPE_DECIMAL: return bind_decimal_type(b, t, out);
    case AST_TYPE_CHAR: return with_length(b, t, TYPE_CHAR, p < 0 ? 1 : p, out);
    case AST_TYPE_VARCHAR: return with_length(b, t, TYPE_VARCHAR, p < 0 ? TYPE_LENGTH_MAX : p, out);
    case AST_TYPE_BINARY: return with_length(b, t, TYPE_BINARY, p < 0 ? 1 : p, out);
    case AST_TYPE_VARBINARY:
        return with_length(b, t, TYPE_VARBINARY, p < 0 ? TYPE_LENGTH_MAX : p, out);
    case AST_TYPE_TIME:
        return with_precision(b, t, TYPE_TIME, p < 0 ? 0 : p, TIME_PRECISION_MAX, out);
    case AST_TYPE_TIMESTAMP:
        return with_precision(b, t, TYPE_TIMESTAMP, p < 0 ? TIMESTAMP_PRECISION_DEFAULT : p,
            TIMESTAMP_PRECISION_MAX, out);
    case AST_TYPE_TIMESTAMP_LTZ:
        return with_precision(b, t, TYPE_TIMESTAMP_LTZ, p < 0 ? TIMESTAMP_PRECISION_DEFAULT : p,
            TIMESTAMP_PRECISION_MAX, out);
    case AST_TYPE_INTERVAL: {
        enum ast_unit from = t->interval.from;
        bool months = from == AST_UNIT_YEAR || from == AST_UNIT_MONTH || from == AST_UNIT_QUARTER;
        *out = type_new(
            b->arena, months ? TYPE_INTERVAL_MONTH : TYPE_INTERVAL_SECOND, months ? 0 : 3, 0, true);
        return NULL;
    }
    case AST_TYPE_ARRAY:
    case AST_TYPE_MULTISET:
    case AST_TYPE_MAP: return bind_nested_type(b, t, out);
    case AST_TYPE_ROW: return bind_row_type(b, t, out);
    case AST_TYPE_VARIANT: return unsupported(b, t, "VARIANT");
    case AST_TYPE_BITMAP: return unsupported(b, t, "BITMAP");
    case AST_TYPE_DESCRIPTOR: return unsupported(b, t, "DESCRIPTOR");
    case AST_TYPE_STRUCTURED: return unsupported(b, t, "STRUCTURED");
    case AST_TYPE_RAW: return unsupported(b, t, "RAW");
    case AST_TYPE_NAMED: {
        const struct ast_name *name = &t->path.parts[t->path.count - 1];
        FAIL_AT(ERR_UNDEFINED_FUNCTION, bind_pos(b, t->pos),
            "Unknown identifier '%.*s': no such type", (int)name->text.n, name->text.p);
    }
    }
    UNREACHABLE();
}

struct err *bind_check_depth(struct bind *b, const struct type *t, struct text_pos pos)
{
    if (type_depth_allowed(t)) return NULL;
    FAIL_AT(ERR_LIMIT_EXCEEDED, bind_pos(b, pos), "types nest at most %d deep", TYPE_DEPTH_MAX);
}

struct err *bind_type(struct bind *b, const struct ast_type *t, const struct type **out)
{
    TRY(bind_nullable(b, t, out));
    TRY(bind_check_depth(b, *out, t->pos));
    if (t->nullability == AST_NULLABILITY_NOT_NULL)
        *out = type_with_nullable(b->arena, *out, false);
    return NULL;
}
