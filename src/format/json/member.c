#include "format/json/member.h"

#include "base/arena.h"
#include "base/hash.h"

struct member_names *member_names_new(
    struct arena *a, const struct type_field *fields, uint32_t count)
{
    struct member_names *m = ARENA_NEW(a, struct member_names);
    m->fields = fields;
    m->count = count;
    m->mask = 7;
    while (m->mask < 2 * count) m->mask = 2 * m->mask + 1;
    m->slots = ARENA_ARRAY(a, uint32_t, m->mask + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)hash_bytes(fields[i].name.p, fields[i].name.n, 0) & m->mask;
        while (m->slots[at]) at = (at + 1) & m->mask;
        m->slots[at] = i + 1;
    }
    return m;
}

int32_t member_find(const struct member_names *m, struct slice name)
{
    uint32_t at = (uint32_t)hash_bytes(name.p, name.n, 0) & m->mask;
    for (; m->slots[at]; at = (at + 1) & m->mask)
        if (slice_eq(m->fields[m->slots[at] - 1].name, name)) return (int32_t)m->slots[at] - 1;
    return MEMBER_NONE;
}

int32_t member_look_up(struct member_names *m, uint32_t position, struct slice raw)
{
    int32_t field = member_find(m, raw);
    if (position < MEMBER_GUESSES && raw.n <= MEMBER_GUESS_BYTES) {
        struct member_guess *g = &m->guesses[position];
        g->size = (uint8_t)raw.n;
        memcpy(g->name, raw.p, raw.n);
        g->field = field;
    }
    return field;
}
