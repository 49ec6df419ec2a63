/* bind_window.c - TUMBLE, HOP and CUMULATE as table functions, with or without TABLE(..), with
 * arguments by place or by name. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

enum { WINDOW_ARGS_MAX = 6 };

/* X(kind, SQL name, names of the interval arguments in order) */
struct window_function {
    const char *name;
    enum window_kind kind;
    uint32_t interval_count; /* without the optional offset, which is the last */
    const char *intervals[3];
};
static const struct window_function functions[] = {
    {"TUMBLE", WINDOW_TUMBLE, 1, {"SIZE", "OFFSET"}},
    {"HOP", WINDOW_HOP, 2, {"SLIDE", "SIZE", "OFFSET"}},
    {"CUMULATE", WINDOW_CUMULATE, 2, {"STEP", "SIZE", "OFFSET"}},
};

struct window_args {
    const struct ast_expr *data;
    const struct ast_expr *time;
    const struct ast_expr *intervals[3];
};

static struct err *wrong_arguments(
    struct bind *b, const struct window_function *f, struct text_pos pos)
{
    struct err *e = ERR(ERR_UNDEFINED_FUNCTION,
        "Invalid number of arguments to function '%s'. Was expecting %u arguments", f->name,
        f->interval_count + 2);
    e = err_hint(e, "%s(TABLE t, DESCRIPTOR(time_column), %s%s%s[, OFFSET])", f->name,
        f->intervals[0], f->interval_count > 1 ? ", " : "",
        f->interval_count > 1 ? f->intervals[1] : "");
    return err_at(e, bind_pos(b, pos));
}

static struct err *place_named(struct bind *b, const struct window_function *f,
    const struct ast_expr *arg, struct window_args *out)
{
    const struct ast_name *name = &arg->named.name;
    if (ast_name_is(name, "DATA")) {
        out->data = arg->named.value;
        return NULL;
    }
    if (ast_name_is(name, "TIMECOL")) {
        out->time = arg->named.value;
        return NULL;
    }
    for (uint32_t i = 0; i <= f->interval_count; i++)
        if (ast_name_is(name, f->intervals[i])) {
            out->intervals[i] = arg->named.value;
            return NULL;
        }
    FAIL_AT(ERR_UNDEFINED_FUNCTION, bind_pos(b, name->pos), "%s has no argument '%.*s'", f->name,
        (int)name->text.n, name->text.p);
}

static struct err *place_arguments(struct bind *b, const struct window_function *f,
    const struct ast_expr *call, struct window_args *out)
{
    const struct ast_expr_list *args = &call->call.args;
    if (args->count < f->interval_count + 2 || args->count > f->interval_count + 3)
        return wrong_arguments(b, f, call->pos);
    for (size_t i = 0; i < args->count; i++) {
        const struct ast_expr *arg = args->items[i];
        if (arg->kind == AST_EXPR_NAMED)
            TRY(place_named(b, f, arg, out));
        else if (i == 0)
            out->data = arg;
        else if (i == 1)
            out->time = arg;
        else
            out->intervals[i - 2] = arg;
    }
    bool complete = out->data && out->time;
    for (uint32_t i = 0; i < f->interval_count; i++) complete &= out->intervals[i] != NULL;
    return complete ? NULL : wrong_arguments(b, f, call->pos);
}

static struct err *bind_data(
    struct bind *b, const struct ast_expr *ast, const char *name, const struct logic **out)
{
    if (ast->kind == AST_EXPR_QUERY) return bind_query(b, ast->query, out);
    if (ast->kind != AST_EXPR_TABLE_ARG)
        FAIL_AT(
            ERR_SYNTAX, bind_pos(b, ast->pos), "the first argument of %s must be TABLE t", name);
    if (ast->table_arg.partitioned || ast->table_arg.order_by.count > 0)
        return bind_unsupported(b, ast->pos, "PARTITION BY and ORDER BY of a window's table");
    struct bind_relation relation;
    TRY(bind_from(b, ast->table_arg.table, &relation));
    *out = relation.logic;
    return NULL;
}

static struct err *not_a_time(struct bind *b, const struct window_function *f,
    const struct ast_name *column, const struct type *type)
{
    struct err *e = ERR(ERR_DATATYPE_MISMATCH,
        "The window function %s(TABLE table_name, DESCRIPTOR(timecol), datetime interval%s[, "
        "datetime interval]) requires the timecol to be a time attribute type, but is %s.",
        f->name, f->interval_count > 1 ? ", datetime interval" : "", type_to_cstr(b->arena, type));
    e = err_hint(
        e, "declare WATERMARK FOR %.*s, or use PROCTIME()", (int)column->text.n, column->text.p);
    return err_at(e, bind_pos(b, column->pos));
}

static struct err *bind_time_column(struct bind *b, const struct window_function *f,
    const struct ast_expr *ast, const struct logic *data, uint32_t *out)
{
    if (ast->kind != AST_EXPR_DESCRIPTOR || ast->descriptor.count != 1)
        FAIL_AT(ERR_SYNTAX, bind_pos(b, ast->pos),
            "the second argument of %s must be DESCRIPTOR(time_column)", f->name);
    const struct ast_name *name = &ast->descriptor.items[0];
    int at = schema_find(data->schema, name->text);
    if (at < 0)
        FAIL_AT(ERR_UNDEFINED_COLUMN, bind_pos(b, name->pos), "Unknown identifier '%.*s'",
            (int)name->text.n, name->text.p);
    const struct type *type = data->schema->fields[at].type;
    if (type->time_attribute == TIME_NONE) return not_a_time(b, f, name, type);
    *out = (uint32_t)at;
    return NULL;
}

static struct err *bind_size(struct bind *b, const struct ast_expr *ast, int64_t *out)
{
    struct scope scope = {.schema = schema_new(b->arena, NULL, 0)};
    struct scope_context c = {.bind = b, .scope = &scope, .illegal = "a window takes intervals"};
    const struct expr *e;
    TRY(bind_expr(&c, ast, &e));
    struct text_pos pos = bind_pos(b, ast->pos);
    if (e->kind != EXPR_LITERAL || !type_is_interval(e->type))
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos, "the sizes of a window are INTERVAL literals");
    if (e->type->kind == TYPE_INTERVAL_MONTH)
        FAIL_AT(ERR_UNSUPPORTED, pos,
            "Window aggregate only support SECOND, MINUTE, HOUR, DAY as the time unit. MONTH and "
            "YEAR time unit are not supported yet.");
    *out = e->literal->i64;
    return NULL;
}

/* ---- the rules of Flink's WindowSpec constructors */

static struct err *check_multiple(struct bind *b, const struct window_function *f,
    const struct window_spec *w, struct text_pos pos)
{
    bool hop = f->kind == WINDOW_HOP;
    if (w->slide_ms <= 0 || w->size_ms <= 0)
        FAIL_AT(ERR_OUT_OF_RANGE, bind_pos(b, pos),
            "%s table function based aggregate requires %s and %s to be positive", f->name,
            hop ? "slide" : "step", hop ? "size" : "maxSize");
    if (w->size_ms % w->slide_ms == 0) return NULL;
    FAIL_AT(ERR_OUT_OF_RANGE, bind_pos(b, pos),
        "%s table function based aggregate requires %s must be an integral multiple of %s, but got "
        "%s %lld ms and %s %lld ms",
        f->name, hop ? "size" : "maxSize", hop ? "slide" : "step", hop ? "size" : "maxSize",
        (long long)w->size_ms, hop ? "slide" : "step", (long long)w->slide_ms);
}

static struct err *check_offset(struct bind *b, const struct window_function *f,
    const struct window_spec *w, struct text_pos pos)
{
    int64_t limit = f->kind == WINDOW_TUMBLE ? w->size_ms : w->slide_ms;
    int64_t offset = w->offset_ms < 0 ? -w->offset_ms : w->offset_ms;
    if (offset < limit) return NULL;
    const char *what = f->kind == WINDOW_TUMBLE ? "size" : f->kind == WINDOW_HOP ? "slide" : "step";
    FAIL_AT(ERR_OUT_OF_RANGE, bind_pos(b, pos),
        "%s table function parameters must satisfy abs(offset) < %s, but got %s %lld ms and offset "
        "%lld ms.",
        f->name, what, what, (long long)limit, (long long)w->offset_ms);
}

static struct err *bind_spec(struct bind *b, const struct window_function *f,
    const struct window_args *args, const struct ast_expr *call, struct window_spec *w)
{
    int64_t v[3] = {0};
    for (uint32_t i = 0; i <= f->interval_count; i++)
        if (args->intervals[i]) TRY(bind_size(b, args->intervals[i], &v[i]));
    w->kind = f->kind;
    w->slide_ms = v[0];
    w->size_ms = v[f->interval_count - 1];
    w->offset_ms = v[f->interval_count];
    TRY(check_multiple(b, f, w, call->pos));
    return check_offset(b, f, w, call->pos);
}

static struct err *make_window_table(struct bind *b, const struct window_spec *w,
    const struct logic *data, uint32_t time, struct text_pos pos, const struct logic **out)
{
    struct arena *a = b->arena;
    uint32_t count = data->schema->count;
    if (count + 3 > TYPE_FIELDS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, pos, "a table has at most %d columns", TYPE_FIELDS_MAX);
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 3);
    if (count) memcpy(fields, data->schema->fields, count * sizeof *fields);
    const struct type *time_type = data->schema->fields[time].type;
    const struct type *bound = type_new(a, TYPE_TIMESTAMP, 3, 0, false);
    fields[count] = (struct type_field){SLICE("window_start"), bound};
    fields[count + 1] = (struct type_field){SLICE("window_end"), bound};
    const struct type *window_time = type_new(a, time_type->kind, 3, 0, false);
    fields[count + 2] = (struct type_field){
        SLICE("window_time"), type_with_time_attribute(a, window_time, time_type->time_attribute)};
    struct logic *l = logic_new(a, LOGIC_WINDOW_TABLE, schema_new(a, fields, count + 3), pos);
    l->window_table = *w;
    l->window_table.proctime = time_type->time_attribute == TIME_PROCTIME;
    l->window_table.zoned = time_type->kind == TYPE_TIMESTAMP_LTZ;
    l->window_table.time_column = l->window_table.proctime ? -1 : (int32_t)time;
    l->window_table.start_column = -1;
    l->window_table.end_column = -1;
    logic_set_input(a, l, data);
    *out = l;
    return NULL;
}

struct err *bind_window_function(
    struct bind *b, const struct ast_table *t, const struct logic **out)
{
    const struct ast_expr *call = t->call;
    const struct ast_path *name = &call->call.name;
    struct slice text = name->parts[name->count - 1].text;
    if (t->lateral)
        FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, t->pos),
            "LATERAL TABLE(%.*s(..)) is not supported yet", (int)text.n, text.p);
    const struct window_function *f = NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (slice_eq_nocase(text, slice_of(functions[i].name))) f = &functions[i];
    if (!f && slice_eq_nocase(text, SLICE("SESSION")))
        return bind_unsupported(b, call->pos, "the window function SESSION");
    if (!f)
        FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, call->pos),
            "the table function %.*s is not supported yet", (int)text.n, text.p);
    struct window_args args = {0};
    TRY(place_arguments(b, f, call, &args));
    const struct logic *data;
    TRY(bind_data(b, args.data, f->name, &data));
    uint32_t time = 0;
    TRY(bind_time_column(b, f, args.time, data, &time));
    struct window_spec spec = {0};
    TRY(bind_spec(b, f, &args, call, &spec));
    return make_window_table(b, &spec, data, time, bind_pos(b, call->pos), out);
}
