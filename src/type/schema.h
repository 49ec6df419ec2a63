/* schema.h - the named, typed columns that flow along an edge, and what a row does to a result. */
#pragma once
#include "type/type.h"

/* A row's effect on the result it belongs to (Flink's RowKind, same numbers). */
enum row_kind { ROW_INSERT, ROW_UPDATE_BEFORE, ROW_UPDATE_AFTER, ROW_DELETE };

/* "+I", "-U", "+U", "-D" */
const char *row_kind_text(enum row_kind kind);
static inline bool row_kind_adds(enum row_kind kind)
{
    return kind == ROW_INSERT || kind == ROW_UPDATE_AFTER;
}

/* A set of row kinds, e.g. what a source may emit or a sink accepts: bit (1 << kind). */
typedef uint8_t row_kinds;
#define ROW_KINDS_INSERT_ONLY ((row_kinds)(1 << ROW_INSERT))
#define ROW_KINDS_ALL ((row_kinds)15)
#define ROW_KINDS_UPSERT ((row_kinds)(1 << ROW_INSERT | 1 << ROW_UPDATE_AFTER | 1 << ROW_DELETE))
/* "I,UB,UA,D" in this order */
void row_kinds_print(row_kinds kinds, struct buf *out);
MUST_USE struct err *row_kinds_parse(struct slice text, row_kinds *out);

/* Immutable once made; owned by an arena. Names may repeat inside a plan, never in a table. */
struct schema {
    const struct type_field *fields;
    uint32_t count;
};

const struct schema *schema_new(
    struct arena *a, const struct type_field *fields, uint32_t count); /* copies the array */
/* Index of the field, or -1. Case counts, as in Flink. */
int schema_find(const struct schema *s, struct slice name);
bool schema_equal(const struct schema *a, const struct schema *b);
