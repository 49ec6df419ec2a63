/* logic.h - the logical plan: relational algebra over bound expressions, what the binder makes and
 * the rules rewrite. Nodes are immutable once made, live in the query's arena, and may be shared:
 * a plan is a graph without cycles whose roots are sinks. */
#pragma once
#include "base/option.h"
#include "connector/connector.h"
#include "expr/expr.h"
#include "op/agg_spec.h"
#include "op/window_spec.h"

enum { LOGIC_NODES_MAX = 5000, LOGIC_DEPTH_MAX = 500 };

enum logic_kind {
    LOGIC_SCAN,
    LOGIC_VALUES,
    LOGIC_PROJECT,
    LOGIC_FILTER,
    LOGIC_WATERMARK,
    LOGIC_AGGREGATE,
    LOGIC_WINDOW_TABLE,     /* TUMBLE(TABLE t, ..): adds window_start, window_end, window_time */
    LOGIC_WINDOW_AGGREGATE, /* made by rule/window.c from the two above */
    LOGIC_UNION,            /* UNION ALL */
    LOGIC_LIMIT,
    LOGIC_SIDE, /* what its input, a scan or a window aggregate, leaves out: rule/side_tables.c */
    LOGIC_SINK
};

/* Where late rows or bad records of a source go. Each column gets the column of that number of the
 * source's schema (bad records: of source_error_schema), or one of these: */
enum { LOGIC_SIDE_NULL = -1, LOGIC_SIDE_OPERATOR = -2, LOGIC_SIDE_WATERMARK = -3 };
struct logic_side {
    const struct logic_table *table; /* the sink; its pos is that of the option */
    const int32_t *sources;          /* per column of the table */
};

/* What a plan needs to know of a table; a copy, the catalog's may be dropped meanwhile. */
struct logic_table {
    const char *identifier;          /* "default_catalog.default_database.t" */
    const char *name;                /* "t" */
    const struct connector_def *def; /* of 'connector' */
    struct options options;          /* WITH and hints; copied */
    struct options hints;            /* only those of the OPTIONS hint, for EXPLAIN */
    const struct schema *schema;     /* physical columns */
    const uint32_t *primary_key;     /* indexes into schema */
    uint32_t primary_key_count;
    const uint32_t *partition_keys;
    uint32_t partition_key_count;
    row_kinds source_kinds; /* when scanned */
    bool bounded;
    struct text_pos pos; /* of the reference */
    /* Sources of an INSERT: 'late.table' and 'errors.table'; NULL: none. */
    const struct logic_side *late, *errors;
};

/* An aggregate call over columns of the input: spec.call.retract is set by physical/. */
struct logic_aggregate {
    const uint32_t *keys;
    uint32_t key_count;
    const struct agg_spec *calls;
    const struct text_pos *positions; /* of the calls */
    uint32_t call_count;
    bool distinct; /* SELECT DISTINCT: no calls */
};

/* Window columns of a relation: which of them are the bounds of one window. */
struct logic_window {
    struct window_spec spec;
    int32_t start, end, time; /* columns, -1: projected away */
};

struct logic {
    enum logic_kind kind;
    const struct schema *schema; /* of what it gives; SINK: of what it gets */
    const struct logic *const *inputs;
    uint32_t input_count;
    struct text_pos pos;
    uint64_t identity; /* hash of the bound fragment, see logic_identity(); 0 before */
    uint32_t id;       /* dense number within a plan, inputs before consumers; see rule_number() */
    union {
        struct {
            const struct logic_table *table;
            const uint32_t *columns; /* of table->schema, one per column of schema */
            /* Pushed-down WATERMARK FOR, over the scan's columns; NULL: none. */
            const struct expr *watermark;
            const struct expr *event_time; /* with watermark, where it is asked for */
            int64_t max_future_ms;
        } scan;
        struct {
            const struct value *const *rows;
            uint32_t row_count;
        } values;
        struct {
            const struct expr *const *exprs; /* one per column */
        } project;
        const struct expr *condition; /* FILTER */
        struct {
            uint32_t column;
            const struct expr *expr;
            int64_t max_future_ms; /* scan.watermark.max-future; 0: no bound */
        } watermark;
        struct logic_aggregate aggregate; /* AGGREGATE */
        struct {
            struct logic_aggregate aggregate; /* keys without the window's columns */
            struct window_spec window;
            const enum window_property *properties; /* columns after keys and calls */
            uint32_t property_count;
            const uint32_t *late; /* columns of the input that late rows are given with */
            uint32_t late_count;
            bool gives_late; /* there is a LOGIC_SIDE over it */
        } window;
        struct window_spec window_table;
        struct {
            uint64_t offset, count; /* count UINT64_MAX: no LIMIT */
        } limit;
        struct {
            const struct logic_table *table; /* NULL: the result of a top-level SELECT */
            const uint32_t *target_columns;  /* INSERT INTO t (b, a); for EXPLAIN */
            uint32_t target_count;
            bool is_side; /* made for a source's late.table or errors.table */
        } sink;
    };
};

/* What a connector is asked with while a statement is planned. Borrows from the table. */
struct connector_params logic_connector_params(
    const struct logic_table *t, struct env *env, const struct time_zone *zone, void *harness);

struct logic *logic_new(
    struct arena *a, enum logic_kind kind, const struct schema *schema, struct text_pos pos);
/* The same node with other inputs; everything else shared. */
struct logic *logic_with_inputs(
    struct arena *a, const struct logic *l, const struct logic *const *inputs);
void logic_set_input(struct arena *a, struct logic *l, const struct logic *input);
/* Columns named `names`, typed as the expressions. NULL names: those of input columns, else EXPR$i.
 */
struct logic *logic_project(struct arena *a, const struct logic *input,
    const struct expr *const *exprs, const struct slice *names, uint32_t count,
    struct text_pos pos);
struct logic *logic_filter(
    struct arena *a, const struct logic *input, const struct expr *condition, struct text_pos pos);
/* Every expression is the input's column of the same number, and there is one for each. */
bool logic_is_identity(const struct logic *project);
/* Column references to every column of the schema. */
const struct expr *const *logic_columns(struct arena *a, const struct schema *s);

/* Hash of the node's own part of its identity and those of its inputs: equal for fragments that
 * mean the same by names and types, so that a column added to a table leaves it alone. Taken right
 * after binding, before any rule runs, so that a new rule does too. */
uint64_t logic_identity(const struct logic *l);
/* Same node, given that the inputs are the same by pointer. Nodes that are not deterministic are
 * never equal. */
bool logic_equal(const struct logic *a, const struct logic *b);
/* "LogicalProject(a=[$0])" with its inputs below it: == Abstract Syntax Tree ==. */
void logic_print(const struct logic *root, struct buf *out);
