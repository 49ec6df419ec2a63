/* expr_bench.c - nanoseconds a row for expressions over batches of 2,048 rows. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/env.h"
#include "expr/program.h"

enum { ROWS = 2048, COLUMNS = 8, ROUNDS = 4000 };

static struct arena *arena;
static const struct schema *schema;
static struct batch *batch;

static const struct expr *column(uint32_t i)
{
    return expr_column(arena, i, schema->fields[i].type);
}

static const struct expr *literal(const char *type_text, const char *value_text)
{
    const struct type *t = NULL;
    struct value v;
    struct err *e = type_parse(arena, slice_of(type_text), &t);
    if (!e) e = value_parse(arena, t, slice_of(value_text), NULL, &v);
    if (e) err_print(e, stderr);
    return e ? NULL : expr_literal(arena, &v, type_with_nullable(arena, t, false));
}

static const struct expr *call(const char *name, const struct expr *a, const struct expr *b)
{
    const struct expr *args[] = {a, b};
    struct expr *out = NULL;
    struct err *e =
        expr_call(arena, func_find(slice_of(name)), args, b ? 2 : 1, (struct text_pos){0}, &out);
    if (e) err_print(e, stderr);
    return out;
}

static const struct expr *cast(const struct expr *e, const char *type_text)
{
    const struct type *t = NULL;
    struct err *error = type_parse(arena, slice_of(type_text), &t);
    if (error) err_print(error, stderr);
    return expr_cast(arena, e, t, false);
}

/* The best of several measurements: the machine is shared. */
static void measure(const char *what, const struct expr *e, bool filter)
{
    struct program_params params = {.input = schema, .exprs = &e, .count = 1, .capacity = ROWS};
    struct program *p;
    struct err *error = program_new(&params, &p);
    double best = 1e9;
    uint32_t kept = 0;
    for (int try = 0; try < 5 && !error; try++) {
        uint64_t start = env_mono_ns(env_system());
        for (int i = 0; i < ROUNDS / 5 && !error; i++) {
            static uint32_t rows[ROWS];
            struct column *out;
            error = filter ? program_filter(p, batch, NULL, ROWS, WATERMARK_NONE, rows, &kept)
                           : program_eval(p, batch, NULL, ROWS, WATERMARK_NONE, &out);
        }
        double ns = (double)(env_mono_ns(env_system()) - start) / (ROUNDS / 5) / ROWS;
        if (ns < best) best = ns;
    }
    if (error) err_print(error, stderr);
    printf("%-44s %6.2f ns/row", what, best);
    if (filter) printf("   %" PRIu32 " of %d rows", kept, ROWS);
    printf("\n");
    if (!error) program_free(p);
}

static void fill(void)
{
    static const char *const types[COLUMNS] = {
        "BIGINT", "BIGINT", "INT", "DOUBLE", "DECIMAL(10, 2)", "STRING", "TIMESTAMP(3)", "STRING"};
    static struct type_field fields[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        struct err *e = type_parse(arena, slice_of(types[i]), &fields[i].type);
        if (e) err_print(e, stderr);
        fields[i].name = slice_of("x");
    }
    schema = schema_new(arena, fields, COLUMNS);
    batch = batch_new(schema, ROWS);
    batch->rows = ROWS;
    for (uint32_t row = 0; row < ROWS; row++) {
        uint64_t random = (row * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
        ((int64_t *)batch->columns[0]->data)[row] = (int64_t)random;
        ((int64_t *)batch->columns[1]->data)[row] = (int64_t)(random % 1000) + 1;
        ((int32_t *)batch->columns[2]->data)[row] = (int32_t)(random % 100);
        ((double *)batch->columns[3]->data)[row] = (double)random;
        ((i128 *)batch->columns[4]->data)[row] = (i128)random;
        ((struct str *)batch->columns[5]->data)[row] =
            str_view(random % 3 ? "apple" : "a fruit that is no apple", random % 3 ? 5 : 24);
        ((int64_t *)batch->columns[6]->data)[row] = INT64_C(1700000000000) + (int64_t)random;
        char text[NUM_I64_CHARS];
        size_t n = num_format_i64(text, (int64_t)random);
        ((struct str *)batch->columns[7]->data)[row] = str_copy(batch->arena, text, (uint32_t)n);
    }
}

static void numbers(void)
{
    const struct expr *a = column(0), *b = column(1), *i = column(2);
    const struct expr *d = column(3), *c = column(4);
    measure("BIGINT a + b", call("+", a, b), false);
    measure("BIGINT (a + b) * a - 7",
        call("-", call("*", call("+", a, b), a), literal("BIGINT", "7")), false);
    measure("DOUBLE d * 0.908", call("*", d, literal("DOUBLE", "0.908")), false);
    measure("DECIMAL(10, 2) c * 0.908", call("*", c, literal("DECIMAL(3, 3)", "0.908")), false);
    measure("DECIMAL(10, 2) c + c", call("+", c, c), false);
    measure("DECIMAL(10, 2) c / 3", call("/", c, literal("INT", "3")), false);
    measure("BIGINT a % 123", call("%", a, literal("BIGINT", "123")), false);
    measure("BIGINT a / b", call("/", a, b), false);
    measure("BIGINT a > 5000000", call(">", a, literal("BIGINT", "5000000")), false);
    measure("INT i + BIGINT a", call("+", i, a), false);
    const struct expr *args[] = {
        i, literal("INT", "1"), literal("INT", "20"), literal("INT", "30")};
    struct expr *in = NULL;
    struct err *e = expr_call(arena, func_find(SLICE("IN")), args, 4, (struct text_pos){0}, &in);
    if (e) err_print(e, stderr);
    measure("INT i IN (1, 20, 30)", in, false);
}

static void filters(void)
{
    const struct expr *a = column(0), *b = column(1), *i = column(2), *s = column(5);
    const struct expr *mod =
        call("=", call("%", a, literal("BIGINT", "123")), literal("BIGINT", "0"));
    const struct expr *half = call(">", a, literal("BIGINT", "8000000"));
    const struct expr *and[] = {
        half, call("<", i, literal("INT", "50")), call("<>", b, literal("BIGINT", "7"))};
    const struct expr *text = call("=", s, literal("CHAR(5)", "apple"));
    const struct expr *mixed[] = {half, text};
    const struct type *t = type_simple(TYPE_BOOLEAN);
    measure("filter a > 8000000", half, true);
    measure("filter a % 123 = 0", mod, true);
    measure(
        "filter a > 8000000 AND i < 50 AND b <> 7", expr_node(arena, EXPR_AND, t, and, 3), true);
    measure("filter s = 'apple'", text, true);
    measure("filter a > 8000000 AND s = 'apple'", expr_node(arena, EXPR_AND, t, mixed, 2), true);
    measure("filter s LIKE 'app%'", call("LIKE", s, literal("CHAR(4)", "app%")), true);
    const struct expr *args[] = {half, call("/", a, b), literal("BIGINT", "0")};
    measure("CASE WHEN a > 8000000 THEN a / b ELSE 0 END",
        expr_node(arena, EXPR_CASE, schema->fields[0].type, args, 3), false);
}

static void casts(void)
{
    measure("CAST(BIGINT AS INT)", cast(column(0), "INT"), false);
    measure("CAST(BIGINT AS STRING)", cast(column(0), "STRING"), false);
    measure("CAST(DOUBLE AS STRING)", cast(column(3), "STRING"), false);
    measure("CAST(STRING AS BIGINT)", cast(column(7), "BIGINT"), false);
    measure("CAST(STRING AS DOUBLE)", cast(column(7), "DOUBLE"), false);
    measure("CAST(STRING AS DECIMAL(20, 2))", cast(column(7), "DECIMAL(20, 2)"), false);
    measure("CAST(BIGINT AS DECIMAL(20, 0))", cast(column(0), "DECIMAL(20, 0)"), false);
    measure("CAST(TIMESTAMP(3) AS STRING)", cast(column(6), "STRING"), false);
    measure("CAST(TIMESTAMP(3) AS TIMESTAMP(0))", cast(column(6), "TIMESTAMP(0)"), false);
    measure("CAST(TIMESTAMP(3) AS TIMESTAMP_LTZ(3))", cast(column(6), "TIMESTAMP_LTZ(3)"), false);
}

int main(void)
{
    arena = arena_new(1 << 16);
    fill();
    numbers();
    filters();
    casts();
    batch_free(batch);
    arena_free(arena);
    return 0;
}
