#include "base/arena.h"
#include "base/check.h"
#include "cli/slt/legal.h"
#include "cli/slt/rows.h"
#include "cli/slt/run.h"
#include "cli/slt/show.h"
#include "op/sink/sink.h"
#include "plan/session.h"

/* ---- comparing and blessing */

static const struct slice *expected_lines(
    const struct slt_run *r, const struct slt_block *b, size_t *count)
{
    *count = b->has_expected ? b->expected_to - b->expected_from : 0;
    return r->file->lines + b->expected_from;
}

static void edit_rows(struct slt_run *r, const struct slt_block *b, const char *types,
    const struct slt_rows *rows, bool with_kind)
{
    struct slice *lines = ARENA_ARRAY(r->arena, struct slice, rows->count + 1);
    size_t count = 0;
    if (types) lines[count++] = slice_of(types);
    for (size_t i = 0; i < rows->count; i++)
        lines[count++] = slt_row_line(r->arena, &rows->items[i], with_kind);
    slt_edit_expected(&r->outcome->edits, b, lines, count);
}

static void report_pairs(
    struct slt_run *r, const struct slt_block *b, const struct slt_pairs *pairs, bool with_kind)
{
    slt_show_pairs(r->arena, pairs, with_kind, r->color, slt_report(r, b));
}

/* Rows of a plain expectation; the kinds in front of expected rows do not count. */
static bool compare_rows(struct slt_run *r, const struct slt_block *b, const struct schema *s,
    const struct slt_rows *expected, const struct slt_rows *actual, bool ordered)
{
    struct slt_pairs pairs;
    if (ordered)
        slt_rows_compare_lists(r->arena, s, expected, actual, false, &pairs);
    else
        slt_rows_compare_bags(r->arena, s, expected, actual, &pairs);
    if (!pairs.same) report_pairs(r, b, &pairs, false);
    return pairs.same;
}

/* ---- query */

static const char *types_line(struct arena *a, const struct schema *s)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_add_char(&out, ':');
    for (uint32_t i = 0; i < s->count; i++)
        buf_printf(&out, "%s %s", i > 0 ? "," : "", type_to_cstr(a, s->fields[i].type));
    char *text = slice_to_cstr(a, buf_slice(&out));
    buf_free(&out);
    return text;
}

/* The result of a query that has run: types are NULL where the block does not ask for them. */
struct answer {
    const char *types;
    const struct schema *schema;
    const struct time_zone *zone;
    struct slt_rows rows;
};

static void compare_answer(
    struct slt_run *r, const struct slt_block *b, const struct answer *actual)
{
    size_t count;
    const struct slice *lines = expected_lines(r, b, &count);
    bool same_types = true;
    if (actual->types) {
        struct slice wanted = count > 0 ? lines[0] : SLICE("");
        if (count > 0) lines++, count--;
        same_types = slice_eq(slice_trim(wanted), slice_of(actual->types));
        if (!same_types)
            buf_printf(slt_report(r, b), "    expected types %.*s\n    actual types   %s\n",
                (int)wanted.n, wanted.p, actual->types);
    }
    struct slt_rows expected;
    slt_rows_parse(r->arena, actual->schema, lines, count, actual->zone, &expected);
    bool same = compare_rows(r, b, actual->schema, &expected, &actual->rows, b->ordered);
    if (!same) edit_rows(r, b, actual->types, &actual->rows, false);
    if (same && !same_types) edit_rows(r, b, actual->types, &expected, false);
}

static void query_failed(struct slt_run *r, const struct slt_block *b, struct err *e)
{
    if (slt_error_expected(r, b, e, "query error")) return;
    if (!b->error) slt_edit_drop_expected(&r->outcome->edits, b);
}

static void query_succeeded(struct slt_run *r, const struct slt_block *b, const struct answer *a)
{
    if (!b->error) {
        compare_answer(r, b, a);
        return;
    }
    struct buf *out = slt_report(r, b);
    buf_add_cstr(out, "    an error was expected");
    if (b->error_text.n > 0)
        buf_printf(out, " that says: %.*s", (int)b->error_text.n, b->error_text.p);
    buf_add_cstr(out, "; got\n");
    for (size_t i = 0; i < a->rows.count; i++)
        buf_printf(out, "    %.*s\n", (int)a->rows.items[i].text.n, a->rows.items[i].text.p);
    slt_edit_header(&r->outcome->edits, b, SLICE("query"));
    edit_rows(r, b, NULL, &a->rows, false);
}

static struct err *read_answer(struct slt_run *r, const char *name, struct answer *out)
{
    const struct test_table *t = test_store_find(r->store, slice_of(name));
    ASSERT(t);
    struct test_rows rows;
    TRY(test_table_content(t, r->arena, &rows));
    out->schema = test_table_schema(t);
    slt_rows_take(r->arena, out->schema, rows.rows, rows.count, out->zone, &out->rows);
    return NULL;
}

/* Runs the query's job to its end. The failure of the query itself is *failure. */
static struct err *run_query(struct slt_run *r, const struct slt_block *b, struct slt_job *job,
    const char *name, struct answer *out, struct err **failure)
{
    TRY(slt_run_jobs(r, b));
    const struct err *e = slt_job_failure(job);
    if (e) {
        *failure = ERR(
            err_code(e), "%.*s", (int)slt_error_text(r->arena, e).n, slt_error_text(r->arena, e).p);
        return NULL;
    }
    if (job->job) FAIL(ERR_TEST_FAILED, "the query does not end");
    *failure = read_answer(r, name, out);
    return NULL;
}

static struct err *plan_query(
    struct slt_run *r, const struct slt_block *b, struct session_result *result)
{
    bool found;
    r->planning.sources_end = true;
    struct err *e = slt_execute(r, b->body, result, &found);
    r->planning.sources_end = false;
    if (e) return e;
    if (found && result->effect == SESSION_QUERY) return NULL;
    if (found) session_result_free(result);
    FAIL(ERR_SYNTAX, "a 'query' block holds one SELECT or VALUES");
}

struct err *slt_do_query(struct slt_run *r, const struct slt_block *b)
{
    struct session_result result;
    struct slt_job *job;
    struct answer answer = {0};
    char *name = str_fmt(r->arena, "(query).%llu", (unsigned long long)++r->queries);
    struct err *failure = plan_query(r, b, &result);
    if (!failure) {
        if (b->types) answer.types = types_line(r->arena, result.columns);
        answer.zone = result.zone;
        failure = slt_start(r, &result, name, true, &job);
    }
    struct err *e = NULL;
    if (!failure)
        e = run_query(r, b, job, name, &answer, &failure);
    else
        job = NULL;
    if (!e && failure)
        query_failed(r, b, failure);
    else if (!e)
        query_succeeded(r, b, &answer);
    if (job) slt_jobs_remove(&r->jobs, job);
    test_store_drop(r->store, slice_of(name));
    return e;
}

/* ---- explain */

static size_t split_plan(struct arena *a, struct slice text, const struct slice **out)
{
    size_t most = 1, count = 0;
    for (size_t i = 0; i < text.n; i++) most += text.p[i] == '\n';
    struct slice *lines = ARENA_ARRAY(a, struct slice, most);
    while (text.n > 0) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        struct slice line = {text.p, n};
        while (line.n > 0 && strchr(" \t\r", line.p[line.n - 1])) line.n--;
        if (line.n > 0) lines[count++] = line;
        text.p += newline ? n + 1 : n;
        text.n -= newline ? n + 1 : n;
    }
    *out = lines;
    return count;
}

struct err *slt_do_explain(struct slt_run *r, const struct slt_block *b)
{
    struct session_result result;
    bool found;
    TRY(slt_execute(r, b->body, &result, &found));
    if (!found) FAIL(ERR_SYNTAX, "an 'explain' block holds one INSERT, statement set or SELECT");
    struct buf text;
    buf_init(&text, 1 << 24);
    phys_explain(result.graph, b->changelog, &text);
    struct slice plan = slice_copy(r->arena, buf_slice(&text));
    buf_free(&text);
    session_result_free(&result);

    const struct slice *actual;
    size_t count = split_plan(r->arena, plan, &actual), expected_count;
    const struct slice *expected = expected_lines(r, b, &expected_count);
    bool same = count == expected_count;
    for (size_t i = 0; i < count && same; i++) same = slice_eq(expected[i], actual[i]);
    if (same) return NULL;
    slt_show_lines(r->arena, expected, expected_count, actual, count, r->color, slt_report(r, b));
    slt_edit_expected(&r->outcome->edits, b, actual, count);
    return NULL;
}

/* ---- expect */

/* A table as an expectation sees it: what jobs wrote, and how. */
struct written {
    const struct test_table *table; /* NULL: nobody has touched it */
    const struct schema *schema;
    const struct time_zone *zone;
    struct slt_legal legal;
    bool literal; /* the changelog is to be as in the file, word for word */
};

static void add_writer(struct slt_run *r, const struct slt_job *job, struct written *w)
{
    for (uint32_t i = 0; i < job->graph->node_count; i++) {
        const struct phys_node *node = &job->graph->nodes[i];
        if (node->op != &sink_op) continue;
        const struct sink_params *params = node->params;
        if (strcmp(params->table.connector, "test") != 0) continue;
        if (test_store_find(r->store, slice_of(params->table.name)) != w->table) continue;
        w->zone = job->zone;
        w->legal.kinds |= node->kinds;
        w->legal.primary_key = params->table.primary_key;
        w->legal.primary_key_count = params->table.primary_key_count;
        w->literal = w->literal && job->workers == 1 && job->batch == 1;
        w->legal.single_order = w->legal.single_order && job->workers == 1;
    }
}

/* The result of a job, else a table of the session. */
static struct err *find_written(struct slt_run *r, struct slice name, struct written *w)
{
    *w = (struct written){
        .literal = r->mode->batch == 1 && r->mode->workers == 1 && !r->mode->restart,
        .legal = {.single_order = true}};
    TRY(slt_zone(r, &w->zone));
    w->table = test_store_find(r->store, slice_of(slt_result_name(r->arena, name)));
    if (!w->table) {
        struct session_relation relation;
        TRY(session_relation(r->session, r->arena, name, &relation));
        w->table = test_store_find(r->store, slice_of(relation.table_name));
        w->schema = relation.physical;
    }
    if (w->table) w->schema = test_table_schema(w->table);
    for (size_t i = 0; i < r->jobs.count && w->table; i++) add_writer(r, r->jobs.items[i], w);
    w->legal.schema = w->schema;
    return NULL;
}

static void expect_content(struct slt_run *r, const struct slt_block *b, const struct written *w)
{
    struct test_rows content = {0};
    struct err *e = w->table ? test_table_content(w->table, r->arena, &content) : NULL;
    if (e) {
        slt_report_error(r, b, e);
        return;
    }
    size_t count;
    const struct slice *lines = expected_lines(r, b, &count);
    struct slt_rows expected, actual;
    slt_rows_parse(r->arena, w->schema, lines, count, w->zone, &expected);
    slt_rows_take(r->arena, w->schema, content.rows, content.count, w->zone, &actual);
    if (!compare_rows(r, b, w->schema, &expected, &actual, false))
        edit_rows(r, b, NULL, &actual, false);
}

static bool all_read(const struct slt_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (!rows->items[i].values) return false;
    return true;
}

/* The order and the intermediate rows may differ; what they add up to may not. */
static bool compare_legal(struct slt_run *r, const struct slt_block *b, const struct written *w,
    const struct slt_rows *expected, const struct slt_rows *actual)
{
    struct err *e = slt_legal_check(r->arena, &w->legal, expected, actual);
    if (e) {
        slt_report_error(r, b, e);
        return false;
    }
    struct slt_rows wanted, folded;
    slt_legal_fold(r->arena, &w->legal, expected, &wanted);
    slt_legal_fold(r->arena, &w->legal, actual, &folded);
    struct slt_pairs pairs;
    slt_rows_compare_bags(r->arena, w->schema, &wanted, &folded, &pairs);
    if (pairs.same) return true;
    struct buf *out = slt_report(r, b);
    buf_add_cstr(out, "    the changelogs add up to different rows\n");
    slt_show_pairs(r->arena, &pairs, false, r->color, out);
    return false;
}

static void expect_changelog(struct slt_run *r, const struct slt_block *b, const struct written *w)
{
    struct test_rows received = {0};
    if (w->table) test_table_received(w->table, r->arena, &received);
    size_t count;
    const struct slice *lines = expected_lines(r, b, &count);
    struct slt_rows expected, actual;
    slt_rows_parse(r->arena, w->schema, lines, count, w->zone, &expected);
    slt_rows_take(r->arena, w->schema, received.rows, received.count, w->zone, &actual);
    bool same;
    if (w->literal || !all_read(&expected)) {
        struct slt_pairs pairs;
        slt_rows_compare_lists(r->arena, w->schema, &expected, &actual, true, &pairs);
        same = pairs.same;
        if (!same) report_pairs(r, b, &pairs, true);
    } else {
        same = compare_legal(r, b, w, &expected, &actual);
    }
    if (!same) edit_rows(r, b, NULL, &actual, true);
}

static void expect_job_error(
    struct slt_run *r, const struct slt_block *b, const struct err *failure)
{
    if (!failure) {
        buf_add_cstr(slt_report(r, b), "    the job has not failed\n");
        return;
    }
    struct slice text = slt_error_text(r->arena, failure);
    struct err *copy = ERR(err_code(failure), "%.*s", (int)text.n, text.p);
    slt_error_expected(r, b, copy, "expect job error");
}

struct err *slt_do_expect(struct slt_run *r, const struct slt_block *b)
{
    TRY(slt_jobs_run(&r->jobs));
    TRY(slt_jobs_checkpoint(&r->jobs, true));
    TRY(slt_jobs_run(&r->jobs));
    const struct err *failure = slt_jobs_failure(&r->jobs);
    if (b->error || failure) {
        expect_job_error(r, b, failure);
        if (!b->error) slt_edit_drop_expected(&r->outcome->edits, b);
        return NULL;
    }
    struct written w;
    TRY(find_written(r, b->name, &w));
    if (b->changelog)
        expect_changelog(r, b, &w);
    else
        expect_content(r, b, &w);
    return NULL;
}
