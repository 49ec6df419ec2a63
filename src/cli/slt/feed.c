#include "base/arena.h"
#include "base/check.h"
#include "base/option.h"
#include "cli/slt/rows.h"
#include "cli/slt/run.h"
#include "plan/session.h"
#include "type/datetime.h"
#include "type/timezone.h"

static const struct text_pos no_pos = {0};

/* ---- input */

static struct err *zone_of_table(struct slt_run *r, const char *name, const struct time_zone **out)
{
    for (const struct slt_fed_table *t = r->fed_tables; t; t = t->next)
        if (strcmp(t->name, name) == 0) {
            *out = t->zone;
            return NULL;
        }
    TRY(slt_zone(r, out));
    struct slt_fed_table *t = ARENA_NEW(r->arena, struct slt_fed_table);
    *t = (struct slt_fed_table){str_fmt(r->arena, "%s", name), *out, r->fed_tables};
    r->fed_tables = t;
    return NULL;
}

static size_t row_count(const struct slt_block *b)
{
    return b->body_to - b->line - 1;
}

/* Rows [from, to) of the block. */
static struct err *feed_rows(struct slt_run *r, const struct slt_block *b, struct test_table *t,
    const struct time_zone *zone, size_t from, size_t to)
{
    struct arena *a = arena_new(1 << 12);
    struct err *e = NULL;
    for (size_t i = from; i < to && !e; i++) {
        struct slt_row row;
        e = slt_row_parse(a, test_table_schema(t), r->file->lines[b->line + 1 + i], zone, &row);
        if (e)
            e = err_wrap(e, "line %zu", b->line + 2 + i);
        else
            test_table_feed(t, b->split, row.kind, row.values);
        arena_reset(a);
    }
    arena_free(a);
    if (to > from) slt_jobs_fed(&r->jobs, t);
    return e;
}

static struct err *feed_disturbed(struct slt_run *r, const struct slt_block *b,
    struct test_table *t, const struct time_zone *zone)
{
    size_t count = row_count(b);
    size_t checkpoint = (size_t)slt_pick(r, count + 1);
    size_t before = (size_t)slt_pick(r, checkpoint + 1);
    size_t restart = checkpoint + (size_t)slt_pick(r, count - checkpoint + 1);
    /* What the second checkpoint holds are changes to what the first one does. */
    TRY(feed_rows(r, b, t, zone, 0, before));
    TRY(slt_disturb_checkpoint(r));
    TRY(feed_rows(r, b, t, zone, before, checkpoint));
    TRY(slt_disturb_checkpoint(r));
    TRY(feed_rows(r, b, t, zone, checkpoint, restart));
    TRY(slt_disturb_restart(r));
    TRY(feed_rows(r, b, t, zone, restart, count));
    return slt_jobs_run(&r->jobs);
}

static struct err *do_input(struct slt_run *r, const struct slt_block *b)
{
    struct session_relation relation;
    struct test_table *t;
    const struct time_zone *zone;
    TRY(slt_table(r, r->arena, b->name, &relation, &t));
    TRY(zone_of_table(r, relation.table_name, &zone));
    if (slt_is_disturbed(r, b)) return feed_disturbed(r, b, t, zone);
    TRY(feed_rows(r, b, t, zone, 0, row_count(b)));
    return slt_jobs_run(&r->jobs);
}

/* ---- watermark, idle */

/* A number of milliseconds, or a value of the rowtime column. */
static struct err *read_watermark(
    struct slt_run *r, struct slice text, const struct session_relation *relation, int64_t *out)
{
    if (num_parse_i64(text, out)) return NULL;
    struct timestamp at;
    if (!datetime_parse_timestamp(text, 3, &at))
        FAIL(ERR_INVALID_VALUE, "'%.*s' is not a time like 2026-01-01 00:00:00", (int)text.n,
            text.p);
    *out = at.ms;
    const struct type *type = relation->rowtime_type;
    if (!type || type->kind != TYPE_TIMESTAMP_LTZ) return NULL;
    const struct time_zone *zone;
    TRY(slt_zone(r, &zone));
    struct time_zone_cache cache = {0};
    *out = timezone_to_utc(zone, at.ms, &cache);
    return NULL;
}

static struct err *do_mark(struct slt_run *r, const struct slt_block *b)
{
    struct session_relation relation;
    struct test_table *t;
    TRY(slt_table(r, r->arena, b->name, &relation, &t));
    if (b->verb == SLT_IDLE) {
        test_table_idle(t, b->split);
    } else {
        int64_t watermark_ms;
        TRY(read_watermark(r, b->time, &relation, &watermark_ms));
        test_table_watermark(t, b->split, watermark_ms);
    }
    slt_jobs_fed(&r->jobs, t);
    return slt_run_jobs(r, b);
}

/* ---- clock */

static struct err *do_clock(struct slt_run *r, const struct slt_block *b)
{
    int64_t now_ms;
    if (b->time.p[0] == '+') {
        int64_t more_ms;
        struct slice text = slice_trim((struct slice){b->time.p + 1, b->time.n - 1});
        TRY(option_parse_duration(text, &more_ms));
        if (__builtin_add_overflow(r->env.now_ms, more_ms, &now_ms))
            FAIL(ERR_OUT_OF_RANGE, "the clock cannot go so far");
    } else {
        struct timestamp at;
        if (!datetime_parse_timestamp(b->time, 3, &at))
            FAIL(ERR_INVALID_VALUE,
                "'%.*s' is neither a time like 2026-01-01 00:00:00 nor a duration like +10 s",
                (int)b->time.n, b->time.p);
        now_ms = at.ms;
    }
    if (now_ms < r->env.now_ms) FAIL_AT(ERR_INVALID_VALUE, no_pos, "the clock moves only forward");
    r->env.now_ms = now_ms;
    return slt_jobs_run(&r->jobs);
}

/* ---- checkpoint, restart, end */

static struct err *do_checkpoint(struct slt_run *r)
{
    TRY(slt_jobs_run(&r->jobs));
    TRY(slt_jobs_checkpoint(&r->jobs, false));
    return slt_jobs_run(&r->jobs);
}

static struct err *do_restart(struct slt_run *r, const struct slt_block *b)
{
    TRY(slt_jobs_restart(&r->jobs, b->workers, b->batch));
    return slt_jobs_run(&r->jobs);
}

static struct err *do_end(struct slt_run *r, const struct slt_block *b)
{
    if (b->name.n > 0) {
        struct session_relation relation;
        struct test_table *t;
        TRY(slt_table(r, r->arena, b->name, &relation, &t));
        slt_jobs_end(&r->jobs, t);
        return slt_run_jobs(r, b);
    }
    struct test_table **open;
    size_t count = slt_jobs_open_tables(&r->jobs, r->arena, &open);
    for (size_t i = 0; i < count; i++) slt_jobs_end(&r->jobs, open[i]);
    return slt_run_jobs(r, b);
}

struct err *slt_do_feed(struct slt_run *r, const struct slt_block *b)
{
    switch (b->verb) {
    case SLT_INPUT: return do_input(r, b);
    case SLT_WATERMARK:
    case SLT_IDLE: return do_mark(r, b);
    case SLT_CLOCK: return do_clock(r, b);
    case SLT_CHECKPOINT: return do_checkpoint(r);
    case SLT_RESTART: return do_restart(r, b);
    case SLT_END: return do_end(r, b);
    case SLT_STATEMENT:
    case SLT_QUERY:
    case SLT_EXPLAIN:
    case SLT_JOB:
    case SLT_SCRIPT:
    case SLT_EXPECT: break;
    }
    UNREACHABLE();
}
