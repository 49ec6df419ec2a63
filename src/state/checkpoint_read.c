/* What any process may do with the checkpoints of a job: list, verify and load them. */
#include <stdlib.h>

#include "base/arena.h"
#include "state/checkpoint_folder.h"

const char *checkpoint_kind_name(enum checkpoint_kind kind)
{
    static const char *const names[] = {
        [CHECKPOINT_RUNNING] = "running",
        [CHECKPOINT_STOPPED] = "stopped",
        [CHECKPOINT_FINISHED] = "finished",
    };
    return names[kind];
}

static char *take_text(struct arena *a, struct err *e)
{
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    err_free(e);
    return slice_to_cstr(a, slice_of(text));
}

/* A running job removes old checkpoints while others look: that is no damage. */
static bool was_removed(struct env *env, const char *path)
{
    struct env_stat st;
    struct err *e = env->def->stat(env, path, &st);
    bool removed = !e && !st.exists;
    err_free(e);
    return removed;
}

static void describe(const struct manifest *m, struct checkpoint_entry *out)
{
    out->meta = m->meta;
    out->new_bytes = m->full_bytes;
    for (uint32_t i = 0; i < m->file_count; i++)
        if (m->files[i].checkpoint_id != m->meta.id) out->new_bytes -= m->files[i].info.size_bytes;
}

struct err *checkpoint_store_list(struct env *env, const char *directory, struct arena *a,
    struct checkpoint_entry **entries, size_t *count)
{
    struct checkpoint_folder *folders;
    TRY(checkpoint_folder_list(env, directory, a, &folders, count));
    *entries = ARENA_ARRAY(a, struct checkpoint_entry, *count);
    size_t folder_count = *count;
    *count = 0;
    for (size_t i = 0; i < folder_count; i++) {
        struct checkpoint_entry *entry = &(*entries)[*count];
        struct manifest m = {.file_count = 0};
        *entry = (struct checkpoint_entry){.id = folders[i].id};
        entry->path = str_fmt(a, "%s/%s", directory, folders[i].name);
        struct err *e = checkpoint_folder_read(env, entry->path, a, &m);
        if (e && was_removed(env, entry->path)) {
            err_free(e);
            continue;
        }
        entry->size_bytes = m.full_bytes;
        if (e)
            entry->problem = take_text(a, e);
        else
            describe(&m, entry);
        (*count)++;
    }
    return NULL;
}

/* The newest one before `id` beside `path` that has a good manifest; NULL: there is none. */
static const char *find_older(struct env *env, const char *path, uint64_t id, struct arena *a)
{
    struct checkpoint_entry *entries;
    size_t count = 0;
    const char *slash = strrchr(path, '/');
    const char *parent =
        slash ? slice_to_cstr(a, (struct slice){path, (size_t)(slash - path)}) : ".";
    struct err *e = checkpoint_store_list(env, slash == path ? "/" : parent, a, &entries, &count);
    err_free(e); /* the hint is only more general then */
    for (size_t i = 0; !e && i < count; i++)
        if (entries[i].id < id && !entries[i].problem) return entries[i].path;
    return NULL;
}

/* Damage is told with a way out; it is the user who decides to lose what came after. */
static struct err *add_hint(struct err *e, struct env *env, const char *path, struct arena *a)
{
    if (!e || err_hint_text(e)) return e;
    if (err_code(e) == ERR_UNSUPPORTED)
        return err_hint(e, "use the version of weir that wrote it, or a later one");
    uint64_t id;
    const char *older = NULL;
    if (checkpoint_folder_id(path, &id)) older = find_older(env, path, id, a);
    if (older)
        return err_hint(e,
            "put a good copy of the file in its place; or, if weir checkpoints verify %s finds it "
            "whole, start from that older checkpoint with -D execution.state-recovery.path=%s : "
            "what later ones have written to tables is then written again",
            older, older);
    return err_hint(
        e, "put a good copy of the file in its place; no older checkpoint is here to start from");
}

/* ---- files ---- */

/* Payload from `offset` on goes on in the part *next of the file, or begins it. Between parts may
 * lie some that this checkpoint does not need any more. */
static struct err *add_to_parts(struct snapshot_loader *loader, const struct manifest_file *f,
    uint64_t offset, struct slice payload, uint32_t *next)
{
    uint64_t end = offset + payload.n;
    for (; *next < f->part_count; (*next)++) {
        const struct manifest_part *part = f->parts[*next];
        uint64_t part_end = part->offset + part->size_bytes;
        uint64_t from = part->offset > offset ? part->offset : offset;
        uint64_t to = part_end < end ? part_end : end;
        if (from >= to) return NULL;
        if (from == part->offset) TRY(snapshot_loader_begin(loader, part->size_bytes));
        TRY(snapshot_loader_add(
            loader, (struct slice){payload.p + (from - offset), (size_t)(to - from)}));
        if (part_end > end) return NULL;
    }
    return NULL;
}

static struct err *read_blocks(
    struct block_file_reader *r, const struct manifest_file *f, struct snapshot_loader *loader)
{
    uint64_t offset = 0;
    uint32_t next = 0;
    while (true) {
        struct slice payload;
        TRY(block_file_next(r, &payload));
        if (payload.n == 0) return NULL;
        if (loader) TRY(add_to_parts(loader, f, offset, payload, &next));
        offset += payload.n;
    }
}

/* Verifies a file, and loads its parts unless loader is NULL. */
static struct err *read_file(struct env *env, const char *path, struct arena *a,
    const struct manifest_file *f, struct snapshot_loader *loader)
{
    struct block_file_reader *r;
    const char *name = str_fmt(a, "%s/%s", path, f->name);
    struct err *e = block_file_open(env, name, manifest_identity(f), &f->info, &r);
    if (!e) e = read_blocks(r, f, loader);
    block_file_reader_free(r);
    if (!e || err_code(e) != ERR_NOT_FOUND) return e;
    err_free(e);
    FAIL(ERR_CORRUPT, "file '%s' is missing", name);
}

struct err *checkpoint_files(struct env *env, const char *path, bool verify, struct arena *a,
    struct checkpoint_meta *meta, struct checkpoint_file **files, size_t *count)
{
    struct manifest m;
    struct err *e = checkpoint_folder_manifest(env, path, a, &m);
    if (e) return add_hint(e, env, path, a);
    *meta = m.meta;
    *count = m.file_count;
    *files = ARENA_ARRAY(a, struct checkpoint_file, m.file_count);
    for (uint32_t i = 0; i < m.file_count; i++) {
        const struct manifest_file *f = &m.files[i];
        (*files)[i] = (struct checkpoint_file){f->name, f->checkpoint_id, f->info.size_bytes, NULL};
        e = verify ? read_file(env, path, a, &m.files[i], NULL) : NULL;
        if (e) (*files)[i].problem = take_text(a, e);
    }
    if (was_removed(env, path)) FAIL(ERR_NOT_FOUND, "there is no checkpoint folder '%s'", path);
    return NULL;
}

struct err *checkpoint_verify(struct env *env, const char *path)
{
    struct arena *a = arena_new(4096);
    struct manifest m;
    struct err *e = checkpoint_folder_read(env, path, a, &m);
    for (uint32_t i = 0; !e && i < m.file_count; i++)
        e = read_file(env, path, a, &m.files[i], NULL);
    e = add_hint(e, env, path, a);
    arena_free(a);
    return e;
}

static int compare_newest_first(const void *a, const void *b)
{
    uint64_t x = (*(const struct manifest_file *const *)a)->checkpoint_id;
    uint64_t y = (*(const struct manifest_file *const *)b)->checkpoint_id;
    return (x < y) - (x > y);
}

/* All parts in a file are of the checkpoint that wrote it. */
static struct err *load_files(struct env *env, const char *path, struct arena *a,
    const struct manifest *m, struct snapshot **out)
{
    const struct manifest_file **files =
        ARENA_ARRAY(a, const struct manifest_file *, m->file_count);
    for (uint32_t i = 0; i < m->file_count; i++) files[i] = &m->files[i];
    if (m->file_count) qsort(files, m->file_count, sizeof *files, compare_newest_first);
    struct snapshot_loader *loader = snapshot_loader_new();
    struct err *e = NULL;
    for (uint32_t i = 0; !e && i < m->file_count; i++)
        e = read_file(env, path, a, files[i], loader);
    if (!e) e = snapshot_loader_finish(loader, out);
    snapshot_loader_free(loader);
    return e;
}

struct err *checkpoint_load(struct env *env, const char *path, struct arena *a,
    struct checkpoint_meta *meta, struct snapshot **out)
{
    struct manifest m;
    *out = NULL;
    struct err *e = checkpoint_folder_read(env, path, a, &m);
    if (!e) e = load_files(env, path, a, &m, out);
    if (!e) *meta = m.meta;
    return add_hint(e, env, path, a);
}
