/* Statements other than CREATE and ALTER. */
#include "base/check.h"
#include "sql/print_part.h"

static void print_optional_like(struct buf *out, const struct ast_show *show)
{
    if (!show->like.text.p) return;
    buf_add_cstr(out, show->not_like ? " NOT " : " ");
    buf_add_cstr(out, show->ilike ? "ILIKE " : "LIKE ");
    print_string(out, show->like.text);
}

static void print_show(struct buf *out, const struct ast_show *show)
{
    static const char *const texts[] = {
#define X(name, text) text,
        AST_SHOWS(X)
#undef X
    };
    buf_printf(out, "SHOW %s", texts[show->kind]);
    bool plain = show->kind >= AST_SHOW_CREATE_TABLE || show->kind == AST_SHOW_PARTITIONS;
    if (show->path.count > 0) {
        buf_add_cstr(out, plain ? " " : show->in ? " IN " : " FROM ");
        print__path(out, &show->path);
    }
    print__partition(out, &show->partition);
    print_optional_like(out, show);
}

static const char *object_word(enum ast_object_kind kind)
{
    static const char *const texts[] = {
        [AST_OBJECT_TABLE] = "TABLE",
        [AST_OBJECT_VIEW] = "VIEW",
        [AST_OBJECT_MATERIALIZED_TABLE] = "MATERIALIZED TABLE",
        [AST_OBJECT_FUNCTION] = "FUNCTION",
        [AST_OBJECT_CATALOG] = "CATALOG",
        [AST_OBJECT_DATABASE] = "DATABASE",
        [AST_OBJECT_MODEL] = "MODEL",
        [AST_OBJECT_JOB] = "JOB",
    };
    return texts[kind];
}

static void print_describe(struct buf *out, const struct ast_describe *d)
{
    buf_add_cstr(out, "DESCRIBE ");
    if (d->kind != AST_OBJECT_TABLE) buf_printf(out, "%s ", object_word(d->kind));
    if (d->kind == AST_OBJECT_JOB) {
        print_string(out, d->job.text);
        return;
    }
    if (d->extended) buf_add_cstr(out, "EXTENDED ");
    print__path(out, &d->path);
}

static void print_drop(struct buf *out, const struct ast_drop *drop)
{
    buf_printf(out, "DROP %s%s%s %s", drop->temporary ? "TEMPORARY " : "",
        drop->system ? "SYSTEM " : "", object_word(drop->kind),
        drop->if_exists ? "IF EXISTS " : "");
    print__path(out, &drop->path);
    if (drop->cascade) buf_add_cstr(out, " CASCADE");
}

/* --- INSERT, UPDATE, DELETE --- */

void print__insert(struct buf *out, const struct ast_insert *insert)
{
    static const char *const conflicts[] = {[AST_CONFLICT_UNSET] = "",
        [AST_CONFLICT_ERROR] = " ON CONFLICT DO ERROR",
        [AST_CONFLICT_NOTHING] = " ON CONFLICT DO NOTHING",
        [AST_CONFLICT_DEDUPLICATE] = " ON CONFLICT DO DEDUPLICATE"};
    buf_add_cstr(out, insert->overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
    print__path(out, &insert->target);
    print__hints(out, &insert->hints);
    print__partition(out, &insert->partition);
    for (size_t i = 0; i < insert->columns.count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " (");
        print__path(out, &insert->columns.items[i]);
    }
    buf_add_cstr(out, insert->columns.count > 0 ? ") " : " ");
    print_query(out, insert->query);
    buf_add_cstr(out, conflicts[insert->conflict]);
}

static void print_target(struct buf *out, const struct ast_path *path,
    const struct ast_hint_list *hints, const struct ast_name *alias)
{
    print__path(out, path);
    print__hints(out, hints);
    if (alias->text.n == 0) return;
    buf_add_cstr(out, " AS ");
    print__name(out, alias);
}

static void print_where(struct buf *out, const struct ast_expr *where)
{
    if (!where) return;
    buf_add_cstr(out, " WHERE ");
    print_expr(out, where);
}

static void print_update(struct buf *out, const struct ast_update *update)
{
    buf_add_cstr(out, "UPDATE ");
    print_target(out, &update->target, &update->hints, &update->alias);
    for (size_t i = 0; i < update->assignment_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " SET ");
        print__name(out, &update->assignments[i].column);
        buf_add_cstr(out, " = ");
        print_expr(out, update->assignments[i].value);
    }
    print_where(out, update->where);
}

static void print_delete(struct buf *out, const struct ast_delete *delete)
{
    buf_add_cstr(out, "DELETE FROM ");
    print_target(out, &delete->target, &delete->hints, &delete->alias);
    print_where(out, delete->where);
}

/* --- statements around statements --- */

static void print_set_block(struct buf *out, const struct ast_statement_list *set)
{
    buf_add_cstr(out, "STATEMENT SET BEGIN ");
    for (size_t i = 0; i < set->count; i++) {
        print__insert(out, &set->items[i]->insert);
        buf_add_cstr(out, "; ");
    }
    buf_add_cstr(out, "END");
}

static void print_explain(struct buf *out, const struct ast_explain *explain)
{
    static const char *const texts[] = {
#define X(name, text) text,
        AST_EXPLAIN_DETAILS(X)
#undef X
    };
    bool first = true;
    buf_add_cstr(out, explain->plan_for ? "EXPLAIN PLAN FOR " : "EXPLAIN ");
    for (uint32_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!(explain->details & (1u << i))) continue;
        buf_printf(out, "%s%s", first ? "" : ", ", texts[i]);
        first = false;
    }
    if (!first) buf_add_char(out, ' ');
    print_statement(out, explain->statement);
}

static void print_plan(struct buf *out, const struct ast_statement *s)
{
    buf_printf(out, "%s ", ast_statement_name(s->kind));
    print_string(out, s->plan.file.text);
    if (!s->plan.statement) return;
    buf_add_cstr(out, s->plan.if_not_exists ? " IF NOT EXISTS FOR " : " FOR ");
    print_statement(out, s->plan.statement);
}

/* --- the session --- */

static void print_option(struct buf *out, const char *word, const struct ast_option *option)
{
    buf_add_cstr(out, word);
    if (!option->key.text.p) return;
    buf_add_char(out, ' ');
    print_string(out, option->key.text);
    if (!option->value.text.p) return;
    buf_add_cstr(out, " = ");
    print_string(out, option->value.text);
}

static void print_use(struct buf *out, const struct ast_use *use)
{
    if (use->kind == AST_USE_MODULES) {
        buf_add_cstr(out, "USE MODULES ");
        print__names(out, &use->modules);
        return;
    }
    buf_add_cstr(out, use->kind == AST_USE_CATALOG ? "USE CATALOG " : "USE ");
    print__path(out, &use->path);
}

static void print_analyze(struct buf *out, const struct ast_analyze *a)
{
    buf_add_cstr(out, "ANALYZE TABLE ");
    print__path(out, &a->path);
    print__partition(out, &a->partition);
    buf_add_cstr(out, " COMPUTE STATISTICS");
    if (a->all_columns) buf_add_cstr(out, " FOR ALL COLUMNS");
    if (a->columns.count == 0) return;
    buf_add_cstr(out, " FOR COLUMNS ");
    print__names(out, &a->columns);
}

static void print_client(struct buf *out, const struct ast_client *client)
{
    static const char *const words[] = {[AST_CLIENT_QUIT] = "QUIT",
        [AST_CLIENT_CLEAR] = "CLEAR",
        [AST_CLIENT_HELP] = "HELP",
        [AST_CLIENT_SOURCE] = "SOURCE "};
    buf_add_cstr(out, words[client->kind]);
    if (client->file.text.p) print_string(out, client->file.text);
}

static void print_module(struct buf *out, const struct ast_statement *s)
{
    buf_printf(out, "%s ", ast_statement_name(s->kind));
    print__name(out, &s->module.name);
    if (s->module.options.count == 0) return;
    buf_add_cstr(out, " WITH ");
    print__options(out, &s->module.options);
}

static void print_stop_job(struct buf *out, const struct ast_stop_job *stop)
{
    buf_add_cstr(out, "STOP JOB ");
    print_string(out, stop->id.text);
    if (stop->with_savepoint) buf_add_cstr(out, " WITH SAVEPOINT");
    if (stop->with_drain) buf_add_cstr(out, " WITH DRAIN");
}

static void print_command(struct buf *out, const struct ast_statement *s)
{
    switch (s->kind) {
    case AST_STATEMENT_SET: print_option(out, "SET", &s->option); return;
    case AST_STATEMENT_RESET: print_option(out, "RESET", &s->option); return;
    case AST_STATEMENT_USE: print_use(out, &s->use); return;
    case AST_STATEMENT_SHOW: print_show(out, &s->show); return;
    case AST_STATEMENT_DESCRIBE: print_describe(out, &s->describe); return;
    case AST_STATEMENT_LOAD_MODULE:
    case AST_STATEMENT_UNLOAD_MODULE: print_module(out, s); return;
    case AST_STATEMENT_ADD_JAR:
    case AST_STATEMENT_REMOVE_JAR:
        buf_printf(out, "%s ", ast_statement_name(s->kind));
        print_string(out, s->jar.text);
        return;
    case AST_STATEMENT_ANALYZE_TABLE: print_analyze(out, &s->analyze); return;
    case AST_STATEMENT_TRUNCATE_TABLE:
        buf_add_cstr(out, "TRUNCATE TABLE ");
        print__path(out, &s->truncate);
        return;
    case AST_STATEMENT_STOP_JOB: print_stop_job(out, &s->stop_job); return;
    case AST_STATEMENT_CALL:
        buf_add_cstr(out, "CALL ");
        print_expr(out, s->call);
        return;
    case AST_STATEMENT_CLIENT: print_client(out, &s->client); return;
    default: UNREACHABLE();
    }
}

void print_statement(struct buf *out, const struct ast_statement *s)
{
    switch (s->kind) {
    case AST_STATEMENT_QUERY: print_query(out, s->query); return;
    case AST_STATEMENT_INSERT: print__insert(out, &s->insert); return;
    case AST_STATEMENT_UPDATE: print_update(out, &s->update); return;
    case AST_STATEMENT_DELETE: print_delete(out, &s->delete); return;
    case AST_STATEMENT_CREATE_TABLE:
    case AST_STATEMENT_CREATE_VIEW:
    case AST_STATEMENT_CREATE_MATERIALIZED_TABLE:
    case AST_STATEMENT_CREATE_FUNCTION:
    case AST_STATEMENT_CREATE_CATALOG:
    case AST_STATEMENT_CREATE_DATABASE:
    case AST_STATEMENT_CREATE_MODEL: print__create(out, s); return;
    case AST_STATEMENT_ALTER_TABLE:
    case AST_STATEMENT_ALTER_VIEW:
    case AST_STATEMENT_ALTER_MATERIALIZED_TABLE:
    case AST_STATEMENT_ALTER_FUNCTION:
    case AST_STATEMENT_ALTER_CATALOG:
    case AST_STATEMENT_ALTER_DATABASE:
    case AST_STATEMENT_ALTER_MODEL: print__alter(out, s); return;
    case AST_STATEMENT_DROP: print_drop(out, &s->drop); return;
    case AST_STATEMENT_EXPLAIN: print_explain(out, &s->explain); return;
    case AST_STATEMENT_BEGIN_STATEMENT_SET:
    case AST_STATEMENT_END: buf_add_cstr(out, ast_statement_name(s->kind)); return;
    case AST_STATEMENT_STATEMENT_SET: print_set_block(out, &s->set); return;
    case AST_STATEMENT_EXECUTE:
        buf_add_cstr(out, "EXECUTE ");
        print_statement(out, s->executed);
        return;
    case AST_STATEMENT_COMPILE_PLAN:
    case AST_STATEMENT_EXECUTE_PLAN:
    case AST_STATEMENT_COMPILE_AND_EXECUTE_PLAN: print_plan(out, s); return;
    case AST_STATEMENT_SET:
    case AST_STATEMENT_RESET:
    case AST_STATEMENT_USE:
    case AST_STATEMENT_SHOW:
    case AST_STATEMENT_DESCRIBE:
    case AST_STATEMENT_LOAD_MODULE:
    case AST_STATEMENT_UNLOAD_MODULE:
    case AST_STATEMENT_ADD_JAR:
    case AST_STATEMENT_REMOVE_JAR:
    case AST_STATEMENT_ANALYZE_TABLE:
    case AST_STATEMENT_TRUNCATE_TABLE:
    case AST_STATEMENT_STOP_JOB:
    case AST_STATEMENT_CALL:
    case AST_STATEMENT_CLIENT: print_command(out, s); return;
    }
    UNREACHABLE();
}
