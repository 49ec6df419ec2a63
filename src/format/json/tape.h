/* tape.h - the tokens of one JSON record, and texts, numbers and words among them. Strict RFC 8259,
 * except that control characters inside strings are accepted, as Flink's json does. Everything that
 * is passed over is checked as well: a record is either well-formed or bad. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct simdjson_shim;

enum {
    TAPE_RECORD_BYTES_MAX = 8 << 20,
    TAPE_DEPTH_MAX = 64,
    TAPE_KEY_BYTES_MAX = 64 << 10,
    TAPE_MEMBERS_MAX = 10000, /* of one object */
    TAPE_NUMBER_CHARS_MAX = 128,
    TAPE_PADDING = 64 /* readable bytes after a record */
};

struct tape {
    struct simdjson_shim *shim;
    const char *p; /* the record */
    size_t n;
    const uint32_t *tokens; /* offsets; one more than count, the last is n */
    uint32_t count;
    uint32_t next;
    uint32_t depth;
    struct buf masked; /* copy of a record with control characters blanked */
    bool escapes;      /* a backslash occurs in the record */
    /* Why and where a call failed; the reason is static text. */
    const char *reason;
    size_t offset;
};

void tape_init(struct tape *t);
void tape_deinit(struct tape *t);

enum tape_start { TAPE_TOKENS, TAPE_NOTHING, TAPE_BAD };
enum tape_start tape_start(struct tape *t, struct slice record);

/* First byte of the next token; 0 at the end. */
static inline char tape_peek(const struct tape *t)
{
    return t->next < t->count ? t->p[t->tokens[t->next]] : '\0';
}
static inline size_t tape_offset(const struct tape *t)
{
    return t->tokens[t->next];
}
static inline bool tape_fail(struct tape *t, size_t offset, const char *reason)
{
    t->offset = offset;
    t->reason = reason;
    return false;
}
static inline bool tape_fail_here(struct tape *t, const char *reason)
{
    return tape_fail(t, t->tokens[t->next < t->count ? t->next : t->count], reason);
}
static inline bool tape_take(struct tape *t, char c)
{
    if (tape_peek(t) != c) return false;
    t->next++;
    return true;
}

/* The next token is '"': its raw text without quotes; escapes are not looked at. */
static inline struct slice tape_string(struct tape *t)
{
    size_t begin = t->tokens[t->next] + 1, end = t->tokens[t->next + 1];
    /* Blanked control characters may stand behind the quote. */
    while (t->p[end - 1] != '"') end--;
    t->next++;
    return (struct slice){t->p + begin, end - 1 - begin};
}
/* Are the backslashes in raw text proper escapes? tape_unescape needs that. */
bool tape__check_escapes(struct tape *t, struct slice raw);
static inline bool tape_check_escapes(struct tape *t, struct slice raw)
{
    return !t->escapes || tape__check_escapes(t, raw);
}
static inline bool tape_has_escapes(const struct tape *t, struct slice raw)
{
    return t->escapes && memchr(raw.p, '\\', raw.n) != NULL;
}
/* Writes at most raw.n bytes of UTF-8; a lone surrogate becomes '?', as Java writes it. */
size_t tape_unescape(struct slice raw, char *out);

/* The next token is neither string nor bracket: its text up to the next token. */
struct slice tape_scalar(struct tape *t);

/* A number's parts; false when the text is no JSON number or longer than the limit. */
struct tape_number {
    uint64_t digits;  /* all of them as one integer, if exact */
    int32_t exponent; /* value = digits * 10^exponent */
    bool negative;
    bool exact;    /* digits and exponent hold it all */
    bool fraction; /* has '.', 'e' or 'E': Jackson's VALUE_NUMBER_FLOAT */
};
bool tape_number(struct slice text, struct tape_number *out);
double tape_number_double(struct slice text, const struct tape_number *n);
float tape_number_float(struct slice text, const struct tape_number *n);

/* Passes over the next value, checking it. */
bool tape__skip(struct tape *t);
static inline bool tape_skip(struct tape *t)
{
    if (t->escapes || tape_peek(t) != '"') return tape__skip(t);
    t->next++;
    return true;
}
/* Appends the next value as compact JSON, numbers with fraction as Java's doubles. */
bool tape_render(struct tape *t, struct buf *out);
/* After the root: nothing may follow. */
bool tape_finish(struct tape *t);
