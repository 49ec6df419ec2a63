#include "connector/filesystem/part_file.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

enum {
    BUFFER_BYTES_MAX = 256 << 20, /* a batch of large rows may come at once */
    COPY_BYTES = 1 << 20
};

static char *text_of(const char *folder, const char *before, const char *name, const char *after)
{
    struct arena *a = arena_new(512);
    char *text = mem_strdup(str_fmt(a, "%s/%s%s%s", folder, before, name, after));
    arena_free(a);
    return text;
}

static struct err *open_hidden(struct env *env, struct part_file *f, int64_t now_ms)
{
    buf_init(&f->buffer, BUFFER_BYTES_MAX);
    f->begun_ms = f->written_ms = now_ms;
    return env->def->open(env, f->hidden, ENV_CREATE, &f->file);
}

struct err *part_file_new(
    struct env *env, const char *folder, const char *name, int64_t now_ms, struct part_file **out)
{
    struct part_file *f = mem_alloc(sizeof *f);
    f->hidden = text_of(folder, ".", name, ".inprogress");
    f->final = text_of(folder, "", name, "");
    struct err *e = open_hidden(env, f, now_ms);
    if (e) {
        part_file_free(env, f);
        return e;
    }
    *out = f;
    return NULL;
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
    if (f->file) env->def->close(f->file);
    f->file = NULL;
    if (f->kept_bytes == 0) err_free(env->def->remove(env, f->hidden));
    part_file_free(env, f);
}

static struct err *copy_bytes(
    struct env *env, const char *from, struct part_file *to, uint64_t bytes)
{
    struct env_file *file;
    TRY(env->def->open(env, from, ENV_READ, &file));
    char *p = mem_alloc(COPY_BYTES);
    struct err *e = NULL;
    while (!e && to->size_bytes < bytes) {
        uint64_t left = bytes - to->size_bytes;
        size_t want = left < COPY_BYTES ? (size_t)left : COPY_BYTES, got;
        e = env->def->read(file, to->size_bytes, p, want, &got);
        if (!e && got == 0)
            e = ERR(ERR_CORRUPT, "file '%s' is shorter than the checkpoint says", from);
        if (!e) e = env->def->append(to->file, p, got);
        if (!e) to->size_bytes += got;
    }
    mem_free(p);
    env->def->close(file);
    return e;
}

struct err *part_file_resume(struct env *env, const char *hidden, const char *final,
    const char *fresh_hidden, uint64_t bytes, int64_t now_ms, struct part_file **out)
{
    struct part_file *f = mem_alloc(sizeof *f);
    f->hidden = mem_strdup(fresh_hidden);
    f->final = mem_strdup(final);
    struct err *e = open_hidden(env, f, now_ms);
    if (!e) e = copy_bytes(env, hidden, f, bytes);
    if (e) {
        part_file_free(env, f);
        return e;
    }
    *out = f;
    return NULL;
}

struct err *part_file_publish(struct env *env, const char *hidden, const char *final)
{
    struct env_stat st;
    TRY(env->def->stat(env, hidden, &st));
    if (st.exists) return env->def->rename(env, hidden, final);
    TRY(env->def->stat(env, final, &st));
    if (st.exists) return NULL;
    FAIL(ERR_CORRUPT, "file '%s' is gone, and so is '%s' that it was to become", hidden, final);
}
