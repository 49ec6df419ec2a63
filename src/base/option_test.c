#include "base/option.h"

#include "base/arena.h"
#include "base/config.h"
#include "test.h"

static bool duration_is(const char *text, int64_t ms)
{
    int64_t got;
    struct err *e = option_parse_duration(slice_of(text), &got);
    if (e) {
        err_free(e);
        return ms == -1;
    }
    return got == ms;
}

static bool size_is(const char *text, int64_t bytes)
{
    int64_t got;
    struct err *e = option_parse_size(slice_of(text), &got);
    if (e) {
        err_free(e);
        return bytes == -1;
    }
    return got == bytes;
}

static bool fails_with(struct err *e, const char *text)
{
    char message[ERR_MESSAGE_MAX * 2] = "";
    if (e) err_format(e, message, sizeof message);
    bool good = e && strstr(message, text) != NULL;
    if (!good) printf("# got: %s\n", message);
    err_free(e);
    return good;
}

static void durations_are_flinks(void)
{
    CHECK(duration_is("10 s", 10000));
    CHECK(duration_is("10s", 10000));
    CHECK(duration_is(" 1 min ", 60000));
    CHECK(duration_is("2 MINUTES", 120000));
    CHECK(duration_is("3 d", 259200000));
    CHECK(duration_is("500", 500));
    CHECK(duration_is("1500 us", -1));
    CHECK(duration_is("1500 \xc2\xb5s", 1));
    CHECK(duration_is("PT10S", 10000));
    CHECK(duration_is("P1DT2H3M4.5S", 93784500));
    CHECK(duration_is("PT", -1));
    CHECK(duration_is("", -1));
    CHECK(duration_is("s", -1));
    CHECK(duration_is("-1 s", -1));
    CHECK(duration_is("99999999999999999999 s", -1));
    CHECK(duration_is("9223372036854775807 d", -1));
}

static void sizes_are_flinks(void)
{
    CHECK(size_is("64 mb", INT64_C(64) << 20));
    CHECK(size_is("128MB", INT64_C(128) << 20));
    CHECK(size_is("1024", 1024));
    CHECK(size_is("1 gibibytes", INT64_C(1) << 30));
    CHECK(size_is("8 x", -1));
    CHECK(size_is("9999999999 tb", -1));
}

static const struct option_def known[] = {
    {"path", OPTION_STRING, NULL, true, NULL, "Where."},
    {"rows", OPTION_INT, "7", false, "0..100", "How many."},
    {"mode", OPTION_ENUM, "SQL", false, "SQL|ISO-8601", "Which."},
    {"fields.#.min", OPTION_STRING, NULL, false, NULL, "Least."},
    {"properties.*", OPTION_STRING, NULL, false, NULL, "Anything."},
    {0},
};
static const struct option_def *const tables[] = {known, NULL};
static const char *const columns[] = {"a", "b"};

static struct err *validate(const struct option *pairs, uint32_t count)
{
    struct options o = {pairs, count};
    return option_validate(&o, tables, columns, 2, "connector 'x'");
}

static void a_key_outside_the_table_is_an_error_that_lists_and_suggests(void)
{
    struct option pairs[] = {
        {SLICE("path"), SLICE("p"), {1, 1, 0, 4}}, {SLICE("row"), SLICE("1"), {2, 3, 9, 4}}};
    struct err *e = validate(pairs, 2);
    CHECK(e && err_pos(e).line == 2 && err_hint_text(e) && strstr(err_hint_text(e), "'rows'"));
    CHECK(fails_with(e, "has no option 'row'"));
    struct option far[] = {{SLICE("path"), SLICE("p"), {1, 1, 0, 4}},
        {SLICE("something.else"), SLICE("1"), {2, 3, 9, 4}}};
    e = validate(far, 2);
    CHECK(e && !err_hint_text(e));
    CHECK(fails_with(e, "path, rows, mode"));
}

static void values_are_checked_against_type_range_and_list(void)
{
    struct option pairs[] = {{SLICE("path"), SLICE("p"), {0}}, {SLICE("rows"), SLICE("101"), {0}}};
    CHECK(fails_with(validate(pairs, 2), "out of range 0..100"));
    pairs[1].value = SLICE("many");
    CHECK(fails_with(validate(pairs, 2), "not a whole number"));
    pairs[1] = (struct option){SLICE("mode"), SLICE("iso-8601"), {0}};
    CHECK(validate(pairs, 2) == NULL);
    pairs[1].value = SLICE("RFC");
    CHECK(fails_with(validate(pairs, 2), "none of SQL|ISO-8601"));
    CHECK(fails_with(validate(pairs + 1, 0), "needs the option 'path'"));
}

static void a_hash_stands_for_a_column_or_a_part_of_it(void)
{
    struct option pairs[] = {
        {SLICE("path"), SLICE("p"), {0}}, {SLICE("fields.b.min"), SLICE("1"), {0}}};
    CHECK(validate(pairs, 2) == NULL);
    pairs[1].key = SLICE("fields.b.inner.min");
    CHECK(validate(pairs, 2) == NULL);
    pairs[1].key = SLICE("fields.c.min");
    CHECK(fails_with(validate(pairs, 2), "no option 'fields.c.min'"));
    pairs[1].key = SLICE("properties.linger.ms");
    CHECK(validate(pairs, 2) == NULL);
}

static void the_last_pair_of_a_key_wins_and_defaults_apply(void)
{
    struct option pairs[] = {{SLICE("rows"), SLICE("1"), {0}}, {SLICE("rows"), SLICE(" 2 "), {0}}};
    struct options o = {pairs, 2}, none = {pairs, 0};
    CHECK(option_int(&o, known, "rows") == 2);
    CHECK(option_int(&none, known, "rows") == 7);
    CHECK(option_string(&none, known, "path").p == NULL);
    CHECK(option_string(&none, known, "fields.a.min").p == NULL);
}

static void every_default_in_the_configuration_table_is_valid(void)
{
    for (const struct option_def *d = config_table(); d->name; d++) {
        CHECK(d->doc && d->doc[0]);
        if (d->default_text) CHECK(option_check(d, slice_of(d->default_text)) == NULL);
        for (const struct option_def *other = d + 1; other->name; other++)
            CHECK(strcmp(d->name, other->name) != 0);
    }
}

static void configuration_keeps_checks_and_resets_keys(void)
{
    struct config *c = config_new();
    bool unknown;
    const char *nearest;
    CHECK(config_duration_ms(c, "pipeline.auto-watermark-interval") == 200);
    CHECK(!config_set(c, SLICE("execution.runtime-mode"), SLICE("BATCH"), &unknown, &nearest));
    CHECK(!unknown && slice_eq(config_string(c, "execution.runtime-mode"), SLICE("batch")));
    CHECK(!config_set(c, SLICE("state.checkpoints.dir"), SLICE("/x"), NULL, NULL));
    CHECK(config_is_set(c, "execution.checkpointing.dir"));
    CHECK(config_is_idle(SLICE("sql-client.verbose")) && !config_is_idle(SLICE("weir.seed")) &&
          !config_is_idle(SLICE("weir.sead")));
    CHECK(!config_set(c, SLICE("paralelism.default"), SLICE("3"), &unknown, &nearest));
    CHECK(unknown && nearest && strcmp(nearest, "parallelism.default") == 0);
    CHECK(
        fails_with(config_set(c, SLICE("weir.batch.rows"), SLICE("5000"), NULL, NULL), "1..4096"));
    struct config *copy = config_copy(c);
    config_reset(c, SLICE("execution.runtime-mode"));
    CHECK(slice_eq(config_string(c, "execution.runtime-mode"), SLICE("streaming")));
    struct arena *a = arena_new(1024);
    struct option *pairs;
    CHECK(config_pairs(copy, a, &pairs) == 3);
    CHECK(slice_eq(pairs[0].key, SLICE("execution.checkpointing.dir")));
    arena_free(a);
    config_free(copy);
    config_free(c);
}

int main(void)
{
    TEST_RUN(durations_are_flinks);
    TEST_RUN(sizes_are_flinks);
    TEST_RUN(a_key_outside_the_table_is_an_error_that_lists_and_suggests);
    TEST_RUN(values_are_checked_against_type_range_and_list);
    TEST_RUN(a_hash_stands_for_a_column_or_a_part_of_it);
    TEST_RUN(the_last_pair_of_a_key_wins_and_defaults_apply);
    TEST_RUN(every_default_in_the_configuration_table_is_valid);
    TEST_RUN(configuration_keeps_checks_and_resets_keys);
    return TEST_END();
}
