#include "expr/expr.h"

#include "base/arena.h"
#include "base/json.h"
#include "test.h"
#include "type/schema.h"

struct fixture {
    struct arena *arena;
    struct type_field fields[3];
    const struct schema *schema;
    struct buf text;
};

static void open_fixture(struct fixture *x)
{
    *x = (struct fixture){.arena = arena_new(1 << 14)};
    x->fields[0] = (struct type_field){SLICE("a"), type_simple(TYPE_INTEGER)};
    x->fields[1] = (struct type_field){SLICE("s"), type_string()};
    x->fields[2] = (struct type_field){SLICE("d"), type_simple(TYPE_DOUBLE)};
    x->schema = schema_new(x->arena, x->fields, 3);
    buf_init(&x->text, 1 << 20);
}

static void close_fixture(struct fixture *x)
{
    buf_free(&x->text);
    arena_free(x->arena);
}

static const struct expr *column(struct fixture *x, uint32_t i)
{
    return expr_column(x->arena, i, x->fields[i].type);
}

static const struct expr *text(struct fixture *x, const char *s)
{
    struct value v = {.text = slice_of(s)};
    const struct type *t = type_new(x->arena, TYPE_CHAR, (int32_t)strlen(s), 0, false);
    return expr_literal(x->arena, &v, t);
}

static const struct expr *number(struct fixture *x, int64_t v)
{
    struct value value = {.i64 = v};
    const struct type *t = type_with_nullable(x->arena, type_simple(TYPE_INTEGER), false);
    return expr_literal(x->arena, &value, t);
}

static const struct expr *call(
    struct fixture *x, const char *name, const struct expr *a, const struct expr *b)
{
    const struct expr *args[] = {a, b};
    struct expr *out = NULL;
    struct err *e =
        expr_call(x->arena, func_find(slice_of(name)), args, b ? 2 : 1, (struct text_pos){0}, &out);
    CHECK(!e);
    return out;
}

/* (CASE WHEN a > 1 AND s = 'it''s' THEN CAST(a AS DOUBLE) ELSE d END) */
static const struct expr *sample(struct fixture *x)
{
    const struct expr *and[] = {
        call(x, ">", column(x, 0), number(x, 1)), call(x, "=", column(x, 1), text(x, "it's"))};
    const struct expr *args[] = {expr_node(x->arena, EXPR_AND, type_simple(TYPE_BOOLEAN), and, 2),
        expr_cast(x->arena, column(x, 0), x->fields[2].type, false), column(x, 2)};
    return expr_node(x->arena, EXPR_CASE, x->fields[2].type, args, 3);
}

static const char *print(struct fixture *x, const struct expr *e)
{
    buf_clear(&x->text);
    expr_print(e, x->schema, &x->text);
    return buf_cstr(&x->text);
}

static struct err *decode(struct fixture *x, struct slice json, const struct expr **out)
{
    struct json_reader r;
    json_init(&r, json, x->arena);
    return expr_decode(x->arena, &r, x->schema, out);
}

static void explain_prints_flinks_manner(void)
{
    struct fixture x;
    open_fixture(&x);
    CHECK(strcmp(print(&x, sample(&x)),
              "CASE(((a > 1) AND (s = 'it''s')), CAST(a AS DOUBLE), d)") == 0);
    CHECK(strcmp(print(&x, call(&x, "IS NULL", call(&x, "NEGATE", column(&x, 0), NULL), NULL)),
              "-(a) IS NULL") == 0);
    CHECK(strcmp(print(&x, call(&x, "LIKE", column(&x, 1), text(&x, "a%"))), "LIKE(s, 'a%')") == 0);
    close_fixture(&x);
}

static void decoded_expression_equals_the_encoded(void)
{
    struct fixture x;
    open_fixture(&x);
    const struct expr *e = sample(&x), *again = NULL;
    expr_encode(e, &x.text);
    struct err *error = decode(&x, slice_copy(x.arena, buf_slice(&x.text)), &again);
    if (error) err_print(error, stdout);
    CHECK(!error && expr_equal(e, again));
    close_fixture(&x);
}

static void corrupt_json_is_refused(void)
{
    static const char *const bad[] = {"[]", "[[\"column\",\"INT\",3]]",
        "[[\"column\",\"STRING\",0]]", "[[\"call\",\"INT\",\"NOPE\"]]", "[[\"what\",\"INT\"]]",
        "[[\"column\",\"INT\",0],[\"call\",\"BIGINT\",\"+\",0,0]]",
        "[[\"column\",\"INT\",0],[\"call\",\"INT\",\"+\",0,1]]",
        "[[\"column\",\"INT\",0],[\"and\",\"BOOLEAN\",0,0]]",
        "[[\"column\",\"INT\",0],[\"field\",\"INT\",0,0]]",
        "[[\"column\",\"INT\",0],[\"case\",\"INT\",0,0]]", "[[\"literal\",\"INT\",\"x\"]]", "7"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture x;
        open_fixture(&x);
        const struct expr *e;
        struct err *error = decode(&x, slice_of(bad[i]), &e);
        if (!error) printf("# accepted: %s\n", bad[i]);
        CHECK(error);
        err_free(error);
        close_fixture(&x);
    }
}

static void columns_are_listed_moved_and_replaced(void)
{
    struct fixture x;
    open_fixture(&x);
    uint64_t bits = 0;
    const struct expr *e = sample(&x);
    expr_columns(e, &bits);
    CHECK(bits == 7);
    bits = 0;
    expr_columns(expr_remap(x.arena, e, (uint32_t[]){5, 6, 7}), &bits);
    CHECK(bits == 0xe0);
    const struct expr *with[] = {number(&x, 8), column(&x, 1), column(&x, 2)};
    CHECK(strcmp(print(&x, expr_substitute(x.arena, e, with)),
              "CASE(((8 > 1) AND (s = 'it''s')), CAST(8 AS DOUBLE), d)") == 0);
    CHECK(strcmp(print(&x, e), "CASE(((a > 1) AND (s = 'it''s')), CAST(a AS DOUBLE), d)") == 0);
    close_fixture(&x);
}

/* A view that adds a column to itself, 150 times over: 2^150 nodes as a tree. */
static void shared_subtrees_are_walked_once(void)
{
    struct fixture x;
    open_fixture(&x);
    const struct expr *e = column(&x, 0), *again = NULL;
    for (int i = 0; i < 150; i++) e = call(&x, "+", e, e);
    uint64_t bits = 0;
    expr_columns(e, &bits);
    CHECK(bits == 1 && expr_is_deterministic(e));
    CHECK(expr_remap(x.arena, e, (uint32_t[]){2}) != e);
    expr_encode(e, &x.text);
    struct err *error = decode(&x, slice_copy(x.arena, buf_slice(&x.text)), &again);
    CHECK(!error && expr_equal(e, again));
    err_free(error);
    close_fixture(&x);
}

static void random_numbers_are_not_deterministic(void)
{
    struct fixture x;
    open_fixture(&x);
    struct expr *e = NULL;
    CHECK(!expr_call(x.arena, func_find(SLICE("rand")), NULL, 0, (struct text_pos){0}, &e));
    CHECK(e && !expr_is_deterministic(e));
    CHECK(expr_is_deterministic(sample(&x)));
    close_fixture(&x);
}

int main(void)
{
    TEST_RUN(explain_prints_flinks_manner);
    TEST_RUN(decoded_expression_equals_the_encoded);
    TEST_RUN(corrupt_json_is_refused);
    TEST_RUN(columns_are_listed_moved_and_replaced);
    TEST_RUN(shared_subtrees_are_walked_once);
    TEST_RUN(random_numbers_are_not_deterministic);
    return TEST_END();
}
