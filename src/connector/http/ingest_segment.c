#include "connector/http/ingest_segment.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

/* Little-endian throughout. A page's digest covers all of it, so that no byte goes unlooked at.
 *
 *   page 0     8 "weirlog1"   8 log id   8 first   8 zero ...   8 digest of the bytes before
 *   page 1, 2  8 "weirslot"   8 sequence   8 acknowledged   8 begin ...   8 digest, seeded with id
 *   records    8 digest of the bytes behind it, seeded with id and position   4 body bytes   4 kind
 *              4 count   4 zero   8 arrived (wall clock, ms)   body
 *
 * The seed tells a record that is where it belongs from one that was left by another log, or
 * written to the wrong place. */
static const char file_magic[] = "weirlog1";
static const char slot_magic[] = "weirslot";
enum { MAGIC_BYTES = 8, DIGEST_AT = INGEST_PAGE_BYTES - 8 };

static uint64_t get_u64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint32_t get_u32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void put_u64(char *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

static void put_u32(char *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

/* ---- pages ---- */

static void seal(char *page, uint64_t seed)
{
    put_u64(page + DIGEST_AT, hash_bytes(page, DIGEST_AT, seed));
}

static bool is_sealed(const char *page, const char *magic, uint64_t seed)
{
    return memcmp(page, magic, MAGIC_BYTES) == 0 &&
           get_u64(page + DIGEST_AT) == hash_bytes(page, DIGEST_AT, seed);
}

static void put_slot(char *page, uint64_t id, const struct ingest_slot *slot)
{
    memcpy(page, slot_magic, MAGIC_BYTES);
    put_u64(page + 8, slot->sequence);
    put_u64(page + 16, slot->acknowledged);
    put_u64(page + 24, slot->begin);
    seal(page, id);
}

struct err *ingest_segment_write_slot(
    const struct ingest_segment *s, const struct ingest_slot *slot)
{
    char page[INGEST_PAGE_BYTES] = {0};
    put_slot(page, s->id, slot);
    uint64_t offset = INGEST_PAGE_BYTES * (1 + slot->sequence % 2);
    return s->env->def->write(s->file, offset, page, sizeof page);
}

static struct err *read_page(const struct ingest_segment *s, uint64_t offset, char *page)
{
    size_t got;
    TRY(s->env->def->read(s->file, offset, page, INGEST_PAGE_BYTES, &got));
    if (got < INGEST_PAGE_BYTES)
        FAIL(ERR_CORRUPT, "'%s' ends within its header, at byte %llu", s->path,
            (unsigned long long)(offset + got));
    return NULL;
}

struct err *ingest_segment_read_slot(
    const struct ingest_segment *s, struct ingest_slot *out, bool *damaged)
{
    char page[INGEST_PAGE_BYTES];
    uint32_t found = 0;
    for (uint32_t i = 0; i < 2; i++) {
        TRY(read_page(s, INGEST_PAGE_BYTES * (1 + i), page));
        if (!is_sealed(page, slot_magic, s->id)) continue;
        uint64_t sequence = get_u64(page + 8);
        if (found++ == 0 || sequence > out->sequence)
            *out = (struct ingest_slot){sequence, get_u64(page + 16), get_u64(page + 24)};
    }
    *damaged = found == 1;
    if (found == 0)
        FAIL(ERR_CORRUPT, "'%s': neither of the two notes of what was acknowledged can be read",
            s->path);
    return NULL;
}

/* ---- files ---- */

static char *path_of(struct arena *a, const char *directory, uint64_t first, const char *suffix)
{
    return str_fmt(a, "%s/%016llx.log%s", directory, (unsigned long long)first, suffix);
}

void ingest_segment_close(struct ingest_segment *s)
{
    if (s->file) s->env->def->close(s->file);
    mem_free(s->path);
    *s = (struct ingest_segment){0};
}

/* Both slots, so that from the first commit on there are two to choose from. */
static struct err *write_header(const struct ingest_segment *s, const struct ingest_slot *slot)
{
    char page[INGEST_PAGE_BYTES] = {0};
    memcpy(page, file_magic, MAGIC_BYTES);
    put_u64(page + 8, s->id);
    put_u64(page + 16, s->first);
    seal(page, 0);
    TRY(s->env->def->write(s->file, 0, page, sizeof page));
    struct ingest_slot earlier = {slot->sequence - 1, slot->acknowledged, slot->begin};
    TRY(ingest_segment_write_slot(s, &earlier));
    return ingest_segment_write_slot(s, slot);
}

static struct err *fill_new(
    struct ingest_segment *s, const char *temporary, const struct ingest_slot *slot)
{
    struct env *env = s->env;
    TRY(env->def->open(env, temporary, ENV_CREATE, &s->file));
    TRY(env->def->allocate(s->file, INGEST_HEADER_BYTES + s->capacity_bytes));
    TRY(write_header(s, slot));
    env_fault("log.segment-written");
    TRY(env->def->sync(s->file));
    return env->def->rename(env, temporary, s->path);
}

struct err *ingest_segment_create(struct env *env, const char *directory, uint64_t id,
    const struct ingest_slot *slot, uint64_t first, uint64_t capacity_bytes,
    struct ingest_segment *out)
{
    struct arena *a = arena_new(1024);
    const char *temporary = path_of(a, directory, first, ".tmp");
    *out = (struct ingest_segment){.env = env,
        .path = mem_strdup(path_of(a, directory, first, "")),
        .id = id,
        .first = first,
        .capacity_bytes = capacity_bytes};
    struct err *e = fill_new(out, temporary, slot);
    if (e) {
        /* As far as that goes. The name too, if it was given: what goes into the segment before
         * from now on lies where this one would begin. */
        err_free(env->def->remove(env, temporary));
        err_free(env->def->remove(env, out->path));
        ingest_segment_close(out);
    } else {
        env_fault("log.segment-created");
    }
    arena_free(a);
    return e;
}

static struct err *check_header(struct ingest_segment *s)
{
    struct env_stat stat;
    char page[INGEST_PAGE_BYTES];
    TRY(s->env->def->stat(s->env, s->path, &stat));
    TRY(read_page(s, 0, page));
    if (memcmp(page, file_magic, MAGIC_BYTES) != 0)
        FAIL(ERR_CORRUPT, "'%s', byte 0: it is not a file of an ingest log of this version",
            s->path);
    if (!is_sealed(page, file_magic, 0))
        FAIL(ERR_CORRUPT, "'%s': its first %d bytes are damaged", s->path, INGEST_PAGE_BYTES);
    if (get_u64(page + 16) != s->first)
        FAIL(ERR_CORRUPT, "'%s' was called %016llx.log", s->path,
            (unsigned long long)get_u64(page + 16));
    s->id = get_u64(page + 8);
    if (stat.size_bytes < INGEST_HEADER_BYTES)
        FAIL(ERR_CORRUPT, "'%s' ends within its header, at byte %llu", s->path,
            (unsigned long long)stat.size_bytes);
    s->capacity_bytes = stat.size_bytes - INGEST_HEADER_BYTES;
    return NULL;
}

struct err *ingest_segment_open(
    struct env *env, const char *directory, uint64_t first, struct ingest_segment *out)
{
    struct arena *a = arena_new(1024);
    *out = (struct ingest_segment){
        .env = env, .path = mem_strdup(path_of(a, directory, first, "")), .first = first};
    arena_free(a);
    struct err *e = env->def->open(env, out->path, ENV_UPDATE, &out->file);
    if (!e) e = check_header(out);
    if (e) ingest_segment_close(out);
    return e;
}

/* ---- records ---- */

static uint64_t digest(const char *record, size_t body_bytes, uint64_t id, uint64_t position)
{
    return hash_bytes(
        record + 8, INGEST_RECORD_HEADER_BYTES - 8 + body_bytes, hash_combine(id, position));
}

void ingest_segment_put_record(char *to, uint64_t id, struct ingest_record *r)
{
    ASSERT(r->body.n > 0 && r->body.n <= INGEST_BODY_BYTES_MAX);
    put_u32(to + 8, (uint32_t)r->body.n);
    put_u32(to + 12, r->kind);
    put_u32(to + 16, r->count);
    put_u32(to + 20, 0);
    put_u64(to + 24, (uint64_t)r->arrived_ms);
    memcpy(to + INGEST_RECORD_HEADER_BYTES, r->body.p, r->body.n);
    put_u64(to, digest(to, r->body.n, id, r->position));
    r->next = r->position + ingest_segment_record_bytes(r->body.n);
}

enum ingest_parse ingest_segment_parse(
    struct slice bytes, uint64_t id, uint64_t position, struct ingest_record *out, size_t *need)
{
    static const char blank[INGEST_RECORD_HEADER_BYTES];
    *need = INGEST_RECORD_HEADER_BYTES;
    if (bytes.n < INGEST_RECORD_HEADER_BYTES) return INGEST_MORE;
    if (memcmp(bytes.p, blank, sizeof blank) == 0) return INGEST_BLANK;
    size_t body_bytes = get_u32(bytes.p + 8);
    if (body_bytes == 0 || body_bytes > INGEST_BODY_BYTES_MAX) return INGEST_BAD;
    *need = (size_t)ingest_segment_record_bytes(body_bytes);
    if (bytes.n < *need) return INGEST_MORE;
    if (get_u64(bytes.p) != digest(bytes.p, body_bytes, id, position)) return INGEST_BAD;
    *out = (struct ingest_record){.position = position,
        .next = position + *need,
        .kind = get_u32(bytes.p + 12),
        .count = get_u32(bytes.p + 16),
        .arrived_ms = (int64_t)get_u64(bytes.p + 24),
        .body = {bytes.p + INGEST_RECORD_HEADER_BYTES, body_bytes}};
    return INGEST_RECORD;
}
