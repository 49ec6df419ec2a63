#include "cli/slt/run.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/config.h"
#include "base/num.h"
#include "plan/session.h"
#include "type/timezone.h"

enum {
    PROBLEM_BYTES_MAX = 4 * 1024 * 1024,
    DISTURB_STEPS_MAX = 24, /* about what a few rows take in a plan of a few tasks */
    DISTURB_WORKERS_MAX = 4
};

/* ---- reports */

struct buf *slt_report(struct slt_run *r, const struct slt_block *b)
{
    struct slice line = slice_trim(r->file->lines[b->line]);
    struct buf *out = &r->outcome->problems;
    buf_printf(out, "  %s:%zu: %.*s\n", r->file->path, b->line + 1, (int)line.n, line.p);
    return out;
}

void slt_report_error_in(
    struct slt_run *r, const struct slt_block *b, const char *path, struct err *e)
{
    char message[ERR_MESSAGE_MAX];
    err_format(e, message, sizeof message);
    struct buf *out = slt_report(r, b);
    struct text_pos pos = err_pos(e);
    if (pos.line > 0)
        buf_printf(out, "    %s:%zu:%u: ", path ? path : r->file->path,
            path ? pos.line : b->line + 1 + pos.line, pos.column);
    else
        buf_add_cstr(out, "    ");
    buf_printf(out, "%s\n", message);
    if (err_hint_text(e)) buf_printf(out, "    hint: %s\n", err_hint_text(e));
    err_free(e);
}

void slt_report_error(struct slt_run *r, const struct slt_block *b, struct err *e)
{
    slt_report_error_in(r, b, NULL, e);
}

struct slice slt_error_text(struct arena *a, const struct err *e)
{
    char message[ERR_MESSAGE_MAX];
    err_format(e, message, sizeof message);
    const char *hint = err_hint_text(e);
    return slice_of(str_fmt(a, "%s%s%s", message, hint ? " " : "", hint ? hint : ""));
}

/* ---- lookups */

struct err *slt_zone(struct slt_run *r, const struct time_zone **out)
{
    struct slice name = config_string(r->config, "table.local-time-zone");
    if (slice_eq(name, SLICE("default"))) name = SLICE("UTC");
    return timezone_open(r->arena, NULL, name, out);
}

struct err *slt_table(struct slt_run *r, struct arena *a, struct slice name,
    struct session_relation *relation, struct test_table **out)
{
    TRY(session_relation(r->session, a, name, relation));
    return test_store_declare(r->store, slice_of(relation->table_name), relation->physical,
        relation->primary_key, relation->primary_key_count, out);
}

uint64_t slt_pick(struct slt_run *r, uint64_t bound)
{
    return slt_random(&r->random) % bound;
}

/* ---- the random place */

bool slt_is_disturbed(const struct slt_run *r, const struct slt_block *b)
{
    return r->disturbed == (size_t)(b - r->file->blocks);
}

struct err *slt_disturb_checkpoint(struct slt_run *r)
{
    /* Two, so that the second may hold only what has changed. */
    for (int i = 0; i < 2; i++) {
        TRY(slt_jobs_step(&r->jobs, slt_pick(r, DISTURB_STEPS_MAX)));
        TRY(slt_jobs_checkpoint(&r->jobs, false));
    }
    return NULL;
}

struct err *slt_disturb_restart(struct slt_run *r)
{
    TRY(slt_jobs_step(&r->jobs, slt_pick(r, DISTURB_STEPS_MAX)));
    uint32_t workers = 1 + (uint32_t)slt_pick(r, DISTURB_WORKERS_MAX - 1);
    if (workers >= r->mode->workers) workers++;
    return slt_jobs_restart(&r->jobs, workers, 0);
}

struct err *slt_run_jobs(struct slt_run *r, const struct slt_block *b)
{
    if (slt_is_disturbed(r, b)) {
        TRY(slt_disturb_checkpoint(r));
        TRY(slt_disturb_restart(r));
    }
    return slt_jobs_run(&r->jobs);
}

/* Does a restart while this block runs say anything? `running`: a job was started before; `fed`:
 * rows were. */
static bool is_place(const struct slt_block *b, bool running, bool fed)
{
    switch (b->verb) {
    case SLT_QUERY: return !b->error;
    case SLT_JOB:
    case SLT_SCRIPT: return fed;
    case SLT_INPUT:
    case SLT_WATERMARK:
    case SLT_IDLE:
    case SLT_END: return running;
    case SLT_STATEMENT:
    case SLT_EXPLAIN:
    case SLT_CLOCK:
    case SLT_CHECKPOINT:
    case SLT_RESTART:
    case SLT_EXPECT: return false;
    }
    UNREACHABLE();
}

/* The block at whose number-th place (0-based) we are; *count is how many there are. */
static size_t find_place(const struct slt_file *f, size_t number, size_t *count)
{
    bool running = false, fed = false;
    size_t found = SIZE_MAX;
    *count = 0;
    for (size_t i = 0; i < f->block_count; i++) {
        const struct slt_block *b = &f->blocks[i];
        if (is_place(b, running, fed) && (*count)++ == number) found = i;
        running = running || b->verb == SLT_JOB || b->verb == SLT_SCRIPT;
        fed = fed || b->verb == SLT_INPUT;
    }
    return found;
}

static void choose_place(struct slt_run *r)
{
    size_t count;
    r->disturbed = SIZE_MAX;
    if (!r->mode->restart) return;
    find_place(r->file, SIZE_MAX, &count);
    if (count > 0) r->disturbed = find_place(r->file, (size_t)slt_pick(r, count), &count);
}

/* ---- blocks */

static bool holds(const struct slt_run *r, const struct slt_condition *c, bool *known)
{
    char text[NUM_I64_CHARS + 1] = {0};
    *known = true;
    if (slice_eq(c->key, SLICE("engine"))) return slice_eq(c->value, SLICE("weir"));
    if (slice_eq(c->key, SLICE("backend"))) return slice_eq(c->value, SLICE("memory"));
    if (slice_eq(c->key, SLICE("restart")))
        return slice_eq(c->value, slice_of(r->mode->restart ? "true" : "false"));
    if (slice_eq(c->key, SLICE("batch")))
        num_format_u64(text, r->mode->batch);
    else if (slice_eq(c->key, SLICE("workers")))
        num_format_u64(text, r->mode->workers);
    else
        *known = false;
    return slice_eq(c->value, slice_of(text));
}

static struct err *applies(const struct slt_run *r, const struct slt_block *b, bool *out)
{
    *out = true;
    for (size_t i = 0; i < b->condition_count; i++) {
        const struct slt_condition *c = &b->conditions[i];
        bool known, true_here = holds(r, c, &known);
        if (!known)
            FAIL(ERR_SYNTAX,
                "a condition is about engine, batch, workers, backend or restart, not '%.*s'",
                (int)c->key.n, c->key.p);
        if (c->only != true_here) *out = false;
    }
    return NULL;
}

static struct err *run_block(struct slt_run *r, const struct slt_block *b)
{
    bool here;
    TRY(applies(r, b, &here));
    if (!here) return NULL;
    switch (b->verb) {
    case SLT_STATEMENT: return slt_do_statement(r, b);
    case SLT_QUERY: return slt_do_query(r, b);
    case SLT_EXPLAIN: return slt_do_explain(r, b);
    case SLT_JOB: return slt_do_job(r, b);
    case SLT_SCRIPT: return slt_do_script(r, b);
    case SLT_EXPECT: return slt_do_expect(r, b);
    case SLT_INPUT:
    case SLT_WATERMARK:
    case SLT_IDLE:
    case SLT_CLOCK:
    case SLT_CHECKPOINT:
    case SLT_RESTART:
    case SLT_END: return slt_do_feed(r, b);
    }
    UNREACHABLE();
}

/* ---- the file */

static struct err *set_defaults(struct config *c)
{
    static const char *const settings[][2] = {
        {"table.local-time-zone", "UTC"},
        {"pipeline.auto-watermark-interval", "0 ms"},
        {"table.exec.sink.require-on-conflict", "false"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        TRY(config_set(c, slice_of(settings[i][0]), slice_of(settings[i][1]), NULL, NULL));
    return NULL;
}

/* Tables with explicit watermarks are known by their last part before they exist. */
static void control_watermarks(struct slt_run *r)
{
    for (size_t i = 0; i < r->file->block_count; i++) {
        const struct slt_block *b = &r->file->blocks[i];
        if (b->verb != SLT_WATERMARK && b->verb != SLT_IDLE) continue;
        char *name = slice_to_cstr(r->arena, b->name);
        size_t n = 0;
        for (const char *p = name; *p; p++) {
            if (*p == '`') continue;
            if (*p == '.')
                n = 0;
            else
                name[n++] = *p;
        }
        name[n] = '\0';
        test_store_control_watermark(r->store, slice_of(name));
    }
}

static void open_run(struct slt_run *r, struct env *env)
{
    r->random = r->mode->seed ^ (uint64_t)r->mode->batch << 32 ^ (uint64_t)r->mode->workers << 48 ^
                r->file->text.n;
    slt_env_init(&r->env, env, r->mode->seed);
    r->config = config_new();
    struct err *e = set_defaults(r->config);
    ASSERT(!e);
    r->store = test_store_new();
    r->planning = (struct harness){.store = r->store};
    r->session = session_new(&(struct session_params){
        .env = &r->env.base, .config = r->config, .test_mode = true, .harness = &r->planning});
    slt_jobs_init(&r->jobs, &r->env, r->store, r->mode->seed);
    control_watermarks(r);
    choose_place(r);
}

static void close_run(struct slt_run *r)
{
    slt_jobs_deinit(&r->jobs);
    session_free(r->session);
    test_store_free(r->store);
    config_free(r->config);
}

void slt_run_file(struct arena *a, struct env *env, const struct slt_file *f,
    const struct slt_mode *mode, bool color, struct slt_outcome *out)
{
    *out = (struct slt_outcome){.edits = {.arena = a}};
    buf_init(&out->problems, PROBLEM_BYTES_MAX);
    struct slt_run r = {.file = f, .mode = mode, .outcome = out, .arena = a, .color = color};
    open_run(&r, env);
    for (size_t i = 0; i < f->block_count && !r.stopped; i++) {
        struct err *e = run_block(&r, &f->blocks[i]);
        if (!e) continue;
        slt_report_error(&r, &f->blocks[i], e);
        break;
    }
    if (out->problems.n > 0 && r.disturbed != SIZE_MAX)
        buf_printf(&out->problems, "  jobs were killed and restored at line %zu\n",
            f->blocks[r.disturbed].line + 1);
    close_run(&r);
}
