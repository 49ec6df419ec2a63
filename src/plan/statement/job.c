/* job.c - INSERT, SELECT and statement sets: bind, optimise, build the graph. */
#include "base/arena.h"
#include "base/config.h"
#include "plan/physical/physical.h"
#include "plan/rule/rule.h"
#include "plan/statement/statement.h"
#include "plan/trait/trait.h"

struct bind statement_bind(struct statement *s, struct arena *arena)
{
    const struct session_params *p = &s->session->params;
    return (struct bind){.arena = arena,
        .catalog = s->session->catalog,
        .config = p->config,
        .zone = s->zone,
        .script = s->script_hash,
        .env = p->env,
        .harness = p->harness,
        .test_mode = p->test_mode,
        .replace_connector = p->replace_connector};
}

static bool is_bounded(const struct logic *l)
{
    if (l->kind == LOGIC_SCAN) return l->scan.table->bounded;
    /* LIMIT ends its job once it is full only if its source does; so it does not count. */
    for (uint32_t i = 0; i < l->input_count; i++)
        if (!is_bounded(l->inputs[i])) return false;
    return true;
}

/* What a top-level SELECT shows: its columns, and by which of them rows are updated. */
static void describe_query(struct statement *s, const struct logic *sink)
{
    struct arena *a = s->result->arena;
    uint32_t count = sink->schema->count;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = sink->schema->fields[i];
        if (fields[i].type->time_attribute != TIME_NONE)
            fields[i].type = type_with_time_attribute(a, fields[i].type, TIME_NONE);
    }
    s->result->columns = schema_new(a, fields, count);
    struct trait_keys keys = {0};
    trait_keys(a, sink, &keys);
    if (keys.count == 0) return;
    s->result->result_keys = keys.keys[0].columns;
    s->result->result_key_count = keys.keys[0].count;
}

struct err *statement_plan(
    struct statement *s, const struct logic **roots, uint32_t count, enum session_effect effect)
{
    const struct session_params *p = &s->session->params;
    struct arena *a = s->result->arena;
    struct rule_context rules = {.arena = a,
        .zone = s->zone,
        .config = p->config,
        .env = p->env,
        .harness = p->harness,
        .late_tables = &s->session->late_tables};
    TRY(rule_optimize(&rules, &roots, &count));
    struct physical_params physical = {
        .arena = a, .config = p->config, .zone = s->zone, .env = p->env, .harness = p->harness};
    TRY(physical_plan(&physical, roots, count, &s->result->graph));
    s->result->effect = effect;
    s->result->bounded = true;
    for (uint32_t i = 0; i < count; i++) s->result->bounded &= is_bounded(roots[i]);
    if (effect == SESSION_QUERY) describe_query(s, roots[0]);
    return NULL;
}

static struct err *bind_set(struct statement *s, const struct ast_statement_list *list,
    const struct logic **roots, uint32_t *count)
{
    if (list->count > STATEMENT_SET_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, s->ast->pos, "a statement set has at most %d statements",
            STATEMENT_SET_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct bind b = statement_bind(s, s->arena);
        TRY(bind_insert(&b, &list->items[i]->insert, &roots[(*count)++]));
    }
    return NULL;
}

struct err *statement_bind_roots(struct statement *s, const struct ast_statement *ast,
    const struct logic **roots, uint32_t *count)
{
    struct bind b = statement_bind(s, s->arena);
    *count = 0;
    switch ((int)ast->kind) {
    case AST_STATEMENT_EXECUTE: return statement_bind_roots(s, ast->executed, roots, count);
    case AST_STATEMENT_STATEMENT_SET: return bind_set(s, &ast->set, roots, count);
    case AST_STATEMENT_INSERT: *count = 1; return bind_insert(&b, &ast->insert, &roots[0]);
    case AST_STATEMENT_QUERY: *count = 1; return bind_select_sink(&b, ast->query, &roots[0]);
    default:
        FAIL_AT(ERR_UNSUPPORTED, ast->pos,
            "EXPLAIN takes a query, an INSERT or a statement set, "
            "not %s",
            ast_statement_name(ast->kind));
    }
}

struct err *statement_query(struct statement *s, const struct ast_query *query)
{
    struct bind b = statement_bind(s, s->arena);
    const struct logic *root;
    TRY(bind_select_sink(&b, query, &root));
    return statement_plan(s, &root, 1, SESSION_QUERY);
}

struct err *statement_insert(struct statement *s, const struct ast_insert *insert)
{
    struct session *session = s->session;
    if (!session->set_arena) {
        struct bind b = statement_bind(s, s->arena);
        const struct logic *root;
        TRY(bind_insert(&b, insert, &root));
        return statement_plan(s, &root, 1, SESSION_JOB);
    }
    if (session->set_count == STATEMENT_SET_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a statement set has at most %d statements", STATEMENT_SET_MAX);
    struct bind b = statement_bind(s, session->set_arena);
    TRY(bind_insert(&b, insert, &session->set_roots[session->set_count]));
    session->set_count++;
    return NULL;
}

static struct err *empty_set(const struct statement *s)
{
    FAIL_AT(ERR_SYNTAX, s->ast->pos, "NO statements in Statement Set: it has no INSERT");
}

struct err *statement_insert_set(struct statement *s, const struct ast_statement_list *list)
{
    const struct logic **roots = ARENA_ARRAY(s->arena, const struct logic *, list->count + 1);
    uint32_t count = 0;
    if (list->count == 0) return empty_set(s);
    TRY(bind_set(s, list, roots, &count));
    return statement_plan(s, roots, count, SESSION_JOB);
}

struct err *statement_begin_set(struct statement *s)
{
    struct session *session = s->session;
    session->set_arena = arena_new(1 << 14);
    session->set_roots = ARENA_ARRAY(session->set_arena, const struct logic *, STATEMENT_SET_MAX);
    session->set_count = 0;
    return NULL;
}

/* The set's arena becomes the result's; the set is over, whether it could be planned or not. */
struct err *statement_end_set(struct statement *s)
{
    struct session *session = s->session;
    if (!session->set_arena)
        FAIL_AT(ERR_SYNTAX, s->ast->pos,
            "No Statement Set to submit: END without BEGIN STATEMENT "
            "SET");
    struct arena *set = session->set_arena;
    session->set_arena = NULL;
    arena_free(s->result->arena);
    s->result->arena = set;
    s->arena = set;
    if (session->set_count == 0) return empty_set(s);
    return statement_plan(s, session->set_roots, session->set_count, SESSION_JOB);
}
