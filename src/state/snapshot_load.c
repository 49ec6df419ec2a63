/* Parts from outside become a snapshot: verified, chained by task, merged; and its readers. */
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot_format.h"
#include "vec/key.h"
#include "vec/row_codec.h"

/* A copy of one part, of the exact size. */
struct loaded_part {
    char *bytes;
    size_t size;
    uint32_t section_count;
    uint32_t task;
    uint64_t id;
    uint64_t previous_id;
    uint64_t first_id;
    uint32_t age;
    bool needed; /* by the newest of its task, or is the newest */
};

struct snapshot {
    struct loaded_part *parts; /* by task, then by id */
    size_t part_count;
    struct snapshot_section *sections; /* by uid, state, scope and order */
    uint32_t section_count;
    uint32_t section_capacity;
};

void snapshot_free(struct snapshot *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->part_count; i++) mem_free(s->parts[i].bytes);
    mem_free(s->parts);
    mem_free(s->sections);
    mem_free(s);
}

/* ---- one part ---- */

static struct err *read_header(struct loaded_part *part)
{
    uint32_t version;
    uint64_t size_bytes, sum;
    const char *p = part->bytes;
    if (part->size < 16 || memcmp(p, SNAPSHOT_PART_MAGIC, 8) != 0)
        FAIL(ERR_CORRUPT, "%zu bytes are not a checkpoint part", part->size);
    memcpy(&version, p + 8, 4);
    if (version != SNAPSHOT_PART_VERSION)
        FAIL(ERR_CORRUPT, "the part has format version %u, this build reads %d", version,
            SNAPSHOT_PART_VERSION);
    if (part->size < SNAPSHOT_HEADER_BYTES)
        FAIL(ERR_CORRUPT, "%zu bytes are not a checkpoint part", part->size);
    memcpy(&part->section_count, p + 12, 4);
    memcpy(&size_bytes, p + 16, 8);
    memcpy(&sum, p + SNAPSHOT_SUM_AT, 8);
    memcpy(&part->task, p + SNAPSHOT_TASK_AT, 4);
    memcpy(&part->id, p + SNAPSHOT_ID_AT, 8);
    memcpy(&part->previous_id, p + SNAPSHOT_PREVIOUS_AT, 8);
    memcpy(&part->first_id, p + SNAPSHOT_FIRST_AT, 8);
    if (size_bytes != part->size)
        FAIL(ERR_CORRUPT, "the part should have %llu bytes and has %zu",
            (unsigned long long)size_bytes, part->size);
    if (hash_bytes(p + SNAPSHOT_SUMMED_AT, part->size - SNAPSHOT_SUMMED_AT, 0) != sum)
        FAIL(ERR_CORRUPT, "the checksum does not match: the part was damaged");
    bool whole = part->previous_id == 0 && part->first_id == part->id;
    if (!whole && (part->first_id > part->previous_id || part->previous_id >= part->id))
        FAIL(ERR_CORRUPT, "a part of checkpoint %llu follows %llu and needs those from %llu",
            (unsigned long long)part->id, (unsigned long long)part->previous_id,
            (unsigned long long)part->first_id);
    return NULL;
}

static struct err *read_record(
    struct reader *r, enum snapshot_scope scope, struct snapshot_record *out)
{
    out->scope = scope;
    out->key_group = 0;
    if (scope == SNAPSHOT_KEYED) TRY(reader_u32(r, &out->key_group));
    TRY(reader_slice(r, &out->key));
    return reader_slice(r, &out->value);
}

/* Walks all records once, so that readers can trust them. */
static struct err *verify_records(struct snapshot_section *s)
{
    struct reader r = {s->records, s->records + s->size_bytes};
    uint64_t found = 0;
    for (; r.at < r.end; found++) {
        struct snapshot_record record;
        TRY(read_record(&r, s->scope, &record));
        uint32_t group = record.key_group & ~SNAPSHOT_ERASED;
        if (group >= SNAPSHOT_GROUPS_MAX)
            FAIL(ERR_CORRUPT, "a record names key group %u", record.key_group);
        if (group > s->group_max) s->group_max = group;
    }
    if (found != s->count)
        FAIL(ERR_CORRUPT, "%llu records were announced, %llu are there",
            (unsigned long long)s->count, (unsigned long long)found);
    return NULL;
}

static struct err *read_section(struct reader *r, struct snapshot_section *s)
{
    uint8_t scope, changes;
    uint64_t size_bytes;
    struct slice records;
    TRY(reader_slice(r, &s->uid));
    TRY(reader_u32(r, &s->state_version));
    TRY(reader_slice(r, &s->state));
    TRY(reader_u8(r, &scope));
    TRY(reader_u8(r, &changes));
    TRY(reader_u64(r, &s->count));
    TRY(reader_u64(r, &size_bytes));
    if (scope != SNAPSHOT_KEYED && scope != SNAPSHOT_UNION)
        FAIL(ERR_CORRUPT, "a section has the scope %u", scope);
    s->scope = (enum snapshot_scope)scope;
    if (changes > 1 || (changes && s->scope != SNAPSHOT_KEYED))
        FAIL(ERR_CORRUPT, "a section of scope %u says %u of changes", scope, changes);
    s->changes = changes;
    TRY(reader_bytes(r, size_bytes, &records));
    s->records = (unsigned char *)(uintptr_t)records.p; /* our copy */
    s->size_bytes = records.n;
    return verify_records(s);
}

static struct err *push_section(struct snapshot *s, struct snapshot_section section)
{
    if (s->section_count == SNAPSHOT_SECTIONS_MAX)
        FAIL(ERR_CORRUPT, "a checkpoint has more than %d sections", SNAPSHOT_SECTIONS_MAX);
    if (s->section_count == s->section_capacity) {
        s->section_capacity = s->section_capacity ? 2 * s->section_capacity : 16;
        s->sections = mem_realloc(s->sections, s->section_capacity * sizeof *s->sections);
    }
    section.order = s->section_count;
    s->sections[s->section_count++] = section;
    return NULL;
}

static struct err *read_part(struct snapshot *s, const struct loaded_part *part)
{
    const unsigned char *p = (const unsigned char *)part->bytes;
    struct reader r = {p + SNAPSHOT_HEADER_BYTES, p + part->size};
    for (uint32_t i = 0; i < part->section_count; i++) {
        struct snapshot_section section = {.task = part->task, .age = part->age};
        TRY(read_section(&r, &section));
        TRY(push_section(s, section));
    }
    if (r.at != r.end) FAIL(ERR_CORRUPT, "bytes follow the last section");
    return NULL;
}

/* ---- chains ---- */

static int compare_parts(const void *a, const void *b)
{
    const struct loaded_part *x = a, *y = b;
    if (x->task != y->task) return x->task < y->task ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* parts[first .. end-1] are those of one task: marks what the newest needs. */
static struct err *chain_task(struct snapshot *s, size_t first, size_t end)
{
    struct loaded_part *newest = &s->parts[end - 1], *at = newest;
    for (size_t i = first; i + 1 < end; i++)
        if (s->parts[i].id == s->parts[i + 1].id)
            FAIL(ERR_CORRUPT, "task %u has two parts of checkpoint %llu", at->task,
                (unsigned long long)s->parts[i].id);
    at->needed = true;
    while (at->id > newest->first_id && at->previous_id) {
        uint64_t wanted = at->previous_id;
        uint32_t age = at->age + 1;
        while (at > &s->parts[first] && at->id > wanted) at--;
        if (at->id != wanted)
            FAIL(ERR_CORRUPT, "the part of checkpoint %llu of task %u is missing",
                (unsigned long long)wanted, at->task);
        at->needed = true;
        at->age = age;
    }
    if (at->id > newest->first_id)
        FAIL(ERR_CORRUPT, "task %u needs parts from checkpoint %llu on, and they begin with %llu",
            at->task, (unsigned long long)newest->first_id, (unsigned long long)at->id);
    return NULL;
}

static struct err *chain_parts(struct snapshot *s)
{
    if (s->part_count) qsort(s->parts, s->part_count, sizeof *s->parts, compare_parts);
    for (size_t first = 0, end; first < s->part_count; first = end) {
        end = first + 1;
        while (end < s->part_count && s->parts[end].task == s->parts[first].task) end++;
        TRY(chain_task(s, first, end));
    }
    return NULL;
}

/* ---- sections of all parts ---- */

static int compare_uid(const struct snapshot_section *s, struct slice uid)
{
    return slice_cmp(s->uid, uid);
}

static int compare_sections(const void *a, const void *b)
{
    const struct snapshot_section *x = a, *y = b;
    int order = compare_uid(x, y->uid);
    if (order == 0) order = slice_cmp(x->state, y->state);
    if (order == 0) order = (x->scope > y->scope) - (x->scope < y->scope);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool same_chain(const struct snapshot_section *x, const struct snapshot_section *y)
{
    return x->task == y->task && x->scope == y->scope && slice_eq(x->state, y->state) &&
           slice_eq(x->uid, y->uid);
}

/* How many of the sections of one state of one task are still to be read: the newest ones, back to
 * the one that replaces all before it. A state that the newest part does not have is empty. */
static uint32_t live_sections(const struct snapshot_section *sections, uint32_t count)
{
    uint32_t age = 0;
    for (uint32_t i = count; i > 0; i--, age++) {
        if (sections[i - 1].age != age) break;
        if (!sections[i - 1].changes) return age + 1;
    }
    return age;
}

static void merge_sections(struct snapshot *s)
{
    uint32_t kept = 0;
    for (uint32_t first = 0, end; first < s->section_count; first = end) {
        end = first + 1;
        while (end < s->section_count && same_chain(&s->sections[first], &s->sections[end])) end++;
        uint32_t live = live_sections(s->sections + first, end - first);
        memmove(s->sections + kept, s->sections + end - live, live * sizeof *s->sections);
        if (live > 1) snapshot__merge(s->sections + kept, live);
        kept += live;
    }
    s->section_count = kept;
}

/* All bytes are there. */
static struct err *load(struct snapshot *s)
{
    size_t count = s->part_count;
    for (size_t i = 0; i < count; i++) {
        struct err *e = read_header(&s->parts[i]);
        if (e) return err_wrap(e, "reading checkpoint part %zu of %zu", i + 1, count);
    }
    TRY(chain_parts(s));
    for (size_t i = 0; i < count; i++) {
        const struct loaded_part *part = &s->parts[i];
        struct err *e = part->needed ? read_part(s, part) : NULL;
        if (e)
            return err_wrap(e, "reading the part of checkpoint %llu of task %u",
                (unsigned long long)part->id, part->task);
    }
    if (s->section_count)
        qsort(s->sections, s->section_count, sizeof *s->sections, compare_sections);
    merge_sections(s);
    return NULL;
}

static struct err *load_or_free(struct snapshot *s, struct snapshot **out)
{
    struct err *e = load(s);
    if (e)
        snapshot_free(s);
    else
        *out = s;
    return e;
}

static struct snapshot *new_snapshot(size_t part_count)
{
    struct snapshot *s = mem_alloc(sizeof *s);
    s->parts = mem_alloc((part_count + 1) * sizeof *s->parts);
    s->part_count = part_count;
    return s;
}

struct err *snapshot_load(const struct slice *parts, size_t count, struct snapshot **out)
{
    struct snapshot *s = new_snapshot(count);
    for (size_t i = 0; i < count; i++) {
        struct loaded_part *part = &s->parts[i];
        part->size = parts[i].n;
        part->bytes = mem_alloc_large(part->size);
        if (part->size) memcpy(part->bytes, parts[i].p, part->size);
    }
    return load_or_free(s, out);
}

struct err *snapshot_take(struct snapshot_part *parts, size_t count, struct snapshot **out)
{
    struct snapshot *s = new_snapshot(count);
    for (size_t i = 0; i < count; i++) {
        s->parts[i].bytes = parts[i].bytes;
        s->parts[i].size = parts[i].size;
        parts[i].bytes = NULL;
    }
    return load_or_free(s, out);
}

/* ---- reader ---- */

/* The first section at or after (uid, state); state NULL: of the operator. */
static uint32_t first_section(const struct snapshot *s, struct slice uid, const char *state)
{
    uint32_t low = 0, high = s->section_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct snapshot_section *at = &s->sections[middle];
        int order = compare_uid(at, uid);
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
        if (compare_uid(at, uid) != 0) break;
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
enum { CURSOR_OFFSET_BITS = 40 };

static uint64_t cursor_of(uint32_t section, size_t offset)
{
    ASSERT(section <= SNAPSHOT_SECTIONS_MAX && offset < UINT64_C(1) << CURSOR_OFFSET_BITS);
    return (uint64_t)(section + 1) << CURSOR_OFFSET_BITS | offset;
}

bool snapshot_next(const struct snapshot_reader *r, const char *state, uint64_t *cursor,
    struct snapshot_record *out)
{
    const struct snapshot *s = r->snapshot;
    struct slice uid = slice_of(r->op_uid), name = slice_of(state);
    uint32_t section = (uint32_t)(*cursor >> CURSOR_OFFSET_BITS) - 1;
    size_t offset = *cursor & ((UINT64_C(1) << CURSOR_OFFSET_BITS) - 1);
    if (*cursor == 0) section = first_section(s, uid, state);
    for (; section < s->section_count; section++, offset = 0) {
        const struct snapshot_section *at = &s->sections[section];
        if (offset == 0 && (compare_uid(at, uid) != 0 || !slice_eq(at->state, name))) break;
        const unsigned char *p = at->records;
        struct reader bytes = {p + offset, p + at->size_bytes};
        while (bytes.at < bytes.end) {
            struct err *e = read_record(&bytes, at->scope, out);
            ASSERT(!e); /* verified when loaded */
            if (out->key_group & (SNAPSHOT_ERASED | SNAPSHOT_REPLACED)) continue;
            if (at->scope == SNAPSHOT_KEYED &&
                key_group_owner(out->key_group, r->key_groups, r->parallelism) != r->subtask)
                continue;
            out->state = at->state;
            *cursor = cursor_of(section, (size_t)(bytes.at - p));
            return true;
        }
    }
    *cursor = cursor_of(s->section_count, 0);
    return false;
}
