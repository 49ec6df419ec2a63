#include "base/str.h"

#include <ctype.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/mem.h"

bool slice_eq_nocase(struct slice a, struct slice b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (tolower((unsigned char)a.p[i]) != tolower((unsigned char)b.p[i])) return false;
    return true;
}

int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0; /* no bytes may stand at NULL */
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

struct slice slice_trim(struct slice s)
{
    while (s.n > 0 && isspace((unsigned char)s.p[0])) s.p++, s.n--;
    while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1])) s.n--;
    return s;
}

char *slice_to_cstr(struct arena *a, struct slice s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return p;
}

struct slice slice_copy(struct arena *a, struct slice s)
{
    return (struct slice){slice_to_cstr(a, s), s.n};
}

char *str_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = arena_alloc(a, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max_bytes = max_bytes};
}

void buf_free(struct buf *b)
{
    mem_free(b->p);
    b->p = NULL;
    b->n = b->capacity = 0;
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->overflow = false;
}

bool buf__grow(struct buf *b, size_t more_bytes)
{
    size_t need;
    if (__builtin_add_overflow(b->n, more_bytes, &need) || need > b->max_bytes) {
        b->overflow = true;
        return false;
    }
    if (need <= b->capacity) return true;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < need) capacity *= 2;
    b->p = mem_realloc(b->p, capacity);
    b->capacity = capacity;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !buf_reserve(b, n)) return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (!buf_reserve(b, (size_t)n + 1)) return;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

char *buf_cstr(struct buf *b)
{
    if (b->n < b->capacity)
        b->p[b->n] = 0;
    else {
        b->p = mem_realloc(b->p, b->n + 1);
        b->capacity = b->n + 1;
        b->p[b->n] = 0;
    }
    return b->p;
}

enum { NEAREST_WORD_MAX = 64 };

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein distance where swapping two neighbours is one step too (optimal string alignment):
 * FORM is as near to FROM as FRON is. Three rows; both words at most NEAREST_WORD_MAX bytes. */
static size_t edit_distance(struct slice a, struct slice b)
{
    size_t rows[3][NEAREST_WORD_MAX + 1];
    for (size_t j = 0; j <= b.n; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = above[j - 1] + !same_letter(a.p[i - 1], b.p[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && same_letter(a.p[i - 1], b.p[j - 2]) &&
                           same_letter(a.p[i - 2], b.p[j - 1]);
            if (swapped && second[j - 2] + 1 < best) best = second[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.n % 3][b.n];
}

const char *str_nearest(struct slice word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = word.n / 3 + 1;
    if (best_distance > 4) best_distance = 4;
    if (word.n > NEAREST_WORD_MAX) return NULL;
    for (size_t i = 0; i < count; i++) {
        struct slice c = slice_of(candidates[i]);
        if (c.n > NEAREST_WORD_MAX) continue;
        size_t d = edit_distance(word, c);
        if (d < best_distance) best = candidates[i], best_distance = d;
    }
    return best;
}
