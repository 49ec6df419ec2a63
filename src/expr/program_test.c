#include "expr/program.h"

#include "base/arena.h"
#include "test.h"

/* Linked with -Wl,--wrap: counts what the program asks of the system. */
static int allocations;
void *program_real_malloc(size_t bytes) __asm__("__real_malloc");
void *program_real_calloc(size_t count, size_t bytes) __asm__("__real_calloc");
void *program_real_realloc(void *p, size_t bytes) __asm__("__real_realloc");
void *program_wrap_malloc(size_t bytes) __asm__("__wrap_malloc");
void *program_wrap_calloc(size_t count, size_t bytes) __asm__("__wrap_calloc");
void *program_wrap_realloc(void *p, size_t bytes) __asm__("__wrap_realloc");

void *program_wrap_malloc(size_t bytes)
{
    allocations++;
    return program_real_malloc(bytes);
}

void *program_wrap_calloc(size_t count, size_t bytes)
{
    allocations++;
    return program_real_calloc(count, bytes);
}

void *program_wrap_realloc(void *p, size_t bytes)
{
    allocations++;
    return program_real_realloc(p, bytes);
}

/* A batch of columns that tests fill by hand; NULL is INT64_MIN. */
#define NONE INT64_MIN

struct fixture {
    struct arena *arena;
    struct type_field fields[8];
    const struct schema *schema;
    struct batch *batch;
    struct column *out[4];
    struct program *program;
};

static void open_fixture(struct fixture *x, const enum type_kind *kinds, uint32_t count)
{
    *x = (struct fixture){.arena = arena_new(1 << 16)};
    for (uint32_t i = 0; i < count; i++)
        x->fields[i] = (struct type_field){slice_of(&"abcdefgh"[i]), type_simple(kinds[i])};
    for (uint32_t i = 0; i < count; i++) x->fields[i].name.n = 1;
    x->schema = schema_new(x->arena, x->fields, count);
    x->batch = batch_new(x->schema, 64);
}

static void close_fixture(struct fixture *x)
{
    program_free(x->program);
    batch_free(x->batch);
    arena_free(x->arena);
}

static void set_i64(struct fixture *x, uint32_t column, uint32_t count, const int64_t *values)
{
    x->batch->rows = count;
    for (uint32_t i = 0; i < count; i++) {
        struct value v = {.null = values[i] == NONE, .i64 = values[i]};
        if (x->fields[column].type->kind == TYPE_BOOLEAN) v.boolean = values[i] == 1;
        column_set_value(x->batch->columns[column], i, &v, x->batch->arena);
    }
}

static const struct expr *column(struct fixture *x, uint32_t i)
{
    return expr_column(x->arena, i, x->fields[i].type);
}

static const struct expr *number(struct fixture *x, int64_t v)
{
    struct value value = {.null = v == NONE, .i64 = v};
    return expr_literal(
        x->arena, &value, type_with_nullable(x->arena, type_simple(TYPE_BIGINT), value.null));
}

static const struct expr *call(
    struct fixture *x, const char *name, const struct expr *a, const struct expr *b)
{
    const struct expr *args[] = {a, b};
    struct expr *out = NULL;
    const struct func_def *func = func_find(slice_of(name));
    if (!func) printf("# no function %s\n", name);
    struct err *e = expr_call(x->arena, func, args, b ? 2 : 1, (struct text_pos){0}, &out);
    if (e) err_print(e, stdout);
    CHECK(!e);
    return out;
}

static const struct expr *lazy(struct fixture *x, enum expr_kind kind, const struct type *type,
    uint32_t count, const struct expr *const *args)
{
    return expr_node(x->arena, kind, type, args, count);
}

static struct err *evaluate(struct fixture *x, const struct expr *const *exprs, uint32_t count,
    const uint32_t *sel, uint32_t sel_count)
{
    program_free(x->program);
    x->program = NULL;
    struct program_params params = {
        .input = x->schema, .exprs = exprs, .count = count, .capacity = 64};
    struct err *e = program_new(&params, &x->program);
    if (e) return e;
    return program_eval(
        x->program, x->batch, sel, sel ? sel_count : x->batch->rows, WATERMARK_NONE, x->out);
}

static int64_t at(const struct fixture *x, uint32_t k, uint32_t row)
{
    struct value v;
    column_get_value(x->out[k], row, x->arena, &v);
    if (v.null) return NONE;
    return x->out[k]->layout == LAYOUT_BOOL ? v.boolean : v.i64;
}

static void expect(struct fixture *x, const struct expr *e, uint32_t count, const int64_t *want)
{
    struct err *error = evaluate(x, &e, 1, NULL, 0);
    CHECK(!error);
    if (error) {
        err_print(error, stdout);
        err_free(error);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (at(x, 0, i) != want[i])
            printf("# row %u: %lld, not %lld\n", i, (long long)at(x, 0, i), (long long)want[i]);
        CHECK(at(x, 0, i) == want[i]);
    }
}

static const enum type_kind two_numbers[] = {TYPE_BIGINT, TYPE_BIGINT};
static const enum type_kind two_booleans[] = {TYPE_BOOLEAN, TYPE_BOOLEAN};

static void strict_calls_are_null_where_an_argument_is(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 4, (int64_t[]){1, NONE, 3, NONE});
    set_i64(&x, 1, 4, (int64_t[]){10, 20, NONE, NONE});
    expect(&x, call(&x, "+", column(&x, 0), column(&x, 1)), 4, (int64_t[]){11, NONE, NONE, NONE});
    expect(&x, call(&x, "<", column(&x, 0), column(&x, 1)), 4, (int64_t[]){1, NONE, NONE, NONE});
    expect(&x, call(&x, "IS NULL", column(&x, 0), NULL), 4, (int64_t[]){0, 1, 0, 1});
    expect(
        &x, call(&x, "IS DISTINCT FROM", column(&x, 0), column(&x, 1)), 4, (int64_t[]){1, 1, 1, 0});
    close_fixture(&x);
}

static void null_rows_never_divide(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 3, (int64_t[]){7, NONE, -7});
    set_i64(&x, 1, 3, (int64_t[]){2, 0, 2});
    expect(&x, call(&x, "/", column(&x, 0), column(&x, 1)), 3, (int64_t[]){3, NONE, -3});
    expect(&x, call(&x, "%", column(&x, 0), column(&x, 1)), 3, (int64_t[]){1, NONE, -1});
    close_fixture(&x);
}

static void failing_row_is_named_with_its_origin(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 3, (int64_t[]){7, 8, 9});
    set_i64(&x, 1, 3, (int64_t[]){2, 1, 0});
    x.batch->origin = "file 'x.json' line";
    x.batch->first_position = 10;
    const struct expr *e = call(&x, "/", column(&x, 0), column(&x, 1));
    struct err *error = evaluate(&x, &e, 1, NULL, 0);
    CHECK(error && err_code(error) == ERR_DIVISION_BY_ZERO);
    char text[256] = "";
    if (error) err_format(error, text, sizeof text);
    CHECK(strstr(text, "file 'x.json' line 12: division by zero"));
    err_free(error);
    uint32_t sel[] = {0, 1};
    CHECK(!evaluate(&x, &e, 1, sel, 2)); /* the row is not selected */
    CHECK(at(&x, 0, 0) == 3 && at(&x, 0, 1) == 8);
    close_fixture(&x);
}

static void case_divides_only_where_it_may(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 5, (int64_t[]){7, 8, 9, NONE, 5});
    set_i64(&x, 1, 5, (int64_t[]){2, 0, NONE, 0, 5});
    const struct expr *args[] = {call(&x, "<>", column(&x, 1), number(&x, 0)),
        call(&x, "/", column(&x, 0), column(&x, 1)), number(&x, -1)};
    const struct type *t = type_simple(TYPE_BIGINT);
    expect(&x, lazy(&x, EXPR_CASE, t, 3, args), 5, (int64_t[]){3, -1, -1, -1, 1});
    const struct expr *and[] = {args[0], call(&x, ">", args[1], number(&x, 2))};
    expect(&x, lazy(&x, EXPR_AND, type_simple(TYPE_BOOLEAN), 2, and), 5,
        (int64_t[]){1, 0, NONE, 0, 0});
    const struct expr * or [] = {call(&x, "=", column(&x, 1), number(&x, 0)), and[1]};
    expect(
        &x, lazy(&x, EXPR_OR, type_simple(TYPE_BOOLEAN), 2, or), 5, (int64_t[]){1, 1, NONE, 1, 0});
    close_fixture(&x);
}

/* Every pair of truth values, eager and lazy, must agree with Kleene's tables. */
static void logic_is_kleene(void)
{
    static const int64_t a[] = {0, 0, 0, 1, 1, 1, NONE, NONE, NONE};
    static const int64_t b[] = {0, 1, NONE, 0, 1, NONE, 0, 1, NONE};
    static const int64_t and[] = {0, 0, 0, 0, 1, NONE, 0, NONE, NONE};
    static const int64_t or [] = {0, 1, NONE, 1, 1, 1, NONE, 1, NONE};
    struct fixture x;
    open_fixture(&x, two_booleans, 2);
    set_i64(&x, 0, 9, a);
    set_i64(&x, 1, 9, b);
    const struct type *t = type_simple(TYPE_BOOLEAN);
    const struct expr *eager[] = {column(&x, 0), column(&x, 1)};
    expect(&x, lazy(&x, EXPR_AND, t, 2, eager), 9, and);
    expect(&x, lazy(&x, EXPR_OR, t, 2, eager), 9, or);
    /* CASE is never cheap, so this AND has two parts. */
    const struct expr *same[] = {
        call(&x, "IS NULL", column(&x, 1), NULL), column(&x, 1), column(&x, 1)};
    const struct expr *slow[] = {column(&x, 0), lazy(&x, EXPR_CASE, t, 3, same)};
    expect(&x, lazy(&x, EXPR_AND, t, 2, slow), 9, and);
    expect(&x, lazy(&x, EXPR_OR, t, 2, slow), 9, or);
    const struct expr *turned[] = {slow[1], column(&x, 0)};
    expect(
        &x, lazy(&x, EXPR_AND, t, 2, turned), 9, (int64_t[]){0, 0, 0, 0, 1, NONE, 0, NONE, NONE});
    close_fixture(&x);
}

static void coalesce_takes_the_first_value(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 4, (int64_t[]){1, NONE, NONE, 4});
    set_i64(&x, 1, 4, (int64_t[]){0, 2, NONE, 0});
    const struct type *t = type_simple(TYPE_BIGINT);
    const struct expr *args[] = {column(&x, 0), column(&x, 1), number(&x, 9)};
    expect(&x, lazy(&x, EXPR_COALESCE, t, 3, args), 4, (int64_t[]){1, 2, 9, 4});
    expect(&x, lazy(&x, EXPR_COALESCE, t, 2, args), 4, (int64_t[]){1, 2, NONE, 4});
    close_fixture(&x);
}

static void filter_keeps_only_true_rows(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 6, (int64_t[]){1, 5, NONE, 7, 9, 11});
    set_i64(&x, 1, 6, (int64_t[]){1, 0, 1, NONE, 2, 1});
    const struct expr *parts[] = {call(&x, ">", column(&x, 0), number(&x, 3)),
        call(&x, "<>", column(&x, 1), number(&x, 0)),
        call(&x, ">", call(&x, "/", column(&x, 0), column(&x, 1)), number(&x, 4))};
    const struct expr *e = lazy(&x, EXPR_AND, type_simple(TYPE_BOOLEAN), 3, parts);
    struct program_params params = {.input = x.schema, .exprs = &e, .count = 1, .capacity = 64};
    CHECK(!program_new(&params, &x.program));
    uint32_t rows[64], count = 99;
    CHECK(!program_filter(x.program, x.batch, NULL, 6, WATERMARK_NONE, rows, &count));
    CHECK(count == 1 && rows[0] == 5);
    uint32_t sel[] = {0, 1, 4};
    CHECK(!program_filter(x.program, x.batch, sel, 3, WATERMARK_NONE, rows, &count));
    CHECK(count == 0);
    close_fixture(&x);
}

static void common_subexpressions_share_a_register(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    set_i64(&x, 0, 2, (int64_t[]){1, 2});
    set_i64(&x, 1, 2, (int64_t[]){10, 20});
    const struct expr *exprs[] = {call(&x, "+", column(&x, 0), column(&x, 1)),
        call(&x, "*", call(&x, "+", column(&x, 0), column(&x, 1)), number(&x, 2)),
        call(&x, "+", column(&x, 0), column(&x, 1)), column(&x, 1)};
    CHECK(!evaluate(&x, exprs, 4, NULL, 0));
    CHECK(x.out[0] == x.out[2]);
    CHECK(x.out[3] == x.batch->columns[1]);
    CHECK(at(&x, 1, 1) == 44);
    close_fixture(&x);
}

static void constants_are_folded(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    struct value v;
    CHECK(!program_constant(x.arena, call(&x, "*", number(&x, 6), number(&x, 7)), NULL, &v));
    CHECK(!v.null && v.i64 == 42);
    struct err *e =
        program_constant(x.arena, call(&x, "/", number(&x, 6), number(&x, 0)), NULL, &v);
    CHECK(e && err_code(e) == ERR_DIVISION_BY_ZERO);
    err_free(e);
    close_fixture(&x);
}

static void casts_of_narrow_arguments_are_made(void)
{
    static const enum type_kind kinds[] = {TYPE_INTEGER, TYPE_BIGINT};
    struct fixture x;
    open_fixture(&x, kinds, 2);
    set_i64(&x, 0, 2, (int64_t[]){-5, NONE});
    set_i64(&x, 1, 2, (int64_t[]){INT64_C(1) << 40, 1});
    const struct expr *sum = call(&x, "+", column(&x, 0), column(&x, 1));
    CHECK(sum->type->kind == TYPE_BIGINT && sum->args[0]->kind == EXPR_CALL);
    expect(&x, sum, 2, (int64_t[]){(INT64_C(1) << 40) - 5, NONE});
    close_fixture(&x);
}

/* Numbers, lazy branches, strings beyond 12 bytes, arrays and casts of them. */
static void nothing_is_allocated_once_warm(void)
{
    struct fixture x;
    open_fixture(&x, two_numbers, 2);
    int64_t values[64];
    for (int i = 0; i < 64; i++) values[i] = i % 5 ? INT64_C(1234567890123456) + i : NONE;
    set_i64(&x, 0, 64, values);
    set_i64(&x, 1, 64, values);
    const struct expr *sum = call(&x, "+", column(&x, 0), column(&x, 1));
    const struct expr *args[] = {call(&x, ">", column(&x, 0), number(&x, 1234567890123470)), sum,
        call(&x, "/", sum, column(&x, 1))};
    const struct expr *choice = lazy(&x, EXPR_CASE, type_simple(TYPE_BIGINT), 3, args);
    const struct expr *array = call(&x, "ARRAY", choice, column(&x, 1));
    const struct expr *exprs[] = {choice, expr_cast(x.arena, choice, type_string(), false), array,
        expr_cast(x.arena, array, type_array(x.arena, type_string(), true), false)};
    CHECK(!evaluate(&x, exprs, 4, NULL, 0));
    for (int i = 0; i < 3; i++)
        CHECK(!program_eval(x.program, x.batch, NULL, 64, WATERMARK_NONE, x.out));
    allocations = 0;
    for (int i = 0; i < 10; i++)
        CHECK(!program_eval(x.program, x.batch, NULL, 64, WATERMARK_NONE, x.out));
    CHECK(allocations == 0);
    close_fixture(&x);
}

int main(void)
{
    TEST_RUN(strict_calls_are_null_where_an_argument_is);
    TEST_RUN(null_rows_never_divide);
    TEST_RUN(failing_row_is_named_with_its_origin);
    TEST_RUN(case_divides_only_where_it_may);
    TEST_RUN(logic_is_kleene);
    TEST_RUN(coalesce_takes_the_first_value);
    TEST_RUN(filter_keeps_only_true_rows);
    TEST_RUN(common_subexpressions_share_a_register);
    TEST_RUN(constants_are_folded);
    TEST_RUN(casts_of_narrow_arguments_are_made);
    TEST_RUN(nothing_is_allocated_once_warm);
    return TEST_END();
}
