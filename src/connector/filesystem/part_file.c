#include "connector/filesystem/part_file.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

enum { BUFFER_BYTES_MAX = 256 << 20 }; /* a batch of large rows may come at once */

static char *text_of(const char *folder, const char *before, const char *name, const char *after)
{
    struct arena *a = arena_new(512);
    char *text = mem_strdup(str_fmt(a, "%s/%s%s%s", folder, before, name, after));
    arena_free(a);
    return text;
}

struct part_file *part_file_new(
    const char *folder, const char *name, const char *owner, int64_t now_ms)
{
    struct part_file *f = mem_alloc(sizeof *f);
    f->hidden = text_of(folder, ".", name, owner);
    f->final = text_of(folder, "", name, "");
    buf_init(&f->buffer, BUFFER_BYTES_MAX);
    f->begun_ms = f->written_ms = now_ms;
    return f;
}

void part_file_free(struct env *env, struct part_file *f)
{
    if (!f) return;
    if (f->file) env->def->close(f->file);
    buf_free(&f->buffer);
    mem_free(f->hidden);
    mem_free(f->final);
    mem_free(f);
}

struct err *part_file_flush(struct env *env, struct part_file *f)
{
    if (f->buffer.overflow)
        FAIL(ERR_LIMIT_EXCEEDED, "rows of one batch for file '%s' are larger than %d bytes",
            f->final, BUFFER_BYTES_MAX);
    if (!f->file) TRY(env->def->open(env, f->hidden, ENV_CREATE, &f->file));
    if (f->buffer.n == 0) return NULL;
    TRY(env->def->append(f->file, f->buffer.p, f->buffer.n));
    buf_clear(&f->buffer);
    return NULL;
}

struct err *part_file_sync(struct env *env, struct part_file *f)
{
    TRY(part_file_flush(env, f));
    TRY(env->def->sync(f->file));
    f->kept_bytes = f->size_bytes;
    return NULL;
}

struct err *part_file_finish(struct env *env, struct part_file *f)
{
    TRY(part_file_sync(env, f));
    env->def->close(f->file);
    f->file = NULL;
    return NULL;
}

void part_file_abandon(struct env *env, struct part_file *f)
{
    bool made = f->file != NULL;
    if (made) env->def->close(f->file);
    f->file = NULL;
    if (made && f->kept_bytes == 0) err_free(env->def->remove(env, f->hidden));
    part_file_free(env, f);
}

struct err *part_file_cut(struct env *env, const char *hidden, const char *final, uint64_t bytes)
{
    struct env_stat st;
    struct env_file *file;
    TRY(env->def->stat(env, hidden, &st));
    if (!st.exists) {
        TRY(env->def->stat(env, final, &st));
        if (st.exists && st.size_bytes == bytes) return NULL;
        FAIL(ERR_CORRUPT, "file '%s' is %s, and '%s' that it grew in is gone", final,
            st.exists ? "not as the checkpoint knows it" : "gone", hidden);
    }
    if (st.size_bytes < bytes)
        FAIL(ERR_CORRUPT, "file '%s' has %llu bytes, the checkpoint says %llu", hidden,
            (unsigned long long)st.size_bytes, (unsigned long long)bytes);
    if (st.size_bytes == bytes) return NULL;
    TRY(env->def->open(env, hidden, ENV_UPDATE, &file));
    struct err *e = env->def->truncate(file, bytes);
    if (!e) e = env->def->sync(file);
    env->def->close(file);
    return e;
}

struct err *part_file_publish(struct env *env, const char *hidden, const char *final)
{
    struct env_stat st;
    TRY(env->def->stat(env, hidden, &st));
    if (st.exists) {
        env_fault("files.before-rename");
        TRY(env->def->rename(env, hidden, final));
        env_fault("files.renamed");
        return NULL;
    }
    TRY(env->def->stat(env, final, &st));
    if (st.exists) return NULL;
    FAIL(ERR_CORRUPT, "file '%s' is gone, and so is '%s' that it was to become", hidden, final);
}
