/* rows.h - rows of a test as text and values, and what "the same" means for them: DOUBLE within a
 * relative 1e-12, FLOAT within 1e-6, MAP and MULTISET without order, everything else exactly. */
#pragma once
#include "type/schema.h"
#include "type/value.h"

struct arena;
struct test_row;

struct slt_row {
    enum row_kind kind;
    const struct value *values; /* NULL: the line could not be read; it equals nothing */
    struct slice text;          /* canonical JSON without the kind; or the line and what is wrong */
};

struct slt_rows {
    struct slt_row *items;
    size_t count;
};

/* One expected row and the actual one beside it; either may be NULL. `same` needs both. */
struct slt_pair {
    const struct slt_row *expected;
    const struct slt_row *actual;
    bool same;
};

struct slt_pairs {
    struct slt_pair *items;
    size_t count;
    bool same; /* all of them */
};

/* "[+I|-U|+U|-D] [..]" with one value per column. ERR_SYNTAX or what value_read_json says. */
MUST_USE struct err *slt_row_parse(struct arena *a, const struct schema *s, struct slice line,
    const struct time_zone *zone, struct slt_row *out);
/* Lines of an expectation; one that cannot be read becomes a row without values. */
void slt_rows_parse(struct arena *a, const struct schema *s, const struct slice *lines,
    size_t count, const struct time_zone *zone, struct slt_rows *out);
/* Rows as the store keeps them; values are borrowed. */
void slt_rows_take(struct arena *a, const struct schema *s, const struct test_row *rows,
    size_t count, const struct time_zone *zone, struct slt_rows *out);
/* The line as a test file has it; with_kind puts "+I " before the values. */
struct slice slt_row_line(struct arena *a, const struct slt_row *r, bool with_kind);

bool slt_value_same(const struct type *t, const struct value *a, const struct value *b);
bool slt_row_same(const struct schema *s, const struct slt_row *a, const struct slt_row *b);

/* As bags. Pairs come sorted by text, those that differ side by side. Kinds do not count. */
void slt_rows_compare_bags(struct arena *a, const struct schema *s, const struct slt_rows *expected,
    const struct slt_rows *actual, struct slt_pairs *out);
/* In order; with_kind: kinds count too. Pairs are aligned on what is the same. */
void slt_rows_compare_lists(struct arena *a, const struct schema *s,
    const struct slt_rows *expected, const struct slt_rows *actual, bool with_kind,
    struct slt_pairs *out);
