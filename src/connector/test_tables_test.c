#include "connector/test/test.h"
#include "connector/fixture_test.h"
#include "connector/harness.h"
#include "test.h"

/* A store with one table t(a INT, b STRING), with or without primary key a. */
struct world {
    struct fixture f;
    struct test_store *store;
    struct harness harness;
    struct test_table *table;
    uint32_t key[1];
};

static void begin(struct world *w, bool keyed, const char *const *pairs)
{
    memset(w, 0, sizeof *w);
    fixture_init(&w->f, env_system(), "`a` INT, `b` STRING", pairs);
    w->store = test_store_new();
    w->harness.store = w->store;
    w->f.params.harness = &w->harness;
    w->f.params.primary_key = w->key;
    w->f.params.primary_key_count = keyed;
    CHECK(fixture_resolve(&w->f));
    CHECK(fixture_good(
        test_store_declare(w->store, SLICE("t"), w->f.params.schema, w->key, keyed, &w->table)));
}

static void end(struct world *w)
{
    test_store_free(w->store);
    fixture_free(&w->f);
}

static void feed(struct world *w, uint32_t split, enum row_kind kind, int32_t a, const char *b)
{
    struct value row[2] = {{.i64 = a}, {.text = slice_of(b)}};
    test_table_feed(w->table, split, kind, row);
}

static void release(struct world *w)
{
    test_store_release(w->store, test_store_fed(w->store));
}

static struct source *open_source(struct world *w, uint32_t subtask, uint32_t parallelism)
{
    struct source *s = NULL;
    w->f.params.subtask = subtask;
    w->f.params.parallelism = parallelism;
    CHECK(fixture_good(w->f.def->source_open(&w->f.params, &s)));
    return s;
}

/* "1x 2y" of the next batch; marks as "@5" after their row, idle as "@-". */
static const char *next(struct world *w, struct source *s, enum source_status *status)
{
    static char out[512];
    size_t n = 0;
    struct batch *b = batch_new(w->f.params.schema, 100);
    CHECK(fixture_good(w->f.def->poll(s, b, status)));
    uint32_t mark = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i <= b->rows; i++) {
        for (; mark < b->mark_count && b->marks[mark].rows == i; mark++)
            n += (size_t)(b->marks[mark].watermark_ms == WATERMARK_IDLE
                              ? snprintf(out + n, sizeof out - n, "@- ")
                              : snprintf(out + n, sizeof out - n, "@%lld ",
                                    (long long)b->marks[mark].watermark_ms));
        if (i == b->rows) break;
        struct slice text = str_slice(&((struct str *)b->columns[1]->data)[i]);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%d%.*s ",
            batch_kind(b, i) == ROW_INSERT ? "" : row_kind_text(batch_kind(b, i)),
            ((int32_t *)b->columns[0]->data)[i], (int)text.n, text.p);
    }
    batch_free(b);
    return out;
}

static const char *const plain[] = {"connector", "test", NULL};
static const char *const two_splits[] = {
    "connector", "test", "splits", "2", "changelog-mode", "I,UB,UA,D", NULL};

static void rows_are_handed_out_only_when_released(void)
{
    struct world w;
    enum source_status status;
    begin(&w, false, plain);
    struct source *s = open_source(&w, 0, 1);
    feed(&w, 0, ROW_INSERT, 1, "x");
    CHECK(strcmp(next(&w, s, &status), "") == 0 && status == SOURCE_EMPTY);
    release(&w);
    feed(&w, 0, ROW_INSERT, 2, "y");
    CHECK(strcmp(next(&w, s, &status), "1x ") == 0 && status == SOURCE_ROWS);
    CHECK(strcmp(next(&w, s, &status), "") == 0 && status == SOURCE_EMPTY);
    test_table_end(w.table);
    release(&w);
    CHECK(strcmp(next(&w, s, &status), "2y ") == 0);
    CHECK(strcmp(next(&w, s, &status), "") == 0 && status == SOURCE_END);
    w.f.def->source_close(s);
    end(&w);
}

static void splits_are_interleaved_in_the_order_they_were_fed(void)
{
    struct world w;
    enum source_status status;
    begin(&w, false, two_splits);
    CHECK(w.f.def->watermark_push_down(&w.f.params));
    CHECK(w.f.def->source_kinds(&w.f.params) == ROW_KINDS_ALL);
    struct source *s = open_source(&w, 0, 1);
    feed(&w, 0, ROW_INSERT, 1, "x");
    feed(&w, 1, ROW_UPDATE_AFTER, 2, "y");
    test_table_watermark(w.table, 1, 5);
    feed(&w, 0, ROW_DELETE, 3, "z");
    test_table_idle(w.table, 0);
    release(&w);
    CHECK(strcmp(next(&w, s, &status), "1x ") == 0 && s->split == 0);
    CHECK(strcmp(next(&w, s, &status), "+U2y ") == 0 && s->split == 1);
    CHECK(strcmp(next(&w, s, &status), "@5 ") == 0 && s->split == 1);
    CHECK(strcmp(next(&w, s, &status), "-D3z ") == 0 && s->split == 0);
    CHECK(strcmp(next(&w, s, &status), "@- ") == 0 && s->split == 0);
    w.f.def->source_close(s);
    end(&w);
}

static uint64_t kept_position;
static char kept_split[16];
static void keep(void *context, struct slice split, struct slice position)
{
    (void)context;
    memcpy(kept_split, split.p, split.n);
    memcpy(&kept_position, position.p, sizeof kept_position);
}

static void a_restored_source_replays_from_its_position(void)
{
    struct world w;
    enum source_status status;
    begin(&w, false, plain);
    struct source *s = open_source(&w, 0, 1);
    feed(&w, 0, ROW_INSERT, 1, "x");
    test_table_watermark(w.table, 0, 9);
    release(&w);
    next(&w, s, &status);
    CHECK(fixture_good(w.f.def->source_snapshot(s, keep, NULL)));
    feed(&w, 0, ROW_INSERT, 2, "y");
    release(&w);
    next(&w, s, &status);
    w.f.def->source_close(s);
    s = open_source(&w, 0, 1);
    CHECK(fixture_good(w.f.def->source_restore(
        s, (struct slice){kept_split, 4}, (struct slice){(char *)&kept_position, 8})));
    CHECK(strcmp(next(&w, s, &status), "@9 ") == 0);
    CHECK(strcmp(next(&w, s, &status), "2y ") == 0);
    w.f.def->source_close(s);
    end(&w);
}

static void a_query_ends_with_what_was_fed(void)
{
    struct world w;
    enum source_status status;
    begin(&w, false, plain);
    feed(&w, 0, ROW_INSERT, 1, "x");
    release(&w);
    w.harness.sources_end = true;
    CHECK(w.f.def->bounded(&w.f.params));
    struct source *s = open_source(&w, 0, 1);
    CHECK(strcmp(next(&w, s, &status), "1x ") == 0);
    CHECK(strcmp(next(&w, s, &status), "") == 0 && status == SOURCE_END);
    w.f.def->source_close(s);
    end(&w);
}

/* ---- sinks */

static struct sink *open_sink(struct world *w)
{
    struct sink *s = NULL;
    CHECK(fixture_good(w->f.def->sink_open(&w->f.params, &s)));
    return s;
}

static void put(struct world *w, struct sink *s, enum row_kind kind, int32_t a, const char *b)
{
    struct batch *batch = batch_new(w->f.params.schema, 1);
    struct value row[2] = {{.i64 = a}, {.text = slice_of(b)}};
    for (uint32_t i = 0; i < 2; i++) column_set_value(batch->columns[i], 0, &row[i], batch->arena);
    batch_set_kind(batch, 0, kind);
    batch->rows = 1;
    CHECK(fixture_good(w->f.def->write(s, batch)));
    batch_free(batch);
}

static size_t content_size(struct world *w)
{
    struct test_rows rows = {0};
    CHECK(fixture_good(test_table_content(w->table, w->f.arena, &rows)));
    return rows.count;
}

static void content_folds_a_changelog(void)
{
    struct world w;
    begin(&w, false, plain);
    struct sink *s = open_sink(&w);
    put(&w, s, ROW_INSERT, 1, "x");
    put(&w, s, ROW_INSERT, 1, "x");
    put(&w, s, ROW_UPDATE_BEFORE, 1, "x");
    put(&w, s, ROW_UPDATE_AFTER, 2, "y");
    CHECK(content_size(&w) == 2);
    put(&w, s, ROW_DELETE, 3, "z");
    struct test_rows rows;
    CHECK(fixture_fails(test_table_content(w.table, w.f.arena, &rows), "not there"));
    test_table_received(w.table, w.f.arena, &rows);
    CHECK(rows.count == 5 && rows.rows[3].kind == ROW_UPDATE_AFTER);
    w.f.def->sink_close(s);
    end(&w);
    begin(&w, true, plain);
    CHECK(w.f.def->sink_kinds(&w.f.params) == ROW_KINDS_UPSERT);
    s = open_sink(&w);
    put(&w, s, ROW_INSERT, 1, "x");
    put(&w, s, ROW_UPDATE_AFTER, 1, "y");
    put(&w, s, ROW_INSERT, 2, "z");
    put(&w, s, ROW_DELETE, 2, "other");
    put(&w, s, ROW_DELETE, 7, "unknown");
    CHECK(content_size(&w) == 1);
    w.f.def->sink_close(s);
    end(&w);
}

static void a_restart_takes_back_what_no_checkpoint_holds(void)
{
    struct world w;
    struct buf state;
    buf_init(&state, 1024);
    begin(&w, false, plain);
    struct sink *s = open_sink(&w);
    put(&w, s, ROW_INSERT, 1, "x");
    CHECK(fixture_good(w.f.def->sink_snapshot(s, &state)));
    put(&w, s, ROW_INSERT, 2, "y");
    CHECK(content_size(&w) == 2);
    for (int i = 0; i < 2; i++) { /* also when the second run is killed before a checkpoint */
        test_store_restart(w.store);
        w.f.def->sink_close(s);
        s = open_sink(&w);
        CHECK(fixture_good(w.f.def->sink_restore(s, buf_slice(&state))));
        CHECK(content_size(&w) == 1);
        put(&w, s, ROW_INSERT, 2, "y");
        CHECK(content_size(&w) == 2);
    }
    buf_clear(&state);
    CHECK(fixture_good(w.f.def->sink_snapshot(s, &state)));
    test_store_restart(w.store);
    w.f.def->sink_close(s);
    s = open_sink(&w);
    CHECK(content_size(&w) == 0);
    CHECK(fixture_good(w.f.def->sink_restore(s, buf_slice(&state))));
    CHECK(content_size(&w) == 2);
    CHECK(fixture_good(w.f.def->finish(s)));
    CHECK(fixture_good(w.f.def->sink_checkpoint_complete(s, UINT64_MAX)));
    w.f.def->sink_close(s);
    test_store_restart(w.store); /* of another job */
    CHECK(content_size(&w) == 2);
    buf_free(&state);
    end(&w);
}

static void names_of_plans_mean_the_same_table(void)
{
    struct world w;
    begin(&w, false, plain);
    CHECK(test_store_find(w.store, SLICE("default_catalog, default_database, t")) == w.table);
    CHECK(test_store_find(w.store, SLICE("default_catalog.default_database.t")) == w.table);
    CHECK(test_store_find(w.store, SLICE("tt")) == NULL);
    test_store_control_watermark(w.store, SLICE("t"));
    w.f.params.table_name = "default_catalog, default_database, t";
    CHECK(w.f.def->watermark_push_down(&w.f.params));
    end(&w);
}

int main(void)
{
    TEST_RUN(rows_are_handed_out_only_when_released);
    TEST_RUN(splits_are_interleaved_in_the_order_they_were_fed);
    TEST_RUN(a_restored_source_replays_from_its_position);
    TEST_RUN(a_query_ends_with_what_was_fed);
    TEST_RUN(content_folds_a_changelog);
    TEST_RUN(a_restart_takes_back_what_no_checkpoint_holds);
    TEST_RUN(names_of_plans_mean_the_same_table);
    return TEST_END();
}
