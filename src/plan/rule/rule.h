/* rule.h - rewriting of logical plans. A rule is one function over one node; rule_apply walks the
 * plan bottom-up and calls it, keeping shared parts shared. One rule a file. */
#pragma once
#include "plan/logic/logic.h"

struct config;

/* Which tables of a script have a 'late.table', and to which of these rows can come. */
struct late_note;
struct late_tables {
    struct arena *arena; /* lives as long as the script */
    struct late_note *first, **last;
};

struct rule_context {
    struct arena *arena;
    const struct time_zone *zone;
    const struct config *config;
    struct env *env;
    void *harness;
    struct late_tables *late_tables;
    uint32_t made; /* filters moved so far; past RULE_MOVES_MAX they stay where they are */
};

/* Returns the node itself when there is nothing to do. The inputs have been rewritten already. */
typedef /* All roots with the rule applied; the array is rewritten in place. */
    const struct logic *
    rule_fn(struct rule_context *c, const struct logic *l);
void rule_apply(struct rule_context *c, rule_fn *rule, const struct logic **roots, uint32_t count);

/* The whole optimiser, in order; may add roots: sinks for what is left out. ERR_LIMIT_EXCEEDED for
 * plans of too many nodes, ERR_UNSUPPORTED for a late.table that cannot get its rows. */
MUST_USE struct err *rule_optimize(
    struct rule_context *c, const struct logic ***roots, uint32_t *count);

/* The rules. */
const struct logic *rule_identify(
    struct rule_context *c, const struct logic *l); /* sets identities; first of all */
const struct logic *rule_fold(
    struct rule_context *c, const struct logic *l); /* constant expressions become literals */
const struct logic *rule_merge_projects(
    struct rule_context *c, const struct logic *l); /* Project over Project */
const struct logic *rule_remove_identity(
    struct rule_context *c, const struct logic *l); /* Project that changes nothing */
const struct logic *rule_push_filter(
    struct rule_context *c, const struct logic *l); /* Filter towards the sources */
const struct logic *rule_push_watermark(
    struct rule_context *c, const struct logic *l); /* WATERMARK FOR into the source */
const struct logic *rule_window_aggregate(
    struct rule_context *c, const struct logic *l); /* GROUP BY both bounds of a window */

/* Equal nodes become one. */
void rule_share(struct rule_context *c, const struct logic **roots, uint32_t count);
/* Adds the sinks of late.table and errors.table. Expects a shared plan with all columns. */
MUST_USE struct err *rule_side_tables(
    struct rule_context *c, const struct logic ***roots, uint32_t *count);
/* Called for each source with a 'late.table' in each plan. */
void late_tables_note(struct late_tables *l, const struct logic_table *source, bool has_rows);
/* After the last plan: ERR_INVALID_OPTION for the first 'late.table' that no rows can come to. */
MUST_USE struct err *late_tables_check(const struct late_tables *l);
/* Columns nobody reads are not computed, and not read from tables. Expects a shared plan. */
void rule_prune_columns(struct rule_context *c, const struct logic **roots, uint32_t count);
/* Gives each node its id: 0 .. n - 1, inputs before consumers. Returns n; *nodes in that order. */
uint32_t rule_number(struct rule_context *c, const struct logic **roots, uint32_t count,
    const struct logic ***nodes);

/* ---- shared by rules */

/* Nodes of an expression, with `weights` nodes for each column (NULL: 1); stops at a big number. */
uint32_t rule_expr_size(const struct expr *e, const uint32_t *weights);
enum { RULE_EXPR_SIZE_MAX = 2000, RULE_MOVES_MAX = 500 };
/* Levels of an expression, with `depths` levels for each column (NULL: 1). */
uint32_t rule_expr_depth(const struct expr *e, const uint32_t *depths);
/* True if column `column` is read by e. */
bool rule_reads(const struct expr *e, uint32_t column);
/* Conjuncts of a condition, flattened; out has room for rule_conjunct_count(). */
uint32_t rule_conjunct_count(const struct expr *e);
uint32_t rule_conjuncts(const struct expr *e, const struct expr **out);
const struct expr *rule_and(struct arena *a, const struct expr *const *parts, uint32_t count);
