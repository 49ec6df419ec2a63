/* CAST and TRY_CAST: which conversion, NULLs, failures. */
#include "func/scalar/cast/cast.h"

#include "base/arena.h"
#include "base/check.h"
#include "func/infer.h"
#include "vec/bitmap.h"

enum { SHOWN_BYTES_MAX = 120 }; /* of a value in an error message */

static bool children_are_views(const struct type *from, const struct type *to)
{
    if (from->kind == TYPE_ROW) {
        if (from->field_count != to->field_count) return false;
        for (uint32_t i = 0; i < from->field_count; i++)
            if (!func_cast_is_view(from->fields[i].type, to->fields[i].type)) return false;
        return true;
    }
    if (from->kind == TYPE_MAP && !func_cast_is_view(from->key, to->key)) return false;
    return func_cast_is_view(from->element, to->element);
}

bool func_cast_is_view(const struct type *from, const struct type *to)
{
    if (type_is_character(from) && to->kind == TYPE_VARCHAR)
        return from->precision <= to->precision;
    if (type_is_binary(from) && to->kind == TYPE_VARBINARY) return from->precision <= to->precision;
    if (from->kind != to->kind) return false;
    switch (from->kind) {
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_DATE:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return true;
    case TYPE_DECIMAL: return from->scale == to->scale && from->precision <= to->precision;
    case TYPE_CHAR:
    case TYPE_BINARY: return from->precision == to->precision;
    case TYPE_VARCHAR:
    case TYPE_VARBINARY: return from->precision <= to->precision;
    case TYPE_TIME: return from->precision <= to->precision;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return from->precision <= to->precision && layout_of(from) == layout_of(to);
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return children_are_views(from, to);
    }
    UNREACHABLE();
}

bool func_cast_is_total(const struct type *from, const struct type *to)
{
    bool number_from = type_is_numeric(from) || from->kind == TYPE_BOOLEAN;
    bool number_to = type_is_numeric(to) || to->kind == TYPE_BOOLEAN;
    if (type_is_approximate(from) && to->kind == TYPE_DECIMAL) return false; /* NaN */
    return (number_from && number_to) || (type_is_datetime(from) && type_is_datetime(to));
}

/* NULL is never converted, but has to have a type. */
static struct err *run_never(struct cast_run *r)
{
    ASSERT(r->count == 0);
    return NULL;
}

static struct err *run_view(struct cast_run *r)
{
    column_clear(r->out);
    r->out->data = r->in->data;
    r->out->valid = r->in->valid;
    r->out->has_nulls = r->in->has_nulls;
    r->out->children = r->in->children;
    r->out->child_rows = r->in->child_rows;
    r->out->capacity = r->in->capacity;
    return NULL;
}

static cast_fn *choose(const struct type *from, const struct type *to)
{
    if (from->kind == TYPE_NULL) return run_never;
    if (func_cast_is_view(from, to)) return run_view;
    if (type_is_character(to) || type_is_binary(to)) return cast_print_loop(from, to);
    if (type_is_character(from)) return cast_parse_loop(from, to);
    if (from->kind == TYPE_DECIMAL || to->kind == TYPE_DECIMAL) return cast_decimal_loop(from, to);
    if (type_is_datetime(from) && type_is_datetime(to)) return cast_time_loop(from, to);
    if (from->kind >= TYPE_ARRAY) return from->kind == to->kind ? cast_nested_loop(from, to) : NULL;
    return cast_numeric_loop(from, to);
}

static const struct type *child_type(const struct type *t, uint32_t at)
{
    static const struct type count_type = {.kind = TYPE_INTEGER};
    if (t->kind == TYPE_ROW) return t->fields[at].type;
    if (t->kind == TYPE_MAP) return at == 0 ? t->key : t->element;
    return at == 0 ? t->element : &count_type;
}

static struct err *new_children(struct arena *a, struct cast *c)
{
    uint32_t count = c->from->kind == TYPE_ROW     ? c->from->field_count
                     : c->from->kind == TYPE_ARRAY ? 1
                                                   : 2;
    c->child_count = count;
    c->children = ARENA_ARRAY(a, struct cast *, count ? count : 1);
    for (uint32_t i = 0; i < count; i++)
        TRY(cast_new(
            a, child_type(c->from, i), child_type(c->to, i), false, c->zone, &c->children[i]));
    return NULL;
}

struct err *cast_new(struct arena *a, const struct type *from, const struct type *to, bool try_cast,
    const struct time_zone *zone, struct cast **out)
{
    struct cast *c = ARENA_NEW(a, struct cast);
    *c = (struct cast){.from = from,
        .to = to,
        .try_cast = try_cast,
        .zone = zone ? zone : timezone_utc(),
        .run = choose(from, to)};
    if (!c->run)
        FAIL(ERR_UNSUPPORTED, "cast from %s to %s is not supported", type_to_cstr(a, from),
            type_to_cstr(a, to));
    *out = c;
    if (from->kind < TYPE_ARRAY || c->run == run_view || from->kind != to->kind) return NULL;
    return new_children(a, c);
}

static struct err *describe(struct cast_run *r, uint32_t row, enum err_code code)
{
    struct arena *scratch = arena_new(1024);
    struct buf text;
    buf_init(&text, SHOWN_BYTES_MAX);
    struct value v;
    column_get_value(r->in, row, scratch, &v);
    value_print(r->cast->from, &v, r->cast->zone, &text);
    const char *quote = type_is_character(r->cast->from) ? "'" : "";
    struct err *e = err_hint(
        ERR(code, "cannot cast %s%.*s%s%s to %s%s", quote, (int)text.n, text.n ? text.p : "",
            text.overflow ? "..." : "", quote, type_to_cstr(scratch, r->cast->to),
            code == ERR_OUT_OF_RANGE ? ": the value is out of range" : ""),
        "TRY_CAST gives NULL instead.");
    buf_free(&text);
    arena_free(scratch);
    return e;
}

bool cast_refuse(struct cast_run *r, uint32_t row, enum err_code code, struct err **e)
{
    if (r->cast->try_cast) {
        column_set_null(r->out, row);
        return true;
    }
    r->error_row = row;
    *e = describe(r, row, code);
    return false;
}

struct err *cast_column(struct cast_run *r)
{
    const struct column *in = r->in;
    if (r->cast->run == run_view || !in->has_nulls) return r->cast->run(r);
    uint32_t *rows = ARENA_ARRAY(r->arena, uint32_t, r->count + 1);
    uint32_t kept = 0;
    for (CAST_EACH_ROW(r, row)) {
        rows[kept] = row;
        if (column_is_valid(in, row))
            kept++;
        else
            column_set_null(r->out, row);
    }
    struct cast_run valid = *r;
    valid.sel = rows;
    valid.count = kept;
    struct err *e = kept ? r->cast->run(&valid) : NULL;
    r->error_row = valid.error_row;
    return e;
}

static struct err *open_cast(struct func_call *call)
{
    bool try_cast = call->def->name[0] == 'T';
    struct cast *c;
    TRY(cast_new(call->arena, call->arg_types[0], call->type, try_cast, call->zone, &c));
    call->state = c;
    return NULL;
}

static struct err *eval_cast(struct func_frame *f)
{
    struct cast *c = f->call->state;
    struct cast_run r = {.cast = c,
        .in = f->args[0],
        .out = f->out,
        .sel = f->sel,
        .count = f->count,
        .arena = f->arena};
    struct err *e = c->run(&r);
    f->error_row = r.error_row;
    return e;
}

/* The binder makes casts with expr_cast: their target is no argument. */
static struct err *infer_cast(struct func_infer *in)
{
    (void)in;
    return ERR(ERR_SYNTAX, "write CAST(x AS type)");
}

const struct func_def func_cast = {
    .name = "CAST",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer_cast,
    .eval = eval_cast,
    .open = open_cast,
    .signature_doc = "CAST(x AS type)",
    .doc = "x converted to another type. A value that cannot be converted fails the job. Integers "
           "wrap, floating point saturates, a number that is too large for a DECIMAL is NULL.",
    .example = "CAST('1.50' AS DECIMAL(5, 2)) → 1.50",
};

const struct func_def func_try_cast = {
    .name = "TRY_CAST",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer_cast,
    .eval = eval_cast,
    .open = open_cast,
    .signature_doc = "TRY_CAST(x AS type)",
    .doc = "As CAST, but a value that cannot be converted becomes NULL.",
    .example = "TRY_CAST('x' AS INT) → NULL",
};
