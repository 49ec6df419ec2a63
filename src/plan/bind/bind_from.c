/* bind_from.c - the FROM clause. Joins, UNNEST, MATCH_RECOGNIZE and table functions other than
 * windows are refused by name. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

static void name_relation(struct bind *b, const struct ast_table *t, struct bind_relation *out)
{
    struct scope_relation *r = ARENA_NEW(b->arena, struct scope_relation);
    r->count = out->logic->schema->count;
    if (t->alias.text.n > 0) {
        r->parts[r->part_count++] = bind_copy(b, t->alias.text);
    } else if (t->kind == AST_TABLE_NAME) {
        r->parts[0] = SLICE(CATALOG_NAME);
        r->parts[1] = SLICE(CATALOG_DATABASE);
        r->parts[2] = bind_copy(b, t->name.parts[t->name.count - 1].text);
        r->part_count = 3;
    }
    out->scope = (struct scope){out->logic->schema, r, 1};
}

/* AS t(x, y) */
static struct err *rename_columns(
    struct bind *b, const struct ast_table *t, const struct logic **logic)
{
    const struct schema *s = (*logic)->schema;
    size_t count = t->columns.count;
    if (count == 0) return NULL;
    if (count != s->count) {
        struct buf names;
        buf_init(&names, 400);
        for (uint32_t i = 0; i < s->count; i++)
            buf_printf(
                &names, "%s'%.*s'", i ? ", " : "", (int)s->fields[i].name.n, s->fields[i].name.p);
        struct err *e = ERR(ERR_INVALID_DEFINITION,
            "List of column aliases must have same degree as table; table has %u columns (%s), "
            "whereas alias list has %zu columns",
            s->count, buf_cstr(&names), count);
        buf_free(&names);
        return err_at(e, bind_pos(b, t->columns.items[0].pos));
    }
    struct slice *names = ARENA_ARRAY(b->arena, struct slice, count);
    for (size_t i = 0; i < count; i++) names[i] = bind_copy(b, t->columns.items[i].text);
    *logic =
        logic_project(b->arena, *logic, logic_columns(b->arena, s), names, s->count, (*logic)->pos);
    return NULL;
}

static const char *join_name(enum ast_join_kind kind)
{
    switch (kind) {
    case AST_JOIN_COMMA: return "a join (several tables in FROM)";
    case AST_JOIN_CROSS: return "CROSS JOIN";
    case AST_JOIN_INNER: return "JOIN";
    case AST_JOIN_LEFT: return "LEFT JOIN";
    case AST_JOIN_RIGHT: return "RIGHT JOIN";
    case AST_JOIN_FULL: return "FULL JOIN";
    }
    UNREACHABLE();
}

static struct err *bind_relation_kind(
    struct bind *b, const struct ast_table *t, const struct logic **out)
{
    switch (t->kind) {
    case AST_TABLE_NAME: return bind_table(b, &t->name, &t->hints, t->pos, out);
    case AST_TABLE_QUERY:
        if (t->lateral) return bind_unsupported(b, t->pos, "LATERAL");
        return bind_query(b, t->query, out);
    case AST_TABLE_FUNCTION: return bind_window_function(b, t, out);
    case AST_TABLE_UNNEST: return bind_unsupported(b, t->pos, "UNNEST");
    case AST_TABLE_JOIN: return bind_unsupported(b, t->join.pos, join_name(t->join.kind));
    case AST_TABLE_MATCH: return bind_unsupported(b, t->pos, "MATCH_RECOGNIZE");
    case AST_TABLE_GROUP: break; /* bind_from looks inside */
    }
    UNREACHABLE();
}

struct err *bind_from(struct bind *b, const struct ast_table *t, struct bind_relation *out)
{
    if (t->system_time) return bind_unsupported(b, t->pos, "FOR SYSTEM_TIME AS OF");
    if (t->sample) return bind_unsupported(b, t->pos, "TABLESAMPLE");
    if (t->kind == AST_TABLE_GROUP) {
        TRY(bind_enter(b, t->pos));
        struct err *e = bind_from(b, t->group, out);
        bind_leave(b);
        return e;
    }
    TRY(bind_relation_kind(b, t, &out->logic));
    TRY(rename_columns(b, t, &out->logic));
    name_relation(b, t, out);
    return NULL;
}
