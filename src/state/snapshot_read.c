/* A snapshot as those see it who restore from it. */
#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "state/snapshot_format.h"
#include "vec/key.h"

void snapshot_free(struct snapshot *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->section_count; i++) snapshot__section_deinit(&s->sections[i]);
    mem_free(s->sections);
    arena_free(s->arena);
    mem_free(s);
}

uint64_t snapshot_keyed_bytes(const struct snapshot *s)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < s->section_count; i++)
        if (s->sections[i].scope == SNAPSHOT_KEYED) bytes += s->sections[i].records.n;
    return bytes;
}

/* The first section at or after (uid, state); state NULL: of the operator. */
static uint32_t first_section(const struct snapshot *s, struct slice uid, const char *state)
{
    uint32_t low = 0, high = s->section_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct snapshot_section *at = &s->sections[middle];
        int order = slice_cmp(at->uid, uid);
        if (order == 0 && state) order = slice_cmp(at->state, slice_of(state));
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct err *snapshot_reader_check(
    const struct snapshot_reader *r, uint32_t state_version, bool *found)
{
    const struct snapshot *s = r->snapshot;
    struct slice uid = slice_of(r->op_uid);
    *found = false;
    for (uint32_t i = first_section(s, uid, NULL); i < s->section_count; i++) {
        const struct snapshot_section *at = &s->sections[i];
        if (!slice_eq(at->uid, uid)) break;
        *found = true;
        if (at->state_version != state_version)
            FAIL(ERR_CORRUPT,
                "the state of operator '%s' was stored as version %u, this build reads version %u",
                r->op_uid, at->state_version, state_version);
        if (at->scope == SNAPSHOT_KEYED && at->group_max >= r->key_groups)
            FAIL(ERR_CORRUPT,
                "the state of operator '%s' was stored in more than %u key groups: key group %u",
                r->op_uid, r->key_groups, at->group_max);
    }
    return NULL;
}

/* A cursor is section + 1 above, offset into its records below; 0: not begun. */
static uint64_t cursor_of(uint32_t section, size_t offset)
{
    ASSERT(section <= SNAPSHOT_SECTIONS_MAX && offset < UINT64_C(1) << SNAPSHOT_OFFSET_BITS);
    return (uint64_t)(section + 1) << SNAPSHOT_OFFSET_BITS | offset;
}

bool snapshot_next(const struct snapshot_reader *r, const char *state, uint64_t *cursor,
    struct snapshot_record *out)
{
    const struct snapshot *s = r->snapshot;
    struct slice uid = slice_of(r->op_uid), name = slice_of(state);
    uint32_t section = (uint32_t)(*cursor >> SNAPSHOT_OFFSET_BITS) - 1;
    size_t offset = *cursor & ((UINT64_C(1) << SNAPSHOT_OFFSET_BITS) - 1);
    if (*cursor == 0) section = first_section(s, uid, state);
    for (; section < s->section_count; section++, offset = 0) {
        const struct snapshot_section *at = &s->sections[section];
        if (offset == 0 && (!slice_eq(at->uid, uid) || !slice_eq(at->state, name))) break;
        while (offset < at->records.n) {
            uint64_t bytes = snapshot__record_at(at, offset, out);
            offset += bytes;
            if (at->scope == SNAPSHOT_KEYED &&
                key_group_owner(out->key_group, r->key_groups, r->parallelism) != r->subtask)
                continue;
            if (r->read_bytes && at->scope == SNAPSHOT_KEYED) *r->read_bytes += bytes;
            out->state = at->state;
            out->scope = at->scope;
            *cursor = cursor_of(section, offset);
            return true;
        }
    }
    *cursor = cursor_of(s->section_count, 0);
    return false;
}
