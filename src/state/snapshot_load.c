/* Parts, newest first and piece by piece, become a snapshot: verified, chained by task, merged. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot_format.h"

enum {
    PIECE_BYTES = 1 << 16, /* looked at together: stays in the cache */
    ITEMS_MAX = 32         /* records that are merged together: waits for memory overlap */
};

/* The parts of one task. */
struct chain {
    uint32_t task;
    uint32_t part_count; /* that are needed, so far */
    uint64_t id;         /* of the last part that came, needed or not */
    uint64_t wanted_id;  /* of the next part that is needed; 0: none */
    uint64_t first_id;   /* the newest part needs those from here on */
    uint32_t first_section;
    uint32_t section_count; /* in the newest part; older ones add none */
};

enum stage { STAGE_HEADER, STAGE_SECTION, STAGE_RECORDS, STAGE_NOT_NEEDED };

struct snapshot_loader {
    struct snapshot *snapshot;
    struct chain *chains; /* by task */
    uint32_t chain_count;
    uint32_t chain_capacity;
    struct buf window; /* bytes that came and do not yet make a whole header, section or record */
    size_t window_at;  /* up to here they were looked at */
    /* The part that comes: */
    enum stage stage;
    uint64_t left_bytes; /* of it, those in the window included */
    struct hash_digester *digester;
    uint64_t sum; /* that its bytes should have */
    struct chain *chain;
    uint32_t left_sections;
    /* Its section: */
    struct snapshot_section *section;       /* NULL: does not count */
    struct snapshot_section_header records; /* size_bytes: of those that are left */
    uint64_t found;                         /* records */
};

struct snapshot_loader *snapshot_loader_new(void)
{
    struct snapshot_loader *l = mem_alloc(sizeof *l);
    l->snapshot = mem_alloc(sizeof *l->snapshot);
    l->snapshot->arena = arena_new(4096);
    buf_init(&l->window, SIZE_MAX / 2);
    return l;
}

void snapshot_loader_free(struct snapshot_loader *l)
{
    if (!l) return;
    snapshot_free(l->snapshot);
    mem_free(l->chains);
    buf_free(&l->window);
    hash_digester_free(l->digester);
    mem_free(l);
}

static const unsigned char *window_front(const struct snapshot_loader *l)
{
    return (const unsigned char *)l->window.p + l->window_at;
}

static size_t window_bytes(const struct snapshot_loader *l)
{
    return l->window.n - l->window_at;
}

static void consume(struct snapshot_loader *l, uint64_t bytes)
{
    l->window_at += bytes;
    l->left_bytes -= bytes;
}

static struct err *ends_early(uint64_t needed, uint64_t left)
{
    return ERR(ERR_CORRUPT, "stored bytes end early: %llu are needed, %llu are left",
        (unsigned long long)needed, (unsigned long long)left);
}

/* ---- chains ---- */

/* Made when the task has none. */
static struct chain *find_chain(struct snapshot_loader *l, uint32_t task)
{
    uint32_t low = 0, high = l->chain_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->chains[middle].task < task)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < l->chain_count && l->chains[low].task == task) return &l->chains[low];
    if (l->chain_count == l->chain_capacity) {
        l->chain_capacity = l->chain_capacity ? 2 * l->chain_capacity : 16;
        l->chains = mem_realloc(l->chains, l->chain_capacity * sizeof *l->chains);
    }
    struct chain *c = &l->chains[low];
    memmove(c + 1, c, (l->chain_count++ - low) * sizeof *c);
    *c = (struct chain){.task = task, .first_section = l->snapshot->section_count};
    return c;
}

static struct err *missing_part(const struct chain *c)
{
    return ERR(ERR_CORRUPT, "the part of checkpoint %llu of task %u is missing",
        (unsigned long long)c->wanted_id, c->task);
}

/* *needed: it is the newest of its task, or the next one that the newest needs. */
static struct err *enter_chain(
    struct chain *c, const struct snapshot_part_header *part, bool *needed)
{
    bool newest = c->part_count == 0;
    if (!newest && part->id == c->id)
        FAIL(ERR_CORRUPT, "task %u has two parts of checkpoint %llu", c->task,
            (unsigned long long)c->id);
    if (!newest && part->id > c->id)
        FAIL(ERR_CORRUPT, "task %u has a part of checkpoint %llu where one before %llu belongs",
            c->task, (unsigned long long)part->id, (unsigned long long)c->id);
    c->id = part->id;
    if (newest) c->first_id = part->first_id;
    *needed = newest || part->id == c->wanted_id;
    if (!*needed) return part->id < c->wanted_id ? missing_part(c) : NULL;
    c->part_count++;
    c->wanted_id = part->id > c->first_id ? part->previous_id : 0;
    if (part->id > c->first_id && part->previous_id == 0)
        FAIL(ERR_CORRUPT, "task %u needs parts from checkpoint %llu on, and they begin with %llu",
            c->task, (unsigned long long)c->first_id, (unsigned long long)part->id);
    return NULL;
}

/* ---- sections ---- */

static int compare_sections(const void *a, const void *b)
{
    const struct snapshot_section *x = a, *y = b;
    int order = slice_cmp(x->uid, y->uid);
    if (order == 0) order = slice_cmp(x->state, y->state);
    if (order == 0) order = (x->scope > y->scope) - (x->scope < y->scope);
    return order ? order : (x->task > y->task) - (x->task < y->task);
}

static struct err *two_sections(const struct snapshot_section *s)
{
    return ERR(ERR_CORRUPT, "the state '%.*s' of operator '%.*s' is there twice",
        slice_shown(s->state), s->state.p, slice_shown(s->uid), s->uid.p);
}

/* Of the newest part of a task. */
static struct err *add_section(struct snapshot_loader *l)
{
    struct snapshot *s = l->snapshot;
    if (s->section_count == SNAPSHOT_SECTIONS_MAX)
        FAIL(ERR_CORRUPT, "a checkpoint has more than %d sections", SNAPSHOT_SECTIONS_MAX);
    if (s->section_count == s->section_capacity) {
        s->section_capacity = s->section_capacity ? 2 * s->section_capacity : 16;
        s->sections = mem_realloc(s->sections, s->section_capacity * sizeof *s->sections);
    }
    l->section = &s->sections[s->section_count++];
    *l->section = (struct snapshot_section){.uid = slice_copy(s->arena, l->records.uid),
        .state = slice_copy(s->arena, l->records.state),
        .scope = l->records.scope,
        .state_version = l->records.state_version,
        .task = l->chain->task};
    buf_init(&l->section->records, SIZE_MAX / 2);
    l->chain->section_count++;
    return NULL;
}

/* Of an older part: it counts when every newer one had changes of the state. A state that the
 * newest part does not have is empty. */
static struct err *find_section(struct snapshot_loader *l)
{
    const struct chain *c = l->chain;
    const struct snapshot_section_header *header = &l->records;
    struct snapshot_section *s = NULL, wanted = {.uid = header->uid,
                                           .state = header->state,
                                           .scope = header->scope,
                                           .task = c->task};
    if (c->section_count)
        s = bsearch(&wanted, l->snapshot->sections + c->first_section, c->section_count, sizeof *s,
            compare_sections);
    if (s && s->part_count == c->part_count) return two_sections(s);
    bool counts = s && s->changes && s->part_count == c->part_count - 1;
    if (counts && s->state_version != header->state_version)
        FAIL(ERR_CORRUPT, "a state has version %u, and %u in a later part", header->state_version,
            s->state_version);
    l->section = counts ? s : NULL;
    return NULL;
}

/* So that the sections of older parts find theirs. */
static struct err *sort_sections(struct snapshot_loader *l)
{
    const struct chain *c = l->chain;
    if (c->section_count == 0) return NULL;
    struct snapshot_section *sections = l->snapshot->sections + c->first_section;
    qsort(sections, c->section_count, sizeof *sections, compare_sections);
    for (uint32_t i = 1; i < c->section_count; i++)
        if (compare_sections(&sections[i - 1], &sections[i]) == 0)
            return two_sections(&sections[i]);
    return NULL;
}

/* ---- one part ---- */

/* This and the next ones: *more = false when what comes next is not yet there as a whole. */
static struct err *read_header(struct snapshot_loader *l, bool *more)
{
    struct snapshot_part_header part = {0};
    bool needed = false;
    *more = window_bytes(l) >= SNAPSHOT_HEADER_BYTES;
    if (!*more) return NULL;
    const unsigned char *p = window_front(l);
    TRY(snapshot__decode_part_header(p, l->left_bytes, &part));
    l->sum = part.sum;
    hash_digester_add(l->digester, p + SNAPSHOT_SUMMED_AT, window_bytes(l) - SNAPSHOT_SUMMED_AT);
    l->chain = find_chain(l, part.task);
    TRY(enter_chain(l->chain, &part, &needed));
    l->left_sections = part.section_count;
    l->stage = needed ? STAGE_SECTION : STAGE_NOT_NEEDED;
    consume(l, SNAPSHOT_HEADER_BYTES);
    return NULL;
}

static struct err *read_section(struct snapshot_loader *l, bool *more)
{
    if (l->left_sections == 0) {
        *more = false;
        if (l->left_bytes) FAIL(ERR_CORRUPT, "bytes follow the last section");
        return NULL;
    }
    const unsigned char *p = window_front(l);
    uint64_t bytes = snapshot__section_header_bytes(p, window_bytes(l));
    if (bytes > l->left_bytes) return ends_early(bytes, l->left_bytes);
    *more = bytes <= window_bytes(l);
    if (!*more) return NULL;
    l->records = (struct snapshot_section_header){0};
    TRY(snapshot__decode_section_header(p, bytes, &l->records));
    TRY(l->chain->part_count == 1 ? add_section(l) : find_section(l));
    if (l->section) snapshot__merge_begin(l->section, l->records.changes);
    consume(l, bytes);
    if (l->records.size_bytes > l->left_bytes)
        return ends_early(l->records.size_bytes, l->left_bytes);
    l->found = 0;
    l->left_sections--;
    l->stage = STAGE_RECORDS;
    return NULL;
}

/* Up to ITEMS_MAX records; none when the next one is not there as a whole. */
static struct err *parse_records(
    struct snapshot_loader *l, struct snapshot_item *items, uint32_t *count)
{
    for (*count = 0; *count < ITEMS_MAX && l->records.size_bytes; ++*count) {
        struct snapshot_item *item = &items[*count];
        const unsigned char *p = window_front(l);
        uint64_t bytes =
            snapshot__parse_record(p, window_bytes(l), l->records.scope, &item->record);
        if (bytes > l->records.size_bytes) return ends_early(bytes, l->records.size_bytes);
        if (bytes > window_bytes(l)) return NULL;
        if ((item->record.key_group & ~SNAPSHOT_ERASED) >= SNAPSHOT_GROUPS_MAX)
            FAIL(ERR_CORRUPT, "a record names key group %u", item->record.key_group);
        item->bytes = (struct slice){(const char *)p, bytes};
        l->records.size_bytes -= bytes;
        consume(l, bytes);
    }
    return NULL;
}

static struct err *read_records(struct snapshot_loader *l, bool *more)
{
    while (l->records.size_bytes) {
        struct snapshot_item items[ITEMS_MAX];
        uint32_t count = 0;
        TRY(parse_records(l, items, &count));
        *more = count > 0;
        if (!*more) return NULL;
        if (l->section) snapshot__merge(l->section, items, count);
        l->found += count;
    }
    if (l->found != l->records.count)
        FAIL(ERR_CORRUPT, "%llu records were announced, %llu are there",
            (unsigned long long)l->records.count, (unsigned long long)l->found);
    l->stage = STAGE_SECTION;
    return NULL;
}

static struct err *end_part(struct snapshot_loader *l)
{
    if (hash_digester_short(l->digester) != l->sum)
        FAIL(ERR_CORRUPT, "the checksum does not match: the part was damaged");
    bool newest = l->stage != STAGE_NOT_NEEDED && l->chain->part_count == 1;
    return newest ? sort_sections(l) : NULL;
}

/* Everything whole that is in the window. */
static struct err *read_window(struct snapshot_loader *l)
{
    for (bool more = true; more;) {
        switch (l->stage) {
        case STAGE_HEADER: TRY(read_header(l, &more)); break;
        case STAGE_SECTION: TRY(read_section(l, &more)); break;
        case STAGE_RECORDS: TRY(read_records(l, &more)); break;
        case STAGE_NOT_NEEDED:
            consume(l, window_bytes(l));
            more = false;
            break;
        }
    }
    return l->left_bytes ? NULL : end_part(l);
}

static void drop_read(struct snapshot_loader *l)
{
    if (l->window_at == 0) return; /* of a record of many pieces */
    size_t rest = window_bytes(l);
    memmove(l->window.p, window_front(l), rest);
    l->window.n = rest;
    l->window_at = 0;
}

static struct err *add_piece(struct snapshot_loader *l, struct slice piece)
{
    if (l->stage != STAGE_HEADER) hash_digester_add(l->digester, piece.p, piece.n);
    buf_add_slice(&l->window, piece);
    struct err *e = read_window(l);
    if (e && l->chain)
        return err_wrap(e, "reading the part of checkpoint %llu of task %u",
            (unsigned long long)l->chain->id, l->chain->task);
    if (e) return e;
    drop_read(l);
    return NULL;
}

/* ---- the whole ---- */

struct err *snapshot_loader_begin(struct snapshot_loader *l, uint64_t size_bytes)
{
    ASSERT(l->left_bytes == 0);
    if (size_bytes < SNAPSHOT_HEADER_BYTES)
        FAIL(ERR_CORRUPT, "%llu bytes are not a checkpoint part", (unsigned long long)size_bytes);
    l->stage = STAGE_HEADER;
    l->left_bytes = size_bytes;
    l->chain = NULL;
    hash_digester_free(l->digester);
    l->digester = hash_digester_new();
    return NULL;
}

struct err *snapshot_loader_add(struct snapshot_loader *l, struct slice bytes)
{
    while (bytes.n) {
        size_t n = bytes.n < PIECE_BYTES ? bytes.n : PIECE_BYTES;
        ASSERT(n <= l->left_bytes - window_bytes(l));
        TRY(add_piece(l, (struct slice){bytes.p, n}));
        bytes = (struct slice){bytes.p + n, bytes.n - n};
    }
    return NULL;
}

struct err *snapshot_loader_finish(struct snapshot_loader *l, struct snapshot **out)
{
    struct snapshot *s = l->snapshot;
    ASSERT(l->left_bytes == 0);
    for (uint32_t i = 0; i < l->chain_count; i++)
        if (l->chains[i].wanted_id) return missing_part(&l->chains[i]);
    for (uint32_t i = 0; i < s->section_count; i++) snapshot__merge_end(&s->sections[i]);
    if (s->section_count)
        qsort(s->sections, s->section_count, sizeof *s->sections, compare_sections);
    *out = s;
    l->snapshot = NULL;
    return NULL;
}

/* ---- parts in memory ---- */

static uint64_t id_of(const struct slice *part)
{
    uint64_t id = 0;
    if (part->n >= SNAPSHOT_HEADER_BYTES) memcpy(&id, part->p + SNAPSHOT_ID_AT, sizeof id);
    return id;
}

static int compare_newest_first(const void *a, const void *b)
{
    uint64_t x = id_of(a), y = id_of(b);
    return (x < y) - (x > y);
}

static struct err *load_sorted(
    struct snapshot_loader *l, const struct slice *parts, size_t count, struct snapshot **out)
{
    for (size_t i = 0; i < count; i++) {
        TRY(snapshot_loader_begin(l, parts[i].n));
        TRY(snapshot_loader_add(l, parts[i]));
    }
    return snapshot_loader_finish(l, out);
}

struct err *snapshot_load(const struct slice *parts, size_t count, struct snapshot **out)
{
    struct slice *sorted = mem_alloc(count * sizeof *sorted);
    if (count) memcpy(sorted, parts, count * sizeof *sorted);
    if (count) qsort(sorted, count, sizeof *sorted, compare_newest_first);
    struct snapshot_loader *l = snapshot_loader_new();
    struct err *e = load_sorted(l, sorted, count, out);
    snapshot_loader_free(l);
    mem_free(sorted);
    return e;
}
