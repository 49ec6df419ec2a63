/* session.h - what executes statements: a catalog, a configuration, and the way from a syntax tree
 * to a physical graph. The CLI, the server and `weir test` all talk to this header and to nothing
 * else of plan/.
 *
 *     struct session *s = session_new(&(struct session_params){.env = env, .config = config});
 *     struct parse_cursor cursor;
 *     TRY(parse_open(&cursor, script));
 *     while (true) {
 *         TRY(parse_next(&cursor, arena, &statement));
 *         if (!statement) break;
 *         TRY(session_execute(s, script, statement, &result));
 *         ... result.effect ...
 *         session_result_free(&result);
 *     }
 *     session_free(s);
 *
 * One thread at a time. An error leaves the session as it was before the statement, so a caller may
 * report it and go on: that is how `weir check` finds every error of a script. Errors carry the
 * position of the token in `script`. */
#pragma once
#include "base/err.h"
#include "base/str.h"

struct arena;
struct ast_statement;
struct catalog;
struct config;
struct env;
struct phys_graph;
struct schema;
struct time_zone;

struct session;

struct session_params {
    struct env *env;       /* time zones are read through it; outlives the session */
    struct config *config; /* SET and RESET change it; the caller's, outlives the session */
    bool test_mode;        /* tables of test-only connectors may exist */
    /* `weir test`'s `script` block: every table gets this connector in place of its WITH, with no
     * options but these. NULL: tables are what they say. */
    const char *replace_connector;
    void *harness; /* struct harness of `weir test`, for connectors' options; NULL elsewhere */
};

/* What a statement leaves for the caller to do. */
enum session_effect {
    SESSION_NONE,  /* done: DDL, SET, RESET, USE, an INSERT inside BEGIN STATEMENT SET */
    SESSION_TABLE, /* a small result to show: SHOW, DESCRIBE, SET without arguments, EXPLAIN */
    SESSION_JOB,   /* start `graph`: INSERT, EXECUTE, END of a statement set */
    SESSION_QUERY, /* start `graph` and show what its result node collects: SELECT, VALUES */
    SESSION_CLIENT /* QUIT, CLEAR, HELP, SOURCE: the caller looks at the statement itself */
};

/* Rows of text. Cells are NUL-terminated; NULL is SQL's NULL. cells[row * column_count + column].
 */
struct session_table {
    const char *const *names;
    const char *const *cells;
    uint32_t column_count;
    uint32_t row_count;
    bool text; /* one cell that is a text of many lines: EXPLAIN, SHOW CREATE; print it as it is */
};

/* Everything pointed to lives in `arena`, which session_result_free gives back. A job that outlives
 * the result keeps the arena alive instead: take it (result.arena = NULL) and arena_free it after
 * the job. The graph borrows nothing from the session, the statement or the script. */
struct session_result {
    enum session_effect effect;
    const char *message; /* one line for a person, e.g. a warning about an unknown key; or NULL */
    struct session_table table;     /* SESSION_TABLE */
    const struct phys_graph *graph; /* SESSION_JOB, SESSION_QUERY */
    const struct schema *columns;   /* SESSION_QUERY: what the result node gets */
    /* SESSION_QUERY: columns that identify a result row, indexes into `columns`, when the result is
     * updated by key; count 0 otherwise. */
    const uint32_t *result_keys;
    uint32_t result_key_count;
    bool bounded;                 /* SESSION_JOB, SESSION_QUERY: every source ends by itself */
    const struct time_zone *zone; /* table.local-time-zone, in which values are shown */
    struct arena *arena;
};

struct session *session_new(const struct session_params *params);
void session_free(struct session *s);
/* Changes replace_connector for the statements that follow; NULL ends it. The text is borrowed. */
void session_replace_connector(struct session *s, const char *connector);

/* `statement` was parsed from `script` (error positions and the text of views come from it); both
 * need to live only until the call returns. On error *out holds nothing. */
MUST_USE struct err *session_execute(struct session *s, struct slice script,
    const struct ast_statement *statement, struct session_result *out);
void session_result_free(struct session_result *r);

/* After the last statement of a script, if none failed: what only all of them together can say.
 * ERR_INVALID_OPTION for a 'late.table' that no INSERT can have rows for. */
MUST_USE struct err *session_end_script(const struct session *s);

/* A statement set was begun and not ended: INSERTs are being gathered. */
bool session_in_statement_set(const struct session *s);

/* For DESCRIBE-like needs of callers: the row type of a table or view, physical columns only (what
 * connector 'test' is fed). ERR_UNDEFINED_TABLE. The schema and the key live in `arena`. */
struct session_relation {
    const char *table_name;        /* "default_catalog.default_database.t", as sinks carry it */
    const struct schema *physical; /* columns a row of an `input` block has, in order */
    const uint32_t *primary_key;   /* indexes into `physical` */
    uint32_t primary_key_count;
    int32_t rowtime; /* physical column the watermark is about, or -1 (none, or computed) */
    const struct type *rowtime_type; /* of the watermark's column, computed or not; or NULL */
    bool has_watermark;
};
MUST_USE struct err *session_relation(
    struct session *s, struct arena *arena, struct slice name, struct session_relation *out);
/* Names of all tables and views, sorted, NUL-terminated; for completion. */
size_t session_names(struct session *s, struct arena *arena, const char *const **names);
