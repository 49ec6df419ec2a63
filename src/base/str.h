/* str.h - text that is not NUL-terminated, and a bounded growing buffer. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/err.h"

struct arena;

/* A borrowed run of bytes. NUL bytes are data. */
struct slice {
    const char *p;
    size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}
static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); /* p may be NULL */
}
bool slice_eq_nocase(struct slice a, struct slice b); /* ASCII */
int slice_cmp(struct slice a, struct slice b);        /* as memcmp, shorter first */
/* For %.*s in messages about text of any length: its first 64 bytes. */
static inline int slice_shown(struct slice s)
{
    return s.n < 64 ? (int)s.n : 64;
}
struct slice slice_trim(struct slice s);              /* ASCII white space off both ends */
char *slice_to_cstr(struct arena *a, struct slice s); /* NUL-terminated copy */
struct slice slice_copy(struct arena *a, struct slice s);

/* printf into an arena; never NULL. */
char *str_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Grows up to max_bytes; past it the buffer keeps what fits and `overflow` is set, so that a writer
 * checks once at its end. Zero-initialise with a max, free with buf_free. */
struct buf {
    char *p;
    size_t n;
    size_t capacity;
    size_t max_bytes;
    bool overflow;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_free(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
bool buf__grow(struct buf *b, size_t more_bytes);
static inline bool buf_reserve(struct buf *b, size_t more_bytes) /* false sets overflow */
{
    size_t limit = b->capacity < b->max_bytes ? b->capacity : b->max_bytes;
    return more_bytes <= limit - b->n || buf__grow(b, more_bytes);
}
void buf_add(struct buf *b, const void *p, size_t n);
static inline void buf_add_char(struct buf *b, char c)
{
    if (buf_reserve(b, 1)) b->p[b->n++] = c;
}
static inline void buf_add_cstr(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}
static inline void buf_add_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.p, s.n);
}
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
static inline struct slice buf_slice(const struct buf *b)
{
    return (struct slice){b->p, b->n};
}
char *buf_cstr(struct buf *b); /* NUL-terminated, owned by the buffer until its next change */

/* The candidate nearest to `word` by edit distance (at most a third of its length, at most 3), or
 * NULL: the "did you mean" of every error message. Case does not count. */
const char *str_nearest(struct slice word, const char *const *candidates, size_t count);
