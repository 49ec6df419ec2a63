/* bind_select.c - SELECT .. FROM .. WHERE .. GROUP BY .. HAVING. */
#include "base/arena.h"
#include "plan/bind/scope.h"

struct selection {
    struct bind *b;
    const struct ast_select *ast;
    struct bind_relation from;
    struct scope_aggregates aggregates;
    struct scope_context context; /* of SELECT list and HAVING: aggregates allowed */
    const struct expr **exprs;
    struct slice *names;
    uint32_t count;
    const struct expr *having;
};

/* SELECT without FROM: one row, as Flink's Values of a ZERO. */
static void bind_nothing(struct bind *b, struct text_pos pos, struct bind_relation *out)
{
    struct arena *a = b->arena;
    struct type_field field = {
        SLICE("ZERO"), type_with_nullable(a, type_simple(TYPE_INTEGER), false)};
    struct logic *l = logic_new(a, LOGIC_VALUES, schema_new(a, &field, 1), pos);
    const struct value **rows = ARENA_ARRAY(a, const struct value *, 1);
    rows[0] = ARENA_NEW(a, struct value);
    l->values.rows = rows;
    l->values.row_count = 1;
    out->logic = l;
    out->scope = (struct scope){.schema = schema_new(a, NULL, 0)};
}

static struct slice item_name(
    struct selection *s, const struct ast_select_item *item, const struct expr *e)
{
    if (item->alias.text.n > 0) return bind_copy(s->b, item->alias.text);
    const struct ast_expr *ast = item->expr;
    if (ast->kind == AST_EXPR_NAME)
        return bind_copy(s->b, ast->name.parts[ast->name.count - 1].text);
    if (ast->kind == AST_EXPR_FIELD) return bind_copy(s->b, ast->field.name.text);
    (void)e;
    return slice_of(str_fmt(s->b->arena, "EXPR$%u", s->count));
}

static struct err *add_star(struct selection *s, const struct ast_expr *ast, uint32_t room)
{
    struct scope_star star;
    TRY(scope_star(&s->context, &ast->name, ast->pos, &star));
    if (s->count + star.count > room)
        FAIL_AT(ERR_LIMIT_EXCEEDED, bind_pos(s->b, ast->pos),
            "a SELECT list has at most %d columns", TYPE_FIELDS_MAX);
    for (uint32_t i = 0; i < star.count; i++) {
        struct expr *e = ARENA_NEW(s->b->arena, struct expr);
        *e = *star.exprs[i];
        e->pos = bind_pos(s->b, ast->pos);
        s->exprs[s->count] = e;
        s->names[s->count++] = star.names[i];
    }
    return NULL;
}

static struct err *bind_list(struct selection *s)
{
    uint32_t room = TYPE_FIELDS_MAX;
    s->exprs = ARENA_ARRAY(s->b->arena, const struct expr *, room);
    s->names = ARENA_ARRAY(s->b->arena, struct slice, room);
    for (size_t i = 0; i < s->ast->item_count; i++) {
        const struct ast_select_item *item = &s->ast->items[i];
        if (item->expr->kind == AST_EXPR_STAR) {
            TRY(add_star(s, item->expr, room));
            continue;
        }
        if (s->count == room)
            FAIL_AT(ERR_LIMIT_EXCEEDED, bind_pos(s->b, item->expr->pos),
                "a SELECT list has at most %d columns", TYPE_FIELDS_MAX);
        const struct expr *e;
        TRY(bind_expr(&s->context, item->expr, &e));
        s->names[s->count] = item_name(s, item, e);
        s->exprs[s->count++] = e;
    }
    return NULL;
}

static struct err *refuse_clauses(struct bind *b, const struct ast_select *s, struct text_pos pos)
{
    if (s->qualify) return bind_unsupported(b, s->qualify->pos, "QUALIFY");
    if (s->window_count > 0) return bind_unsupported(b, s->windows[0].name.pos, "WINDOW");
    if (s->group_quantifier == AST_SET_DISTINCT)
        return bind_unsupported(b, pos, "GROUP BY DISTINCT");
    for (size_t i = 0; i < s->hints.count; i++) {
        const struct ast_hint *h = &s->hints.items[i];
        /* Join strategies of batch mode say nothing about the result. */
        bool harmless =
            ast_name_is(&h->name, "BROADCAST") || ast_name_is(&h->name, "SHUFFLE_HASH") ||
            ast_name_is(&h->name, "SHUFFLE_MERGE") || ast_name_is(&h->name, "NEST_LOOP");
        if (!harmless)
            FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, h->pos), "the hint %.*s is not supported yet",
                (int)h->name.text.n, h->name.text.p);
    }
    return NULL;
}

static struct err *bind_where(struct selection *s)
{
    if (!s->ast->where) return NULL;
    struct scope_context context = s->context;
    context.aggregates = NULL;
    context.illegal = "Aggregate expression is illegal in WHERE clause";
    const struct expr *condition;
    TRY(bind_condition(&context, s->ast->where, "WHERE clause", &condition));
    s->from.logic =
        logic_filter(s->b->arena, s->from.logic, condition, bind_pos(s->b, s->ast->where->pos));
    return NULL;
}

static bool has_keys(const struct ast_select *s)
{
    for (size_t i = 0; i < s->group_count; i++)
        if (s->group_by[i].exprs.count > 0) return true;
    return false;
}

struct err *bind_select(
    struct bind *b, const struct ast_select *ast, struct text_pos pos, const struct logic **out)
{
    struct selection s = {.b = b, .ast = ast};
    TRY(refuse_clauses(b, ast, pos));
    if (ast->from)
        TRY(bind_from(b, ast->from, &s.from));
    else
        bind_nothing(b, bind_pos(b, pos), &s.from);
    s.context = (struct scope_context){.bind = b,
        .scope = &s.from.scope,
        .aggregates = &s.aggregates,
        .grouped_by_nothing = !has_keys(ast)};
    TRY(bind_where(&s));
    TRY(bind_list(&s));
    if (ast->having) TRY(bind_condition(&s.context, ast->having, "HAVING clause", &s.having));
    if (s.aggregates.count > 0 || ast->grouped || ast->having) {
        struct bind_group g = {.context = &s.context,
            .select = ast,
            .input = s.from.logic,
            .exprs = s.exprs,
            .names = s.names,
            .count = s.count,
            .having = s.having};
        TRY(bind_group(&g, out));
    } else {
        *out = logic_project(b->arena, s.from.logic, s.exprs, s.names, s.count, bind_pos(b, pos));
    }
    if (ast->quantifier == AST_SET_DISTINCT) *out = bind_distinct(b, *out);
    return NULL;
}
