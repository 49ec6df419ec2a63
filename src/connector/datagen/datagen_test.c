#include "base/num.h"
#include "connector/fixture_test.h"
#include "test.h"

static const struct env_def clock_def = {.now_ms = fixture_now_ms, .mono_ns = fixture_mono_ns};

struct kept {
    char split[8][16];
    uint64_t position[8];
    uint32_t count;
};

static void keep(void *context, struct slice split, struct slice position)
{
    struct kept *k = context;
    memcpy(k->split[k->count], split.p, split.n);
    memcpy(&k->position[k->count++], position.p, sizeof(uint64_t));
}

static struct source *open_one(struct fixture *f, uint32_t subtask, uint32_t parallelism)
{
    struct source *s = NULL;
    f->params.subtask = subtask;
    f->params.parallelism = parallelism;
    CHECK(fixture_good(f->def->source_open(&f->params, &s)));
    return s;
}

/* Reads to the end; returns the sum of the first column and adds the rows to *rows. */
static uint64_t drain(struct fixture *f, struct source *s, uint64_t *rows)
{
    uint64_t sum = 0;
    struct batch *b = batch_new(f->params.schema, 64);
    enum source_status status = SOURCE_ROWS;
    for (int i = 0; i < 100000 && status != SOURCE_END; i++) {
        batch_clear(b);
        CHECK(fixture_good(f->def->poll(s, b, &status)));
        if (status == SOURCE_EMPTY)
            ((struct fixture_env *)f->params.env)->ns = s->wake_ms * 1000000;
        for (uint32_t k = 0; k < b->rows; k++) sum += ((uint64_t *)b->columns[0]->data)[k];
        *rows += b->rows;
    }
    CHECK(status == SOURCE_END);
    batch_free(b);
    return sum;
}

static void a_sequence_gives_every_number_once_for_any_parallelism(void)
{
    for (uint32_t parallelism = 1; parallelism <= 3; parallelism++) {
        struct fixture_env env = {.base = {&clock_def}};
        struct fixture f;
        fixture_init(&f, &env.base, "`a` BIGINT",
            (const char *[]){"connector", "datagen", "fields.a.kind", "sequence", "fields.a.start",
                "1", "fields.a.end", "1000", "rows-per-second", "100000", NULL});
        CHECK(fixture_resolve(&f));
        uint64_t sum = 0;
        uint64_t rows = 0;
        for (uint32_t i = 0; i < parallelism; i++) {
            struct source *s = open_one(&f, i, parallelism);
            sum += drain(&f, s, &rows);
            f.def->source_close(s);
        }
        CHECK(rows == 1000 && sum == 500500);
        CHECK(f.def->bounded(&f.params));
        fixture_free(&f);
    }
}

static void a_restored_source_continues_with_the_same_rows(void)
{
    struct fixture_env env = {.base = {&clock_def}};
    struct fixture f;
    fixture_init(&f, &env.base, "`a` BIGINT",
        (const char *[]){"connector", "datagen", "number-of-rows", "1000", "rows-per-second",
            "1000000", "fields.a.seed", "5", NULL});
    CHECK(fixture_resolve(&f));
    uint64_t rows = 0, before = 0;
    struct source *s = open_one(&f, 0, 2), *other = open_one(&f, 1, 2);
    uint64_t whole = drain(&f, s, &rows) + drain(&f, other, &rows);
    f.def->source_close(s);
    f.def->source_close(other);
    /* One of two subtasks stops early; a single one takes both splits over. */
    s = open_one(&f, 0, 2);
    other = open_one(&f, 1, 2);
    struct batch *b = batch_new(f.params.schema, 33);
    enum source_status status;
    env.ns += 1000000;
    CHECK(fixture_good(f.def->poll(s, b, &status)) && status == SOURCE_ROWS);
    uint64_t sum = 0;
    for (uint32_t k = 0; k < b->rows; k++) sum += ((uint64_t *)b->columns[0]->data)[k];
    before = b->rows;
    struct kept kept = {.count = 0};
    CHECK(fixture_good(f.def->source_snapshot(s, keep, &kept)));
    CHECK(fixture_good(f.def->source_snapshot(other, keep, &kept)));
    f.def->source_close(s);
    f.def->source_close(other);
    s = open_one(&f, 0, 1);
    for (uint32_t i = 0; i < kept.count; i++)
        CHECK(fixture_good(f.def->source_restore(
            s, (struct slice){kept.split[i], 8}, (struct slice){(char *)&kept.position[i], 8})));
    rows = 0;
    sum += drain(&f, s, &rows);
    CHECK(before > 0 && rows + before == 1000 && sum == whole);
    f.def->source_close(s);
    batch_free(b);
    fixture_free(&f);
}

static void rows_come_at_the_rate_asked_for(void)
{
    struct fixture_env env = {.base = {&clock_def}};
    struct fixture f;
    fixture_init(&f, &env.base, "`a` BIGINT",
        (const char *[]){"connector", "datagen", "rows-per-second", "100", NULL});
    CHECK(fixture_resolve(&f));
    struct source *s = open_one(&f, 0, 1);
    struct batch *b = batch_new(f.params.schema, 64);
    enum source_status status;
    CHECK(fixture_good(f.def->poll(s, b, &status)) && status == SOURCE_ROWS && b->rows == 1);
    batch_clear(b);
    CHECK(fixture_good(f.def->poll(s, b, &status)) && status == SOURCE_EMPTY);
    CHECK(s->wake_ms >= 10 && s->wake_ms <= 11);
    env.ns = UINT64_C(500) * 1000000;
    CHECK(fixture_good(f.def->poll(s, b, &status)) && b->rows == 50);
    CHECK(!f.def->bounded(&f.params));
    f.def->source_close(s);
    batch_free(b);
    fixture_free(&f);
}

static void values_keep_to_their_options(void)
{
    struct fixture_env env = {.base = {&clock_def}, .ms = 1577934245000, .ns = 0};
    struct fixture f;
    fixture_init(&f, &env.base,
        "`i` INT, `s` STRING, `v` VARCHAR(20), `n` BIGINT, `d` DECIMAL(5, 2), `f` DOUBLE, "
        "`t` TIMESTAMP(3), `l` ARRAY<INT>, `r` ROW<`x` TINYINT, `y` STRING>, `b` BYTES",
        (const char *[]){"connector", "datagen", "fields.i.min", "-5", "fields.i.max", "5",
            "fields.s.length", "7", "fields.v.var-len", "true", "fields.n.null-rate", "1",
            "fields.d.min", "1.5", "fields.d.max", "2.5", "fields.f.min", "0", "fields.f.max", "1",
            "fields.t.max-past", "1 h", "fields.r.x.min", "3", "fields.r.x.max", "4",
            "rows-per-second", "1000000000", NULL});
    CHECK(fixture_resolve(&f));
    struct source *s = open_one(&f, 0, 1);
    struct batch *b = batch_new(f.params.schema, 500);
    enum source_status status;
    env.ns = 1000000;
    CHECK(fixture_good(f.def->poll(s, b, &status)) && b->rows == 500);
    batch_verify(b);
    uint32_t seen = 0;
    for (uint32_t i = 0; i < b->rows; i++) {
        int32_t v = ((int32_t *)b->columns[0]->data)[i];
        CHECK(v >= -5 && v <= 5);
        seen |= 1U << (v + 5);
        CHECK(((struct str *)b->columns[1]->data)[i].size == 7);
        uint32_t size = ((struct str *)b->columns[2]->data)[i].size;
        CHECK(size >= 1 && size <= 20);
        CHECK(!column_is_valid(b->columns[3], i));
        i128 d = ((i128 *)b->columns[4]->data)[i];
        CHECK(d >= 150 && d <= 250);
        double u = ((double *)b->columns[5]->data)[i];
        CHECK(u >= 0 && u < 1);
        int64_t t = ((int64_t *)b->columns[6]->data)[i];
        CHECK(t <= env.ms && t > env.ms - 3600000);
        CHECK(((struct span *)b->columns[7]->data)[i].count == 3);
        int8_t x = ((int8_t *)b->columns[8]->children[0]->data)[i];
        CHECK(x == 3 || x == 4);
        CHECK(((struct str *)b->columns[8]->children[1]->data)[i].size == 100);
        CHECK(((struct str *)b->columns[9]->data)[i].size == 100);
    }
    CHECK(seen == 0x7ff);
    f.def->source_close(s);
    batch_free(b);
    fixture_free(&f);
}

/* max - min of the whole type is more than a signed 128-bit number holds. */
static void decimals_keep_to_the_widest_range(void)
{
    static const char nines[] = "99999999999999999999999999999999999999";
    struct fixture_env env = {.base = {&clock_def}, .ns = 0};
    struct fixture f;
    fixture_init(&f, &env.base, "`d` DECIMAL(38, 0)",
        (const char *[]){"connector", "datagen", "fields.d.min",
            "-99999999999999999999999999999999999999", "fields.d.max", nines, "rows-per-second",
            "1000000000", NULL});
    CHECK(fixture_resolve(&f));
    struct source *s = open_one(&f, 0, 1);
    struct batch *b = batch_new(f.params.schema, 500);
    enum source_status status;
    i128 limit;
    int signs[2] = {0};
    CHECK(num_parse_i128(slice_of(nines), &limit));
    env.ns = 1000000;
    CHECK(fixture_good(f.def->poll(s, b, &status)) && b->rows == 500);
    for (uint32_t i = 0; i < b->rows; i++) {
        i128 d = ((i128 *)b->columns[0]->data)[i];
        CHECK(d >= -limit && d <= limit);
        signs[d < 0]++;
    }
    CHECK(signs[0] > 0 && signs[1] > 0);
    f.def->source_close(s);
    batch_free(b);
    fixture_free(&f);
}

/* A column's own seed counts, not the job's. */
static void a_seed_makes_the_same_values_again(void)
{
    struct fixture_env env = {.base = {&clock_def}};
    uint64_t sums[2], rows = 0;
    for (uint64_t i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, &env.base, "`a` BIGINT",
            (const char *[]){"connector", "datagen", "number-of-rows", "100", "fields.a.seed", "5",
                "rows-per-second", "1000000", NULL});
        f.params.seed = i;
        CHECK(fixture_resolve(&f));
        struct source *s = open_one(&f, 0, 1);
        sums[i] = drain(&f, s, &rows);
        f.def->source_close(s);
        fixture_free(&f);
    }
    CHECK(rows == 200 && sums[0] == sums[1]);
}

static void a_sequence_beyond_bigint_is_refused_by_its_end(void)
{
    struct fixture_env env = {.base = {&clock_def}};
    struct fixture f;
    fixture_init(&f, &env.base, "`a` BIGINT",
        (const char *[]){"connector", "datagen", "fields.a.kind", "sequence", "fields.a.start", "0",
            "fields.a.end", "9223372036854775808", NULL});
    CHECK(fixture_good(connector_resolve(&f.options, false, &f.def)));
    CHECK(fixture_fails(connector_validate(&f.params, f.def), "'fields.a.end' must be a BIGINT"));
    fixture_free(&f);
}

static void wrong_options_are_refused_by_name(void)
{
    struct fixture_env env = {.base = {&clock_def}};
    static const char *const wrong[][3] = {
        {"fields.a.min", "x", "fields.a.min"},
        {"fields.a.kind", "sequence", "without start and end"},
        {"fields.b.min", "1", "no option 'fields.b.min'"},
        {"rows-per-secnd", "1", "no option 'rows-per-secnd'"},
        {"fields.a.max", "3000000000", "no range"},
        {"fields.a.null-rate", "2", "out of range"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fixture f;
        fixture_init(&f, &env.base, "`a` INT",
            (const char *[]){"connector", "datagen", wrong[i][0], wrong[i][1], NULL});
        CHECK(fixture_good(connector_resolve(&f.options, false, &f.def)));
        CHECK(fixture_fails(connector_validate(&f.params, f.def), wrong[i][2]));
        fixture_free(&f);
    }
}

int main(void)
{
    TEST_RUN(a_sequence_gives_every_number_once_for_any_parallelism);
    TEST_RUN(a_restored_source_continues_with_the_same_rows);
    TEST_RUN(rows_come_at_the_rate_asked_for);
    TEST_RUN(values_keep_to_their_options);
    TEST_RUN(decimals_keep_to_the_widest_range);
    TEST_RUN(a_seed_makes_the_same_values_again);
    TEST_RUN(a_sequence_beyond_bigint_is_refused_by_its_end);
    TEST_RUN(wrong_options_are_refused_by_name);
    return TEST_END();
}
