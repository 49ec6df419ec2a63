/* What a sink of files does when its job goes on from a checkpoint. The state's bytes are described
 * in filesystem_sink.c. */
#include <string.h>

#include "base/arena.h"
#include "connector/filesystem/filesystem_private.h"
#include "vec/row_codec.h"

/* Names come from a checkpoint: they must lie below the table's path. */
static struct err *read_names(
    struct file_sink *s, struct reader *r, struct arena *a, char **hidden, char **final)
{
    struct slice names[2];
    TRY(reader_slice(r, &names[0]));
    TRY(reader_slice(r, &names[1]));
    size_t n = strlen(s->path);
    for (int i = 0; i < 2; i++)
        if (names[i].n <= n || memcmp(names[i].p, s->path, n) != 0 ||
            memmem(names[i].p, names[i].n, "/../", 4) || memchr(names[i].p, '\0', names[i].n))
            FAIL(ERR_CORRUPT, "a stored file name is not below '%s'", s->path);
    *hidden = slice_to_cstr(a, names[0]);
    *final = slice_to_cstr(a, names[1]);
    return NULL;
}

/* A run as a checkpoint left it. */
struct stored_run {
    uint64_t run, epoch;
};

/* The epoch in the name of one of the run's parts, hidden or not; 0: it is another's. */
static uint64_t epoch_of(const struct stored_run *run, const char *name, struct arena *a)
{
    const char *prefix = str_fmt(a, "part-%016llx-", (unsigned long long)run->run);
    size_t n = strlen(prefix);
    if (name[0] == '.') name++;
    if (strncmp(name, prefix, n) != 0) return 0;
    const char *dash = strchr(name + n, '-'); /* behind the subtask */
    uint64_t epoch = 0;
    for (const char *p = dash ? dash + 1 : ""; *p >= '0' && *p <= '9' && epoch < UINT32_MAX; p++)
        epoch = 10 * epoch + (uint64_t)(*p - '0');
    return epoch;
}

/* Files of the run: hidden ones that the checkpoint does not know are left from a crash and will be
 * written again. Visible ones from after it must not be there: their rows would come a second time.
 */
static struct err *tidy_file(struct file_sink *s, const struct stored_run *run, const char *path,
    const char *name, struct arena *a)
{
    struct env *env = s->params.env;
    uint64_t epoch = epoch_of(run, name, a);
    if (epoch == 0) return NULL;
    if (name[0] == '.') return env->def->remove(env, path);
    if (epoch <= run->epoch) return NULL;
    return err_hint(ERR(ERR_CORRUPT,
                        "file '%s' was published by a later checkpoint than the one restored; its "
                        "rows would be written twice",
                        path),
        "restore the latest checkpoint, or remove this file and all others named part-%016llx-N-E "
        "with E > %llu",
        (unsigned long long)run->run, (unsigned long long)run->epoch);
}

static struct err *tidy_folder(struct file_sink *s, const struct stored_run *run,
    const char *folder, uint32_t depth, struct arena *a)
{
    struct env *env = s->params.env;
    char **names;
    size_t count;
    TRY(env->def->list(env, folder, a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        const char *path = str_fmt(a, "%s/%s", folder, names[i]);
        TRY(tidy_file(s, run, path, names[i], a));
        /* Folders of partitions are named key=value. */
        if (depth > 0 && strchr(names[i], '=')) TRY(tidy_folder(s, run, path, depth - 1, a));
    }
    return NULL;
}

static struct err *restore_parts(struct file_sink *s, struct reader *r, struct arena *a)
{
    char *hidden = NULL, *final = NULL;
    uint32_t count;
    TRY(reader_u32(r, &count));
    for (uint32_t i = 0; i < count; i++) {
        TRY(read_names(s, r, a, &hidden, &final));
        TRY(part_file_publish(s->params.env, hidden, final));
        TRY(filesystem__write_success(s, final));
    }
    TRY(reader_u32(r, &count));
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bytes;
        TRY(read_names(s, r, a, &hidden, &final));
        TRY(reader_u64(r, &bytes));
        TRY(part_file_cut(s->params.env, hidden, final, bytes));
        TRY(part_file_publish(s->params.env, hidden, final));
        TRY(filesystem__write_success(s, final));
    }
    return NULL;
}

static struct err *restore(struct file_sink *s, struct slice state, struct arena *a)
{
    struct reader r = {(const unsigned char *)state.p, (const unsigned char *)state.p + state.n};
    struct stored_run run;
    TRY(reader_u64(&r, &run.run));
    TRY(reader_u64(&r, &run.epoch));
    TRY(restore_parts(s, &r, a));
    TRY(tidy_folder(s, &run, s->path, s->params.partition_key_count, a));
    env_fault("files.restored");
    if (!s->restored) s->run = run.run;
    s->restored = true;
    if (s->epoch <= run.epoch) s->epoch = run.epoch + 1;
    return NULL;
}

struct err *filesystem_sink_restore(struct sink *base, struct slice state)
{
    struct file_sink *s = (struct file_sink *)base;
    struct arena *a = arena_new(4096);
    struct err *e = restore(s, state, a);
    arena_free(a);
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}

static struct err *remove_owned(
    struct file_sink *s, const char *folder, uint32_t depth, struct arena *a)
{
    struct env *env = s->params.env;
    size_t count, n = strlen(s->owner);
    char **names;
    TRY(env->def->list(env, folder, a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        const char *path = str_fmt(a, "%s/%s", folder, names[i]);
        size_t size = strlen(names[i]);
        bool owned = names[i][0] == '.' && size > n && strcmp(names[i] + size - n, s->owner) == 0;
        if (owned) TRY(env->def->remove(env, path));
        if (depth > 0 && strchr(names[i], '=')) TRY(remove_owned(s, path, depth - 1, a));
    }
    return NULL;
}

/* The last subtask: all others have published what the checkpoint holds, and what is still hidden
 * is from after it. Only the owner of the folder of checkpoints can know that nobody needs it. */
struct err *filesystem_sink_recovered(struct sink *base)
{
    struct file_sink *s = (struct file_sink *)base;
    if (s->params.owner == 0 || s->params.subtask + 1 < s->params.parallelism) return NULL;
    struct arena *a = arena_new(4096);
    struct err *e = remove_owned(s, s->path, s->params.partition_key_count, a);
    arena_free(a);
    return e ? err_wrap(e, "table '%s'", s->params.table_name) : NULL;
}
