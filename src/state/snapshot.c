#include "state/snapshot.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "vec/key.h"
#include "vec/row_codec.h"

/* A part, numbers little-endian:
 *    0   8   "weirpart"
 *    8   4   format version, 1
 *   12   4   number of sections
 *   16   8   size of the part in bytes, this header included
 *   24   8   XXH3 (seed 0) of all bytes from 32 on
 *   32       sections, one for each operator, state and scope:
 *              4 + n   size and bytes of the operator's uid
 *              4       state version of the operator
 *              4 + n   size and bytes of the state's name; empty when the operator wrote nothing
 *              1       scope
 *              8       number of records
 *              8       size of the records in bytes
 *                      records:
 *                        4       key group, in scope KEYED only
 *                        4 + n   key
 *                        4 + n   value
 * Nothing follows the last section. */
#define PART_MAGIC "weirpart"
enum {
    PART_VERSION = 1,
    PART_HEADER_BYTES = 32,
    SUM_AT = 24,
    KEY_GROUPS_MAX = 1 << 15, /* Flink's greatest pipeline.max-parallelism */
    STATES_MAX = 64,          /* of one operator */
    SECTIONS_MAX = 1 << 20    /* of one checkpoint: thousands of subtasks with dozens of states */
};

/* ---- writer ---- */

struct state_out {
    char *name;
    enum snapshot_scope scope;
    uint64_t count;
    struct buf records;
};

/* The states of the operator that is being written are kept apart, so that an operator that writes
 * several of them by turns still makes one section of each. */
struct snapshot_writer {
    struct snapshot_writer_params params;
    size_t bytes; /* of the part so far, and of the records that wait */
    bool overflow;
    struct buf part;
    uint32_t section_count;
    char *op_uid; /* NULL before the first operator */
    uint32_t state_version;
    struct state_out states[STATES_MAX];
    uint32_t state_count;
};

static void begin_part(struct snapshot_writer *w)
{
    static const char zeros[PART_HEADER_BYTES] = {0};
    buf_init(&w->part, SIZE_MAX / 2); /* max_bytes is counted in add_record and write_section */
    buf_add(&w->part, zeros, sizeof zeros);
    w->bytes = PART_HEADER_BYTES;
    w->section_count = 0;
    w->overflow = false;
}

struct snapshot_writer *snapshot_writer_new(const struct snapshot_writer_params *params)
{
    struct snapshot_writer *w = mem_alloc(sizeof *w);
    w->params = *params;
    begin_part(w);
    return w;
}

static void drop_states(struct snapshot_writer *w)
{
    for (uint32_t i = 0; i < w->state_count; i++) {
        buf_free(&w->states[i].records);
        mem_free(w->states[i].name);
    }
    w->state_count = 0;
    mem_free(w->op_uid);
    w->op_uid = NULL;
}

void snapshot_writer_free(struct snapshot_writer *w)
{
    if (!w) return;
    drop_states(w);
    buf_free(&w->part);
    mem_free(w);
}

/* False, and everything from now on is dropped, when the part would pass its limit. */
static bool have_room(struct snapshot_writer *w, size_t bytes)
{
    if (w->overflow || bytes > w->params.max_bytes || w->bytes > w->params.max_bytes - bytes)
        w->overflow = true;
    if (!w->overflow) w->bytes += bytes;
    return !w->overflow;
}

static void write_section(struct snapshot_writer *w, const char *state, enum snapshot_scope scope,
    uint64_t count, struct slice records)
{
    struct slice uid = slice_of(w->op_uid), name = slice_of(state);
    if (!have_room(w, uid.n + name.n + 29)) return;
    buf_add_sized(&w->part, uid);
    buf_add_u32(&w->part, w->state_version);
    buf_add_sized(&w->part, name);
    buf_add_u8(&w->part, (uint8_t)scope);
    buf_add_u64(&w->part, count);
    buf_add_u64(&w->part, records.n);
    buf_add_slice(&w->part, records);
    w->section_count++;
}

static void end_op(struct snapshot_writer *w)
{
    if (!w->op_uid) return;
    for (uint32_t i = 0; i < w->state_count; i++) {
        const struct state_out *s = &w->states[i];
        write_section(w, s->name, s->scope, s->count, buf_slice(&s->records));
    }
    if (w->state_count == 0) write_section(w, "", SNAPSHOT_UNION, 0, (struct slice){"", 0});
    drop_states(w);
}

void snapshot_begin_op(struct snapshot_writer *w, const char *op_uid, uint32_t state_version)
{
    end_op(w);
    w->op_uid = mem_strdup(op_uid);
    w->state_version = state_version;
}

static struct state_out *find_state(
    struct snapshot_writer *w, const char *name, enum snapshot_scope scope)
{
    ASSERT(w->op_uid && name[0]);
    for (uint32_t i = 0; i < w->state_count; i++)
        if (w->states[i].scope == scope && strcmp(w->states[i].name, name) == 0)
            return &w->states[i];
    ASSERT(w->state_count < STATES_MAX);
    struct state_out *s = &w->states[w->state_count++];
    *s = (struct state_out){.name = mem_strdup(name), .scope = scope};
    buf_init(&s->records, SIZE_MAX / 2);
    return s;
}

static void add_record(struct state_out *s, struct slice key, struct slice value)
{
    s->count++;
    buf_add_sized(&s->records, key);
    buf_add_sized(&s->records, value);
}

void snapshot_put(struct snapshot_writer *w, const char *state, uint32_t key_group,
    struct slice key, struct slice value)
{
    ASSERT(key_group < KEY_GROUPS_MAX);
    struct state_out *s = find_state(w, state, SNAPSHOT_KEYED);
    if (!have_room(w, 12 + key.n + value.n)) return;
    buf_add_u32(&s->records, key_group);
    add_record(s, key, value);
}

void snapshot_put_union(
    struct snapshot_writer *w, const char *state, struct slice key, struct slice value)
{
    struct state_out *s = find_state(w, state, SNAPSHOT_UNION);
    if (have_room(w, 8 + key.n + value.n)) add_record(s, key, value);
}

struct err *snapshot_finish(struct snapshot_writer *w, struct snapshot_part *out)
{
    end_op(w);
    if (w->overflow) {
        buf_free(&w->part);
        begin_part(w);
        struct err *e = ERR(ERR_LIMIT_EXCEEDED,
            "the state of one subtask does not fit a checkpoint part of %zu MiB",
            w->params.max_bytes >> 20);
        return err_hint(e, "raise the parallelism, or keep less state");
    }
    char *p = w->part.p;
    uint32_t version = PART_VERSION;
    uint64_t part_bytes = w->part.n;
    uint64_t sum = hash_bytes(p + PART_HEADER_BYTES, w->part.n - PART_HEADER_BYTES, 0);
    memcpy(p, PART_MAGIC, 8);
    memcpy(p + 8, &version, 4);
    memcpy(p + 12, &w->section_count, 4);
    memcpy(p + 16, &part_bytes, 8);
    memcpy(p + SUM_AT, &sum, 8);
    *out = (struct snapshot_part){.bytes = p,
        .size = w->part.n,
        .checkpoint_id = w->params.checkpoint_id,
        .first_id = w->params.checkpoint_id};
    begin_part(w);
    return NULL;
}

/* ---- loaded parts ---- */

/* One section; slices point into the copied parts. */
struct section {
    struct slice uid;
    struct slice state;
    enum snapshot_scope scope;
    uint32_t state_version;
    uint32_t group_max; /* largest key group among the records */
    uint32_t order;     /* as loaded */
    struct slice records;
};

struct snapshot {
    char **parts;
    size_t part_count;
    struct section *sections; /* sorted by uid, state and order */
    uint32_t section_count;
    uint32_t section_capacity;
};

void snapshot_free(struct snapshot *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->part_count; i++) mem_free(s->parts[i]);
    mem_free(s->parts);
    mem_free(s->sections);
    mem_free(s);
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
static struct err *verify_records(struct section *s, uint64_t count)
{
    const unsigned char *p = (const unsigned char *)s->records.p;
    struct reader r = {p, p + s->records.n};
    uint64_t found = 0;
    for (; r.at < r.end; found++) {
        struct snapshot_record record;
        TRY(read_record(&r, s->scope, &record));
        if (record.key_group >= KEY_GROUPS_MAX)
            FAIL(ERR_CORRUPT, "a record names key group %u", record.key_group);
        if (record.key_group > s->group_max) s->group_max = record.key_group;
    }
    if (found != count)
        FAIL(ERR_CORRUPT, "%llu records were announced, %llu are there", (unsigned long long)count,
            (unsigned long long)found);
    return NULL;
}

static struct err *read_section(struct reader *r, struct section *s)
{
    uint8_t scope;
    uint64_t count, size_bytes;
    TRY(reader_slice(r, &s->uid));
    TRY(reader_u32(r, &s->state_version));
    TRY(reader_slice(r, &s->state));
    TRY(reader_u8(r, &scope));
    TRY(reader_u64(r, &count));
    TRY(reader_u64(r, &size_bytes));
    if (scope != SNAPSHOT_KEYED && scope != SNAPSHOT_UNION)
        FAIL(ERR_CORRUPT, "a section has the scope %u", scope);
    s->scope = (enum snapshot_scope)scope;
    TRY(reader_bytes(r, size_bytes, &s->records));
    return verify_records(s, count);
}

static struct err *push_section(struct snapshot *s, struct section section)
{
    if (s->section_count == SECTIONS_MAX)
        FAIL(ERR_CORRUPT, "a checkpoint has more than %d sections", SECTIONS_MAX);
    if (s->section_count == s->section_capacity) {
        s->section_capacity = s->section_capacity ? 2 * s->section_capacity : 16;
        s->sections = mem_realloc(s->sections, s->section_capacity * sizeof *s->sections);
    }
    section.order = s->section_count;
    s->sections[s->section_count++] = section;
    return NULL;
}

static struct err *load_part(struct snapshot *s, struct slice part)
{
    uint32_t version, sections;
    uint64_t size_bytes, sum;
    if (part.n < PART_HEADER_BYTES || memcmp(part.p, PART_MAGIC, 8) != 0)
        FAIL(ERR_CORRUPT, "%zu bytes are not a checkpoint part", part.n);
    memcpy(&version, part.p + 8, 4);
    memcpy(&sections, part.p + 12, 4);
    memcpy(&size_bytes, part.p + 16, 8);
    memcpy(&sum, part.p + SUM_AT, 8);
    if (version != PART_VERSION)
        FAIL(ERR_CORRUPT, "the part has format version %u, this build reads %d", version,
            PART_VERSION);
    if (size_bytes != part.n)
        FAIL(ERR_CORRUPT, "the part should have %llu bytes and has %zu",
            (unsigned long long)size_bytes, part.n);
    if (hash_bytes(part.p + PART_HEADER_BYTES, part.n - PART_HEADER_BYTES, 0) != sum)
        FAIL(ERR_CORRUPT, "the checksum does not match: the part was damaged");
    const unsigned char *p = (const unsigned char *)part.p;
    struct reader r = {p + PART_HEADER_BYTES, p + part.n};
    for (uint32_t i = 0; i < sections; i++) {
        struct section section = {.group_max = 0};
        TRY(read_section(&r, &section));
        TRY(push_section(s, section));
    }
    if (r.at != r.end) FAIL(ERR_CORRUPT, "bytes follow the last section");
    return NULL;
}

static int compare_uid(const struct section *s, struct slice uid)
{
    return slice_cmp(s->uid, uid);
}

static int compare_sections(const void *a, const void *b)
{
    const struct section *x = a, *y = b;
    int order = compare_uid(x, y->uid);
    if (order == 0) order = slice_cmp(x->state, y->state);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

struct err *snapshot_load(const struct slice *parts, size_t count, struct snapshot **out)
{
    struct snapshot *s = mem_alloc(sizeof *s);
    s->parts = mem_alloc(count * sizeof *s->parts);
    for (size_t i = 0; i < count; i++) {
        /* A copy of the exact size. */
        s->parts[s->part_count] = mem_realloc(NULL, parts[i].n);
        if (parts[i].n) memcpy(s->parts[s->part_count], parts[i].p, parts[i].n);
        struct slice part = {s->parts[s->part_count++], parts[i].n};
        struct err *e = load_part(s, part);
        if (e) {
            snapshot_free(s);
            return err_wrap(e, "reading checkpoint part %zu of %zu", i + 1, count);
        }
    }
    if (s->section_count)
        qsort(s->sections, s->section_count, sizeof *s->sections, compare_sections);
    *out = s;
    return NULL;
}

/* ---- reader ---- */

/* The first section at or after (uid, state); state NULL: of the operator. */
static uint32_t first_section(const struct snapshot *s, struct slice uid, const char *state)
{
    uint32_t low = 0, high = s->section_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct section *at = &s->sections[middle];
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
        const struct section *at = &s->sections[i];
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
    ASSERT(section <= SECTIONS_MAX && offset < UINT64_C(1) << CURSOR_OFFSET_BITS);
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
        const struct section *at = &s->sections[section];
        if (offset == 0 && (compare_uid(at, uid) != 0 || !slice_eq(at->state, name))) break;
        const unsigned char *p = (const unsigned char *)at->records.p;
        struct reader bytes = {p + offset, p + at->records.n};
        while (bytes.at < bytes.end) {
            struct err *e = read_record(&bytes, at->scope, out);
            ASSERT(!e); /* verified when loaded */
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
