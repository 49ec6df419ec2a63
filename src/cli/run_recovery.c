#include "cli/run_recovery.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "base/hash.h"
#include "base/human.h"
#include "base/mem.h"
#include "cli/plan_diff.h"
#include "cli/report.h"
#include "cli/run_jobs.h"
#include "state/checkpoint_store.h"
#include "type/datetime.h"
#include "vec/key.h"

enum {
    GRAPH_BYTES_MAX = 64 << 20,
    FOLDER_CHARS_MAX = 120,
    DIFF_BYTES_MAX = 1 << 16,
    INTERVAL_DEFAULT_MS = 10000,
    RETAINED_DEFAULT = 3 /* Flink keeps 1; older ones are for when the newest is damaged */
};

/* ---- folders ---- */

/* Without file:; empty when there is none. */
static struct slice path_of(const struct run *r, const char *key)
{
    static const char *const schemes[] = {"file://", "file:"};
    struct slice path = config_string(r->config, key);
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(schemes[i]);
        if (path.n < n || memcmp(path.p, schemes[i], n) != 0) continue;
        path = (struct slice){path.p + n, path.n - n};
        break;
    }
    while (path.n > 1 && path.p[path.n - 1] == '/') path.n--;
    return path;
}

static struct err *check_path(const struct run *r, const char *key)
{
    struct slice path = path_of(r, key);
    if (path.n == 0 || !memmem(path.p, path.n, "://", 3)) return NULL;
    return err_hint(ERR(ERR_UNSUPPORTED, "'%s' = '%.*s' is not a folder of this machine", key,
                        (int)path.n, path.p),
        "use a path or file://; other file systems can be mounted");
}

/* The name with all that could surprise a shell or a file system made '-'. Two names that become
 * the same would meet in one folder, so what was changed gets a digest of the name. */
static char *folder_of(struct arena *a, const char *job_name)
{
    size_t n = strlen(job_name);
    bool changed = n > FOLDER_CHARS_MAX || n == 0 || job_name[0] == '.';
    char text[FOLDER_CHARS_MAX + 1];
    size_t kept = n < FOLDER_CHARS_MAX ? n : FOLDER_CHARS_MAX;
    for (size_t i = 0; i < kept; i++) {
        char c = job_name[i];
        bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-' || (c == '.' && i > 0);
        text[i] = safe ? c : '-';
        changed |= !safe;
    }
    text[kept] = 0;
    if (!changed) return str_fmt(a, "%s", text);
    return str_fmt(a, "%s-%08x", text, (uint32_t)hash_bytes(job_name, n, 0));
}

static bool keeps_checkpoints(const struct run *r, const struct running *j)
{
    return !j->is_query && path_of(r, "execution.checkpointing.dir").n > 0;
}

struct err *run_recovery_check(struct run *r)
{
    TRY(check_path(r, "execution.checkpointing.dir"));
    TRY(check_path(r, "execution.state-recovery.path"));
    if (path_of(r, "execution.checkpointing.dir").n == 0) return NULL;
    for (uint32_t i = r->started_count; i < r->job_count; i++)
        for (uint32_t k = 0; k < i; k++) {
            const char *name = r->jobs[i].result.graph ? r->jobs[i].result.graph->job_name : NULL;
            const char *other = r->jobs[k].result.graph ? r->jobs[k].result.graph->job_name : NULL;
            if (!name || !other || strcmp(name, other) != 0) continue;
            return err_hint(
                ERR(ERR_ALREADY_EXISTS,
                    "two jobs of the script are called '%s', so their checkpoints would meet in "
                    "one folder",
                    name),
                "SET 'pipeline.name' = '...' before each INSERT, or put them between BEGIN "
                "STATEMENT SET and END");
        }
    return NULL;
}

/* ---- what there is ---- */

static struct err *plan_changed(
    struct run *r, const struct running *j, const char *path, struct slice stored)
{
    struct buf text;
    buf_init(&text, DIFF_BYTES_MAX);
    const struct phys_graph *before;
    struct err *e = phys_decode(r->arena, stored, &before);
    if (e)
        buf_add_cstr(&text, "    the plan before was made by another version of weir\n");
    else
        plan_diff(before, j->result.graph, &text);
    err_free(e);
    run_jobs_say(r, "what has changed since the checkpoint (-) and now (+):\n%s", buf_cstr(&text));
    buf_free(&text);
    e = ERR(ERR_INVALID_DEFINITION,
        "job '%s' is not the one that its checkpoint '%s' was taken of: the plan has changed",
        j->result.graph->job_name, path);
    return err_hint(e,
        "give the script as it was; or start anew: with another 'pipeline.name', another "
        "'execution.checkpointing.dir', or after removing '%s'",
        j->recovery.directory ? j->recovery.directory : path);
}

/* Names apart: a checkpoint may be given to a job of another name. */
static struct err *check_plan(
    struct run *r, const struct running *j, const char *path, const struct checkpoint_meta *meta)
{
    struct phys_graph now = *j->result.graph;
    now.job_name = meta->job_name;
    struct buf text;
    buf_init(&text, GRAPH_BYTES_MAX);
    phys_encode(&now, &text);
    bool same = slice_eq(buf_slice(&text), meta->graph);
    buf_free(&text);
    if (!same) return plan_changed(r, j, path, meta->graph);
    int64_t groups = config_int(r->config, "pipeline.max-parallelism");
    uint32_t key_groups = groups > 0 ? (uint32_t)groups : KEY_GROUPS_DEFAULT;
    if (meta->key_groups == key_groups) return NULL;
    struct err *e = ERR(ERR_INVALID_OPTION,
        "checkpoint '%s' was taken with 'pipeline.max-parallelism' = '%u', not %u", path,
        meta->key_groups, key_groups);
    return err_hint(e, "it cannot change while there is state; 'parallelism.default' can");
}

static struct err *load(struct run *r, struct running *j, const char *path)
{
    struct run_recovery *v = &j->recovery;
    struct checkpoint_meta meta;
    TRY(checkpoint_load(r->env, path, r->arena, &meta, &v->snapshot));
    TRY(check_plan(r, j, path, &meta));
    v->restored_id = meta.id;
    v->taken_ms = meta.completed_ms;
    v->finished = meta.kind == CHECKPOINT_FINISHED;
    return NULL;
}

static struct err *open_folder(struct run *r, struct running *j, struct slice parent)
{
    struct run_recovery *v = &j->recovery;
    v->directory = str_fmt(r->arena, "%.*s/%s", (int)parent.n, parent.p,
        folder_of(r->arena, j->result.graph->job_name));
    struct err *e = checkpoint_store_open(r->env, v->directory, &v->store);
    if (!e || err_hint_text(e) || err_code(e) == ERR_CORRUPT) return e;
    return err_hint(e, "'execution.checkpointing.dir' names a folder that this user may write");
}

struct err *run_recovery_open(struct run *r, struct running *j)
{
    j->recovery = (struct run_recovery){0};
    if (j->is_query) return NULL;
    if (keeps_checkpoints(r, j)) TRY(open_folder(r, j, path_of(r, "execution.checkpointing.dir")));
    struct slice asked = path_of(r, "execution.state-recovery.path");
    if (asked.n) return load(r, j, slice_to_cstr(r->arena, asked));
    if (!j->recovery.store) return NULL;
    struct checkpoint_entry *entries;
    size_t count;
    TRY(checkpoint_store_list(r->env, j->recovery.directory, r->arena, &entries, &count));
    /* The newest even if it is damaged: older ones do not know what was published since. */
    return count > 0 ? load(r, j, entries[0].path) : NULL;
}

void run_recovery_close(struct running *j)
{
    snapshot_free(j->recovery.snapshot);
    j->recovery.snapshot = NULL;
    checkpoint_store_close(j->recovery.store);
    j->recovery.store = NULL;
}

/* ---- start ---- */

static int64_t interval_ms(const struct run *r, const struct running *j)
{
    const char *key = "execution.checkpointing.interval";
    if (keeps_checkpoints(r, j) && !config_is_set(r->config, key)) return INTERVAL_DEFAULT_MS;
    return config_duration_ms(r->config, key);
}

void run_recovery_params(const struct run *r, const struct running *j, struct job_params *out)
{
    const struct config *c = r->config;
    const struct run_recovery *v = &j->recovery;
    const char *retained = "execution.checkpointing.num-retained";
    const char *tolerated = "execution.checkpointing.tolerable-failed-checkpoints";
    const char *incremental = "execution.checkpointing.incremental";
    out->checkpoint_interval_ms = interval_ms(r, j);
    out->no_checkpoints = out->checkpoint_interval_ms == 0 && !v->store;
    out->publish_only = !v->store;
    out->checkpoint_min_pause_ms = config_duration_ms(c, "execution.checkpointing.min-pause");
    out->checkpoint_timeout_ms = config_duration_ms(c, "execution.checkpointing.timeout");
    if (config_is_set(c, tolerated))
        out->checkpoint_failures_max = (uint32_t)config_int(c, tolerated) + 1;
    out->full_checkpoints = config_is_set(c, incremental) && !config_bool(c, incremental);
    out->store = v->store;
    out->retained =
        config_is_set(c, retained) ? (uint32_t)config_int(c, retained) : RETAINED_DEFAULT;
    out->restore = v->snapshot;
    out->restored_id = v->restored_id;
    out->version = WEIR_VERSION;
}

static const char *moment(char text[DATETIME_CHARS_MAX], int64_t ms)
{
    size_t n = datetime_format_timestamp(text, (struct timestamp){.ms = ms - ms % 1000}, 0);
    text[n] = 0;
    return text;
}

static void announce_finished(struct run *r, const struct running *j)
{
    char text[DATETIME_CHARS_MAX + 1];
    run_jobs_say(r,
        "job '%s' is finished since %s UTC (checkpoint %" PRIu64 "): there is nothing to do\n"
        "  to run it again: another 'pipeline.name', or remove %s",
        j->result.graph->job_name, moment(text, j->recovery.taken_ms), j->recovery.restored_id,
        j->recovery.directory ? j->recovery.directory : "the path it starts from");
}

void run_recovery_announce(struct run *r, struct running *j)
{
    const struct run_recovery *v = &j->recovery;
    const char *name = j->result.graph->job_name;
    char text[HUMAN_CHARS];
    if (v->finished) {
        announce_finished(r, j);
        return;
    }
    if (v->restored_id) {
        int64_t age_ms = env_now_ms(r->env) - v->taken_ms;
        run_jobs_say(r, "job '%s' resumed from checkpoint %" PRIu64 ", %s old", name,
            v->restored_id, human_duration(age_ms, text));
    }
    if (v->store) {
        uint64_t every_ms = (uint64_t)interval_ms(r, j);
        run_jobs_say(r, "job '%s' keeps checkpoints in %s, %s%s", name, v->directory,
            every_ms ? "one every " : "only when it stops",
            every_ms ? human_duration((int64_t)every_ms, text) : "");
    } else if (!j->is_query && !j->result.bounded && !r->told_no_directory) {
        r->told_no_directory = true;
        run_jobs_say(r,
            "'execution.checkpointing.dir' is not set: after a crash the job starts from the "
            "beginning");
    }
}
