#include "base/json.h"

#include "base/arena.h"
#include "test.h"

/* The error of reading the whole text, NULL when it is fine. */
static struct err *read_all(struct arena *a, struct slice text)
{
    struct json_reader r;
    json_init(&r, text, a);
    do {
        TRY(json_next(&r));
    } while (r.token != JSON_END);
    return NULL;
}

static bool valid(const char *text)
{
    struct arena *a = arena_new(1024);
    struct err *e = read_all(a, slice_of(text));
    bool ok = !e;
    err_free(e);
    arena_free(a);
    return ok;
}

static void the_grammar_is_rfc_8259(void)
{
    const char *good[] = {"1", " [] ", "{}", "[1, -0.5e+3, \"x\", null, true, false]",
        "{\"a\": {\"b\": [{}, []]}, \"c\": \"\\u00e4\\n\"}", "\"\\ud83d\\ude00\""};
    const char *bad[] = {"", "[", "]", "{", "[1,]", "[,1]", "{,}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "01", "-", "1.", ".5", "1e", "+1", "tru", "truex", "[1 2]", "\"",
        "\"\\x\"", "\"\\ud83d\"", "\"\t\"", "1 2", "[1}", "{\"a\":1]", "{1:2}", "nul", "NaN",
        "\"\xff\"", "\"\\", "{\"a\":}}", "{\"a\" 1}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(valid(good[i]));
        if (!valid(good[i])) printf("# %s\n", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!valid(bad[i]));
        if (valid(bad[i])) printf("# %s\n", bad[i]);
    }
}

static void depth_is_limited(void)
{
    char text[2 * JSON_DEPTH_MAX + 3] = {0};
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++) text[i] = '[', text[JSON_DEPTH_MAX + i] = ']';
    CHECK(valid(text));
    for (size_t i = 0; i <= JSON_DEPTH_MAX; i++) text[i] = '[', text[JSON_DEPTH_MAX + 1 + i] = ']';
    CHECK(!valid(text));
}

static struct err *read_object(struct json_reader *r, int64_t *n, struct slice *s)
{
    TRY(json_expect(r, JSON_OBJECT_BEGIN));
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_OBJECT_END) break;
        if (slice_eq(r->text, SLICE("n")))
            TRY(json_read_i64(r, n));
        else if (slice_eq(r->text, SLICE("s")))
            TRY(json_read_string(r, s));
        else
            TRY(json_skip(r));
    }
    return json_expect(r, JSON_END);
}

static void a_reader_takes_what_it_knows_and_skips_the_rest(void)
{
    struct arena *a = arena_new(1024);
    struct json_reader r;
    json_init(
        &r, SLICE("{\"x\": [1, {\"n\": 3}], \"n\": 42, \"y\": null, \"s\": \"a\\\"\\u00fc\"}"), a);
    int64_t n = 0;
    struct slice s = SLICE("");
    CHECK(read_object(&r, &n, &s) == NULL);
    CHECK(n == 42);
    CHECK(slice_eq(s, SLICE("a\"\xc3\xbc")));
    arena_free(a);
}

static void errors_say_where(void)
{
    struct arena *a = arena_new(1024);
    struct err *e = read_all(a, SLICE("[1,\n  x]"));
    CHECK(e && err_pos(e).line == 2 && err_pos(e).column == 3);
    err_free(e);
    arena_free(a);
}

static void written_text_reads_back(void)
{
    struct arena *a = arena_new(1024);
    struct buf b;
    buf_init(&b, 1000);
    struct slice text = SLICE("q\" b\\ n\n t\t nul\0 \x1f gr\xc3\xbc");
    json_write_string(&b, text);
    struct json_reader r;
    struct slice back = SLICE("");
    json_init(&r, buf_slice(&b), a);
    CHECK(json_read_string(&r, &back) == NULL);
    CHECK(slice_eq(back, text));
    buf_clear(&b);
    json_write_double(&b, (double)__builtin_inf());
    json_write_double(&b, 1.5);
    json_write_i64(&b, -7);
    CHECK(slice_eq(buf_slice(&b), SLICE("\"Infinity\"1.5-7")));
    buf_free(&b);
    arena_free(a);
}

int main(void)
{
    TEST_RUN(the_grammar_is_rfc_8259);
    TEST_RUN(depth_is_limited);
    TEST_RUN(a_reader_takes_what_it_knows_and_skips_the_rest);
    TEST_RUN(errors_say_where);
    TEST_RUN(written_text_reads_back);
    return TEST_END();
}
