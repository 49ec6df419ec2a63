#include "server/why.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/human.h"
#include "server/metrics.h"
#include "server/phrase.h"
#include "vec/batch.h"

enum {
    SILENT_MS = 5000, /* a source that gave nothing for so long is worth a word */
    STILL_MS = 5000,  /* event time that stood for so long too */
    HELD_MS = 5000    /* splits this far apart */
};

/* What a rule looks at, and where it says what it has found. */
struct search {
    const struct view *v;
    const struct view_job *j;
    struct why *why;
    const char *name; /* of the rule */
    uint32_t weight;
};

static void say(struct search *s, const char *fmt, ...) PRINTF(2, 3);
static void say(struct search *s, const char *fmt, ...)
{
    if (s->why->count == WHY_REASONS_MAX) return;
    struct why_reason *r = &s->why->reasons[s->why->count++];
    *r = (struct why_reason){.name = s->name, .weight = s->weight};
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->text, sizeof r->text, fmt, args);
    va_end(args);
}

static void advise(struct search *s, const char *fmt, ...) PRINTF(2, 3);
static void advise(struct search *s, const char *fmt, ...)
{
    if (s->why->count == 0) return;
    struct why_reason *r = &s->why->reasons[s->why->count - 1];
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->hint, sizeof r->hint, fmt, args);
    va_end(args);
}

static bool is_time(int64_t watermark_ms)
{
    return watermark_ms != WATERMARK_NONE && watermark_ms != WATERMARK_MAX;
}

static const char *table_of(const struct view_operator *o)
{
    return o->table ? o->table : o->name;
}

static const struct ingest_table *ingest_of(const struct search *s, const struct view_operator *o)
{
    for (uint32_t i = 0; o->table && i < s->v->ingest_count; i++)
        if (strcmp(s->v->ingest[i].table, o->table) == 0) return &s->v->ingest[i];
    return NULL;
}

/* ---- rules about the job as a whole ---- */

static void failed(struct search *s)
{
    char ago[PHRASE_MAX];
    if (s->j->state == VIEW_FAILED)
        say(s, "The job failed %s ago: %s", human_duration(s->j->now_ms - s->j->ended_ms, ago),
            s->j->error ? s->j->error : "");
}

static void ended(struct search *s)
{
    char ago[PHRASE_MAX];
    human_duration(s->j->now_ms - s->j->ended_ms, ago);
    if (s->j->state == VIEW_FINISHED) say(s, "The job finished %s ago.", ago);
    if (s->j->state == VIEW_CANCELED) say(s, "The job was stopped %s ago.", ago);
}

static void stopping(struct search *s)
{
    char ago[PHRASE_MAX];
    if (s->j->state == VIEW_STOPPING || s->j->state == VIEW_CANCELLING)
        say(s,
            "The job is being stopped since %s: what is under way is finished and a last "
            "checkpoint "
            "taken.",
            human_duration(s->j->now_ms - s->j->stopping_ms, ago));
}

static void checkpoint_failed(struct search *s)
{
    const struct job_checkpoint_stats *c = &s->j->checkpoints;
    uint32_t failures = 0, first = UINT32_MAX;
    for (uint32_t i = 0; i < c->history_count; i++) {
        if (c->history[i].status == JOB_CHECKPOINT_COMPLETED) break;
        if (c->history[i].status != JOB_CHECKPOINT_FAILED) continue;
        if (first == UINT32_MAX) first = i;
        failures++;
    }
    if (failures == 0) return;
    char ago[PHRASE_MAX];
    say(s, "The last %s failed, the newest %s ago: %s",
        failures == 1 ? "checkpoint" : "checkpoints",
        human_duration(s->j->now_ms - c->history[first].completed_ms, ago),
        c->history[first].failure);
    advise(s, "Rows that are made visible by a checkpoint wait for one that succeeds.");
}

/* Sinks that wait for room, or sources that are held because checkpoints cannot be written. */
static void disk_full(struct search *s)
{
    char since[PHRASE_MAX];
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (o->now.disk_full_ms == 0) continue;
        say(s, "The disk of '%s' is full since %s; the job goes on when there is room.",
            table_of(o), human_duration(s->j->now_ms - o->now.disk_full_ms, since));
    }
    if (s->j->checkpoints.sources_paused)
        say(s, "Nothing is read until a checkpoint succeeds: the disk of '%s' is full.",
            s->j->checkpoint_directory ? s->j->checkpoint_directory : "");
}

static void log_full(struct search *s)
{
    char size[PHRASE_MAX];
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        const struct ingest_table *t = o->is_source ? ingest_of(s, o) : NULL;
        if (!t || t->log_bytes_max == 0) continue;
        if (!t->log_is_full && t->log_bytes < t->log_bytes_max) continue;
        say(s, "The log of '%s' is full (%s), so POSTs to it are answered with 429.", t->table,
            human_bytes(t->log_bytes, size));
        advise(s, "It is trimmed when a checkpoint covers what it holds; 'log.max-bytes' is its "
                  "limit.");
    }
}

static void log_unwritten(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        const struct ingest_table *t = o->is_source ? ingest_of(s, o) : NULL;
        if (!t || !t->log_is_unwritten) continue;
        say(s, "The log of '%s' in '%s' cannot be written, so the last POST to it was refused.",
            t->table, t->log_directory);
        advise(s, "The disk is full, or the folder is gone: the process has said which. The next "
                  "POST after that is put right is taken.");
    }
}

/* The task that its predecessors wait for: those wait for room, it does not. */
static void slow_task(struct search *s)
{
    const struct view_job *j = s->j;
    for (uint32_t i = 0; i < j->operator_count; i++) {
        const struct view_operator *o = &j->operators[i];
        if (j->operators[o->now.vertex].now.subtasks_waiting_output > 0) continue;
        for (uint32_t k = 0; k < o->input_count; k++) {
            const struct view_operator *from = &j->operators[o->inputs[k].node];
            if (from->now.vertex == o->now.vertex || from->now.subtasks_waiting_output == 0)
                continue;
            const struct view_operator *last = &j->operators[view_last_in_vertex(j, o->now.vertex)];
            say(s, "'%s' waits because '%s' takes no more now.", from->name,
                last->is_sink ? last->name : o->name);
            advise(s,
                "More workers help if the work can be spread: parallelism.default is %" PRIu32 ".",
                j->parallelism);
            return;
        }
    }
}

/* ---- rules about sources ---- */

static void silent_source(struct search *s, const struct view_operator *o)
{
    char since[PHRASE_MAX], time[PHRASE_MAX];
    const struct job_node_stats *n = &o->now;
    const struct ingest_table *t = ingest_of(s, o);
    if (n->subtasks > 0 && n->subtasks_done == n->subtasks) {
        say(s, "'%s' has come to its end: it will give no more rows.", table_of(o));
    } else if (n->rows_out == 0) {
        int64_t ms = s->j->now_ms - s->j->started_ms;
        if (ms < SILENT_MS && !t) return;
        say(s, "'%s' has given no row since the job was started %s ago.", table_of(o),
            human_duration(ms, since));
    } else if (s->j->now_ms - o->rows_out_ms >= SILENT_MS) {
        say(s, "'%s' gave its last row %s ago, at %s.", table_of(o),
            human_duration(s->j->now_ms - o->rows_out_ms, since),
            phrase_time(time, o->rows_out_ms));
    } else {
        return;
    }
    if (t && t->refused > 0)
        advise(s,
            "%" PRIu64 " POSTs to it were refused; a client sees the reason in the answer. "
            "Rows come by: POST %s",
            t->refused, t->url);
    else if (t)
        advise(s, "Rows come by: POST %s", t->url);
}

static void no_input(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++)
        if (s->j->operators[i].is_source) silent_source(s, &s->j->operators[i]);
}

static void all_bad(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        uint64_t recent = o->now.bad_records - o->before.bad_records,
                 good = o->now.rows_out - o->before.rows_out;
        if (!o->is_source || o->now.bad_records == 0) continue;
        if (o->now.rows_out == 0)
            say(s,
                "All %" PRIu64 " records of '%s' so far were bad: they are not what its format "
                "expects.",
                o->now.bad_records, table_of(o));
        else if (recent > 0 && good == 0)
            say(s, "All %" PRIu64 " records of '%s' of the last seconds were bad.", recent,
                table_of(o));
        else
            continue;
        advise(s, "'errors.table' on the source keeps each of them with its reason.");
    }
}

/* ---- rules about event time ---- */

/* The split that has the least event time of those that hold it back. */
static const struct job_split_stats *slowest_split(const struct view_operator *o, int64_t *fastest)
{
    const struct job_split_stats *slowest = NULL;
    *fastest = WATERMARK_NONE;
    for (uint32_t i = 0; i < o->now.split_shown_count; i++) {
        const struct job_split_stats *p = &o->now.splits[i];
        if (p->watermark_ms > *fastest) *fastest = p->watermark_ms;
        if (!p->idle && (!slowest || p->watermark_ms < slowest->watermark_ms)) slowest = p;
    }
    return slowest;
}

static void held_by_split(struct search *s, const struct view_operator *o)
{
    int64_t fastest;
    const struct job_split_stats *p = slowest_split(o, &fastest);
    if (!p || o->now.split_count < 2 || fastest == WATERMARK_NONE) return;
    if (p->watermark_ms != WATERMARK_NONE && fastest - p->watermark_ms < HELD_MS) return;
    int64_t silent_ms = p->last_row_ms ? s->j->now_ms - p->last_row_ms : 0;
    if (p->last_row_ms && silent_ms < HELD_MS) return;
    char at[PHRASE_MAX], ahead[PHRASE_MAX], silent[PHRASE_MAX], worker[PHRASE_MAX] = "";
    if (s->j->parallelism > 1) snprintf(worker, sizeof worker, " of worker %" PRIu32, p->subtask);
    say(s,
        "Event time of '%s' is held back by split %" PRIu32 "%s: it is at %s there, %s%s, while "
        "others are at %s.",
        table_of(o), p->split, worker, phrase_time(at, p->watermark_ms),
        p->last_row_ms ? "without a row since " : "and has given no row yet",
        p->last_row_ms ? human_duration(silent_ms, silent) : "", phrase_time(ahead, fastest));
    if (o->idle_timeout_ms == 0)
        advise(s, "SET 'table.exec.source.idle-timeout' = '10 s' lets the others go on without a "
                  "split that is silent for so long.");
}

/* One of several tables, as both sides of a union or a join wait for the slower. */
static void held_by_table(struct search *s)
{
    const struct view_operator *slow = NULL;
    int64_t fastest = WATERMARK_NONE;
    uint32_t sources = 0;
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (!o->gives_event_time) continue;
        sources++;
        if (!slow || o->now.watermark_ms < slow->now.watermark_ms) slow = o;
        if (o->now.watermark_ms > fastest) fastest = o->now.watermark_ms;
    }
    if (sources < 2 || !slow || fastest == WATERMARK_NONE) return;
    if (slow->now.watermark_ms != WATERMARK_NONE && fastest - slow->now.watermark_ms < HELD_MS)
        return;
    char at[PHRASE_MAX], ahead[PHRASE_MAX];
    if (slow->watermark_since_ms && s->j->now_ms - slow->watermark_since_ms < HELD_MS) return;
    say(s, "Event time is held back by '%s': it is at %s there, elsewhere at %s.", table_of(slow),
        phrase_time(at, slow->now.watermark_ms),
        fastest == WATERMARK_MAX ? "its end" : phrase_time(ahead, fastest));
}

static void held_back(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++)
        if (s->j->operators[i].is_source) held_by_split(s, &s->j->operators[i]);
    held_by_table(s);
}

static bool has_event_windows(const struct view_job *j)
{
    for (uint32_t i = 0; i < j->operator_count; i++)
        if (j->operators[i].has_windows && !j->operators[i].windows_by_clock) return true;
    return false;
}

/* Rows come, and the watermark stays where it is. */
static void time_stands(struct search *s)
{
    char at[PHRASE_MAX], since[PHRASE_MAX];
    if (!has_event_windows(s->j)) return;
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (!o->gives_event_time || o->now.watermark_ms == WATERMARK_MAX) continue;
        uint64_t recent = o->now.rows_out - o->before.rows_out;
        int64_t still_ms = s->j->now_ms - o->watermark_since_ms;
        if (recent == 0) continue;
        if (o->now.watermark_ms == WATERMARK_NONE && s->j->now_ms - s->j->started_ms >= STILL_MS)
            say(s,
                "There is no event time yet: %" PRIu64
                " rows have come, and WATERMARK FOR gave nothing for them.",
                o->now.rows_out);
        else if (o->now.watermark_ms != WATERMARK_NONE && still_ms >= STILL_MS)
            say(s, "Event time has stood at %s for %s: the rows that come have no later times.",
                phrase_time(at, o->now.watermark_ms), human_duration(still_ms, since));
    }
}

static void from_future(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (!o->gives_event_time || o->now.future_rows == 0) continue;
        say(s,
            "%" PRIu64 " of the %" PRIu64 " rows of '%s' have times too far ahead of the clock to "
            "count as event time.",
            o->now.future_rows, o->now.rows_out, table_of(o));
        advise(s, "'scan.watermark.max-future' on the table says how far is too far.");
    }
}

/* Rows that have come to an operator. What it counts itself may be partial accumulators, each of
 * many rows; late ones are counted as rows. */
static uint64_t rows_came(const struct view_job *j, const struct view_operator *o, bool before)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < o->input_count; i++) {
        const struct view_operator *from = &j->operators[o->inputs[i].node];
        rows += before ? from->before.rows_out : from->now.rows_out;
    }
    return rows;
}

static void all_late(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        uint64_t late = o->now.late_rows - o->before.late_rows, came = rows_came(s->j, o, false),
                 in = came - rows_came(s->j, o, true);
        if (o->now.late_rows == 0) continue;
        char at[PHRASE_MAX];
        phrase_time(at, metrics_input_watermark(s->j, i));
        if (o->now.late_rows >= came)
            say(s,
                "All rows are late: all %" PRIu64 " that came to '%s' belong to windows that had "
                "closed; event time is at %s.",
                o->now.late_rows, o->name, at);
        else if (in > 0 && late >= in)
            say(s,
                "All rows are late: all %" PRIu64 " of the last seconds belong to windows that "
                "had closed; event time is at %s.",
                late, at);
        else
            continue;
        advise(s, "A row from the future closes windows for all others; WATERMARK FOR t AS t - "
                  "INTERVAL '..' waits longer, 'late.table' on the source keeps late rows.");
    }
}

static void all_filtered(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (o->now.rows_in == 0 || o->now.filtered_rows < o->now.rows_in) continue;
        say(s, "The condition lets no row pass: all %" PRIu64 " that came to %s were filtered.",
            o->now.filtered_rows, o->description);
    }
}

static void open_windows(struct search *s)
{
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (o->now.next_fire_ms == 0) continue;
        int64_t now_ms = o->windows_by_clock ? s->j->now_ms : o->now.watermark_ms;
        if (!is_time(now_ms)) continue;
        char at[PHRASE_MAX], close[PHRASE_MAX];
        say(s, "Windows of '%s' hold rows: the next closes when %s has reached %s; it is at %s.",
            o->name, o->windows_by_clock ? "the clock" : "event time",
            phrase_time(close, o->now.next_fire_ms), phrase_time(at, now_ms));
    }
}

static void unpublished(struct search *s)
{
    char in[PHRASE_MAX];
    for (uint32_t i = 0; i < s->j->operator_count; i++) {
        const struct view_operator *o = &s->j->operators[i];
        if (!o->publishes || o->unpublished_rows == 0) continue;
        if (s->j->checkpoint_interval_ms == 0) {
            say(s,
                "Rows written to '%s' that cannot be seen before the job ends: %" PRIu64
                "; no checkpoints are taken.",
                table_of(o), o->unpublished_rows);
            advise(s, "SET 'execution.checkpointing.interval' = '10 s' publishes them as it goes.");
            continue;
        }
        int64_t last_ms = s->j->started_ms;
        if (s->j->checkpoints.history_count > 0) last_ms = s->j->checkpoints.history[0].begun_ms;
        int64_t next_ms = last_ms + s->j->checkpoint_interval_ms - s->j->now_ms;
        say(s,
            "Rows written to '%s' that can be seen with the next checkpoint, in %s: %" PRIu64 ".",
            table_of(o), human_duration(next_ms, in), o->unpublished_rows);
    }
}

/* Only where nothing above was found, or beside it when rows do come out. */
static void well(struct search *s)
{
    struct view_totals t;
    view_totals(s->j, &t);
    if (view_has_ended(s->j) || (s->why->count > 0 && t.out_per_second <= 0)) return;
    char in[PHRASE_MAX], out[PHRASE_MAX], behind[PHRASE_MAX];
    bool has_time = is_time(t.watermark_ms);
    say(s, "%s: %s/s in, %s/s out%s%s.",
        t.out_per_second > 0 ? "Rows come out"
                             : "No row has come out lately, and nothing holds them up",
        phrase_rate(in, t.in_per_second), phrase_rate(out, t.out_per_second),
        has_time ? ", event time is behind the clock by " : "",
        has_time ? human_duration(s->j->now_ms - t.watermark_ms, behind) : "");
}

/* ---- the table ---- */

static const struct rule {
    const char *name;
    uint32_t weight;
    void (*look)(struct search *s);
    const char *doc;
} rules[] = {
    {"failed", 100, failed, "The job has failed; with the error."},
    {"ended", 99, ended, "The job has finished, or was stopped."},
    {"stopping", 95, stopping, "The job is being stopped."},
    {"disk-full", 92, disk_full,
        "A disk is full: of a sink that waits for room, or of the checkpoints."},
    {"checkpoint-failed", 90, checkpoint_failed,
        "The last checkpoint failed, for a full disk say; with the reason."},
    {"log-unwritten", 86, log_unwritten,
        "An ingest log cannot be written: its disk is full or its folder gone."},
    {"log-full", 85, log_full, "An ingest log is full, so nothing more is accepted."},
    {"back-pressure", 80, slow_task,
        "A task, often a sink, takes rows more slowly than they come."},
    {"all-bad", 75, all_bad, "No record of a source could be read."},
    {"no-input", 70, no_input, "A source gives no rows: never, not for a while, or it has ended."},
    {"all-late", 65, all_late, "All rows belong to windows that had closed."},
    {"all-filtered", 60, all_filtered, "A condition lets no row pass."},
    {"held-back", 55, held_back,
        "One split of a source, or one of several sources, holds event time back."},
    {"time-stands-still", 50, time_stands, "Rows come, but none has a later time."},
    {"future-rows", 45, from_future,
        "Rows have times so far ahead of the clock that they are held out of event time."},
    {"open-windows", 40, open_windows,
        "Windows hold rows and close when event time has come so far."},
    {"unpublished", 30, unpublished, "Rows are written and wait for a checkpoint to be seen."},
    {"well", 0, well, "Nothing of all this."},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

void why_find(const struct view *v, const struct view_job *j, struct why *out)
{
    out->count = 0;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (view_has_ended(j) && i > 1) break; /* what came before explains nothing any more */
        struct search s = {v, j, out, rules[i].name, rules[i].weight};
        rules[i].look(&s);
    }
    struct search last = {v, j, out, "well", 0};
    if (out->count == 0) say(&last, "Rows come and nothing is known to hold them up.");
    /* Where rows come out, that is what matters, and the rest is detail. */
    struct why_reason *tail = &out->reasons[out->count - 1];
    if (out->count < 2 || tail->weight != 0) return;
    struct why_reason first = *tail;
    memmove(out->reasons + 1, out->reasons, (out->count - 1) * sizeof first);
    out->reasons[0] = first;
}

const char *why_name(size_t i, const char **doc)
{
    if (i >= RULE_COUNT) return NULL;
    *doc = rules[i].doc;
    return rules[i].name;
}
