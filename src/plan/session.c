/* session.c - a session, and the dispatch of statements. */
#include "plan/session.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/config.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plan/statement/statement.h"
#include "type/timezone.h"

enum { STATEMENT_ARENA_BYTES = 16 * 1024, LASTING_ARENA_BYTES = 1024 };

struct session *session_new(const struct session_params *params)
{
    struct session *s = mem_alloc(sizeof *s);
    s->params = *params;
    s->catalog = catalog_new();
    s->late_tables.arena = arena_new(LASTING_ARENA_BYTES);
    s->late_tables.last = &s->late_tables.first;
    return s;
}

void session_free(struct session *s)
{
    if (!s) return;
    if (s->set_arena) arena_free(s->set_arena);
    arena_free(s->late_tables.arena);
    catalog_free(s->catalog);
    mem_free(s);
}

void session_replace_connector(struct session *s, const char *connector)
{
    s->params.replace_connector = connector;
}

void session_result_free(struct session_result *r)
{
    if (r->arena) arena_free(r->arena);
    *r = (struct session_result){0};
}

bool session_in_statement_set(const struct session *s)
{
    return s->set_arena != NULL;
}

struct err *session_end_script(const struct session *s)
{
    return late_tables_check(&s->late_tables);
}

/* 'default' is the system's zone, and UTC in tests, whose results must not depend on the machine.
 */
static struct err *open_zone(struct session *s, struct arena *a, const struct time_zone **out)
{
    struct slice name = config_string(s->params.config, "table.local-time-zone");
    if (!slice_eq(name, SLICE("default"))) return timezone_open(a, NULL, name, out);
    *out = timezone_utc();
    if (s->params.test_mode) return NULL;
    struct err *e = timezone_open(a, "/etc", SLICE("localtime"), out);
    if (e) *out = timezone_utc();
    err_free(e);
    return NULL;
}

static struct err *refuse(const struct ast_statement *ast)
{
    FAIL_AT(ERR_UNSUPPORTED, ast->pos, "%s is not supported yet", ast_statement_name(ast->kind));
}

static struct err *ignore_jar(struct statement *s, const char *what)
{
    struct err *e =
        ERR(ERR_UNSUPPORTED, "%s: there is no JVM here, so a jar cannot be loaded", what);
    return err_at(
        err_hint(e, "connectors and functions are built in; remove the statement"), s->ast->pos);
}

static struct err *execute(struct statement *s, const struct ast_statement *ast);

static struct err *execute_inner(struct statement *s, const struct ast_statement *inner)
{
    switch ((int)inner->kind) {
    case AST_STATEMENT_STATEMENT_SET: return statement_insert_set(s, &inner->set);
    case AST_STATEMENT_INSERT:
    case AST_STATEMENT_QUERY: return execute(s, inner);
    default: return refuse(inner);
    }
}

static struct err *execute(struct statement *s, const struct ast_statement *ast)
{
    switch (ast->kind) {
    case AST_STATEMENT_QUERY: return statement_query(s, ast->query);
    case AST_STATEMENT_INSERT: return statement_insert(s, &ast->insert);
    case AST_STATEMENT_CREATE_TABLE: return statement_create_table(s);
    case AST_STATEMENT_CREATE_VIEW: return statement_create_view(s);
    case AST_STATEMENT_DROP: return statement_drop(s);
    case AST_STATEMENT_EXPLAIN: return statement_explain(s);
    case AST_STATEMENT_BEGIN_STATEMENT_SET: return statement_begin_set(s);
    case AST_STATEMENT_END: return statement_end_set(s);
    case AST_STATEMENT_STATEMENT_SET: return statement_insert_set(s, &ast->set);
    case AST_STATEMENT_EXECUTE: return execute_inner(s, ast->executed);
    case AST_STATEMENT_SET: return statement_set(s);
    case AST_STATEMENT_RESET: return statement_reset(s);
    case AST_STATEMENT_USE: return statement_use(s);
    case AST_STATEMENT_SHOW: return statement_show(s);
    case AST_STATEMENT_DESCRIBE: return statement_describe(s);
    case AST_STATEMENT_CLIENT: s->result->effect = SESSION_CLIENT; return NULL;
    case AST_STATEMENT_ADD_JAR: return ignore_jar(s, "ADD JAR");
    case AST_STATEMENT_REMOVE_JAR: return ignore_jar(s, "REMOVE JAR");
    case AST_STATEMENT_UPDATE:
    case AST_STATEMENT_DELETE:
    case AST_STATEMENT_CREATE_MATERIALIZED_TABLE:
    case AST_STATEMENT_CREATE_FUNCTION:
    case AST_STATEMENT_CREATE_CATALOG:
    case AST_STATEMENT_CREATE_DATABASE:
    case AST_STATEMENT_CREATE_MODEL:
    case AST_STATEMENT_ALTER_TABLE:
    case AST_STATEMENT_ALTER_VIEW:
    case AST_STATEMENT_ALTER_MATERIALIZED_TABLE:
    case AST_STATEMENT_ALTER_FUNCTION:
    case AST_STATEMENT_ALTER_CATALOG:
    case AST_STATEMENT_ALTER_DATABASE:
    case AST_STATEMENT_ALTER_MODEL:
    case AST_STATEMENT_COMPILE_PLAN:
    case AST_STATEMENT_EXECUTE_PLAN:
    case AST_STATEMENT_COMPILE_AND_EXECUTE_PLAN:
    case AST_STATEMENT_LOAD_MODULE:
    case AST_STATEMENT_UNLOAD_MODULE:
    case AST_STATEMENT_ANALYZE_TABLE:
    case AST_STATEMENT_TRUNCATE_TABLE:
    case AST_STATEMENT_STOP_JOB:
    case AST_STATEMENT_CALL: return refuse(ast);
    }
    UNREACHABLE();
}

/* Inside BEGIN STATEMENT SET .. END nothing but INSERT is allowed. */
static struct err *check_set(const struct session *s, const struct ast_statement *ast)
{
    if (!s->set_arena || ast->kind == AST_STATEMENT_INSERT || ast->kind == AST_STATEMENT_END ||
        ast->kind == AST_STATEMENT_CLIENT)
        return NULL;
    FAIL_AT(ERR_SYNTAX, ast->pos,
        "Only INSERT statement is allowed in Statement Set: END; must come before %s",
        ast_statement_name(ast->kind));
}

struct err *session_execute(struct session *session, struct slice script,
    const struct ast_statement *ast, struct session_result *out)
{
    *out = (struct session_result){0};
    TRY(check_set(session, ast));
    out->arena = arena_new(STATEMENT_ARENA_BYTES);
    struct statement s = {.session = session,
        .arena = out->arena,
        .script = script,
        .script_hash = hash_bytes(script.p, script.n, 0),
        .ast = ast,
        .result = out};
    /* Inside BEGIN STATEMENT SET .. END the zone must outlive the statement, as its plan does. */
    struct arena *lasting = session->set_arena ? session->set_arena : out->arena;
    struct err *e = open_zone(session, lasting, &s.zone);
    out->zone = s.zone;
    if (!e) e = execute(&s, ast);
    if (e) {
        session_result_free(out);
        return err_at(e, ast->pos);
    }
    return NULL;
}

/* ---- for the test runner and completion */

/* The last part of `default_catalog`.default_database.`t`, without quotes. */
static struct slice last_part(struct arena *a, struct slice name)
{
    char *out = arena_alloc(a, name.n + 1);
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool doubled = quoted && c == '`' && i + 1 < name.n && name.p[i + 1] == '`';
        if (c == '`' && !doubled)
            quoted = !quoted;
        else if (c == '.' && !quoted)
            n = 0;
        else
            out[n++] = c;
        i += doubled;
    }
    return (struct slice){out, n};
}

struct err *session_relation(
    struct session *s, struct arena *arena, struct slice name, struct session_relation *out)
{
    const struct catalog_table *t = catalog_find(s->catalog, last_part(arena, name));
    if (!t) {
        struct err *e = ERR(ERR_UNDEFINED_TABLE, "Object '%.*s' not found", (int)name.n, name.p);
        const char *nearest = catalog_nearest(s->catalog, arena, name);
        return nearest ? err_hint(e, "did you mean '%s'?", nearest) : e;
    }
    *out = (struct session_relation){
        .table_name =
            str_fmt(arena, "default_catalog.default_database.%s", slice_to_cstr(arena, t->name)),
        .physical = catalog_table_physical(arena, t),
        .rowtime = -1};
    uint32_t *key = ARENA_ARRAY(arena, uint32_t, t->primary_key_count + 1);
    for (uint32_t i = 0; i < t->primary_key_count; i++)
        key[i] = (uint32_t)schema_find(out->physical, t->columns[t->primary_key[i]].name);
    out->primary_key = key;
    out->primary_key_count = t->primary_key_count;
    if (t->watermark) {
        const struct catalog_column *c = &t->columns[t->watermark->column];
        out->has_watermark = true;
        out->rowtime = schema_find(out->physical, c->name);
        out->rowtime_type = type_copy(arena, c->type);
    }
    return NULL;
}

size_t session_names(struct session *s, struct arena *arena, const char *const **names)
{
    size_t count;
    const struct catalog_table *const *list = catalog_list(s->catalog, arena, &count);
    const char **out = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) out[i] = slice_to_cstr(arena, list[i]->name);
    *names = out;
    return count;
}
