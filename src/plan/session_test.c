/* Claims about sessions and plans that SQL tests cannot make: lifetimes, identities, sharing,
 * limits. */
#include "plan/session.h"

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "base/mem.h"
#include "phys/phys.h"
#include "sql/parse.h"
#include "test.h"

struct fixture {
    struct config *config;
    struct session *session;
    struct session_result result; /* of the last statement that succeeded */
    struct err *err;              /* of the first that did not */
    char *script;
    struct arena *arena;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){.config = config_new(), .arena = arena_new(4096)};
    f->session = session_new(
        &(struct session_params){.env = env_system(), .config = f->config, .test_mode = true});
}

static void teardown(struct fixture *f)
{
    session_result_free(&f->result);
    session_free(f->session);
    config_free(f->config);
    err_free(f->err);
    arena_free(f->arena);
    mem_free(f->script);
}

/* Executes every statement and keeps the last result. The script and its trees are gone
 * afterwards: nothing may borrow from them. */
static bool run(struct fixture *f, const char *script)
{
    mem_free(f->script);
    err_free(f->err);
    f->script = mem_strdup(script);
    struct slice text = slice_of(f->script);
    struct parse_cursor cursor;
    struct arena *trees = arena_new(4096);
    f->err = parse_open(&cursor, text);
    while (!f->err) {
        struct ast_statement *statement;
        f->err = parse_next(&cursor, trees, &statement);
        if (f->err || !statement) break;
        session_result_free(&f->result);
        f->err = session_execute(f->session, text, statement, &f->result);
    }
    arena_free(trees);
    memset(f->script, '?', text.n);
    return f->err == NULL;
}

static bool fails(struct fixture *f, const char *script, enum err_code code)
{
    return !run(f, script) && err_code(f->err) == code;
}

#define TABLES                                                                     \
    "CREATE TABLE t (a INT, b BIGINT, c STRING, ts TIMESTAMP(3), d AS a + 1, "     \
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'test');\n" \
    "CREATE TABLE s (a INT, n BIGINT) WITH ('connector' = 'test');\n"              \
    "CREATE VIEW v AS SELECT a, UPPER(c) AS u, ts FROM t WHERE a > 1 AND c <> 'xyz';\n"

static const struct phys_node *find_node(const struct phys_graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->node_count; i++)
        if (strcmp(g->nodes[i].op->name, name) == 0) return &g->nodes[i];
    return NULL;
}

static uint32_t count_nodes(const struct phys_graph *g, const char *name)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->node_count; i++) n += strcmp(g->nodes[i].op->name, name) == 0;
    return n;
}

static void encode(const struct phys_graph *g, struct buf *out)
{
    buf_init(out, 1 << 20);
    phys_encode(g, out);
}

static void graph_outlives_script_and_session(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "INSERT INTO s SELECT a, COUNT(DISTINCT u) FROM v WHERE u LIKE '%long "
                         "literal text%' GROUP BY a"));
    const struct phys_graph *g = f.result.graph;
    struct buf before, after;
    encode(g, &before);
    struct session_result result = f.result;
    f.result = (struct session_result){0};
    session_free(f.session);
    f.session = NULL;
    encode(g, &after);
    CHECK(slice_eq(buf_slice(&before), buf_slice(&after)));
    const struct phys_graph *copy;
    struct err *e = phys_decode(f.arena, buf_slice(&before), &copy);
    CHECK(e == NULL);
    err_free(e);
    buf_free(&before);
    buf_free(&after);
    session_result_free(&result);
    teardown(&f);
}

static void uid_of(const char *script, char *out, size_t size)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, script));
    const struct phys_node *n = f.result.graph ? find_node(f.result.graph, "GroupAggregate") : NULL;
    CHECK(n != NULL);
    snprintf(out, size, "%s", n ? n->uid : "");
    teardown(&f);
}

static void identity_of_state_survives_a_new_column_and_changes_with_the_query(void)
{
    char plain[64], more[64], filtered[64], other_key[64], literal[64];
#define AGGREGATE(columns, query)                                 \
    "CREATE TABLE t (" columns ") WITH ('connector' = 'test');\n" \
    "CREATE TABLE s (a STRING, n BIGINT) WITH ('connector' = 'test');\n" query
    uid_of(AGGREGATE("a STRING, b INT", "INSERT INTO s SELECT a, SUM(CAST(b AS BIGINT)) FROM t "
                                        "GROUP BY a"),
        plain, sizeof plain);
    uid_of(AGGREGATE("z INT, a STRING, y INT, b INT",
               "INSERT INTO s SELECT a, SUM(CAST(b AS BIGINT)) FROM t GROUP BY a"),
        more, sizeof more);
    uid_of(AGGREGATE("a STRING, b INT",
               "INSERT INTO s SELECT a, SUM(CAST(b AS BIGINT)) FROM t WHERE b > 1 GROUP BY a"),
        filtered, sizeof filtered);
    uid_of(AGGREGATE("a STRING, b INT",
               "INSERT INTO s SELECT a, SUM(CAST(b AS BIGINT)) FROM t WHERE b > 2 GROUP BY a"),
        literal, sizeof literal);
    uid_of(AGGREGATE("a STRING, b INT",
               "INSERT INTO s SELECT CAST(b AS STRING), COUNT(*) FROM t GROUP BY b"),
        other_key, sizeof other_key);
    CHECK(strcmp(plain, more) == 0);
    CHECK(strcmp(plain, filtered) != 0);
    CHECK(strcmp(filtered, literal) != 0);
    CHECK(strcmp(plain, other_key) != 0);
}

static void statement_set_reads_a_source_once(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "EXECUTE STATEMENT SET BEGIN\n"
                         "INSERT INTO s SELECT a, b FROM t WHERE c = 'x';\n"
                         "INSERT INTO s SELECT a, COUNT(*) FROM v GROUP BY a;\n"
                         "INSERT INTO s SELECT d, b FROM t; END"));
    CHECK(count_nodes(f.result.graph, "TableSourceScan") == 1);
    CHECK(count_nodes(f.result.graph, "WatermarkAssigner") == 1);
    CHECK(count_nodes(f.result.graph, "Sink") == 3);
    teardown(&f);
}

static void begun_set_is_one_job_and_lives_without_its_script(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "BEGIN STATEMENT SET"));
    CHECK(session_in_statement_set(f.session));
    CHECK(run(&f, "INSERT INTO s SELECT a, b FROM t WHERE c = 'first'"));
    CHECK(fails(&f, "INSERT INTO s SELECT nope, b FROM t", ERR_UNDEFINED_COLUMN));
    CHECK(fails(&f, "SELECT 1", ERR_SYNTAX));
    CHECK(run(&f, "INSERT INTO s SELECT a, COUNT(*) FROM t WHERE c = 'second' GROUP BY a"));
    CHECK(run(&f, "END"));
    CHECK(!session_in_statement_set(f.session));
    CHECK(f.result.effect == SESSION_JOB);
    CHECK(f.result.graph && count_nodes(f.result.graph, "Sink") == 2);
    CHECK(fails(&f, "END", ERR_SYNTAX));
    teardown(&f);
}

static void update_before_is_made_only_for_those_who_need_it(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "CREATE TABLE k (a INT, n BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH "
                         "('connector' = 'test');\n"
                         "INSERT INTO k SELECT a, COUNT(*) FROM t GROUP BY a"));
    row_kinds upsert = (row_kinds)(1 << ROW_INSERT | 1 << ROW_UPDATE_AFTER);
    CHECK(find_node(f.result.graph, "GroupAggregate")->kinds == upsert);
    CHECK(run(&f, "INSERT INTO s SELECT a, COUNT(*) FROM t GROUP BY a"));
    row_kinds retract = (row_kinds)(upsert | 1 << ROW_UPDATE_BEFORE);
    CHECK(find_node(f.result.graph, "GroupAggregate")->kinds == retract);
    teardown(&f);
}

static void error_in_a_view_points_at_its_reference(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "DROP TABLE t"));
    CHECK(fails(&f, "\n\n  SELECT a FROM v", ERR_UNDEFINED_TABLE));
    CHECK(err_pos(f.err).line == 3 && err_pos(f.err).column == 17);
    teardown(&f);
}

static void failed_statement_changes_nothing(void)
{
    struct fixture f;
    setup(&f);
    CHECK(fails(
        &f, "CREATE TABLE x (a INT, b AS nope) WITH ('connector' = 'test')", ERR_UNDEFINED_COLUMN));
    CHECK(fails(&f, "SELECT * FROM x", ERR_UNDEFINED_TABLE));
    CHECK(fails(&f, "SET 'execution.runtime-mode' = 'batch'", ERR_UNSUPPORTED));
    CHECK(slice_eq(config_string(f.config, "execution.runtime-mode"), SLICE("streaming")));
    teardown(&f);
}

/* 30 views, each twice the one below: a thousand million scans if they were expanded. */
static void views_that_double_are_refused_in_time(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, "CREATE TABLE v0 (a INT) WITH ('connector' = 'test')"));
    char text[128];
    bool refused = false;
    for (int i = 1; i <= 30 && !refused; i++) {
        snprintf(text, sizeof text,
            "CREATE VIEW v%d AS SELECT a + a AS a FROM v%d UNION ALL SELECT a FROM v%d", i, i - 1,
            i - 1);
        refused = fails(&f, text, ERR_LIMIT_EXCEEDED);
        CHECK(refused || f.err == NULL);
    }
    CHECK(refused);
    teardown(&f);
}

/* The same with WITH, which shares its queries: the plan stays small. */
static void queries_of_with_are_shared(void)
{
    struct fixture f;
    setup(&f);
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_add_cstr(&text, "CREATE TABLE w0 (a INT) WITH ('connector' = 'test'); WITH ");
    for (int i = 1; i <= 24; i++)
        buf_printf(&text,
            "%sw%d AS (SELECT a + a AS a FROM w%d UNION ALL SELECT a FROM w%d WHERE a "
            "> %d)",
            i > 1 ? ", " : "", i, i - 1, i - 1, i);
    buf_add_cstr(&text, " SELECT a FROM w24");
    CHECK(run(&f, buf_cstr(&text)));
    CHECK(f.result.graph && f.result.graph->node_count < 2000);
    CHECK(f.result.graph && count_nodes(f.result.graph, "TableSourceScan") == 1);
    buf_free(&text);
    teardown(&f);
}

/* Each level doubles the expression: merging must stop before it is as large as a city. */
static void expressions_that_double_are_not_merged_for_ever(void)
{
    struct fixture f;
    setup(&f);
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_add_cstr(&text, "CREATE TABLE t (a INT) WITH ('connector' = 'test'); SELECT a FROM ");
    for (int i = 0; i < 60; i++) buf_add_cstr(&text, "(SELECT a + a AS a FROM ");
    buf_add_cstr(&text, "t");
    for (int i = 0; i < 60; i++) buf_add_cstr(&text, ")");
    CHECK(run(&f, buf_cstr(&text)));
    CHECK(f.result.graph && f.result.graph->node_count > 3);
    buf_free(&text);
    teardown(&f);
}

static void results_of_select_say_their_columns_and_keys(void)
{
    struct fixture f;
    setup(&f);
    CHECK(run(&f, TABLES "SELECT a, a AS x, COUNT(*) AS a FROM t GROUP BY a"));
    CHECK(f.result.effect == SESSION_QUERY);
    CHECK(f.result.columns && f.result.columns->count == 3);
    CHECK(f.result.columns && slice_eq(f.result.columns->fields[2].name, SLICE("a0")));
    CHECK(f.result.result_key_count == 1 && f.result.result_keys[0] == 0);
    CHECK(!f.result.bounded);
    CHECK(f.result.graph && f.result.graph->result_node >= 0);
    CHECK(run(&f, "VALUES (1)"));
    CHECK(f.result.bounded);
    teardown(&f);
}

int main(void)
{
    TEST_RUN(graph_outlives_script_and_session);
    TEST_RUN(identity_of_state_survives_a_new_column_and_changes_with_the_query);
    TEST_RUN(statement_set_reads_a_source_once);
    TEST_RUN(begun_set_is_one_job_and_lives_without_its_script);
    TEST_RUN(update_before_is_made_only_for_those_who_need_it);
    TEST_RUN(error_in_a_view_points_at_its_reference);
    TEST_RUN(failed_statement_changes_nothing);
    TEST_RUN(views_that_double_are_refused_in_time);
    TEST_RUN(queries_of_with_are_shared);
    TEST_RUN(expressions_that_double_are_not_merged_for_ever);
    TEST_RUN(results_of_select_say_their_columns_and_keys);
    return TEST_END();
}
