/* Every operator's parameters: to JSON and back, and as EXPLAIN shows them. */
#include "base/arena.h"
#include "base/json.h"
#include "op/calc/calc.h"
#include "op/group_agg/group_agg.h"
#include "op/harness.h"
#include "op/limit/limit.h"
#include "op/local_group_agg/local_group_agg.h"
#include "op/local_window_agg/local_window_agg.h"
#include "op/sink/sink.h"
#include "op/source/source.h"
#include "op/union/union.h"
#include "op/values/values.h"
#include "op/watermark/watermark.h"
#include "op/window_agg/window_agg.h"
#include "op/window_table/window_table.h"
#include "test.h"

static struct arena *arena;
static const struct schema *input;
static const struct type *integer, *bigint, *timestamp;
static struct agg_spec aggs[2];
static const uint32_t column_0[] = {0}, column_1[] = {1};
static const struct window_spec hop = {.kind = WINDOW_HOP,
    .size_ms = 60000,
    .slide_ms = 10000,
    .offset_ms = 1500,
    .time_column = 2,
    .start_column = -1,
    .end_column = -1};

static const char *encode(const struct op_def *def, const void *params)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    def->encode(params, &out);
    const char *text = slice_to_cstr(arena, buf_slice(&out));
    buf_free(&out);
    return text;
}

static struct err *decode(
    const struct op_def *def, const char *text, const struct schema *output, void *params)
{
    bool has_input = def != &source_op && def != &values_op;
    uint32_t inputs = !has_input ? 0 : def == &union_op ? 2 : 1;
    const struct schema *schemas[] = {input, input};
    struct json_reader r;
    json_init(&r, slice_of(text), arena);
    TRY(def->decode(arena, &r, schemas, inputs, output, params));
    return json_expect(&r, JSON_END);
}

static void check(
    const struct op_def *def, const void *params, const char *output_text, const char *explained)
{
    const struct schema *output = output_text ? harness_schema(arena, output_text) : NULL;
    const char *text = encode(def, params);
    void *again = arena_alloc(arena, def->params_size_bytes);
    struct err *e = decode(def, text, output, again);
    if (e) err_print(e, stdout);
    CHECK(!e);
    if (e) return;
    CHECK(strcmp(encode(def, again), text) == 0);
    const struct schema *schemas[] = {input, input};
    struct buf out;
    buf_init(&out, 1 << 20);
    def->explain(again, schemas, output, &out);
    if (strcmp(buf_cstr(&out), explained) != 0) printf("# %s\n# %s\n", explained, buf_cstr(&out));
    CHECK(strcmp(buf_cstr(&out), explained) == 0);
    buf_free(&out);
    /* Cut anywhere, it is an error and no more than that. */
    for (size_t n = 0; n < strlen(text); n++) {
        e = decode(def, slice_to_cstr(arena, (struct slice){text, n}), output, again);
        CHECK(e);
        err_free(e);
    }
}

static void scans_and_sinks(void)
{
    static const uint32_t columns[] = {1, 0};
    static const struct option pairs[] = {{{"connector", 9}, {"test", 4}, {0}}};
    struct source_watermark w = {.expr = expr_column(arena, 2, timestamp),
        .on_event = true,
        .on_event_gap = 1,
        .idle_timeout_ms = 5};
    struct source_params source = {
        .table = {.connector = "test", .options = {pairs, 1}, .name = "c, d, t", .schema = input},
        .columns = columns,
        .column_count = 2,
        .bounded = true};
    check(&source_op, &source, "v INT, k STRING", "table=[[c, d, t]], fields=[v, k]");
    source.watermark = &w;
    check(&source_op, &source, "k STRING, v INT, ts TIMESTAMP(3)",
        "table=[[c, d, t, watermark=[ts], watermarkEmitStrategy=[on-event]]], fields=[k, v, ts]");
    w.max_future_ms = 60000;
    w.event_time = expr_column(arena, 2, timestamp);
    check(&source_op, &source, "k STRING, v INT, ts TIMESTAMP(3)",
        "table=[[c, d, t, watermark=[ts], watermarkEmitStrategy=[on-event], maxFuture=[60000 "
        "ms]]], "
        "fields=[k, v, ts]");
    struct sink_params sink = {.table = {.connector = "test",
                                   .options = {pairs, 1},
                                   .name = "c.d.t",
                                   .schema = input,
                                   .primary_key = column_0,
                                   .primary_key_count = 1},
        .not_null = SINK_NOT_NULL_DROP};
    check(&sink_op, &sink, NULL, "table=[c.d.t], fields=[k, v, ts]");
    struct value row[] = {{.i64 = 1}, {.null = true}}, second[] = {{.i64 = 2}, {.text = {"x", 1}}};
    const struct value *rows[] = {row, second};
    struct values_params values = {harness_schema(arena, "a INT, b STRING"), rows, 2};
    check(&values_op, &values, "a INT, b STRING", "tuples=[[{ 1, NULL }, { 2, x }]]");
}

static void row_by_row_operators(void)
{
    const struct expr *projections[] = {
        expr_column(arena, 1, integer), expr_column(arena, 0, type_string())};
    struct calc_params calc = {projections, 2, NULL};
    check(&calc_op, &calc, "v INT, key STRING", "select=[v, k AS key]");
    struct watermark_params w = {2, expr_column(arena, 2, timestamp), 200, 0, 0};
    check(&watermark_op, &w, "k STRING, v INT, ts TIMESTAMP(3)", "rowtime=[ts], watermark=[ts]");
    w.max_future_ms = 60000;
    check(&watermark_op, &w, "k STRING, v INT, ts TIMESTAMP(3)",
        "rowtime=[ts], watermark=[ts], maxFuture=[60000 ms]");
    struct union_params all = {2};
    check(&union_op, &all, "k STRING, v INT, ts TIMESTAMP(3)", "all=[true], union=[k, v, ts]");
    struct limit_params limit = {.offset = 1, .count = 5};
    check(&limit_op, &limit, "k STRING, v INT, ts TIMESTAMP(3)", "offset=[1], fetch=[5]");
    struct window_table_params table = {hop};
    check(&window_table_op, &table,
        "k STRING, v INT, ts TIMESTAMP(3), s TIMESTAMP(3), e TIMESTAMP(3), t TIMESTAMP(3)",
        "window=[HOP(time_col=[ts], size=[1 min], slide=[10 s], offset=[1500 ms])]");
}

static void aggregates(void)
{
    struct group_agg_params group = {.keys = column_0,
        .key_count = 1,
        .aggs = aggs,
        .agg_count = 2,
        .retract = true,
        .generate_update_before = true,
        .state_ttl_ms = 7};
    check(&group_agg_op, &group, "k STRING, n BIGINT, s INT",
        "groupBy=[k], select=[k, COUNT_RETRACT(*) AS n, SUM_RETRACT(DISTINCT v) AS s]");
    struct local_group_agg_params local = {
        .keys = column_0, .key_count = 1, .aggs = aggs, .agg_count = 1, .retract = true};
    check(&local_group_agg_op, &local, "k STRING, $acc BYTES NOT NULL",
        "groupBy=[k], select=[k, COUNT_RETRACT(*)]");
    static const enum window_property properties[] = {WINDOW_START, WINDOW_ROWTIME};
    struct window_agg_params window = {.window = hop,
        .keys = column_0,
        .key_count = 1,
        .aggs = aggs,
        .agg_count = 2,
        .properties = properties,
        .property_count = 2,
        .retract = true};
    check(&window_agg_op, &window, "k STRING, n BIGINT, s INT, w TIMESTAMP(3), t TIMESTAMP(3)",
        "groupBy=[k], window=[HOP(time_col=[ts], size=[1 min], slide=[10 s], offset=[1500 ms])], "
        "select=[k, COUNT_RETRACT(*) AS n, SUM_RETRACT(DISTINCT v) AS s, start('w$) AS w, "
        "rowtime('w$) AS t]");
    struct local_window_agg_params slices = {
        .window = hop, .keys = column_0, .key_count = 1, .aggs = aggs, .agg_count = 1};
    check(&local_window_agg_op, &slices,
        "k STRING, $slice_end BIGINT NOT NULL, $acc BYTES NOT NULL",
        "groupBy=[k], window=[HOP(time_col=[ts], size=[1 min], slide=[10 s], offset=[1500 ms])], "
        "select=[k, COUNT_RETRACT(*), slice_end('w$) AS $slice_end]");
}

static void every_operator_is_found_by_its_name(void)
{
    size_t count;
    const struct op_def *const *all = op_all(&count);
    CHECK(count >= 12);
    for (size_t i = 0; i < count; i++) CHECK(op_find(slice_of(all[i]->name)) == all[i]);
    CHECK(op_find(SLICE("Nonsense")) == NULL);
}

int main(void)
{
    arena = arena_new(1 << 16);
    input = harness_schema(arena, "k STRING, v INT, ts TIMESTAMP(3)");
    integer = type_simple(TYPE_INTEGER);
    bigint = type_simple(TYPE_BIGINT);
    timestamp = input->fields[2].type;
    aggs[0] = (struct agg_spec){
        .call = {.def = agg_find(SLICE("COUNT")), .result = bigint, .retract = true},
        .filter_column = -1};
    aggs[1] = (struct agg_spec){.call = {.def = agg_find(SLICE("SUM")),
                                    .result = integer,
                                    .arg_types = &integer,
                                    .arg_count = 1,
                                    .retract = true},
        .args = column_1,
        .filter_column = -1,
        .distinct = true};
    TEST_RUN(scans_and_sinks);
    TEST_RUN(row_by_row_operators);
    TEST_RUN(aggregates);
    TEST_RUN(every_operator_is_found_by_its_name);
    arena_free(arena);
    return TEST_END();
}
