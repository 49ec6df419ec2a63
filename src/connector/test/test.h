/* test.h - the tables of `weir test`: what a file has fed into them and what jobs have written.
 *
 * Every fed event (row, watermark, idle, end) gets the next number of one sequence over all tables.
 * Sources hand out events only up to the number released, and no further than their harness'
 * limit: the runner feeds one block, releases it, raises the limit of each job and steps it until
 * it is idle, so rows of different tables keep the order of the file.
 *
 * A job that is killed and restored replays its input by itself: positions count events of a split.
 * Rows it wrote after the checkpoint it is restored from disappear: see test_store_restart.
 *
 * One thread for the store and every job that uses it. Tables live until the store is freed. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "type/schema.h"
#include "type/value.h"

struct arena;
struct batch;
struct test_store;
struct test_table;

struct test_row {
    enum row_kind kind;
    const struct value *values; /* one per column of the table's schema */
};
struct test_rows {
    struct test_row *rows;
    size_t count;
};

struct test_store *test_store_new(void);
void test_store_free(struct test_store *s); /* NULL is allowed */

/* Names are "catalog.database.table". In every name given here, and in what connectors are opened
 * with, ", " counts as ".", since source_params carry EXPLAIN's form.
 *
 * Makes the table, or finds it when its schema is the same; a changed schema replaces an empty
 * table and is ERR_INVALID_DEFINITION for one that has rows. The schema and key are copied. Sources
 * and sinks declare their table when they are opened; the runner does before it feeds one. */
MUST_USE struct err *test_store_declare(struct test_store *s, struct slice name,
    const struct schema *schema, const uint32_t *primary_key, uint32_t primary_key_count,
    struct test_table **out);
struct test_table *test_store_find(struct test_store *s, struct slice name); /* NULL: none */
/* Forgets what was written to the table and everything fed (DROP TABLE). */
void test_store_drop(struct test_store *s, struct slice name);
const struct schema *test_table_schema(const struct test_table *t);

/* Before planning: the file has `watermark` or `idle` blocks for this table, so the source makes
 * the watermarks (push-down), whatever the options say. */
void test_store_control_watermark(struct test_store *s, struct slice name);
bool test_store_controls_watermark(const struct test_store *s, struct slice name);

/* ---- feeding; values are copied. A split that the table's options do not have is an error of the
 * source when it polls. */
void test_table_feed(
    struct test_table *t, uint32_t split, enum row_kind kind, const struct value *values);
/* The same for every row of a batch with the table's columns. */
void test_table_feed_batch(struct test_table *t, uint32_t split, const struct batch *b);
/* In the batch this is a mark; a source operator that sees a mark ignores WATERMARK FOR from then
 * on. */
void test_table_watermark(struct test_table *t, uint32_t split, int64_t watermark_ms);
void test_table_idle(struct test_table *t, uint32_t split);
void test_table_end(struct test_table *t); /* of every split; once */
bool test_table_ended(const struct test_table *t);

uint64_t test_store_fed(const struct test_store *s); /* number of the last event; 0: none */
/* Events up to `number` may be handed out; never goes back. */
void test_store_release(struct test_store *s, uint64_t number);

/* ---- what jobs wrote. Rows are borrowed from the store: valid until the next write. */

/* Everything received, in order, without what a restart took back. */
void test_table_received(const struct test_table *t, struct arena *a, struct test_rows *out);
/* Folded: with a primary key, +I and +U replace and -U and -D remove by key; else +I and +U add, -U
 * and -D remove an equal row and ERR_TEST_FAILED names a row that is not there. */
MUST_USE struct err *test_table_content(
    const struct test_table *t, struct arena *a, struct test_rows *out);
/* The same over the rows fed and released so far: what a lookup sees. */
MUST_USE struct err *test_table_fed_content(
    const struct test_table *t, struct arena *a, struct test_rows *out);

/* Call when jobs are killed, before they are closed. What a sink wrote is then kept only as far as
 * sink_restore says (the state it gave in its last completed checkpoint), and nothing of it when
 * it is not restored at all. Sinks that had finished and were closed keep their rows. */
void test_store_restart(struct test_store *s);
