/* Expressions as EXPLAIN shows them, after Flink's plans: "(a + 1)", "CAST(b AS BIGINT)",
 * "((a > 1) AND b IS NULL)", "r.x", "m['k']". */
#include <inttypes.h>

#include "base/check.h"
#include "expr/expr.h"
#include "type/schema.h"

static void print_type(const struct type *t, struct buf *out)
{
    struct type nullable = *t;
    nullable.nullable = true;
    type_print(&nullable, false, out);
}

static void print_literal(const struct expr *e, struct buf *out)
{
    if (e->literal->null) {
        buf_add_cstr(out, "null:");
        print_type(e->type, out);
    } else if (type_is_character(e->type)) {
        buf_add_char(out, '\'');
        for (size_t i = 0; i < e->literal->text.n; i++) {
            if (e->literal->text.p[i] == '\'') buf_add_char(out, '\'');
            buf_add_char(out, e->literal->text.p[i]);
        }
        buf_add_char(out, '\'');
    } else if (type_is_binary(e->type)) {
        buf_add_cstr(out, "X'");
        for (size_t i = 0; i < e->literal->text.n; i++)
            buf_printf(out, "%02x", (unsigned)(unsigned char)e->literal->text.p[i]);
        buf_add_char(out, '\'');
    } else {
        if (e->type->kind == TYPE_INTERVAL_SECOND || e->type->kind == TYPE_INTERVAL_MONTH) {
            buf_printf(out, "%lld:%s", (long long)e->literal->i64,
                e->type->kind == TYPE_INTERVAL_SECOND ? "INTERVAL SECOND" : "INTERVAL MONTH");
            return;
        }
        value_print(e->type, e->literal, NULL, out);
        if (type_is_datetime(e->type) || type_is_interval(e->type)) {
            buf_add_char(out, ':');
            print_type(e->type, out);
        }
    }
}

static void print_list(const struct expr *e, uint32_t first, const char *between,
    const struct schema *input, struct buf *out)
{
    for (uint32_t i = first; i < e->arg_count; i++) {
        if (i > first) buf_add_cstr(out, between);
        expr_print(e->args[i], input, out);
    }
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void print_operator(const struct expr *e, const struct schema *input, struct buf *out)
{
    const char *name = e->func->name;
    if (strcmp(name, "NEGATE") == 0) {
        buf_add_cstr(out, "-(");
        print_list(e, 0, ", ", input, out);
        buf_add_char(out, ')');
    } else if (strcmp(name, "ITEM") == 0) {
        expr_print(e->args[0], input, out);
        buf_add_char(out, '[');
        print_list(e, 1, ", ", input, out);
        buf_add_char(out, ']');
    } else if (strcmp(name, "IN") == 0) {
        expr_print(e->args[0], input, out);
        buf_add_cstr(out, " IN (");
        print_list(e, 1, ", ", input, out);
        buf_add_char(out, ')');
    } else if (e->arg_count == 1 && starts_with(name, "IS ")) {
        expr_print(e->args[0], input, out);
        buf_printf(out, " %s", name);
    } else if (e->arg_count == 2 && strcmp(name, "LIKE") != 0) {
        buf_add_char(out, '(');
        expr_print(e->args[0], input, out);
        buf_printf(out, " %s ", name);
        expr_print(e->args[1], input, out);
        buf_add_char(out, ')');
    } else {
        buf_printf(out, "%s(", name);
        print_list(e, 0, ", ", input, out);
        buf_add_char(out, ')');
    }
}

static void print_call(const struct expr *e, const struct schema *input, struct buf *out)
{
    bool is_cast = strcmp(e->func->name, "CAST") == 0 || strcmp(e->func->name, "TRY_CAST") == 0;
    if (is_cast) {
        buf_printf(out, "%s(", e->func->name);
        expr_print(e->args[0], input, out);
        buf_add_cstr(out, " AS ");
        print_type(e->type, out);
        buf_add_char(out, ')');
    } else if (e->func->flags & FUNC_OPERATOR) {
        print_operator(e, input, out);
    } else {
        buf_printf(out, "%s(", e->func->name);
        print_list(e, 0, ", ", input, out);
        buf_add_char(out, ')');
    }
}

static void print_column(const struct expr *e, const struct schema *input, struct buf *out)
{
    if (input && e->column < input->count)
        buf_add_slice(out, input->fields[e->column].name);
    else
        buf_printf(out, "$%" PRIu32, e->column);
}

void expr_print(const struct expr *e, const struct schema *input, struct buf *out)
{
    /* Shared subtrees can make the text exponentially long: a full buffer ends it. */
    if (out->overflow) return;
    switch (e->kind) {
    case EXPR_COLUMN: print_column(e, input, out); return;
    case EXPR_LITERAL: print_literal(e, out); return;
    case EXPR_CALL: print_call(e, input, out); return;
    case EXPR_AND:
    case EXPR_OR:
        buf_add_char(out, '(');
        print_list(e, 0, e->kind == EXPR_AND ? " AND " : " OR ", input, out);
        buf_add_char(out, ')');
        return;
    case EXPR_CASE:
    case EXPR_COALESCE:
        buf_add_cstr(out, e->kind == EXPR_CASE ? "CASE(" : "COALESCE(");
        print_list(e, 0, ", ", input, out);
        buf_add_char(out, ')');
        return;
    case EXPR_FIELD:
        expr_print(e->args[0], input, out);
        buf_add_char(out, '.');
        buf_add_slice(out, e->args[0]->type->fields[e->column].name);
        return;
    }
    UNREACHABLE();
}
