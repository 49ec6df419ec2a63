/* One checkpoint on its way to the disk: a list of steps, none of which repairs an earlier one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "state/checkpoint_store_private.h"

enum {
    /* Smaller new parts share a file: a sync costs milliseconds, and dozens of tasks write a few
     * bytes each. Larger ones have their own, so that a file that is kept for one part does not
     * keep another that nobody needs any more. */
    OWN_FILE_BYTES = 1 << 20,
    COPY_BYTES = 1 << 18,
    FREE_PERCENT = 120 /* of what is to be written must be free */
};

struct publication {
    struct checkpoint_store *store;
    struct arena *arena; /* becomes the live checkpoint's */
    struct manifest *manifest;
    const struct checkpoint_part *parts;
    const char **link_from; /* of each file; NULL: it is new */
    const char *path;       /* of the temporary folder */
    uint64_t new_bytes;     /* handed to the system */
    uint32_t expected_at;   /* where the next stored part is likely to stand in its manifest */
};

/* A checkpoint that cannot be known to be on disk must not be told to anyone, and after a failed
 * sync the kernel may have dropped what it could not write and say nothing of it the next time. */
static _Noreturn void give_up(struct err *e)
{
    char why[ERR_MESSAGE_MAX];
    err_format(e, why, sizeof why);
    fprintf(stderr,
        "weir: %s\nweir: what is on disk is not known any more, so the process ends here; start it "
        "again to continue from the last published checkpoint\n",
        why);
    abort();
}

/* A full disk or quota may show only now (NFS does so): nobody relies on the file yet. */
static struct err *after_sync(struct err *e)
{
    if (e && err_code(e) != ERR_DISK_FULL) give_up(e);
    return e;
}

/* Gives its index. */
static uint32_t add_file(
    struct publication *p, const char *name, const struct manifest_file *linked, const char *from)
{
    struct manifest *m = p->manifest;
    uint32_t file = m->file_count++;
    ASSERT(file < MANIFEST_FILES_MAX);
    m->files[file] = (struct manifest_file){
        .name = name, .checkpoint_id = linked ? linked->checkpoint_id : m->meta.id};
    if (linked) m->files[file].info = linked->info;
    p->link_from[file] = from;
    return file;
}

/* The index of a file that is linked, added when it is new here. */
static uint32_t link_file(
    struct publication *p, const struct checkpoint_store_live *l, const struct manifest_file *file)
{
    for (uint32_t i = p->manifest->file_count; i-- > 0;)
        if (strcmp(p->manifest->files[i].name, file->name) == 0) return i;
    const char *name = slice_to_cstr(p->arena, slice_of(file->name));
    const char *from = str_fmt(p->arena, "%s/%s/%s", p->store->directory, l->name, file->name);
    return add_file(p, name, file, from);
}

static struct err *find_stored_part(
    struct publication *p, const struct checkpoint_part *part, struct manifest_part *out)
{
    const struct checkpoint_store *s = p->store;
    for (uint32_t i = s->live_count; i-- > 0;) {
        const struct manifest *m = s->live[i].manifest;
        for (uint32_t k = 0; m && k < m->part_count; k++) {
            uint32_t at = (uint32_t)(((uint64_t)p->expected_at + k) % m->part_count);
            const struct manifest_part *found = &m->parts[at];
            if (found->task != part->task || found->checkpoint_id != part->checkpoint_id) continue;
            *out = *found;
            p->expected_at = at + 1;
            out->file = link_file(p, &s->live[i], &m->files[found->file]);
            return NULL;
        }
    }
    FAIL(ERR_INTERNAL, "the part of task %u of checkpoint %" PRIu64 " is not in '%s'", part->task,
        part->checkpoint_id, s->directory);
}

static uint32_t new_file(
    struct publication *p, const struct checkpoint_part *part, uint32_t *shared)
{
    uint64_t id = p->manifest->meta.id;
    if (part->bytes.n >= OWN_FILE_BYTES)
        return add_file(p, str_fmt(p->arena, "task-%06u-%06" PRIu64, part->task, id), NULL, NULL);
    if (*shared == UINT32_MAX)
        *shared = add_file(p, str_fmt(p->arena, "parts-%06" PRIu64, id), NULL, NULL);
    return *shared;
}

/* Gives every part its file and offset. */
static struct err *lay_out(struct publication *p, size_t count)
{
    struct manifest *m = p->manifest;
    uint32_t shared = UINT32_MAX;
    if (count >= MANIFEST_FILES_MAX) /* each may need a file */
        FAIL(ERR_LIMIT_EXCEEDED, "a checkpoint has %zu parts, the limit is %d", count,
            MANIFEST_FILES_MAX - 1);
    m->files = ARENA_ARRAY(p->arena, struct manifest_file, count + 1);
    m->parts = ARENA_ARRAY(p->arena, struct manifest_part, count);
    p->link_from = ARENA_ARRAY(p->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct checkpoint_part *part = &p->parts[i];
        struct manifest_part *out = &m->parts[m->part_count++];
        if (!part->bytes.p) {
            TRY(find_stored_part(p, part, out));
            continue;
        }
        ASSERT(part->checkpoint_id == m->meta.id);
        *out = (struct manifest_part){.task = part->task,
            .checkpoint_id = part->checkpoint_id,
            .file = new_file(p, part, &shared),
            .size_bytes = part->bytes.n};
        struct block_file_info *info = &m->files[out->file].info;
        out->offset = info->payload_bytes;
        info->payload_bytes += part->bytes.n;
        info->size_bytes = block_file_size_bytes(info->payload_bytes);
    }
    return NULL;
}

/* Better now than in the middle: what fills the disk is also what makes others fail. */
static struct err *check_space(const struct publication *p)
{
    const struct manifest *m = p->manifest;
    const struct checkpoint_store *s = p->store;
    uint64_t need = m->meta.graph.n + m->meta.account.n, have;
    for (uint32_t i = 0; i < m->file_count; i++)
        if (!p->link_from[i]) need += m->files[i].info.size_bytes;
    need += need * (FREE_PERCENT - 100) / 100;
    TRY(s->env->def->free_bytes(s->env, s->directory, &have));
    if (have >= need) return NULL;
    return err_hint(
        ERR(ERR_DISK_FULL, "the disk of '%s' has %" PRIu64 " MiB free, a checkpoint needs %" PRIu64,
            s->directory, have >> 20, (need >> 20) + 1),
        "make room; the next checkpoint is tried then");
}

static struct err *write_parts(
    struct publication *p, uint32_t file, struct block_file_writer *w, struct block_file_info *info)
{
    const struct manifest *m = p->manifest;
    for (uint32_t i = 0; i < m->part_count; i++)
        if (m->parts[i].file == file) TRY(block_file_append(w, p->parts[i].bytes));
    TRY(block_file_finish(w, info));
    env_fault("checkpoint.file-written");
    TRY(after_sync(block_file_sync(w)));
    env_fault("checkpoint.file-synced");
    return NULL;
}

static struct err *write_file(struct publication *p, uint32_t file)
{
    struct manifest_file *f = &p->manifest->files[file];
    struct block_file_writer *w;
    const char *path = str_fmt(p->arena, "%s/%s", p->path, f->name);
    TRY(block_file_create(p->store->env, path, manifest_identity(f), &w));
    struct err *e = write_parts(p, file, w, &f->info);
    block_file_close(w);
    p->new_bytes += f->info.size_bytes;
    return e;
}

static struct err *copy_bytes(struct env *env, struct env_file *from, struct env_file *to)
{
    struct err *e = NULL;
    char *buffer = mem_alloc(COPY_BYTES);
    size_t got = COPY_BYTES;
    for (uint64_t at = 0; !e && got == COPY_BYTES; at += got) {
        e = env->def->read(from, at, buffer, COPY_BYTES, &got);
        if (!e) e = env->def->append(to, buffer, got);
    }
    mem_free(buffer);
    return e ? e : after_sync(env->def->sync(to));
}

static struct err *copy_file(struct env *env, const char *from, const char *to)
{
    struct env_file *in, *out = NULL;
    TRY(env->def->open(env, from, ENV_READ, &in));
    struct err *e = env->def->open(env, to, ENV_CREATE, &out);
    if (!e) e = copy_bytes(env, in, out);
    if (out) env->def->close(out);
    env->def->close(in);
    return e;
}

/* Some file systems have no hard links (exFAT) and some limit their number: then the file is
 * copied. Whether the copy is right is seen when it is read, as with every file. */
static struct err *link_or_copy(struct env *env, const char *from, const char *to)
{
    struct err *e = env->def->link(env, from, to);
    if (!e || err_code(e) != ERR_IO) return e;
    err_free(e);
    return copy_file(env, from, to);
}

static struct err *write_files(struct publication *p)
{
    struct env *env = p->store->env;
    const struct manifest *m = p->manifest;
    for (uint32_t i = 0; i < m->file_count; i++)
        if (!p->link_from[i]) TRY(write_file(p, i));
    for (uint32_t i = 0; i < m->file_count; i++) {
        if (!p->link_from[i]) continue;
        const char *to = str_fmt(p->arena, "%s/%s", p->path, m->files[i].name);
        TRY(link_or_copy(env, p->link_from[i], to));
    }
    env_fault("checkpoint.files-linked");
    return NULL;
}

static struct err *write_manifest_text(struct publication *p, struct slice text)
{
    struct env *env = p->store->env;
    struct env_file *file;
    TRY(env->def->open(env, str_fmt(p->arena, "%s/" MANIFEST_NAME, p->path), ENV_CREATE, &file));
    struct err *e = env->def->append(file, text.p, text.n);
    if (!e) {
        env_fault("checkpoint.manifest-written");
        e = after_sync(env->def->sync(file));
    }
    env->def->close(file);
    return e;
}

static struct err *write_manifest(struct publication *p)
{
    struct buf text;
    buf_init(&text, MANIFEST_BYTES_MAX);
    p->manifest->meta.completed_ms = env_now_ms(p->store->env);
    manifest_encode(p->manifest, &text);
    struct err *e = text.overflow ? ERR(ERR_LIMIT_EXCEEDED,
                                        "the list of a checkpoint's parts is larger than %d MiB",
                                        MANIFEST_BYTES_MAX >> 20)
                                  : write_manifest_text(p, buf_slice(&text));
    p->new_bytes += text.n;
    buf_free(&text);
    if (!e) env_fault("checkpoint.manifest-synced");
    return e;
}

/* The rename is the moment of publication. Once the new name is there, a failure to make it last is
 * one of a sync. */
static struct err *rename_folder(struct publication *p, const char *to)
{
    struct env *env = p->store->env;
    struct env_stat st;
    struct err *e = env->def->rename(env, p->path, to);
    if (!e) return NULL;
    struct err *look = env->def->stat(env, to, &st);
    if (look || st.exists) give_up(e);
    return e;
}

static struct err *write_folder(struct publication *p, const char *to)
{
    struct env *env = p->store->env;
    TRY(env->def->make_directory(env, p->path));
    env_fault("checkpoint.folder-made");
    TRY(write_files(p));
    TRY(write_manifest(p));
    TRY(after_sync(env->def->sync_directory(env, p->path)));
    env_fault("checkpoint.folder-synced");
    TRY(rename_folder(p, to));
    env_fault("checkpoint.published");
    return NULL;
}

static struct err *publish(struct publication *p, size_t count)
{
    struct checkpoint_store *s = p->store;
    struct manifest *m = p->manifest;
    const char *name = checkpoint_folder_name(p->arena, m->meta.id);
    const char *to = str_fmt(p->arena, "%s/%s", s->directory, name);
    p->path = str_fmt(p->arena, "%s" CHECKPOINT_FOLDER_TEMPORARY, to);
    if (m->meta.id <= checkpoint_store_newest_id(s))
        FAIL(ERR_INTERNAL, "checkpoint %" PRIu64 " is not newer than those in '%s'", m->meta.id,
            s->directory);
    TRY(checkpoint_store__check_folder(s));
    TRY(checkpoint_store__remove_leftovers(s)); /* of an earlier attempt that could not clean up */
    TRY(lay_out(p, count));
    TRY(check_space(p));
    struct err *e = write_folder(p, to);
    if (e) {
        /* When that fails too, the next attempt does it. */
        err_free(checkpoint_store__remove_folder(s->env, p->path));
        return e;
    }
    m->full_bytes = p->new_bytes;
    for (uint32_t i = 0; i < m->file_count; i++)
        if (p->link_from[i]) m->full_bytes += m->files[i].info.size_bytes;
    checkpoint_store__push(
        s, (struct checkpoint_store_live){
               .id = m->meta.id, .name = name, .arena = p->arena, .manifest = m});
    return NULL;
}

struct err *checkpoint_store_publish(struct checkpoint_store *s, const struct checkpoint_meta *meta,
    const struct checkpoint_part *parts, size_t count, uint32_t retained, uint64_t *size_bytes)
{
    struct arena *a = arena_new(4096);
    struct publication p = {
        .store = s, .arena = a, .manifest = ARENA_NEW(a, struct manifest), .parts = parts};
    struct checkpoint_meta *kept = &p.manifest->meta;
    *kept = *meta;
    kept->job_name = slice_to_cstr(a, slice_of(meta->job_name));
    if (!kept->account.p) kept->account = (struct slice){"", 0};
    struct err *e = publish(&p, count);
    *size_bytes = p.new_bytes;
    if (e) {
        arena_free(a);
        return e;
    }
    /* The caller's; nothing here looks at them again. */
    kept->graph = kept->account = (struct slice){"", 0};
    kept->version = "";
    if (retained) checkpoint_store_trim(s, retained);
    return NULL;
}
