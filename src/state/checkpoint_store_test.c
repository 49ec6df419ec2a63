#include "state/checkpoint_store.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "state/block_file.h"
#include "state/checkpoint_folder.h"
#include "test.h"

/* ---- an environment that fails on demand ---- */

/* A file of the real environment. */
struct env_file {
    struct env_file *inner;
    struct faulty *env;
};

enum fault {
    FAULT_NONE,
    FAULT_OPEN,
    FAULT_APPEND,
    FAULT_SYNC,
    FAULT_RENAME,
    FAULT_LINK,
    FAULT_LIST
};

struct faulty {
    struct env env;
    enum fault fault;
    int after;     /* visits that go well first */
    bool no_links; /* as on exFAT */
    uint64_t free_bytes;
    uint64_t appended_bytes;
    uint64_t syncs;
    uint64_t folder_syncs;
};

static struct faulty *faulty_of(struct env *e)
{
    return (struct faulty *)e;
}

static struct err *visit(struct faulty *f, enum fault fault)
{
    if (f->fault != fault || f->after-- > 0) return NULL;
    f->fault = FAULT_NONE;
    FAIL(ERR_DISK_FULL, "simulated: no space left");
}

static struct err *faulty_open(
    struct env *e, const char *path, enum env_open_mode mode, struct env_file **out)
{
    if (mode == ENV_CREATE) TRY(visit(faulty_of(e), FAULT_OPEN));
    struct env_file *inner;
    TRY(env_system()->def->open(env_system(), path, mode, &inner));
    *out = mem_alloc(sizeof **out);
    **out = (struct env_file){inner, faulty_of(e)};
    return NULL;
}

static struct err *faulty_read(struct env_file *f, uint64_t offset, void *p, size_t n, size_t *got)
{
    return env_system()->def->read(f->inner, offset, p, n, got);
}

static struct err *faulty_append(struct env_file *f, const void *p, size_t n)
{
    TRY(visit(f->env, FAULT_APPEND));
    f->env->appended_bytes += n;
    return env_system()->def->append(f->inner, p, n);
}

static struct err *faulty_sync(struct env_file *f)
{
    f->env->syncs++;
    TRY(visit(f->env, FAULT_SYNC));
    return env_system()->def->sync(f->inner);
}

static void faulty_close(struct env_file *f)
{
    env_system()->def->close(f->inner);
    mem_free(f);
}

static struct err *faulty_rename(struct env *e, const char *from, const char *to)
{
    TRY(visit(faulty_of(e), FAULT_RENAME));
    return env_system()->def->rename(env_system(), from, to);
}

static struct err *faulty_link(struct env *e, const char *from, const char *to)
{
    TRY(visit(faulty_of(e), FAULT_LINK));
    if (faulty_of(e)->no_links) FAIL(ERR_IO, "simulated: links are not supported");
    return env_system()->def->link(env_system(), from, to);
}

static struct err *faulty_list(
    struct env *e, const char *path, struct arena *a, char ***names, size_t *count)
{
    TRY(visit(faulty_of(e), FAULT_LIST));
    return env_system()->def->list(env_system(), path, a, names, count);
}

static struct err *faulty_lock(
    struct env *e, const char *path, const char *text, struct env_file **out)
{
    struct env_file *inner;
    *out = NULL;
    TRY(env_system()->def->lock(env_system(), path, text, &inner));
    if (!inner) return NULL;
    *out = mem_alloc(sizeof **out);
    **out = (struct env_file){inner, faulty_of(e)};
    return NULL;
}

static struct err *faulty_free_bytes(struct env *e, const char *path, uint64_t *out)
{
    (void)path;
    *out = faulty_of(e)->free_bytes;
    return NULL;
}

static struct err *faulty_stat(struct env *e, const char *path, struct env_stat *out)
{
    (void)e;
    return env_system()->def->stat(env_system(), path, out);
}

static struct err *faulty_remove(struct env *e, const char *path)
{
    (void)e;
    return env_system()->def->remove(env_system(), path);
}

static struct err *faulty_make_directory(struct env *e, const char *path)
{
    (void)e;
    return env_system()->def->make_directory(env_system(), path);
}

static struct err *faulty_sync_directory(struct env *e, const char *path)
{
    faulty_of(e)->folder_syncs++;
    return env_system()->def->sync_directory(env_system(), path);
}

static int64_t faulty_now_ms(struct env *e)
{
    (void)e;
    return 1700000000000;
}

static const struct env_def faulty_def = {
    .now_ms = faulty_now_ms,
    .open = faulty_open,
    .read = faulty_read,
    .append = faulty_append,
    .sync = faulty_sync,
    .close = faulty_close,
    .stat = faulty_stat,
    .rename = faulty_rename,
    .link = faulty_link,
    .sync_directory = faulty_sync_directory,
    .free_bytes = faulty_free_bytes,
    .lock = faulty_lock,
    .remove = faulty_remove,
    .make_directory = faulty_make_directory,
    .list = faulty_list,
};

/* ---- a folder, and checkpoints in it ---- */

struct fixture {
    struct arena *arena;
    struct faulty faulty;
    struct env *env;
    char *folder; /* the store's */
    struct checkpoint_store *store;
};

static bool ok(struct err *e)
{
    if (e) {
        printf("# ");
        err_print(e, stdout);
    }
    err_free(e);
    return e == NULL;
}

static bool fails(struct err *e, enum err_code code, const char *text)
{
    char all[2 * ERR_MESSAGE_MAX] = "";
    if (e) err_format(e, all, ERR_MESSAGE_MAX);
    if (e && err_hint_text(e)) {
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n, " | %s", err_hint_text(e));
    }
    bool as_expected = e && err_code(e) == code && strstr(all, text);
    if (!as_expected) printf("# not '%s': %s\n", text, all);
    err_free(e);
    return as_expected;
}

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.arena = arena_new(1 << 16)};
    f->faulty = (struct faulty){.env = {&faulty_def}, .free_bytes = UINT64_MAX};
    f->env = &f->faulty.env;
    f->folder =
        str_fmt(f->arena, "%s/store_test_XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    CHECK(mkdtemp(f->folder) != NULL);
    CHECK(ok(checkpoint_store_open(f->env, f->folder, &f->store)));
}

static void remove_all(struct arena *a, const char *path)
{
    const struct env_def *d = env_system()->def;
    struct env_stat st;
    char **names;
    size_t count = 0;
    CHECK(ok(d->stat(env_system(), path, &st)));
    if (st.is_directory) CHECK(ok(d->list(env_system(), path, a, &names, &count)));
    for (size_t i = 0; i < count; i++) remove_all(a, str_fmt(a, "%s/%s", path, names[i]));
    CHECK(ok(d->remove(env_system(), path)));
}

static void tear_down(struct fixture *f)
{
    checkpoint_store_close(f->store);
    remove_all(f->arena, f->folder);
    arena_free(f->arena);
}

static void open_again(struct fixture *f)
{
    checkpoint_store_close(f->store);
    CHECK(ok(checkpoint_store_open(f->env, f->folder, &f->store)));
}

/* A part whose only record is (checkpoint, value of `size` bytes); `before`: the id of the part of
 * the same task that it adds to, and with it of all since `first`; 0: none. */
static struct checkpoint_part make_changes(
    struct fixture *f, uint32_t task, uint64_t id, size_t size, uint64_t before, uint64_t first)
{
    struct snapshot_writer *w = snapshot_writer_new(&(struct snapshot_writer_params){
        .max_bytes = 1 << 24, .task = task, .checkpoint_id = id, .changes = before > 0});
    struct snapshot_part part;
    char *value = arena_alloc(f->arena, size + 1);
    for (size_t i = 0; i < size; i++) value[i] = (char)(i * 7 + i / 253 + task + id);
    snapshot_begin_op(w, str_fmt(f->arena, "op%u", task), 1);
    if (before) snapshot_changes(w, "s", before, first);
    snapshot_put(w, "s", task % 128, slice_of(str_fmt(f->arena, "%d", (int)id)),
        (struct slice){value, size});
    CHECK(ok(snapshot_finish(w, &part)));
    snapshot_writer_free(w);
    struct slice bytes = slice_copy(f->arena, (struct slice){part.bytes, part.size});
    mem_free(part.bytes);
    return (struct checkpoint_part){task, id, bytes};
}

static struct checkpoint_part make_part(struct fixture *f, uint32_t task, uint64_t id, size_t size)
{
    return make_changes(f, task, id, size, 0, 0);
}

static struct checkpoint_part stored(struct checkpoint_part part)
{
    part.bytes = (struct slice){NULL, 0};
    return part;
}

static struct checkpoint_meta make_meta(uint64_t id)
{
    return (struct checkpoint_meta){.id = id,
        .kind = CHECKPOINT_RUNNING,
        .job_name = "clicks",
        .begun_ms = 1699999999000 + (int64_t)id,
        .parallelism = 2,
        .key_groups = 128,
        .graph = SLICE("{\"nodes\": []}"),
        .account = SLICE("{\"read\": 7}"),
        .version = "0.1.0"};
}

static struct err *publish(
    struct fixture *f, uint64_t id, const struct checkpoint_part *parts, size_t count)
{
    struct checkpoint_meta meta = make_meta(id);
    uint64_t size_bytes;
    return checkpoint_store_publish(f->store, &meta, parts, count, 3, &size_bytes);
}

static char *path_of(struct fixture *f, uint64_t id)
{
    return str_fmt(f->arena, "%s/%s", f->folder, checkpoint_folder_name(f->arena, id));
}

/* How many records of a task are in a loaded checkpoint; their keys as text in *keys. */
static uint32_t count_records(
    struct fixture *f, const struct snapshot *s, uint32_t task, char **keys)
{
    struct snapshot_reader r = {s, str_fmt(f->arena, "op%u", task), 128, 1, 0, NULL};
    struct snapshot_record record;
    uint32_t count = 0;
    *keys = str_fmt(f->arena, "%s", "");
    for (uint64_t at = 0; snapshot_next(&r, "s", &at, &record); count++)
        *keys = str_fmt(f->arena, "%s%.*s,", *keys, (int)record.key.n, record.key.p);
    return count;
}

/* ---- tests ---- */

static void what_was_published_is_loaded(void)
{
    struct fixture f;
    set_up(&f);
    /* Small ones share a file; the large one crosses several writes and has its own. */
    struct checkpoint_part parts[] = {make_part(&f, 1, 41, 10), make_part(&f, 2, 41, 3000000),
        make_part(&f, 3, 41, 70000), make_part(&f, 4, 41, 0)};
    struct checkpoint_meta meta = make_meta(41), back;
    struct snapshot *s;
    uint64_t size_bytes = 0;
    char *keys;
    CHECK(ok(checkpoint_store_publish(f.store, &meta, parts, 4, 3, &size_bytes)));
    CHECK(size_bytes > 3070000 && size_bytes < 3080000);
    CHECK(checkpoint_store_full_bytes(f.store) == size_bytes);
    CHECK(checkpoint_store_newest_id(f.store) == 41);
    CHECK(ok(checkpoint_load(f.env, path_of(&f, 41), f.arena, &back, &s)));
    CHECK(back.id == 41 && back.kind == CHECKPOINT_RUNNING && back.parallelism == 2);
    CHECK(strcmp(back.job_name, "clicks") == 0 && strcmp(back.version, "0.1.0") == 0);
    CHECK(back.begun_ms == meta.begun_ms && back.completed_ms == 1700000000000);
    CHECK(slice_eq(back.graph, meta.graph) && slice_eq(back.account, meta.account));
    for (uint32_t task = 1; task <= 4; task++) CHECK(count_records(&f, s, task, &keys) == 1);
    snapshot_free(s);
    CHECK(ok(checkpoint_verify(f.env, path_of(&f, 41))));
    tear_down(&f);
}

static uint32_t count_names(struct fixture *f, const char *prefix)
{
    char **names;
    size_t count;
    uint32_t found = 0;
    CHECK(ok(env_system()->def->list(env_system(), f->folder, f->arena, &names, &count)));
    for (size_t i = 0; i < count; i++) found += strncmp(names[i], prefix, strlen(prefix)) == 0;
    return found;
}

static void parts_of_earlier_checkpoints_are_linked_and_outlive_them(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_part base = make_part(&f, 1, 1, 2000000), other = make_part(&f, 2, 1, 50);
    CHECK(ok(publish(&f, 1, (struct checkpoint_part[]){base, other}, 2)));
    /* Of the second task one part is enough; the first one's chain gets longer. */
    struct checkpoint_part kept[10] = {stored(other), stored(base)};
    size_t count = 2;
    for (uint64_t id = 2; id <= 6; id++) {
        if (id == 4) open_again(&f); /* what is stored is found again by another process */
        kept[count++] = make_changes(&f, 1, id, 20, id - 1, 1);
        CHECK(ok(publish(&f, id, kept, count)));
        CHECK(checkpoint_store_full_bytes(f.store) > 2000000);
        kept[count - 1] = stored(kept[count - 1]);
    }
    CHECK(count_names(&f, "chk-") == 3 && count_names(&f, ".") == 0);
    struct checkpoint_meta meta;
    struct snapshot *s;
    char *keys;
    CHECK(ok(checkpoint_load(f.env, path_of(&f, 6), f.arena, &meta, &s)));
    CHECK(count_records(&f, s, 1, &keys) == 6 && strstr(keys, "1,"));
    CHECK(count_records(&f, s, 2, &keys) == 1);
    snapshot_free(s);
    CHECK(fails(publish(&f, 7, (struct checkpoint_part[]){stored(make_part(&f, 2, 3, 5))}, 1),
        ERR_INTERNAL, "not in"));
    CHECK(fails(publish(&f, 6, kept, 2), ERR_INTERNAL, "not newer"));
    CHECK(count_names(&f, "chk-") == 3);
    tear_down(&f);
}

static void the_list_is_newest_first_and_tells_problems(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_entry *entries;
    size_t count = 9;
    CHECK(ok(checkpoint_store_list(f.env, "/nowhere/at/all", f.arena, &entries, &count)));
    CHECK(count == 0);
    for (uint64_t id = 8; id <= 10; id++)
        CHECK(ok(publish(&f, id, (struct checkpoint_part[]){make_part(&f, 1, id, 100)}, 1)));
    char *gone = str_fmt(f.arena, "%s/parts-000009", path_of(&f, 9));
    CHECK(ok(f.env->def->remove(f.env, gone)));
    CHECK(ok(checkpoint_store_list(f.env, f.folder, f.arena, &entries, &count)));
    CHECK(count == 3 && entries[0].id == 10 && entries[2].id == 8);
    CHECK(!entries[0].problem && entries[0].meta.id == 10 && entries[0].size_bytes > 100);
    CHECK(entries[0].new_bytes == entries[0].size_bytes);
    CHECK(entries[1].problem && strstr(entries[1].problem, "missing"));
    tear_down(&f);
}

static void a_damaged_checkpoint_is_refused_with_the_way_to_an_older_one(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_meta meta;
    struct snapshot *s;
    for (uint64_t id = 1; id <= 2; id++)
        CHECK(ok(publish(&f, id, (struct checkpoint_part[]){make_part(&f, 1, id, 100)}, 1)));
    CHECK(ok(f.env->def->remove(f.env, str_fmt(f.arena, "%s/parts-000002", path_of(&f, 2)))));
    char *hint = str_fmt(f.arena, "-D execution.state-recovery.path=%s", path_of(&f, 1));
    CHECK(fails(checkpoint_load(f.env, path_of(&f, 2), f.arena, &meta, &s), ERR_CORRUPT, hint));
    /* Checkpoints share files: what is damaged here may be damaged there. */
    char *look = str_fmt(f.arena, "if weir checkpoints verify %s finds", path_of(&f, 1));
    CHECK(fails(checkpoint_load(f.env, path_of(&f, 2), f.arena, &meta, &s), ERR_CORRUPT, look));
    CHECK(ok(f.env->def->remove(f.env, str_fmt(f.arena, "%s/MANIFEST", path_of(&f, 2)))));
    CHECK(fails(checkpoint_load(f.env, path_of(&f, 2), f.arena, &meta, &s), ERR_CORRUPT, hint));
    CHECK(
        fails(checkpoint_load(f.env, path_of(&f, 3), f.arena, &meta, &s), ERR_NOT_FOUND, "000003"));
    /* Ids go on behind the damaged one, whose parts are not to be had. */
    open_again(&f);
    CHECK(checkpoint_store_newest_id(f.store) == 2);
    CHECK(fails(publish(&f, 3, (struct checkpoint_part[]){stored(make_part(&f, 1, 2, 5))}, 1),
        ERR_INTERNAL, "not in"));
    CHECK(ok(publish(&f, 3, (struct checkpoint_part[]){stored(make_part(&f, 1, 1, 5))}, 1)));
    tear_down(&f);
}

static void a_second_opening_is_refused_and_names_the_first(void)
{
    struct fixture f;
    struct checkpoint_store *second;
    char who[ENV_PROCESS_CHARS];
    set_up(&f);
    env_process_name(who);
    CHECK(fails(checkpoint_store_open(f.env, f.folder, &second), ERR_ALREADY_EXISTS, who));
    CHECK(fails(checkpoint_store_open(f.env, f.folder, &second), ERR_ALREADY_EXISTS,
        "since 2023-11-14 22:13:20 UTC"));
    CHECK(!second);
    open_again(&f);
    tear_down(&f);
}

/* Nothing but whole checkpoints of ids up to `newest` is to be seen. */
static void check_folder(struct fixture *f, uint64_t newest)
{
    struct checkpoint_entry *entries;
    size_t count;
    CHECK(count_names(f, ".") == 0);
    CHECK(ok(checkpoint_store_list(f->env, f->folder, f->arena, &entries, &count)));
    CHECK(count > 0 && count_names(f, "chk-") == count && entries[0].id == newest);
    for (size_t i = 0; i < count; i++) CHECK(ok(checkpoint_verify(f->env, entries[i].path)));
}

static void nothing_is_written_to_a_folder_that_is_gone_or_another(void)
{
    struct fixture f;
    struct checkpoint_store *other;
    set_up(&f);
    char *away = str_fmt(f.arena, "%s-away", f.folder);
    CHECK(ok(publish(&f, 1, (struct checkpoint_part[]){make_part(&f, 1, 1, 100)}, 1)));
    struct checkpoint_part part = make_part(&f, 1, 2, 100);
    CHECK(rename(f.folder, away) == 0);
    CHECK(fails(publish(&f, 2, &part, 1), ERR_NOT_FOUND, "was removed or renamed"));
    CHECK(access(f.folder, F_OK) != 0);
    CHECK(ok(checkpoint_store_open(f.env, f.folder, &other)));
    CHECK(fails(publish(&f, 2, &part, 1), ERR_NOT_FOUND, "LOCK' was removed or replaced"));
    CHECK(count_names(&f, "chk-") == 0);
    checkpoint_store_close(other);
    remove_all(f.arena, f.folder);
    CHECK(rename(away, f.folder) == 0);
    CHECK(ok(publish(&f, 2, &part, 1)));
    check_folder(&f, 2);
    tear_down(&f);
}

/* Publishes `id` with the n-th visit of `fault` failing. True when it was never visited so often.
 */
static bool publish_under_fault(
    struct fixture *f, uint64_t id, enum fault fault, int n, struct checkpoint_part base)
{
    struct checkpoint_part parts[] = {stored(base), make_changes(f, 1, id, 100, id - 1, 1),
        make_part(f, 2, id, 1500000), make_part(f, 3, id, 10)};
    f->faulty.fault = fault;
    f->faulty.after = n;
    struct err *e = publish(f, id, parts, 4);
    bool unvisited = f->faulty.fault != FAULT_NONE;
    f->faulty.fault = FAULT_NONE;
    if (e) {
        CHECK(checkpoint_store_newest_id(f->store) == id - 1);
        CHECK(fails(e, ERR_DISK_FULL, "simulated"));
        check_folder(f, id - 1);
        CHECK(ok(publish(f, id, parts, 4)));
    } else if (!unvisited) {
        /* The checkpoint was published before something failed in the tidying up. */
        checkpoint_store_trim(f->store, 3);
    }
    check_folder(f, id);
    return unvisited;
}

static void a_full_disk_at_any_step_leaves_what_was_published(void)
{
    struct fixture f;
    set_up(&f);
    static const enum fault faults[] = {
        FAULT_OPEN, FAULT_APPEND, FAULT_SYNC, FAULT_RENAME, FAULT_LINK, FAULT_LIST};
    struct checkpoint_part base = make_part(&f, 1, 1, 500);
    CHECK(ok(publish(&f, 1, &base, 1)));
    uint64_t id = 1;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        int n = 0;
        while (!publish_under_fault(&f, ++id, faults[i], n, base)) n++;
        CHECK(n >= 1);
    }
    CHECK(id > 15);
    tear_down(&f);
}

static void nothing_is_written_when_the_disk_has_no_room(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_part part = make_part(&f, 1, 1, 1000000);
    f.faulty.free_bytes = 1150000;
    CHECK(fails(publish(&f, 1, &part, 1), ERR_DISK_FULL, "1 MiB free"));
    CHECK(f.faulty.appended_bytes == 0 && count_names(&f, "chk-") == 0);
    f.faulty.free_bytes = 1210000;
    CHECK(ok(publish(&f, 1, &part, 1)));
    tear_down(&f);
}

/* A sync costs milliseconds, so dozens of small parts must not have one each. */
static void small_parts_share_a_file_and_its_sync(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_part parts[60];
    for (uint32_t i = 0; i < 60; i++) parts[i] = make_part(&f, i, 1, 100 + i);
    CHECK(ok(publish(&f, 1, parts, 60)));
    CHECK(f.faulty.syncs == 2); /* the parts and MANIFEST */
    tear_down(&f);
}

static void write_bytes(struct fixture *f, const char *path, const char *bytes, size_t n)
{
    struct env_file *file;
    CHECK(ok(f->env->def->open(f->env, path, ENV_CREATE, &file)));
    CHECK(ok(f->env->def->append(file, bytes, n)));
    f->env->def->close(file);
}

static void what_a_crash_left_is_removed_and_nothing_else(void)
{
    struct fixture f;
    set_up(&f);
    struct env_stat st;
    struct checkpoint_part part = make_part(&f, 1, 7, 100);
    CHECK(ok(publish(&f, 7, &part, 1)));
    static const char *const left[] = {"chk-000008.tmp/parts-000008", "chk-000008.tmp/MANIFEST",
        "chk-000003.tmp/x", ".trash-chk-000004/parts-000001"};
    static const char *const others[] = {"notes.txt", "chk-12/MANIFEST", "chk-abc", "other.tmp/x"};
    for (int i = 0; i < 4; i++) {
        write_bytes(&f, str_fmt(f.arena, "%s/%s", f.folder, left[i]), "half", 4);
        write_bytes(&f, str_fmt(f.arena, "%s/%s", f.folder, others[i]), "mine", 4);
    }
    open_again(&f);
    CHECK(count_names(&f, "chk-") == 3 && count_names(&f, ".trash") == 0);
    for (int i = 0; i < 4; i++) {
        const char *path = str_fmt(f.arena, "%s/%s", f.folder, others[i]);
        CHECK(ok(f.env->def->stat(f.env, path, &st)) && st.exists);
    }
    CHECK(checkpoint_store_newest_id(f.store) == 7);
    CHECK(ok(checkpoint_verify(f.env, path_of(&f, 7))));
    /* What could not be cleaned up while the job ran is cleaned up by the next publication. */
    write_bytes(&f, str_fmt(f.arena, "%s/%s", f.folder, left[0]), "half", 4);
    part = make_part(&f, 1, 8, 100);
    CHECK(ok(publish(&f, 8, &part, 1)) && ok(checkpoint_verify(f.env, path_of(&f, 8))));
    CHECK(count_names(&f, "chk-000008") == 1);
    tear_down(&f);
}

static void removing_can_be_left_for_later(void)
{
    struct fixture f;
    set_up(&f);
    for (uint64_t id = 1; id <= 5; id++) {
        struct checkpoint_meta meta = make_meta(id);
        struct checkpoint_part part = make_part(&f, 1, id, 100);
        uint64_t size_bytes;
        CHECK(ok(checkpoint_store_publish(f.store, &meta, &part, 1, 0, &size_bytes)));
        CHECK(count_names(&f, "chk-") == id);
    }
    checkpoint_store_trim(f.store, 2);
    check_folder(&f, 5);
    CHECK(count_names(&f, "chk-") == 2);
    tear_down(&f);
}

/* ---- damage ---- */

static struct slice read_bytes(struct fixture *f, const char *path)
{
    struct slice text = {NULL, 0};
    CHECK(ok(checkpoint_folder_read_file(f->env, path, 1 << 26, f->arena, &text)));
    return text;
}

/* Neither verify nor load takes the checkpoint, and both say that it is damaged. */
static bool is_noticed(struct fixture *f, const char *path)
{
    struct checkpoint_meta meta;
    struct snapshot *s = NULL;
    struct arena *a = arena_new(1 << 12);
    struct err *verify = checkpoint_verify(f->env, path);
    struct err *load = checkpoint_load(f->env, path, a, &meta, &s);
    bool noticed = verify && load && !s && err_code(verify) == ERR_CORRUPT &&
                   err_code(load) == ERR_CORRUPT && err_hint_text(load);
    err_free(verify);
    err_free(load);
    snapshot_free(s);
    arena_free(a);
    return noticed;
}

/* Changes bytes of a file one after the other, each by itself. Returns how many. */
static uint32_t flip_bytes(struct fixture *f, const char *checkpoint, const char *path)
{
    struct slice bytes = read_bytes(f, path);
    struct env *sys = env_system();
    struct env_file *file;
    uint32_t flips = 0;
    CHECK(ok(sys->def->open(sys, path, ENV_UPDATE, &file)));
    /* All of both ends; what is between is alike, so every 61st will do. */
    for (size_t i = 0; i < bytes.n; i += i < 1500 || bytes.n - i < 1000 ? 1 : 61, flips++) {
        char changed = (char)(bytes.p[i] ^ (1 << (flips % 8)));
        CHECK(ok(sys->def->write(file, i, &changed, 1)));
        if (!is_noticed(f, checkpoint)) {
            printf("# byte %zu of '%s'\n", i, path);
            CHECK(false);
        }
        CHECK(ok(sys->def->write(file, i, bytes.p + i, 1)));
    }
    sys->def->close(file);
    return flips;
}

/* A checkpoint with a link, a shared file, and a file of its own that has several blocks. */
static char *publish_for_damage(struct fixture *f)
{
    struct checkpoint_part base = make_part(f, 1, 1, 900);
    CHECK(ok(publish(f, 1, &base, 1)));
    struct checkpoint_part parts[] = {stored(base), make_changes(f, 1, 2, 30, 1, 1),
        make_part(f, 2, 2, 1 << 20), make_part(f, 3, 2, 1 << 20)};
    CHECK(ok(publish(f, 2, parts, 4)));
    return path_of(f, 2);
}

static void every_changed_byte_is_noticed(void)
{
    struct fixture f;
    set_up(&f);
    char *checkpoint = publish_for_damage(&f), **names;
    size_t count;
    uint32_t flips = 0;
    struct checkpoint_part small[] = {make_part(&f, 1, 3, 900), make_part(&f, 2, 3, 90000)};
    CHECK(ok(publish(&f, 3, small, 2)));
    checkpoint = path_of(&f, 3);
    CHECK(ok(f.env->def->list(f.env, checkpoint, f.arena, &names, &count)) && count == 2);
    for (size_t i = 0; i < count; i++)
        flips += flip_bytes(&f, checkpoint, str_fmt(f.arena, "%s/%s", checkpoint, names[i]));
    CHECK(flips > 3500);
    CHECK(ok(checkpoint_verify(f.env, checkpoint)));
    tear_down(&f);
}

static bool is_refused(struct fixture *f, const struct manifest *m)
{
    struct buf text;
    struct manifest out;
    buf_init(&text, 1 << 20);
    manifest_encode(m, &text);
    struct err *e = manifest_decode(f->arena, buf_slice(&text), &out);
    bool refused = e && err_code(e) == ERR_CORRUPT;
    err_free(e);
    buf_free(&text);
    return refused;
}

static void parts_that_cannot_be_are_refused(void)
{
    struct fixture f;
    struct manifest m;
    set_up(&f);
    const char *path = str_fmt(f.arena, "%s/" MANIFEST_NAME, publish_for_damage(&f));
    CHECK(ok(manifest_decode(f.arena, read_bytes(&f, path), &m)));
    CHECK(!is_refused(&f, &m));
    struct manifest_part *last = &m.parts[m.part_count - 1], good = *last;
    last->checkpoint_id = 1; /* the file is of 2 */
    CHECK(is_refused(&f, &m));
    *last = good;
    last->size_bytes = 0;
    CHECK(is_refused(&f, &m));
    *last = good;
    last->offset = 1;
    CHECK(is_refused(&f, &m));
    *last = good;
    last->file = m.parts[m.part_count - 2].file;
    last->size_bytes = 100;
    CHECK(is_refused(&f, &m));
    tear_down(&f);
}

static void every_changed_size_is_noticed(void)
{
    struct fixture f;
    set_up(&f);
    char *checkpoint = publish_for_damage(&f), **names;
    size_t count;
    CHECK(ok(f.env->def->list(f.env, checkpoint, f.arena, &names, &count)) && count == 5);
    for (size_t i = 0; i < count; i++) {
        char *path = str_fmt(f.arena, "%s/%s", checkpoint, names[i]);
        struct slice bytes = read_bytes(&f, path);
        CHECK(ok(f.env->def->remove(f.env, path)) && is_noticed(&f, checkpoint));
        const size_t sizes[] = {0, 1, 39, 40, 79, 80, bytes.n / 2, bytes.n - 40, bytes.n - 1};
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            write_bytes(&f, path, bytes.p, sizes[k]);
            CHECK(is_noticed(&f, checkpoint));
        }
        char *longer = arena_alloc(f.arena, bytes.n + 9);
        memcpy(longer, bytes.p, bytes.n);
        write_bytes(&f, path, longer, bytes.n + 9);
        CHECK(is_noticed(&f, checkpoint));
        write_bytes(&f, path, bytes.p, bytes.n);
        CHECK(ok(checkpoint_verify(f.env, checkpoint)));
    }
    tear_down(&f);
}

static void files_and_blocks_in_each_others_place_are_noticed(void)
{
    struct fixture f;
    set_up(&f);
    char *checkpoint = publish_for_damage(&f);
    char *first = str_fmt(f.arena, "%s/task-000002-000002", checkpoint);
    char *second = str_fmt(f.arena, "%s/task-000003-000002", checkpoint);
    struct slice a = read_bytes(&f, first), b = read_bytes(&f, second);
    CHECK(a.n == b.n);
    write_bytes(&f, first, b.p, b.n);
    write_bytes(&f, second, a.p, a.n);
    CHECK(is_noticed(&f, checkpoint));
    write_bytes(&f, second, b.p, b.n);
    char *mixed = arena_alloc(f.arena, a.n);
    const size_t header = 40, block = BLOCK_FILE_BLOCK_BYTES;
    memcpy(mixed, a.p, a.n);
    memcpy(mixed + header, a.p + header + block, block);
    memcpy(mixed + header + block, a.p + header, block);
    write_bytes(&f, first, mixed, a.n);
    CHECK(fails(checkpoint_verify(f.env, checkpoint), ERR_CORRUPT, "block 1 of 17 of file"));
    CHECK(is_noticed(&f, checkpoint));
    /* A block of another file that stands in the same place, with its checksum. */
    memcpy(mixed, a.p, a.n);
    memcpy(mixed + header + block, b.p + header + block, block);
    write_bytes(&f, first, mixed, a.n);
    CHECK(fails(checkpoint_verify(f.env, checkpoint), ERR_CORRUPT, "block 2 of 17 of file"));
    write_bytes(&f, first, a.p, a.n);
    CHECK(ok(checkpoint_verify(f.env, checkpoint)));
    /* The manifest of another checkpoint, and a whole folder under another's name. */
    struct slice manifest = read_bytes(&f, str_fmt(f.arena, "%s/MANIFEST", path_of(&f, 1)));
    struct slice own = read_bytes(&f, str_fmt(f.arena, "%s/MANIFEST", checkpoint));
    write_bytes(&f, str_fmt(f.arena, "%s/MANIFEST", checkpoint), manifest.p, manifest.n);
    CHECK(is_noticed(&f, checkpoint));
    write_bytes(&f, str_fmt(f.arena, "%s/MANIFEST", checkpoint), own.p, own.n);
    CHECK(ok(f.env->def->rename(f.env, checkpoint, path_of(&f, 9))));
    CHECK(is_noticed(&f, path_of(&f, 9)));
    tear_down(&f);
}

static void each_damaged_file_is_told_by_name(void)
{
    struct fixture f;
    set_up(&f);
    char *checkpoint = publish_for_damage(&f);
    struct checkpoint_meta meta;
    struct checkpoint_file *files;
    size_t count;
    CHECK(ok(checkpoint_files(f.env, checkpoint, true, f.arena, &meta, &files, &count)));
    CHECK(count == 4 && meta.id == 2);
    for (size_t i = 0; i < count; i++) CHECK(!files[i].problem && files[i].size_bytes > 80);
    CHECK(strcmp(files[0].name, "parts-000001") == 0 && files[0].checkpoint_id == 1);
    char *path = str_fmt(f.arena, "%s/%s", checkpoint, files[2].name);
    struct slice bytes = read_bytes(&f, path);
    char *changed = slice_to_cstr(f.arena, bytes);
    changed[200000] ^= 1;
    write_bytes(&f, path, changed, bytes.n);
    CHECK(ok(f.env->def->remove(f.env, str_fmt(f.arena, "%s/%s", checkpoint, files[3].name))));
    CHECK(ok(checkpoint_files(f.env, checkpoint, true, f.arena, &meta, &files, &count)));
    CHECK(!files[0].problem && !files[1].problem);
    CHECK(files[2].problem && strstr(files[2].problem, "block 4 of 17"));
    CHECK(files[3].problem != NULL);
    tear_down(&f);
}

static void without_hard_links_files_are_copied(void)
{
    struct fixture f;
    set_up(&f);
    f.faulty.no_links = true;
    /* The name of the folder gets longer meanwhile. */
    const uint64_t first = 999999;
    struct checkpoint_part base = make_part(&f, 1, first, 3 << 19);
    CHECK(ok(publish(&f, first, &base, 1)));
    struct checkpoint_part parts[] = {
        stored(base), make_changes(&f, 1, first + 1, 9, first, first)};
    CHECK(ok(publish(&f, first + 1, parts, 2)));
    struct checkpoint_meta meta;
    struct snapshot *s;
    char *keys;
    CHECK(ok(checkpoint_load(f.env, path_of(&f, first + 1), f.arena, &meta, &s)));
    CHECK(count_records(&f, s, 1, &keys) == 2);
    snapshot_free(s);
    remove_all(f.arena, path_of(&f, first));
    CHECK(ok(checkpoint_verify(f.env, path_of(&f, first + 1))));
    open_again(&f);
    CHECK(checkpoint_store_newest_id(f.store) == first + 1);
    tear_down(&f);
}

/* Replaces `from` in the text of MANIFEST by `to`, and signs it again. */
static void edit_manifest(struct fixture *f, const char *path, const char *from, const char *to)
{
    struct slice text = read_bytes(f, path);
    const char *all = slice_to_cstr(f->arena, text), *at = strstr(all, from);
    CHECK(at != NULL);
    if (!at) return;
    char *edited = str_fmt(f->arena, "%.*s%s%s", (int)(at - all), all, to, at + strlen(from));
    size_t n = strlen(edited) - HASH_DIGEST_CHARS - 1;
    hash_digest_format(hash_digest_of(edited, n), edited + n);
    write_bytes(f, path, edited, strlen(edited));
}

static void what_a_later_version_wrote_is_refused_cleanly(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_meta meta;
    struct snapshot *s;
    struct checkpoint_part part = make_part(&f, 1, 1, 100);
    CHECK(ok(publish(&f, 1, &part, 1)));
    char *path = str_fmt(f.arena, "%s/MANIFEST", path_of(&f, 1));
    struct slice manifest = read_bytes(&f, path);
    /* Later versions may add what earlier ones can do without. */
    edit_manifest(&f, path, "format: 1", "format: 2");
    edit_manifest(&f, path, "\"id\"", "\"new\": {\"a\": [1]}, \"id\"");
    CHECK(ok(checkpoint_verify(f.env, path_of(&f, 1))));
    edit_manifest(&f, path, "min-reader: 1", "min-reader: 2");
    CHECK(fails(checkpoint_load(f.env, path_of(&f, 1), f.arena, &meta, &s), ERR_UNSUPPORTED,
        "use the version of weir that wrote it"));
    write_bytes(&f, path, manifest.p, manifest.n);
    edit_manifest(&f, path, "requires:", "requires: zstd");
    CHECK(fails(checkpoint_verify(f.env, path_of(&f, 1)), ERR_UNSUPPORTED, "it uses 'zstd'"));
    write_bytes(&f, path, manifest.p, manifest.n);
    /* Header of the block file: least reader, required and optional flags, with the right sum. */
    char *file = str_fmt(f.arena, "%s/parts-000001", path_of(&f, 1));
    struct slice whole = read_bytes(&f, file);
    static const struct {
        size_t at;
        const char *text;
    } edits[] = {{10, "needs a reader of format 2"}, {12, "feature 0x2"}};
    for (int i = 0; i < 2; i++) {
        char *bytes = slice_to_cstr(f.arena, whole);
        bytes[edits[i].at] = 2;
        uint32_t sum = hash_crc32c(0, bytes, 36);
        memcpy(bytes + 36, &sum, 4);
        write_bytes(&f, file, bytes, whole.n);
        CHECK(fails(checkpoint_verify(f.env, path_of(&f, 1)), ERR_UNSUPPORTED, edits[i].text));
    }
    tear_down(&f);
}

static void a_manifest_that_is_signed_and_wrong_is_refused(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_part parts[] = {make_part(&f, 1, 1, 100), make_part(&f, 2, 1, 100)};
    CHECK(ok(publish(&f, 1, parts, 2)));
    char *path = str_fmt(f.arena, "%s/MANIFEST", path_of(&f, 1));
    struct slice manifest = read_bytes(&f, path);
    static const char *const edits[][2] = {{"\"name\": \"parts", "\"name\": \"../parts"},
        {"\"name\": \"parts", "\"name\": \"\", \"x\": \""}, {"\"file\": 0", "\"file\": 1"},
        {"\"offset\": 0", "\"offset\": 1"}, {"\"offset\": 0", "\"offset\": -1"},
        {"\"offset\": 0", "\"offset\": 9223372036854775807"}, {"\"payload\": ", "\"payload\": 1"},
        {"\"kind\": \"running\"", "\"kind\": \"jogging\""}, {"\"task\": 1", "\"task\": 4294967296"},
        {"\"files\": [", "\"files\": [7,"}, {"\"graph\"", "\"grape\""}, {"\"id\": 1", "\"id\": 0"},
        {"\"job\": \"", "\"job\": \"\\u0000"}, {"\"digest\": \"", "\"digest\": \"0"}};
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        edit_manifest(&f, path, edits[i][0], edits[i][1]);
        if (!is_noticed(&f, path_of(&f, 1))) printf("# %s\n", edits[i][1]);
        CHECK(is_noticed(&f, path_of(&f, 1)));
        write_bytes(&f, path, manifest.p, manifest.n);
    }
    CHECK(ok(checkpoint_verify(f.env, path_of(&f, 1))));
    tear_down(&f);
}

static void names_of_new_folders_are_synced_too(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_store *deep;
    CHECK(f.faulty.folder_syncs == 0); /* the folder was there */
    CHECK(ok(checkpoint_store_open(f.env, str_fmt(f.arena, "%s/a//b/c/", f.folder), &deep)));
    CHECK(f.faulty.folder_syncs == 3);
    checkpoint_store_close(deep);
    tear_down(&f);
}

int main(void)
{
    TEST_RUN(without_hard_links_files_are_copied);
    TEST_RUN(what_a_later_version_wrote_is_refused_cleanly);
    TEST_RUN(a_manifest_that_is_signed_and_wrong_is_refused);
    TEST_RUN(names_of_new_folders_are_synced_too);
    TEST_RUN(a_full_disk_at_any_step_leaves_what_was_published);
    TEST_RUN(nothing_is_written_when_the_disk_has_no_room);
    TEST_RUN(small_parts_share_a_file_and_its_sync);
    TEST_RUN(what_a_crash_left_is_removed_and_nothing_else);
    TEST_RUN(removing_can_be_left_for_later);
    TEST_RUN(every_changed_byte_is_noticed);
    TEST_RUN(parts_that_cannot_be_are_refused);
    TEST_RUN(every_changed_size_is_noticed);
    TEST_RUN(files_and_blocks_in_each_others_place_are_noticed);
    TEST_RUN(each_damaged_file_is_told_by_name);
    TEST_RUN(what_was_published_is_loaded);
    TEST_RUN(parts_of_earlier_checkpoints_are_linked_and_outlive_them);
    TEST_RUN(the_list_is_newest_first_and_tells_problems);
    TEST_RUN(a_damaged_checkpoint_is_refused_with_the_way_to_an_older_one);
    TEST_RUN(nothing_is_written_to_a_folder_that_is_gone_or_another);
    TEST_RUN(a_second_opening_is_refused_and_names_the_first);
    return TEST_END();
}
