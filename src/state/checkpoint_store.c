#include "state/checkpoint_store.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "state/checkpoint_store_private.h"
#include "type/datetime.h"

/* ---- the folder ---- */

static struct err *take_lock(struct checkpoint_store *s)
{
    char who[ENV_PROCESS_CHARS], since[DATETIME_CHARS_MAX + 1] = {0}, holder[ENV_HOLDER_CHARS];
    env_process_name(who);
    struct timestamp now = {.ms = env_now_ms(s->env)};
    since[datetime_format_timestamp(since, now, 0)] = 0;
    struct arena *a = arena_new(1024);
    const char *text = str_fmt(a, "%s, since %s UTC\n", who, since);
    struct err *e = env_lock_folder(s->env, s->directory, text, &s->lock, holder);
    arena_free(a);
    if (e || s->lock) return e;
    return err_hint(
        ERR(ERR_ALREADY_EXISTS, "the checkpoints in '%s' are in use by %s", s->directory, holder),
        "stop that job first, or give this one another directory or 'pipeline.name'");
}

struct err *checkpoint_store__check_folder(const struct checkpoint_store *s)
{
    uint64_t lock;
    struct env_stat st;
    TRY(env_lock_identity(s->env, s->directory, &lock));
    if (lock == s->lock_identity) return NULL;
    TRY(s->env->def->stat(s->env, s->directory, &st));
    if (st.exists)
        return err_hint(ERR(ERR_NOT_FOUND,
                            "the file '%s/LOCK' was removed or replaced while the job ran: another "
                            "process may use the folder",
                            s->directory),
            "the script given again goes on from the newest checkpoint that is in the folder");
    return err_hint(ERR(ERR_NOT_FOUND,
                        "the folder of its checkpoints, '%s', was removed or renamed while the job "
                        "ran",
                        s->directory),
        "put the folder back before the script is given again: without it the job starts from the "
        "beginning");
}

struct err *checkpoint_store__remove_folder(struct env *env, const char *path)
{
    struct arena *a = arena_new(4096);
    char **names;
    size_t count = 0;
    struct err *e = env->def->list(env, path, a, &names, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = env->def->remove(env, str_fmt(a, "%s/%s", path, names[i]));
    if (!e) e = env->def->remove(env, path);
    arena_free(a);
    return e;
}

static bool is_leftover(const char *name)
{
    size_t n = strlen(name), suffix = strlen(CHECKPOINT_FOLDER_TEMPORARY);
    bool temporary = strncmp(name, "chk-", 4) == 0 && n > suffix &&
                     strcmp(name + n - suffix, CHECKPOINT_FOLDER_TEMPORARY) == 0;
    return temporary ||
           strncmp(name, CHECKPOINT_FOLDER_TRASH, strlen(CHECKPOINT_FOLDER_TRASH)) == 0;
}

struct err *checkpoint_store__remove_leftovers(struct checkpoint_store *s)
{
    struct arena *a = arena_new(4096);
    char **names;
    size_t count = 0;
    struct err *e = s->env->def->list(s->env, s->directory, a, &names, &count);
    for (size_t i = 0; !e && i < count; i++)
        if (is_leftover(names[i]))
            e = checkpoint_store__remove_folder(
                s->env, str_fmt(a, "%s/%s", s->directory, names[i]));
    arena_free(a);
    return e;
}

void checkpoint_store__push(struct checkpoint_store *s, struct checkpoint_store_live l)
{
    if (s->live_count == s->live_capacity) {
        s->live_capacity = s->live_capacity ? 2 * s->live_capacity : 8;
        s->live = mem_realloc(s->live, s->live_capacity * sizeof *s->live);
    }
    s->live[s->live_count++] = l;
}

static struct err *find_published(struct checkpoint_store *s)
{
    struct arena *a = arena_new(4096);
    struct checkpoint_folder *folders;
    size_t count = 0;
    struct err *e = checkpoint_folder_list(s->env, s->directory, a, &folders, &count);
    for (size_t i = count; !e && i-- > 0;) {
        struct checkpoint_store_live l = {.id = folders[i].id, .arena = arena_new(4096)};
        l.name = slice_to_cstr(l.arena, slice_of(folders[i].name));
        l.manifest = ARENA_NEW(l.arena, struct manifest);
        const char *path = str_fmt(a, "%s/%s", s->directory, l.name);
        struct err *problem = checkpoint_folder_read(s->env, path, l.arena, l.manifest);
        /* It is told by those who list or load it; here it only gives no parts away. */
        if (problem) l.manifest = NULL;
        err_free(problem);
        checkpoint_store__push(s, l);
    }
    arena_free(a);
    return e;
}

uint64_t checkpoint_store_identity(const struct checkpoint_store *s)
{
    return s->identity;
}

struct err *checkpoint_store_open(
    struct env *env, const char *directory, struct checkpoint_store **out)
{
    *out = NULL;
    struct checkpoint_store *s = mem_alloc(sizeof *s);
    *s = (struct checkpoint_store){.env = env, .directory = mem_strdup(directory)};
    for (size_t n = strlen(directory); n > 1 && s->directory[n - 1] == '/'; n--)
        s->directory[n - 1] = 0;
    struct err *e = env_make_durable(env, s->directory);
    if (!e) e = take_lock(s);
    if (!e) e = checkpoint_store__remove_leftovers(s);
    if (!e) e = find_published(s);
    struct env_stat folder = {0};
    if (!e) e = env->def->stat(env, s->directory, &folder);
    if (!e) e = env_lock_identity(env, s->directory, &s->lock_identity);
    s->identity = folder.identity;
    if (e)
        checkpoint_store_close(s);
    else
        *out = s;
    return e;
}

void checkpoint_store_close(struct checkpoint_store *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->live_count; i++) arena_free(s->live[i].arena);
    mem_free(s->live);
    if (s->lock) s->env->def->close(s->lock);
    mem_free(s->directory);
    mem_free(s);
}

uint64_t checkpoint_store_newest_id(const struct checkpoint_store *s)
{
    return s->live_count ? s->live[s->live_count - 1].id : 0;
}

uint64_t checkpoint_store_full_bytes(const struct checkpoint_store *s)
{
    const struct manifest *newest = s->live_count ? s->live[s->live_count - 1].manifest : NULL;
    return newest ? newest->full_bytes : 0;
}

/* ---- removing ---- */

static struct err *rename_oldest(struct checkpoint_store *s)
{
    struct checkpoint_store_live *oldest = &s->live[0];
    const char *from = str_fmt(oldest->arena, "%s/%s", s->directory, oldest->name);
    const char *trash =
        str_fmt(oldest->arena, "%s/" CHECKPOINT_FOLDER_TRASH "%s", s->directory, oldest->name);
    TRY(s->env->def->rename(s->env, from, trash));
    s->has_trash = true;
    arena_free(oldest->arena);
    memmove(s->live, s->live + 1, --s->live_count * sizeof *s->live);
    env_fault("checkpoint.old-renamed");
    return NULL;
}

static struct err *trim(struct checkpoint_store *s, uint32_t keep)
{
    while (s->live_count > keep) TRY(rename_oldest(s));
    if (!s->has_trash) return NULL;
    TRY(checkpoint_store__remove_leftovers(s));
    s->has_trash = false;
    env_fault("checkpoint.old-removed");
    return NULL;
}

void checkpoint_store_trim(struct checkpoint_store *s, uint32_t retained)
{
    err_free(trim(s, retained ? retained : 1)); /* tried again after the next publication */
}
