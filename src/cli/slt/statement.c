#include "base/arena.h"
#include "base/config.h"
#include "cli/script.h"
#include "cli/slt/run.h"
#include "plan/session.h"
#include "sql/parse.h"

/* ---- executing SQL */

/* What a DROP TABLE names, as the store knows it; NULL for anything else. */
static const char *dropped_table(
    struct slt_run *r, struct arena *a, struct slice script, const struct ast_statement *s)
{
    if (s->kind != AST_STATEMENT_DROP || s->drop.kind != AST_OBJECT_TABLE) return NULL;
    struct session_relation relation;
    struct err *e =
        session_relation(r->session, a, ast_source(script, s->drop.path.pos), &relation);
    if (e) {
        err_free(e); /* the statement itself will say so */
        return NULL;
    }
    return relation.table_name;
}

static void forget_table(struct slt_run *r, const char *name)
{
    struct test_table *t = test_store_find(r->store, slice_of(name));
    if (!t) return;
    slt_jobs_forget(&r->jobs, t);
    test_store_drop(r->store, slice_of(name));
}

static struct err *take_result(const struct ast_statement *s, struct session_result *result,
    struct session_result *job, bool *found)
{
    bool is_job = result->effect == SESSION_JOB || result->effect == SESSION_QUERY;
    if (is_job && !*found) {
        *found = true;
        *job = *result;
        return NULL;
    }
    bool is_client = result->effect == SESSION_CLIENT;
    session_result_free(result);
    if (is_job)
        FAIL_AT(ERR_SYNTAX, s->pos, "a block holds one INSERT, one statement set or one SELECT");
    if (is_client)
        FAIL_AT(ERR_UNSUPPORTED, s->pos, "a test has no use for commands of the SQL shell");
    return NULL;
}

static struct err *execute_one(struct slt_run *r, struct slice script,
    const struct ast_statement *s, struct session_result *job, bool *found)
{
    struct arena *scratch = arena_new(1024);
    const char *dropped = dropped_table(r, scratch, script, s);
    struct session_result result;
    struct err *e = session_execute(r->session, script, s, &result);
    if (!e) e = take_result(s, &result, job, found);
    if (!e && dropped) forget_table(r, dropped);
    arena_free(scratch);
    return e;
}

/* A statement set that failed half-way must not swallow the INSERTs that follow. */
static void leave_statement_set(struct slt_run *r)
{
    if (!session_in_statement_set(r->session)) return;
    struct session_result result;
    struct err *e = session_execute(r->session, SLICE("END"),
        &(struct ast_statement){.kind = AST_STATEMENT_END, .pos = {1, 1, 0, 3}}, &result);
    if (e)
        err_free(e);
    else
        session_result_free(&result);
}

static struct err *execute_all(
    struct slt_run *r, struct arena *a, struct slice text, struct session_result *job, bool *found)
{
    struct parse_cursor cursor;
    TRY(parse_open(&cursor, text));
    while (true) {
        struct ast_statement *s;
        TRY(parse_next(&cursor, a, &s));
        if (!s) break;
        TRY(execute_one(r, text, s, job, found));
    }
    if (session_in_statement_set(r->session))
        FAIL(ERR_SYNTAX, "BEGIN STATEMENT SET without its END");
    return NULL;
}

struct err *slt_execute(
    struct slt_run *r, struct slice text, struct session_result *job, bool *found)
{
    *found = false;
    struct arena *a = arena_new(1 << 14);
    struct err *e = execute_all(r, a, text, job, found);
    arena_free(a);
    if (!e) return NULL;
    leave_statement_set(r);
    if (*found) session_result_free(job);
    *found = false;
    return e;
}

struct err *slt_start(struct slt_run *r, struct session_result *result, const char *result_name,
    bool query, struct slt_job **out)
{
    int64_t key_groups = config_int(r->config, "pipeline.max-parallelism");
    struct slt_job_params params = {.result_name = result_name,
        .workers = r->mode->workers,
        .batch = r->mode->batch,
        .key_groups = key_groups > 0 ? (uint32_t)key_groups : 128,
        .query = query,
        .mini_batch = config_bool(r->config, "table.exec.mini-batch.enabled"),
        .round_trip = r->mode->round_trip};
    struct err *e = slt_jobs_start(&r->jobs, result, &params, out);
    session_result_free(result);
    return e;
}

/* ---- errors that a block expects */

static struct slice one_line(struct arena *a, struct slice text)
{
    text = slice_trim(text);
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool blank = strchr(" \t\r\n\f\v", text.p[i]) != NULL;
        if (blank && n > 0 && out[n - 1] == ' ') continue;
        out[n++] = blank ? ' ' : text.p[i];
    }
    return (struct slice){out, n};
}

/* What --bless writes behind `error`: the beginning of the message. */
static struct slice short_text(struct slice text)
{
    enum { SHORT_MAX = 100 };
    if (text.n <= SHORT_MAX) return text;
    text.n = SHORT_MAX;
    while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80) text.n--;
    return slice_trim(text);
}

bool slt_error_expected(
    struct slt_run *r, const struct slt_block *b, struct err *e, const char *blessed_verb)
{
    struct slice text = one_line(r->arena, slt_error_text(r->arena, e));
    struct slice wanted = one_line(r->arena, b->error_text);
    if (b->error && (wanted.n == 0 || memmem(text.p, text.n, wanted.p, wanted.n))) {
        err_free(e);
        return true;
    }
    slt_report_error(r, b, e);
    if (b->error)
        buf_printf(&r->outcome->problems, "    but an error was expected that says: %.*s\n",
            (int)wanted.n, wanted.p);
    struct slice blessed = short_text(text);
    slt_edit_header(&r->outcome->edits, b,
        slice_of(str_fmt(r->arena, "%s %.*s", blessed_verb, (int)blessed.n, blessed.p)));
    return false;
}

static void report_no_error(struct slt_run *r, const struct slt_block *b)
{
    struct buf *out = slt_report(r, b);
    buf_add_cstr(out, "    an error was expected");
    if (b->error_text.n > 0)
        buf_printf(out, " that says: %.*s", (int)b->error_text.n, b->error_text.p);
    buf_add_char(out, '\n');
}

/* ---- statement */

/* A job that should have been refused is started, since that may be what refuses it. */
static struct err *start_and_remove(struct slt_run *r, struct session_result *result)
{
    struct slt_job *job;
    TRY(slt_start(r, result, "(refused).result", false, &job));
    slt_jobs_remove(&r->jobs, job);
    return NULL;
}

struct err *slt_do_statement(struct slt_run *r, const struct slt_block *b)
{
    struct session_result job;
    bool found;
    struct err *e = slt_execute(r, b->body, &job, &found);
    if (!e && found && b->error) e = start_and_remove(r, &job);
    if (!e && found && !b->error) {
        session_result_free(&job);
        FAIL(ERR_SYNTAX, "a statement that starts a job stands in a 'job' block");
    }
    if (e) {
        bool expected = slt_error_expected(r, b, e, "statement error");
        r->stopped = !expected && !b->error;
    } else if (b->error) {
        report_no_error(r, b);
        slt_edit_header(&r->outcome->edits, b, SLICE("statement ok"));
    }
    return NULL;
}

/* ---- job */

char *slt_result_name(struct arena *a, struct slice name)
{
    if (name.n == 0) name = SLICE("result");
    return str_fmt(a, "(job).%.*s", (int)name.n, name.p);
}

struct err *slt_do_job(struct slt_run *r, const struct slt_block *b)
{
    struct session_result result;
    bool found;
    struct slt_job *job;
    struct err *e = slt_execute(r, b->body, &result, &found);
    if (!e && !found) e = ERR(ERR_SYNTAX, "the block starts no job");
    if (!e) e = slt_start(r, &result, slt_result_name(r->arena, b->name), false, &job);
    if (!e) return slt_run_jobs(r, b);
    slt_error_expected(r, b, e, "statement error");
    r->stopped = true;
    return NULL;
}

/* ---- script */

struct script_inserts {
    const struct ast_statement **items;
    size_t count;
};

static const struct ast_statement *executed(const struct ast_statement *s)
{
    return s->kind == AST_STATEMENT_EXECUTE ? s->executed : s;
}

/* Gathers the INSERTs of the script; statement sets become part of the one set. */
static void gather(
    const struct ast_statement_list *all, struct arena *a, struct script_inserts *out)
{
    size_t most = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct ast_statement *s = executed(all->items[i]);
        most += s->kind == AST_STATEMENT_STATEMENT_SET ? s->set.count : 1;
    }
    out->items = ARENA_ARRAY(a, const struct ast_statement *, most);
    for (size_t i = 0; i < all->count; i++) {
        const struct ast_statement *s = executed(all->items[i]);
        if (s->kind == AST_STATEMENT_INSERT) out->items[out->count++] = s;
        for (size_t k = 0; s->kind == AST_STATEMENT_STATEMENT_SET && k < s->set.count; k++)
            out->items[out->count++] = s->set.items[k];
    }
}

/* Statements that go before the job: all but INSERTs and what is around them. */
static bool is_definition(const struct ast_statement *s)
{
    enum ast_statement_kind kind = executed(s)->kind;
    bool insert = kind == AST_STATEMENT_INSERT || kind == AST_STATEMENT_STATEMENT_SET ||
                  kind == AST_STATEMENT_BEGIN_STATEMENT_SET || kind == AST_STATEMENT_END;
    return !insert && kind != AST_STATEMENT_EXPLAIN && kind != AST_STATEMENT_CLIENT;
}

static struct err *execute_set(struct slt_run *r, struct slice text,
    const struct script_inserts *inserts, struct session_result *job, bool *found)
{
    struct ast_statement begin = {.kind = AST_STATEMENT_BEGIN_STATEMENT_SET};
    struct ast_statement end = {.kind = AST_STATEMENT_END};
    TRY(execute_one(r, text, &begin, job, found));
    for (size_t i = 0; i < inserts->count; i++)
        TRY(execute_one(r, text, inserts->items[i], job, found));
    return execute_one(r, text, &end, job, found);
}

static struct err *execute_script(
    struct slt_run *r, struct arena *a, struct slice text, struct session_result *job, bool *found)
{
    struct ast_statement_list all;
    TRY(parse_script(text, a, &all));
    for (size_t i = 0; i < all.count; i++)
        if (is_definition(all.items[i])) TRY(execute_one(r, text, all.items[i], job, found));
    struct script_inserts inserts = {0};
    gather(&all, a, &inserts);
    if (inserts.count > 0) return execute_set(r, text, &inserts, job, found);
    if (!*found) FAIL(ERR_SYNTAX, "the script has no INSERT");
    return NULL;
}

/* Relative to the test file's folder. */
static const char *script_path(struct slt_run *r, struct slice name)
{
    const char *slash = strrchr(r->file->path, '/');
    if (name.p[0] == '/' || !slash) return slice_to_cstr(r->arena, name);
    return str_fmt(
        r->arena, "%.*s/%.*s", (int)(slash - r->file->path), r->file->path, (int)name.n, name.p);
}

struct err *slt_do_script(struct slt_run *r, const struct slt_block *b)
{
    struct script script;
    const char *path = script_path(r, b->name);
    TRY(script_read(r->arena, path, &script));
    struct session_result result;
    bool found = false;
    struct slt_job *job;
    struct arena *a = arena_new(1 << 14);
    session_replace_connector(r->session, "test");
    struct err *e = execute_script(r, a, script.text, &result, &found);
    session_replace_connector(r->session, NULL);
    arena_free(a);
    if (e) {
        leave_statement_set(r);
        if (found) session_result_free(&result);
        slt_report_error_in(r, b, path, e);
        r->stopped = true;
        return NULL;
    }
    TRY(slt_start(r, &result, slt_result_name(r->arena, (struct slice){0}), false, &job));
    return slt_run_jobs(r, b);
}
