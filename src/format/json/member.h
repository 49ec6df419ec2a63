/* member.h - the names of a ROW's fields and a guess where they come in a record. Producers write
 * their members in the same order again and again, so the n-th name of the last record is compared
 * first, and only when it differs is the name looked up. */
#pragma once
#include <stdint.h>

#include "base/str.h"
#include "type/type.h"

struct arena;

enum {
    MEMBER_GUESSES = 64,     /* positions in an object */
    MEMBER_GUESS_BYTES = 32, /* longer names are always looked up */
    MEMBER_NONE = -1
};

struct member_guess {
    uint8_t size;
    char name[MEMBER_GUESS_BYTES];
    int32_t field; /* or MEMBER_NONE: a name that nobody wants */
};

struct member_names {
    const struct type_field *fields;
    uint32_t count;
    uint32_t *slots; /* hash table: field + 1 */
    uint32_t mask;
    struct member_guess guesses[MEMBER_GUESSES];
};

struct member_names *member_names_new(
    struct arena *a, const struct type_field *fields, uint32_t count);
/* Index of the field, or MEMBER_NONE. */
int32_t member_find(const struct member_names *m, struct slice name);
int32_t member_look_up(struct member_names *m, uint32_t position, struct slice raw);

/* `raw` is the name as written, without escapes. */
static inline int32_t member_at(struct member_names *m, uint32_t position, struct slice raw)
{
    if (position < MEMBER_GUESSES) {
        const struct member_guess *g = &m->guesses[position];
        if (g->size == raw.n && raw.n && memcmp(g->name, raw.p, raw.n) == 0) return g->field;
    }
    return member_look_up(m, position, raw);
}
