#include "state/checkpoint_folder.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/num.h"

char *checkpoint_folder_name(struct arena *a, uint64_t id)
{
    return str_fmt(a, "chk-%06" PRIu64, id);
}

bool checkpoint_folder_id(const char *path, uint64_t *id)
{
    const char *slash = strrchr(path, '/');
    struct slice name = slice_of(slash ? slash + 1 : path);
    if (name.n < 10 || name.n > 23 || memcmp(name.p, "chk-", 4) != 0) return false;
    struct slice digits = {name.p + 4, name.n - 4};
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9') return false;
    return num_parse_u64(digits, id) && *id > 0 && (digits.n == 6 || digits.p[0] != '0');
}

static int compare_newest_first(const void *a, const void *b)
{
    uint64_t x = ((const struct checkpoint_folder *)a)->id;
    uint64_t y = ((const struct checkpoint_folder *)b)->id;
    return (x < y) - (x > y);
}

struct err *checkpoint_folder_list(struct env *env, const char *directory, struct arena *a,
    struct checkpoint_folder **out, size_t *count)
{
    char **names;
    size_t name_count;
    struct env_stat st;
    *out = NULL;
    *count = 0;
    TRY(env->def->stat(env, directory, &st));
    if (!st.exists) return NULL;
    TRY(env->def->list(env, directory, a, &names, &name_count));
    *out = ARENA_ARRAY(a, struct checkpoint_folder, name_count);
    for (size_t i = 0; i < name_count; i++) {
        struct checkpoint_folder found = {.name = names[i]};
        if (!checkpoint_folder_id(names[i], &found.id)) continue;
        TRY(env->def->stat(env, str_fmt(a, "%s/%s", directory, names[i]), &st));
        if (st.is_directory) (*out)[(*count)++] = found;
    }
    if (*count) qsort(*out, *count, sizeof **out, compare_newest_first);
    return NULL;
}

struct err *checkpoint_folder_read_file(
    struct env *env, const char *path, size_t max_bytes, struct arena *a, struct slice *out)
{
    struct env_file *file;
    struct env_stat st;
    TRY(env->def->stat(env, path, &st));
    if (st.size_bytes > max_bytes)
        FAIL(ERR_CORRUPT, "file '%s' has %" PRIu64 " bytes, the limit is %zu", path, st.size_bytes,
            max_bytes);
    TRY(env->def->open(env, path, ENV_READ, &file));
    char *p = arena_alloc(a, (size_t)st.size_bytes);
    size_t got = 0;
    struct err *e = env->def->read(file, 0, p, (size_t)st.size_bytes, &got);
    env->def->close(file);
    *out = (struct slice){p, got};
    return e;
}

static struct err *check_sizes(
    struct env *env, const char *path, struct arena *a, const struct manifest *m)
{
    for (uint32_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];
        struct env_stat st;
        TRY(env->def->stat(env, str_fmt(a, "%s/%s", path, f->name), &st));
        if (!st.exists) FAIL(ERR_CORRUPT, "file '%s/%s' is missing", path, f->name);
        if (st.size_bytes != f->info.size_bytes)
            FAIL(ERR_CORRUPT,
                "file '%s/%s' has %" PRIu64 " bytes and should have %" PRIu64
                ": it was cut off or bytes were added",
                path, f->name, st.size_bytes, f->info.size_bytes);
    }
    return NULL;
}

/* A whole folder in the place of another would give back the state of another moment. */
static struct err *check_name(const char *path, const struct manifest *m)
{
    uint64_t id;
    if (checkpoint_folder_id(path, &id) && id != m->meta.id)
        FAIL(ERR_CORRUPT, "'%s' holds checkpoint %" PRIu64 ": the folder was renamed", path,
            m->meta.id);
    return NULL;
}

struct err *checkpoint_folder_manifest(
    struct env *env, const char *path, struct arena *a, struct manifest *out)
{
    struct slice text;
    struct env_stat st;
    const char *manifest_path = str_fmt(a, "%s/" MANIFEST_NAME, path);
    TRY(env->def->stat(env, manifest_path, &st));
    if (!st.exists) {
        TRY(env->def->stat(env, path, &st));
        if (!st.is_directory) FAIL(ERR_NOT_FOUND, "there is no checkpoint folder '%s'", path);
        FAIL(ERR_CORRUPT, "'%s' has no file " MANIFEST_NAME ": it is no checkpoint", path);
    }
    TRY(checkpoint_folder_read_file(env, manifest_path, MANIFEST_BYTES_MAX, a, &text));
    struct err *e = manifest_decode(a, text, out);
    if (e) return err_wrap(e, "'%s'", path);
    return check_name(path, out);
}

struct err *checkpoint_folder_read(
    struct env *env, const char *path, struct arena *a, struct manifest *out)
{
    TRY(checkpoint_folder_manifest(env, path, a, out));
    return check_sizes(env, path, a, out);
}
