/* err.h - the one error object. NULL means success; anything else is owned by the receiver, who
 * returns it, wraps it, or reports and frees it. Messages are truncated at ERR_MESSAGE_MAX bytes.
 * An err belongs to one thread at a time. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum { ERR_MESSAGE_MAX = 1024 };

/* X(name, sqlstate, http, retriable) - the only list of error codes in the program. */
#define ERR_LIST(X)                                \
    X(ERR_SYNTAX, "42601", 400, false)             \
    X(ERR_UNDEFINED_COLUMN, "42703", 400, false)   \
    X(ERR_AMBIGUOUS_COLUMN, "42702", 400, false)   \
    X(ERR_UNDEFINED_TABLE, "42P01", 400, false)    \
    X(ERR_DUPLICATE_TABLE, "42P07", 400, false)    \
    X(ERR_UNDEFINED_FUNCTION, "42883", 400, false) \
    X(ERR_DATATYPE_MISMATCH, "42804", 400, false)  \
    X(ERR_INVALID_DEFINITION, "42P17", 400, false) \
    X(ERR_INVALID_OPTION, "HY024", 400, false)     \
    X(ERR_UNSUPPORTED, "0A000", 501, false)        \
    X(ERR_BAD_RECORD, "22P02", 422, false)         \
    X(ERR_INVALID_VALUE, "22023", 422, false)      \
    X(ERR_DIVISION_BY_ZERO, "22012", 422, false)   \
    X(ERR_OUT_OF_RANGE, "22003", 422, false)       \
    X(ERR_LIMIT_EXCEEDED, "54000", 400, false)     \
    X(ERR_OUT_OF_MEMORY, "53200", 507, false)      \
    X(ERR_DISK_FULL, "53100", 507, true)           \
    X(ERR_NOT_FOUND, "58P01", 404, false)          \
    X(ERR_ALREADY_EXISTS, "58P02", 409, false)     \
    X(ERR_IO, "58030", 502, true)                  \
    X(ERR_CORRUPT, "XX001", 500, false)            \
    X(ERR_CANCELED, "57014", 499, false)           \
    X(ERR_TEST_FAILED, "P0004", 500, false)        \
    X(ERR_INTERNAL, "XX000", 500, false)

enum err_code {
#define X(name, sqlstate, http, retriable) name,
    ERR_LIST(X)
#undef X
};

/* A place in a text the user wrote: 1-based line and column (in code points), byte offset and
 * length of the token for the caret line. line = 0 means unknown. */
struct text_pos {
    uint32_t line;
    uint32_t column;
    uint32_t offset;
    uint32_t size_bytes;
};

struct err;

MUST_USE struct err *err_new(enum err_code code, const char *file, int line, const char *fmt, ...)
    PRINTF(4, 5);
/* Puts "message: " before the cause. Keeps code, position and hint of the cause. */
MUST_USE struct err *err_wrap(struct err *cause, const char *fmt, ...) PRINTF(2, 3);
/* Sets the position unless one is set already: the innermost knows best. Returns e. */
MUST_USE struct err *err_at(struct err *e, struct text_pos pos);
/* One sentence that suggests the fix, printed on its own line. Returns e. */
MUST_USE struct err *err_hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);

void err_print(const struct err *e, FILE *out);               /* "outer: inner: root\n" */
void err_format(const struct err *e, char *out, size_t size); /* the same without newline */
const char *err_message(const struct err *e);                 /* outermost message only */
const char *err_hint_text(const struct err *e);               /* NULL when there is none */
struct text_pos err_pos(const struct err *e);
enum err_code err_code(const struct err *e);
const char *err_sqlstate(const struct err *e);
int err_http_status(const struct err *e);
bool err_retriable(const struct err *e);
void err_free(struct err *e); /* NULL is allowed */

#define FAIL(code, ...) return err_new((code), __FILE__, __LINE__, __VA_ARGS__)
#define FAIL_AT(code, pos, ...) \
    return err_at(err_new((code), __FILE__, __LINE__, __VA_ARGS__), (pos))
#define ERR(code, ...) err_new((code), __FILE__, __LINE__, __VA_ARGS__)
#define TRY(call)                      \
    do {                               \
        struct err *try_err_ = (call); \
        if (try_err_) return try_err_; \
    } while (0)
