/* Calls: arguments, what follows them, and window specifications. */
#include "sql/parse_part.h"

/* --- ORDER BY --- */

struct err *parse__order_item(struct parser *p, struct ast_order_list *list)
{
    struct ast_order_item item = {0};
    TRY(parse__expr(p, &item.expr));
    if (parser_accept_word(p, WORD_DESC))
        item.descending = true;
    else
        parser_accept_word(p, WORD_ASC);
    if (parser_accept_word(p, WORD_NULLS)) {
        if (parser_accept_word(p, WORD_FIRST))
            item.nulls = AST_NULLS_FIRST;
        else if (parser_accept_word(p, WORD_LAST))
            item.nulls = AST_NULLS_LAST;
        else
            return parser_fail(p, "FIRST or LAST after NULLS");
    }
    list->items = parser_push(p, list->items, &list->count, sizeof item);
    list->items[list->count - 1] = item;
    return NULL;
}

struct err *parse__order_by(struct parser *p, struct ast_order_list *list)
{
    do {
        TRY(parse__order_item(p, list));
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

/* --- arguments that are tables, models, descriptors --- */

static void add_arg(struct parser *p, struct ast_expr_list *args, struct ast_expr *arg)
{
    args->items = parser_push(p, args->items, &args->count, sizeof *args->items);
    args->items[args->count - 1] = arg;
}

/* PARTITION BY a or (a, b); ORDER BY a or (a, b DESC). Without parentheses only one: a comma ends
 * the argument. */
static struct err *parse_table_clauses(struct parser *p, struct ast_expr *arg)
{
    if (parser_accept_words(p, WORD_PARTITION, WORD_BY)) {
        arg->table_arg.partitioned = true;
        bool list = parser_accept(p, TOKEN_LEFT_PAREN);
        do {
            struct ast_path path;
            TRY(parse__path(p, "the name of a column", &path));
            struct ast_expr *column = parser_new_expr(p, AST_EXPR_NAME, path.pos);
            column->name = path;
            add_arg(p, &arg->table_arg.partition_by, column);
        } while (list && parser_accept(p, TOKEN_COMMA));
        if (list) TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the column"));
    }
    if (!parser_accept_words(p, WORD_ORDER, WORD_BY)) return NULL;
    if (!parser_accept(p, TOKEN_LEFT_PAREN)) return parse__order_item(p, &arg->table_arg.order_by);
    TRY(parse__order_by(p, &arg->table_arg.order_by));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the column");
}

static struct err *parse_table_arg(struct parser *p, struct ast_expr **arg)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_TABLE_ARG, start);
    struct ast_table *table = parser_alloc(p, sizeof *table);
    table->kind = AST_TABLE_NAME;
    TRY(parse__path(p, "the name of a table after TABLE", &table->name));
    table->pos = table->name.pos;
    e->table_arg.table = table;
    TRY(parse_table_clauses(p, e));
    e->pos = parser_span(p, start);
    *arg = e;
    return NULL;
}

static bool at_table_clauses(struct parser *p)
{
    return (parser_at_word(p, WORD_PARTITION) || parser_at_word(p, WORD_ORDER)) &&
           parser_next_is_word(p, 1, WORD_BY);
}

/* (query) PARTITION BY ..: makes a table argument of the query. */
static struct err *query_to_table_arg(struct parser *p, struct ast_expr **arg)
{
    struct ast_expr *query = *arg;
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_TABLE_ARG, query->pos);
    struct ast_table *table = parser_alloc(p, sizeof *table);
    table->kind = AST_TABLE_QUERY;
    table->query = query->query;
    table->pos = query->pos;
    e->table_arg.table = table;
    TRY(parse_table_clauses(p, e));
    e->pos = parser_span(p, query->pos);
    *arg = e;
    return NULL;
}

static struct err *parse_descriptor(struct parser *p, struct ast_expr **arg)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    *arg = parser_new_expr(p, AST_EXPR_DESCRIPTOR, start);
    TRY(parse__names(p, "the name of a column", &(*arg)->descriptor));
    (*arg)->pos = parser_span(p, start);
    return NULL;
}

static struct err *parse_model(struct parser *p, struct ast_expr **arg)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    *arg = parser_new_expr(p, AST_EXPR_MODEL_ARG, start);
    TRY(parse__path(p, "the name of a model", &(*arg)->name));
    (*arg)->pos = parser_span(p, start);
    return NULL;
}

/* --- arguments --- */

static bool at_query_word(struct parser *p)
{
    return parser_at_word(p, WORD_SELECT) || parser_at_word(p, WORD_WITH);
}

static struct err *parse_arg_value(struct parser *p, struct ast_expr **arg)
{
    struct text_pos start = parser_here(p);
    if (parser_accept_word(p, WORD_DEFAULT)) {
        *arg = parser_new_expr(p, AST_EXPR_DEFAULT, start);
        return NULL;
    }
    if (parser_at_word(p, WORD_TABLE)) return parse_table_arg(p, arg);
    if (parser_at_word(p, WORD_MODEL) && parser_is_name(parser_peek(p, 1)))
        return parse_model(p, arg);
    if (parser_at_word(p, WORD_DESCRIPTOR) && parser_next_is(p, 1, TOKEN_LEFT_PAREN))
        return parse_descriptor(p, arg);
    if (at_query_word(p)) {
        *arg = parser_new_expr(p, AST_EXPR_QUERY, start);
        TRY(parse__query(p, &(*arg)->query));
        (*arg)->pos = parser_span(p, start);
    } else {
        TRY(parse__expr(p, arg));
    }
    if ((*arg)->kind == AST_EXPR_QUERY && at_table_clauses(p)) return query_to_table_arg(p, arg);
    return NULL;
}

static struct err *parse_arg(struct parser *p, struct ast_expr_list *args)
{
    struct ast_expr *arg;
    if (parser_is_name(parser_peek(p, 0)) && parser_next_is(p, 1, TOKEN_ARROW)) {
        arg = parser_new_expr(p, AST_EXPR_NAMED, parser_here(p));
        TRY(parse__name(p, "the name of an argument", &arg->named.name));
        parser_take(p);
        TRY(parse_arg_value(p, &arg->named.value));
        arg->pos = parser_span(p, arg->pos);
    } else {
        TRY(parse_arg_value(p, &arg));
    }
    add_arg(p, args, arg);
    return parser_limit(p, args->count, PARSE_COLUMNS_MAX, "arguments");
}

static struct err *parse_args(struct parser *p, struct ast_call *call)
{
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    if (parser_accept(p, TOKEN_RIGHT_PAREN)) return NULL;
    if (parser_at(p, TOKEN_STAR) && parser_next_is(p, 1, TOKEN_RIGHT_PAREN)) {
        parser_take(p);
        parser_take(p);
        call->star = true;
        return NULL;
    }
    if (parser_accept_word(p, WORD_DISTINCT))
        call->quantifier = AST_SET_DISTINCT;
    else if (parser_accept_word(p, WORD_ALL))
        call->quantifier = AST_SET_ALL;
    do {
        TRY(parse_arg(p, &call->args));
    } while (parser_accept(p, TOKEN_COMMA));
    if (parser_accept_words(p, WORD_ORDER, WORD_BY)) TRY(parse__order_by(p, &call->order_by));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the argument");
}

struct err *parse__call(struct parser *p, struct ast_path name, struct ast_expr **expr)
{
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_CALL, name.pos);
    e->call.name = name;
    TRY(parse_args(p, &e->call));
    TRY(parse__call_tail(p, e));
    *expr = e;
    return NULL;
}

/* --- windows --- */

/* Tighter than AND, which stands between two bounds. */
enum { PRECEDENCE_BOUND = 25 };

static struct err *parse_bound(struct parser *p, struct ast_bound *bound)
{
    struct text_pos start = parser_here(p);
    if (parser_accept_words(p, WORD_CURRENT, WORD_ROW)) {
        bound->kind = AST_BOUND_CURRENT_ROW;
    } else if (parser_at_word(p, WORD_UNBOUNDED) &&
               (parser_next_is_word(p, 1, WORD_PRECEDING) ||
                   parser_next_is_word(p, 1, WORD_FOLLOWING))) {
        parser_take(p);
        bound->kind = parser_take(p)->keyword == WORD_PRECEDING ? AST_BOUND_UNBOUNDED_PRECEDING
                                                                : AST_BOUND_UNBOUNDED_FOLLOWING;
    } else {
        TRY(parse__operators(p, PRECEDENCE_BOUND, &bound->value));
        if (parser_accept_word(p, WORD_PRECEDING))
            bound->kind = AST_BOUND_PRECEDING;
        else if (parser_accept_word(p, WORD_FOLLOWING))
            bound->kind = AST_BOUND_FOLLOWING;
        else
            return parser_fail(p, "PRECEDING or FOLLOWING after the bound");
    }
    bound->pos = parser_span(p, start);
    return NULL;
}

static struct err *parse_frame(struct parser *p, struct ast_window *w)
{
    if (parser_accept_word(p, WORD_ROWS))
        w->frame = AST_FRAME_ROWS;
    else if (parser_accept_word(p, WORD_RANGE))
        w->frame = AST_FRAME_RANGE;
    else
        return NULL;
    w->frame_between = parser_accept_word(p, WORD_BETWEEN);
    if (w->frame_between) {
        TRY(parse_bound(p, &w->start));
        TRY(parser_expect_word(p, WORD_AND));
        return parse_bound(p, &w->end);
    }
    TRY(parse_bound(p, &w->start));
    w->end = (struct ast_bound){.kind = AST_BOUND_CURRENT_ROW, .pos = w->start.pos};
    if (w->start.kind <= AST_BOUND_CURRENT_ROW) return NULL;
    return err_hint(
        err_at(ERR(ERR_SYNTAX, "a frame without BETWEEN cannot start after the row"), w->start.pos),
        "write BETWEEN CURRENT ROW AND ..");
}

struct err *parse__window(struct parser *p, struct ast_window **window)
{
    struct text_pos start = parser_here(p);
    struct ast_window *w = parser_alloc(p, sizeof *w);
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' or the name of a window"));
    bool clause = parser_next_is_word(p, 1, WORD_BY); /* PARTITION is free, so it may be a name */
    if (!clause && parser_is_name(parser_peek(p, 0)))
        TRY(parse__name(p, "the name of a window", &w->name));
    if (parser_accept_words(p, WORD_PARTITION, WORD_BY)) TRY(parse__exprs(p, &w->partition_by));
    if (parser_accept_words(p, WORD_ORDER, WORD_BY)) TRY(parse__order_by(p, &w->order_by));
    TRY(parse_frame(p, w));
    if (parser_accept_words(p, WORD_DISALLOW, WORD_PARTIAL))
        w->disallow_partial = true;
    else
        parser_accept_words(p, WORD_ALLOW, WORD_PARTIAL);
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "PARTITION BY, ORDER BY, ROWS, RANGE or ')'"));
    w->pos = parser_span(p, start);
    *window = w;
    return NULL;
}

static struct err *parse_over(struct parser *p, struct ast_window **window)
{
    if (parser_at(p, TOKEN_LEFT_PAREN)) return parse__window(p, window);
    struct ast_window *w = parser_alloc(p, sizeof *w);
    TRY(parse__name(p, "'(' or the name of a window after OVER", &w->name));
    w->pos = w->name.pos;
    w->reference = true;
    *window = w;
    return NULL;
}

/* --- what follows ')' --- */

struct err *parse__call_tail(struct parser *p, struct ast_expr *e)
{
    struct ast_call *call = &e->call;
    if (parser_accept_words(p, WORD_IGNORE, WORD_NULLS))
        call->nulls = AST_NULLS_IGNORE;
    else if (parser_accept_words(p, WORD_RESPECT, WORD_NULLS))
        call->nulls = AST_NULLS_RESPECT;
    if (parser_at_word(p, WORD_WITHIN) && parser_next_is_word(p, 1, WORD_DISTINCT))
        return parser_refuse(p, "WITHIN DISTINCT");
    if (parser_accept_words(p, WORD_WITHIN, WORD_GROUP)) {
        TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
        TRY(parser_expect_words(p, WORD_ORDER, WORD_BY));
        TRY(parse__order_by(p, &call->within_group));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the order"));
    }
    if (parser_at_word(p, WORD_FILTER) && parser_next_is(p, 1, TOKEN_LEFT_PAREN)) {
        parser_take(p);
        parser_take(p);
        TRY(parser_expect_word(p, WORD_WHERE));
        TRY(parse__expr(p, &call->filter));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the condition"));
    }
    if (parser_accept_word(p, WORD_OVER)) TRY(parse_over(p, &call->over));
    e->pos = parser_span(p, e->pos);
    return NULL;
}
