/* bind_query.c - queries: WITH, set operations, VALUES, LIMIT around a SELECT. */
#include "base/arena.h"
#include "base/check.h"
#include "expr/program.h"
#include "plan/bind/scope.h"

enum { UNION_INPUTS_MAX = 64 }; /* PHYS_INPUTS_MAX */

/* ---- VALUES */

static struct err *incompatible(struct bind *b, struct text_pos pos)
{
    FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(b, pos),
        "Values passed to VALUES operator must have compatible types");
}

static struct err *bind_values_row(
    struct scope_context *c, const struct ast_expr *row, uint32_t count, const struct expr **out)
{
    bool list = row->kind == AST_EXPR_ROW;
    uint32_t n = list ? (uint32_t)row->items.items.count : 1;
    if (n != count) return incompatible(c->bind, row->pos);
    for (uint32_t i = 0; i < count; i++)
        TRY(bind_expr(c, list ? row->items.items.items[i] : row, &out[i]));
    return NULL;
}

/* The common type of column `column` of all rows; every cell is cast to it. */
static struct err *unify_column(struct bind *b, const struct expr ***rows, uint32_t row_count,
    uint32_t column, struct text_pos pos, struct type_field *field)
{
    const struct type **types = ARENA_ARRAY(b->arena, const struct type *, row_count);
    for (uint32_t i = 0; i < row_count; i++) types[i] = bind_plain(b, rows[i][column]->type);
    field->name = slice_of(str_fmt(b->arena, "EXPR$%u", column));
    field->type = type_least_restrictive(b->arena, types, row_count);
    if (!field->type) return incompatible(b, pos);
    for (uint32_t i = 0; i < row_count; i++) {
        const struct expr *e = rows[i][column];
        const struct type *type = type_with_nullable(b->arena, field->type, e->type->nullable);
        rows[i][column] = expr_cast(b->arena, e, type, false);
    }
    return NULL;
}

static struct err *constant_value(struct bind *b, const struct expr *e, struct value *out)
{
    if (e->kind == EXPR_LITERAL) {
        *out = *e->literal;
        return NULL;
    }
    if (!expr_is_deterministic(e))
        FAIL_AT(ERR_UNSUPPORTED, e->pos,
            "VALUES with a function that gives another result at every call is not supported yet");
    struct err *err = program_constant(b->arena, e, b->zone, out);
    return err ? err_at(err, e->pos) : NULL;
}

struct err *bind_values(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    struct arena *a = b->arena;
    struct scope scope = {.schema = schema_new(a, NULL, 0)};
    struct scope_context c = {
        .bind = b, .scope = &scope, .illegal = "Aggregate expression is illegal in VALUES"};
    uint32_t row_count = (uint32_t)q->values.count;
    const struct ast_expr *first = q->values.items[0];
    uint32_t count = first->kind == AST_EXPR_ROW ? (uint32_t)first->items.items.count : 1;
    const struct expr ***rows = ARENA_ARRAY(a, const struct expr **, row_count);
    for (uint32_t i = 0; i < row_count; i++) {
        rows[i] = ARENA_ARRAY(a, const struct expr *, count + 1);
        TRY(bind_values_row(&c, q->values.items[i], count, rows[i]));
    }
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++)
        TRY(unify_column(b, rows, row_count, i, q->pos, &fields[i]));
    const struct value **values = ARENA_ARRAY(a, const struct value *, row_count);
    for (uint32_t i = 0; i < row_count; i++) {
        struct value *row = ARENA_ARRAY(a, struct value, count + 1);
        for (uint32_t k = 0; k < count; k++) TRY(constant_value(b, rows[i][k], &row[k]));
        values[i] = row;
    }
    struct logic *l = logic_new(a, LOGIC_VALUES, schema_new(a, fields, count), bind_pos(b, q->pos));
    l->values.rows = values;
    l->values.row_count = row_count;
    *out = l;
    return NULL;
}

/* ---- UNION ALL */

static struct err *common_fields(struct bind *b, const struct logic *left,
    const struct logic *right, struct text_pos pos, struct type_field *fields)
{
    for (uint32_t i = 0; i < left->schema->count; i++) {
        const struct type *x = left->schema->fields[i].type, *y = right->schema->fields[i].type;
        const struct type *types[2] = {bind_plain(b, x), bind_plain(b, y)};
        const struct type *common = type_least_restrictive(b->arena, types, 2);
        if (!common)
            FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(b, pos),
                "Type mismatch in column %u of UNION ALL: %s and %s", i + 1,
                type_to_cstr(b->arena, types[0]), type_to_cstr(b->arena, types[1]));
        /* Event time goes on only if both sides have it here. */
        if (x->time_attribute == y->time_attribute && x->time_attribute != TIME_NONE)
            common = type_with_time_attribute(b->arena, common, x->time_attribute);
        fields[i] = (struct type_field){left->schema->fields[i].name, common};
    }
    return NULL;
}

static const struct logic *cast_to(
    struct bind *b, const struct logic *l, const struct type_field *fields)
{
    uint32_t count = l->schema->count;
    const struct expr **exprs = ARENA_ARRAY(b->arena, const struct expr *, count + 1);
    struct slice *names = ARENA_ARRAY(b->arena, struct slice, count + 1);
    bool same = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct type *from = l->schema->fields[i].type;
        const struct type *to = type_with_nullable(b->arena, fields[i].type, from->nullable);
        names[i] = l->schema->fields[i].name;
        struct expr *column = expr_column(b->arena, i, from);
        exprs[i] = column;
        if (!type_equal(from, to))
            exprs[i] = expr_cast(b->arena, column, to, false);
        else if (from->time_attribute != to->time_attribute)
            column->type = to;
        else
            continue;
        same = false;
    }
    return same ? l : logic_project(b->arena, l, exprs, names, count, l->pos);
}

struct err *bind_union(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    if (q->set.op == AST_SET_INTERSECT) return bind_unsupported(b, q->pos, "INTERSECT");
    if (q->set.op == AST_SET_EXCEPT)
        return bind_unsupported(b, q->pos, q->set.minus ? "MINUS" : "EXCEPT");
    const struct logic *sides[2];
    TRY(bind_query(b, q->set.left, &sides[0]));
    TRY(bind_query(b, q->set.right, &sides[1]));
    uint32_t count = sides[0]->schema->count;
    if (count != sides[1]->schema->count)
        FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(b, q->set.right->pos),
            "Column count mismatch in UNION ALL: %u and %u", count, sides[1]->schema->count);
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, count + 1);
    TRY(common_fields(b, sides[0], sides[1], q->set.right->pos, fields));
    const struct logic **inputs = ARENA_ARRAY(b->arena, const struct logic *, UNION_INPUTS_MAX);
    uint32_t n = 0;
    sides[0] = cast_to(b, sides[0], fields);
    sides[1] = cast_to(b, sides[1], fields);
    /* (a UNION ALL b) UNION ALL c is one union of three. */
    if (sides[0]->kind == LOGIC_UNION && sides[0]->input_count < UNION_INPUTS_MAX)
        for (uint32_t i = 0; i < sides[0]->input_count; i++) inputs[n++] = sides[0]->inputs[i];
    else
        inputs[n++] = sides[0];
    inputs[n++] = sides[1];
    struct logic *l =
        logic_new(b->arena, LOGIC_UNION, schema_new(b->arena, fields, count), bind_pos(b, q->pos));
    l->inputs = inputs;
    l->input_count = n;
    *out = q->set.all ? l : bind_distinct(b, l);
    return NULL;
}

/* ---- LIMIT, OFFSET, ORDER BY */

static struct err *bind_row_count(struct bind *b, const struct ast_expr *e, uint64_t *out)
{
    if (e->kind != AST_EXPR_LITERAL || e->literal.kind != AST_LITERAL_INTEGER ||
        !num_parse_u64(e->literal.text, out))
        FAIL_AT(ERR_SYNTAX, bind_pos(b, e->pos), "LIMIT and OFFSET take a number of rows");
    return NULL;
}

static struct err *bind_limit(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    if (q->order_by.count > 0)
        return bind_unsupported(b, q->order_by.items[0].expr->pos, "ORDER BY");
    if (!q->limit && !q->offset) return NULL;
    if (!q->limit)
        FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, q->offset->pos),
            "FETCH is missed, which on streaming table is not supported currently.");
    struct logic *l = logic_new(b->arena, LOGIC_LIMIT, (*out)->schema, bind_pos(b, q->limit->pos));
    TRY(bind_row_count(b, q->limit, &l->limit.count));
    if (q->offset) TRY(bind_row_count(b, q->offset, &l->limit.offset));
    logic_set_input(b->arena, l, *out);
    *out = l;
    return NULL;
}

/* ---- WITH */

static struct err *bind_cte(struct bind *b, const struct ast_cte *ast)
{
    struct bind_cte *cte = ARENA_NEW(b->arena, struct bind_cte);
    TRY(bind_query(b, ast->query, &cte->query));
    if (ast->columns.count > 0) {
        const struct schema *s = cte->query->schema;
        if (ast->columns.count != s->count)
            FAIL_AT(ERR_INVALID_DEFINITION, bind_pos(b, ast->columns.items[0].pos),
                "Number of columns must match number of query columns: '%.*s' lists %zu, its query "
                "gives %u",
                (int)ast->name.text.n, ast->name.text.p, ast->columns.count, s->count);
        struct slice *names = ARENA_ARRAY(b->arena, struct slice, s->count);
        for (uint32_t i = 0; i < s->count; i++) names[i] = bind_copy(b, ast->columns.items[i].text);
        cte->query = logic_project(
            b->arena, cte->query, logic_columns(b->arena, s), names, s->count, cte->query->pos);
    }
    cte->name = ast->name.text;
    cte->outer = b->ctes;
    b->ctes = cte;
    return NULL;
}

static struct err *bind_table_query(
    struct bind *b, const struct ast_query *q, const struct logic **out)
{
    return bind_table(b, &q->table, NULL, q->pos, out);
}

static struct err *bind_body(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    if (q->recursive) return bind_unsupported(b, q->pos, "WITH RECURSIVE");
    for (size_t i = 0; i < q->cte_count; i++) TRY(bind_cte(b, &q->ctes[i]));
    switch (q->kind) {
    case AST_QUERY_SELECT: TRY(bind_select(b, q->select, q->pos, out)); break;
    case AST_QUERY_VALUES: TRY(bind_values(b, q, out)); break;
    case AST_QUERY_SET_OP: TRY(bind_union(b, q, out)); break;
    case AST_QUERY_TABLE: TRY(bind_table_query(b, q, out)); break;
    case AST_QUERY_NESTED: TRY(bind_query(b, q->nested, out)); break;
    }
    return bind_limit(b, q, out);
}

struct err *bind_query(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    TRY(bind_enter(b, q->pos));
    const struct bind_cte *outer = b->ctes;
    struct err *e = bind_body(b, q, out);
    b->ctes = outer;
    bind_leave(b);
    return e;
}
