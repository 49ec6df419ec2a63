/* read.h - a stream logic test file, split into blocks. docs/test-format.md describes the format;
 * this header and the oracle's Slt.java read it alike.
 *
 * Everything points into the text and the arena, which outlive it. Lines are 0-based indexes;
 * messages count from 1. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct arena;

enum {
    SLT_FILE_BYTES_MAX = 16 * 1024 * 1024,
    SLT_SPLITS_MAX = 64,
    /* of a test table */ SLT_CONDITIONS_MAX = 16
};

/* X(verb, word) */
#define SLT_VERB_LIST(X)            \
    X(SLT_STATEMENT, "statement")   \
    X(SLT_QUERY, "query")           \
    X(SLT_EXPLAIN, "explain")       \
    X(SLT_JOB, "job")               \
    X(SLT_SCRIPT, "script")         \
    X(SLT_INPUT, "input")           \
    X(SLT_WATERMARK, "watermark")   \
    X(SLT_IDLE, "idle")             \
    X(SLT_CLOCK, "clock")           \
    X(SLT_CHECKPOINT, "checkpoint") \
    X(SLT_RESTART, "restart")       \
    X(SLT_END, "end")               \
    X(SLT_EXPECT, "expect")

enum slt_verb {
#define X(verb, word) verb,
    SLT_VERB_LIST(X)
#undef X
};

/* onlyif KEY=VALUE, skipif KEY=VALUE */
struct slt_condition {
    bool only;
    struct slice key;
    struct slice value;
};

/* What a verb's line says is parsed; members its verb does not have are zero. */
struct slt_block {
    enum slt_verb verb;
    struct slice name; /* table; job; path of the script; empty where none was given */
    struct slice time; /* watermark, clock: as written */
    uint32_t split;
    bool error;              /* statement error, query error, expect job error */
    struct slice error_text; /* empty: any error */
    bool ordered;            /* query */
    bool types;              /* query */
    bool changelog;          /* expect, and explain changelog_mode */
    uint32_t workers;        /* restart; 0: as before */
    uint32_t batch;          /* restart; 0: as before */

    const struct slt_condition *conditions;
    size_t condition_count;
    size_t line;       /* of the verb */
    size_t body_to;    /* the body is [line + 1, body_to) */
    struct slice body; /* the same as text; rows of `input`, SQL of others */
    bool has_expected; /* a line ---- was there */
    size_t expected_from, expected_to;
};

struct slt_file {
    const char *path; /* for messages; NUL-terminated */
    struct slice text;
    const struct slice *lines; /* without line ends */
    size_t line_count;
    const struct slt_block *blocks;
    size_t block_count;
};

/* ERR_SYNTAX with the position of the line; ERR_LIMIT_EXCEEDED for a file that is too large. */
MUST_USE struct err *slt_read(
    struct arena *a, const char *path, struct slice text, struct slt_file *out);
const char *slt_verb_name(enum slt_verb verb);
