/* Calls, their special forms and windows. */
#include "base/check.h"
#include "sql/keyword.h"
#include "sql/print_part.h"

/* --- ORDER BY, windows --- */

void print__order(struct buf *out, const struct ast_order_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct ast_order_item *item = &list->items[i];
        if (i > 0) buf_add_cstr(out, ", ");
        print_expr(out, item->expr);
        if (item->descending) buf_add_cstr(out, " DESC");
        if (item->nulls == AST_NULLS_FIRST) buf_add_cstr(out, " NULLS FIRST");
        if (item->nulls == AST_NULLS_LAST) buf_add_cstr(out, " NULLS LAST");
    }
}

static void print_bound(struct buf *out, const struct ast_bound *bound)
{
    static const char *const texts[] = {
        [AST_BOUND_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
        [AST_BOUND_PRECEDING] = " PRECEDING",
        [AST_BOUND_CURRENT_ROW] = "CURRENT ROW",
        [AST_BOUND_FOLLOWING] = " FOLLOWING",
        [AST_BOUND_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING",
    };
    enum { ABOVE_AND = 25 };
    if (bound->value) print__operand(out, bound->value, ABOVE_AND);
    buf_add_cstr(out, texts[bound->kind]);
}

/* A blank before each clause but the first. */
static void separate(struct buf *out, size_t start)
{
    if (out->n > start) buf_add_char(out, ' ');
}

void print__window(struct buf *out, const struct ast_window *w)
{
    if (w->reference) {
        print__name(out, &w->name);
        return;
    }
    buf_add_char(out, '(');
    size_t start = out->n;
    if (w->name.text.n > 0) print__name(out, &w->name);
    if (w->partition_by.count > 0) {
        separate(out, start);
        buf_add_cstr(out, "PARTITION BY ");
        print__exprs(out, &w->partition_by);
    }
    if (w->order_by.count > 0) {
        separate(out, start);
        buf_add_cstr(out, "ORDER BY ");
        print__order(out, &w->order_by);
    }
    if (w->frame != AST_FRAME_NONE) {
        separate(out, start);
        buf_add_cstr(out, w->frame == AST_FRAME_ROWS ? "ROWS " : "RANGE ");
        if (w->frame_between) buf_add_cstr(out, "BETWEEN ");
        print_bound(out, &w->start);
        if (w->frame_between) buf_add_cstr(out, " AND ");
        if (w->frame_between) print_bound(out, &w->end);
    }
    if (w->disallow_partial) buf_add_cstr(out, " DISALLOW PARTIAL");
    buf_add_char(out, ')');
}

/* --- JSON --- */

static void print_behavior(struct buf *out, const struct ast_json_behavior *b, const char *event)
{
    static const char *const texts[] = {
        [AST_JSON_UNSET] = "",
        [AST_JSON_ERROR] = " ERROR",
        [AST_JSON_NULL] = " NULL",
        [AST_JSON_DEFAULT] = " DEFAULT ",
        [AST_JSON_EMPTY_ARRAY] = " EMPTY ARRAY",
        [AST_JSON_EMPTY_OBJECT] = " EMPTY OBJECT",
        [AST_JSON_TRUE] = " TRUE",
        [AST_JSON_FALSE] = " FALSE",
        [AST_JSON_UNKNOWN] = " UNKNOWN",
    };
    if (b->kind == AST_JSON_UNSET) return;
    buf_add_cstr(out, texts[b->kind]);
    if (b->value) print_expr(out, b->value);
    buf_printf(out, " ON %s", event);
}

static void print_json(struct buf *out, const struct ast_call *call)
{
    static const char *const wrappers[] = {
        [AST_JSON_WRAPPER_UNSET] = "",
        [AST_JSON_WRAPPER_WITHOUT] = " WITHOUT WRAPPER",
        [AST_JSON_WRAPPER_CONDITIONAL] = " WITH CONDITIONAL WRAPPER",
        [AST_JSON_WRAPPER_UNCONDITIONAL] = " WITH UNCONDITIONAL WRAPPER",
    };
    const struct ast_json *json = call->json;
    enum keyword function = keyword_find(call->name.parts[0].text);
    bool pairs = function == WORD_JSON_OBJECT || function == WORD_JSON_OBJECTAGG;
    for (size_t i = 0; i < call->args.count; i++) {
        if (pairs)
            buf_add_cstr(out, i % 2 ? " VALUE " : i ? ", KEY " : "KEY ");
        else if (i > 0)
            buf_add_cstr(out, ", ");
        print_expr(out, call->args.items[i]);
    }
    if (call->order_by.count > 0) {
        buf_add_cstr(out, " ORDER BY ");
        print__order(out, &call->order_by);
    }
    if (json->returning) {
        buf_add_cstr(out, " RETURNING ");
        print_type(out, json->returning);
    }
    buf_add_cstr(out, wrappers[json->wrapper]);
    print_behavior(out, &json->on_empty, "EMPTY");
    print_behavior(out, &json->on_error, "ERROR");
    if (json->nulls == AST_JSON_NULLS_UNSET) return;
    if (call->args.count > 0) buf_add_char(out, ' ');
    buf_add_cstr(out, json->nulls == AST_JSON_NULL_ON_NULL ? "NULL ON NULL" : "ABSENT ON NULL");
}

/* --- arguments --- */

/* Arguments with these words between them, as many as there are arguments. */
static void print_with_words(struct buf *out, const struct ast_call *call, const char *const *words)
{
    for (size_t i = 0; i < call->args.count; i++) {
        if (i > 0) buf_printf(out, " %s ", words[i - 1]);
        print_expr(out, call->args.items[i]);
    }
}

static void print_trim(struct buf *out, const struct ast_call *call)
{
    print_expr(out, call->args.items[0]);
    buf_add_char(out, ' ');
    print_expr(out, call->args.items[1]);
    buf_add_cstr(out, " FROM ");
    print_expr(out, call->args.items[2]);
}

static void print_position(struct buf *out, const struct ast_call *call)
{
    enum { ABOVE_IN = 33 };
    print__operand(out, call->args.items[0], ABOVE_IN);
    buf_add_cstr(out, " IN ");
    print_expr(out, call->args.items[1]);
    if (call->args.count < 3) return;
    buf_add_cstr(out, " FROM ");
    print_expr(out, call->args.items[2]);
}

static void print_plain(struct buf *out, const struct ast_call *call)
{
    if (call->quantifier == AST_SET_DISTINCT) buf_add_cstr(out, "DISTINCT ");
    if (call->quantifier == AST_SET_ALL) buf_add_cstr(out, "ALL ");
    if (call->star) buf_add_char(out, '*');
    print__exprs(out, &call->args);
    if (call->order_by.count == 0) return;
    buf_add_cstr(out, " ORDER BY ");
    print__order(out, &call->order_by);
}

static void print_arguments(struct buf *out, const struct ast_call *call)
{
    static const char *const from_for[] = {"FROM", "FOR"}, *const to[] = {"TO"},
                             *const using[] = {"USING"},
                             *const overlay[] = {"PLACING", "FROM", "FOR"};
    switch (call->form) {
    case AST_CALL_PLAIN: print_plain(out, call); return;
    case AST_CALL_NILADIC: return;
    case AST_CALL_EXTRACT:
    case AST_CALL_SUBSTRING: print_with_words(out, call, from_for); return;
    case AST_CALL_TRIM: print_trim(out, call); return;
    case AST_CALL_POSITION: print_position(out, call); return;
    case AST_CALL_OVERLAY: print_with_words(out, call, overlay); return;
    case AST_CALL_ROUND_TO: print_with_words(out, call, to); return;
    case AST_CALL_USING: print_with_words(out, call, using); return;
    case AST_CALL_JSON: print_json(out, call); return;
    }
    UNREACHABLE();
}

/* --- the call --- */

/* A function's name is no column's: without quotes it stays so, and keywords are upper case. */
static void print_function_name(struct buf *out, const struct ast_path *path)
{
    const struct ast_name *name = &path->parts[0];
    enum keyword word = name->quoted ? KEYWORD_NONE : keyword_find(name->text);
    if (path->count == 1 && word != KEYWORD_NONE)
        buf_add_cstr(out, keyword_text(word));
    else
        print__path(out, path);
}

void print__call(struct buf *out, const struct ast_call *call)
{
    if (call->final) buf_add_cstr(out, "FINAL ");
    if (call->running) buf_add_cstr(out, "RUNNING ");
    print_function_name(out, &call->name);
    if (call->form == AST_CALL_NILADIC) return;
    buf_add_char(out, '(');
    print_arguments(out, call);
    buf_add_char(out, ')');
    if (call->nulls == AST_NULLS_IGNORE) buf_add_cstr(out, " IGNORE NULLS");
    if (call->nulls == AST_NULLS_RESPECT) buf_add_cstr(out, " RESPECT NULLS");
    if (call->within_group.count > 0) {
        buf_add_cstr(out, " WITHIN GROUP (ORDER BY ");
        print__order(out, &call->within_group);
        buf_add_char(out, ')');
    }
    if (call->filter) {
        buf_add_cstr(out, " FILTER (WHERE ");
        print_expr(out, call->filter);
        buf_add_char(out, ')');
    }
    if (call->over) {
        buf_add_cstr(out, " OVER ");
        print__window(out, call->over);
    }
}
