#include "connector/http/ingest_recovery.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/num.h"
#include "connector/http/ingest_scan.h"

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* "00000000000a1000.log" */
static bool parse_name(const char *name, uint64_t *first)
{
    return ends_with(name, ".log") &&
           num_parse_hex16((struct slice){name, strlen(name) - 4}, first);
}

static struct err *add_segment(struct ingest_recovery *r, uint64_t first)
{
    if (r->count == INGEST_SEGMENTS_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "'%s' holds more than %d files of a log", r->directory,
            INGEST_SEGMENTS_MAX);
    r->segments = mem_realloc(r->segments, (r->count + 1) * sizeof *r->segments);
    TRY(ingest_segment_open(r->env, r->directory, first, &r->segments[r->count]));
    struct ingest_segment *s = &r->segments[r->count++];
    if (s->id != r->segments[0].id)
        FAIL(ERR_CORRUPT, "'%s' belongs to another log than '%s'", s->path, r->segments[0].path);
    return NULL;
}

/* In order of names, which is that of positions. */
static struct err *open_segments(struct ingest_recovery *r, struct arena *a)
{
    char **names;
    size_t count;
    TRY(r->env->def->list(r->env, r->directory, a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        uint64_t first;
        if (ends_with(names[i], ".log.tmp"))
            TRY(r->env->def->remove(r->env, str_fmt(a, "%s/%s", r->directory, names[i])));
        else if (parse_name(names[i], &first))
            TRY(add_segment(r, first));
    }
    return NULL;
}

static struct err *fail_at(const struct ingest_segment *s, uint64_t position, const char *what)
{
    struct err *e = ERR(ERR_CORRUPT, "'%s', byte %llu: %s", s->path,
        (unsigned long long)ingest_segment_offset(s, position), what);
    return err_hint(e, "What was acknowledged is no longer whole, so nothing is read. Restore the "
                       "file from a copy, or move the folder away to begin with an empty log.");
}

/* Follows the records up to `limit`; *end is where they stop, *clean whether what is there then is
 * as it was allocated. All before `sure` must be there. */
static struct err *follow(const struct ingest_segment *s, uint64_t sure, uint64_t limit,
    struct ingest_scan *scan, uint64_t *end, bool *clean)
{
    struct ingest_record record;
    enum ingest_parse parse = INGEST_RECORD;
    uint64_t position = s->first;
    while (parse == INGEST_RECORD) {
        TRY(ingest_scan_next(scan, s, position, limit, false, &record, &parse));
        if (parse == INGEST_RECORD) position = record.next;
    }
    if (position < sure) return fail_at(s, position, "an acknowledged record is damaged");
    *end = position;
    *clean = parse == INGEST_BLANK;
    return NULL;
}

static struct err *check_sealed(
    const struct ingest_segment *s, uint64_t next, struct ingest_scan *scan)
{
    uint64_t end;
    bool clean;
    if (next < s->first || next - s->first > s->capacity_bytes)
        FAIL(ERR_CORRUPT,
            "'%s' should reach to position %llu, where the next file begins, but is "
            "shorter: a file between them is missing",
            s->path, (unsigned long long)next);
    return follow(s, next, next, scan, &end, &clean);
}

/* An interrupted write leaves half a record behind; without it zeros follow. What follows is cut
 * off in any case: it would come to light again behind a later record of the same length. */
static struct err *cut_tail(struct ingest_recovery *r, struct ingest_segment *s, bool clean)
{
    uint64_t used = r->end - s->first;
    if (!clean && r->say) {
        struct arena *a = arena_new(1024);
        r->say(r->context,
            str_fmt(a,
                "'%s' ends in a write that was interrupted, at byte %llu: what follows was "
                "never acknowledged and is cut off",
                s->path, (unsigned long long)ingest_segment_offset(s, r->end)));
        arena_free(a);
    }
    TRY(r->env->def->truncate(s->file, INGEST_HEADER_BYTES + used));
    s->capacity_bytes = used;
    uint64_t wanted = used > r->capacity_bytes ? used : r->capacity_bytes;
    struct err *e = r->env->def->allocate(s->file, INGEST_HEADER_BYTES + wanted);
    if (!e) s->capacity_bytes = wanted;
    if (e && err_code(e) != ERR_DISK_FULL) return e;
    err_free(e); /* the next record asks for it again */
    return r->env->def->sync(s->file);
}

static struct err *recover_last(
    struct ingest_recovery *r, struct ingest_segment *s, struct ingest_scan *scan)
{
    bool damaged, clean = false;
    TRY(ingest_segment_read_slot(s, &r->slot, &damaged));
    if (damaged && r->say) {
        struct arena *a = arena_new(1024);
        r->say(r->context,
            str_fmt(a,
                "'%s': one of the two notes of what was acknowledged cannot be read; the "
                "other, up to position %llu, is taken",
                s->path, (unsigned long long)r->slot.acknowledged));
        arena_free(a);
    }
    uint64_t limit = s->first + s->capacity_bytes;
    if (r->slot.acknowledged > limit)
        return fail_at(s, limit, "the file ends before what was acknowledged");
    TRY(follow(s, r->slot.acknowledged, limit, scan, &r->end, &clean));
    if (r->slot.begin < r->segments[0].first)
        FAIL(ERR_CORRUPT, "'%s': files of the log are missing before '%s'", r->directory,
            r->segments[0].path);
    if (r->slot.begin > r->end)
        return fail_at(s, r->end, "the file ends before what was read of it");
    TRY(cut_tail(r, s, clean));
    r->slot.sequence++;
    r->slot.acknowledged = r->end;
    return ingest_segment_write_slot(s, &r->slot);
}

static struct err *recover(struct ingest_recovery *r, struct arena *a, struct ingest_scan *scan)
{
    TRY(open_segments(r, a));
    for (uint32_t i = 0; i + 1 < r->count; i++)
        TRY(check_sealed(&r->segments[i], r->segments[i + 1].first, scan));
    return r->count ? recover_last(r, &r->segments[r->count - 1], scan) : NULL;
}

struct err *ingest_recovery_run(struct ingest_recovery *r)
{
    struct arena *a = arena_new(1 << 14);
    struct ingest_scan scan = {0};
    struct err *e = recover(r, a, &scan);
    ingest_scan_deinit(&scan);
    arena_free(a);
    return e;
}
