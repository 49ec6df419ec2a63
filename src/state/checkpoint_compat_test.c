/* Checkpoints that earlier versions have written, kept in test/compat, are read for ever, and what
 * is written today are the same bytes: a change of a format needs a new version and a new folder.
 * A folder is made by `state_checkpoint_compat_test --write FOLDER GRAPH.json`. */
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "state/checkpoint_folder.h"
#include "test.h"

#define GOLDEN "test/compat/checkpoint-1"

static int64_t golden_now_ms(struct env *e)
{
    (void)e;
    return 1763730000123;
}

/* The system's, but for the clock. */
struct fixture {
    struct env env;
    struct env_def def;
    struct arena *arena;
};

static void set_up(struct fixture *f)
{
    f->def = *env_system()->def;
    f->def.now_ms = golden_now_ms;
    f->env.def = &f->def;
    f->arena = arena_new(1 << 16);
}

static bool ok(struct err *e)
{
    if (e) {
        printf("# ");
        err_print(e, stdout);
    }
    err_free(e);
    return e == NULL;
}

/* The value of a key, from its number and the checkpoint that wrote it. */
static struct slice value_of(struct arena *a, uint32_t key, uint64_t id, size_t n)
{
    char *p = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++) p[i] = (char)('a' + (i + key + id) % 26);
    return (struct slice){p, n};
}

static struct slice key_of(struct arena *a, uint32_t key)
{
    return slice_of(str_fmt(a, "key %u", key));
}

enum { LONG_BYTES = 70000 }; /* more than a block */

/* Task 1: keys 0 to 9 at checkpoint 6, changes at 7 that replace key 3, erase key 4 and add key 10.
 * Task 2: a long value and a record for all. */
static struct checkpoint_part make_part(struct fixture *f, uint32_t task, uint64_t id)
{
    struct snapshot_writer *w = snapshot_writer_new(&(struct snapshot_writer_params){
        .max_bytes = 1 << 20, .task = task, .checkpoint_id = id, .changes = task == 1 && id == 7});
    struct arena *a = f->arena;
    struct snapshot_part part = {0};
    snapshot_begin_op(w, task == 1 ? "counts" : "source", 3);
    if (task == 2) {
        snapshot_put(w, "long", 5, key_of(a, 0), value_of(a, 0, id, LONG_BYTES));
        snapshot_put_union(w, "position", SLICE("split 0"), SLICE("offset 4711"));
    } else if (id == 6) {
        for (uint32_t k = 0; k < 10; k++)
            snapshot_put(w, "count", k, key_of(a, k), value_of(a, k, id, 8));
    } else {
        snapshot_changes(w, "count", 6, 6);
        snapshot_put(w, "count", 3, key_of(a, 3), value_of(a, 3, id, 8));
        snapshot_erase(w, "count", SLICE(""), key_of(a, 4));
        snapshot_put(w, "count", 10, key_of(a, 10), value_of(a, 10, id, 8));
    }
    CHECK(ok(snapshot_finish(w, &part)));
    snapshot_writer_free(w);
    struct slice bytes = slice_copy(a, (struct slice){part.bytes, part.size});
    mem_free(part.bytes);
    return (struct checkpoint_part){task, id, bytes};
}

static void publish_both(struct fixture *f, const char *folder, struct slice graph)
{
    struct checkpoint_store *s;
    uint64_t size_bytes;
    struct checkpoint_meta meta = {.id = 6,
        .kind = CHECKPOINT_RUNNING,
        .job_name = "clicks \xc3\xbc"
                    "ber \"all\"",
        .begun_ms = golden_now_ms(&f->env) - 17,
        .parallelism = 2,
        .key_groups = 128,
        .graph = graph,
        .account = SLICE("[{\"sink\": \"counts\", \"source\": \"clicks\", \"read\": 3, "
                         "\"contributed\": 2, \"filtered\": 0, \"late\": 1, \"bad\": 0, "
                         "\"pending\": 0}]"),
        .version = "0.1.0"};
    CHECK(ok(checkpoint_store_open(&f->env, folder, &s)));
    struct checkpoint_part base = make_part(f, 1, 6);
    CHECK(ok(checkpoint_store_publish(s, &meta, &base, 1, 3, &size_bytes)));
    base.bytes = (struct slice){NULL, 0};
    struct checkpoint_part parts[] = {base, make_part(f, 1, 7), make_part(f, 2, 7)};
    meta.id = 7;
    meta.kind = CHECKPOINT_STOPPED;
    CHECK(ok(checkpoint_store_publish(s, &meta, parts, 3, 1, &size_bytes)));
    checkpoint_store_close(s);
}

static struct slice read_bytes(struct fixture *f, const char *path)
{
    struct slice text = {"", 0};
    CHECK(ok(checkpoint_folder_read_file(&f->env, path, 1 << 24, f->arena, &text)));
    return text;
}

static uint32_t count_records(const struct snapshot *s, const char *op, const char *state,
    struct snapshot_record *last, bool *as_written, struct arena *a)
{
    struct snapshot_reader r = {s, op, 128, 1, 0, NULL};
    uint32_t count = 0;
    bool found;
    CHECK(ok(snapshot_reader_check(&r, 3, &found)) && found);
    for (uint64_t at = 0; snapshot_next(&r, state, &at, last); count++) {
        uint64_t id = last->key_group == 3 || last->key_group == 10 ? 7 : 6;
        if (last->scope == SNAPSHOT_KEYED && last->value.n == 8 &&
            !slice_eq(last->value, value_of(a, last->key_group, id, 8)))
            *as_written = false;
    }
    return count;
}

static void a_checkpoint_of_the_first_version_is_read(void)
{
    struct fixture f;
    set_up(&f);
    struct checkpoint_meta meta;
    struct snapshot *s = NULL;
    struct snapshot_record last;
    bool as_written = true;
    CHECK(ok(checkpoint_verify(&f.env, GOLDEN "/chk-000007")));
    CHECK(ok(checkpoint_load(&f.env, GOLDEN "/chk-000007", f.arena, &meta, &s)));
    if (s) {
        CHECK(meta.id == 7 && meta.kind == CHECKPOINT_STOPPED && meta.parallelism == 2);
        CHECK(meta.completed_ms == golden_now_ms(&f.env) && meta.key_groups == 128);
        CHECK(strcmp(meta.job_name, "clicks \xc3\xbc"
                                    "ber \"all\"") == 0 &&
              meta.graph.n > 100);
        CHECK(count_records(s, "counts", "count", &last, &as_written, f.arena) == 10);
        CHECK(as_written);
        CHECK(count_records(s, "source", "position", &last, &as_written, f.arena) == 1);
        CHECK(slice_eq(last.key, SLICE("split 0")) && slice_eq(last.value, SLICE("offset 4711")));
        CHECK(count_records(s, "source", "long", &last, &as_written, f.arena) == 1);
        CHECK(slice_eq(last.value, value_of(f.arena, 0, 7, LONG_BYTES)));
    }
    snapshot_free(s);
    arena_free(f.arena);
}

static void what_is_written_today_are_the_same_bytes(void)
{
    struct fixture f;
    set_up(&f);
    struct arena *a = f.arena;
    const char *temporary = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char *folder = str_fmt(a, "%s/compat_test_XXXXXX", temporary), **names, **written;
    size_t count = 0, written_count = 0;
    CHECK(mkdtemp(folder) != NULL);
    publish_both(&f, folder, read_bytes(&f, GOLDEN "/graph.json"));
    char *new_folder = str_fmt(a, "%s/chk-000007", folder);
    CHECK(ok(f.def.list(&f.env, GOLDEN "/chk-000007", a, &names, &count)) && count == 3);
    CHECK(ok(f.def.list(&f.env, new_folder, a, &written, &written_count)));
    CHECK(written_count == count);
    for (size_t i = 0; i < count && i < written_count; i++) {
        char *path = str_fmt(a, "%s/%s", new_folder, written[i]);
        struct slice golden = read_bytes(&f, str_fmt(a, GOLDEN "/chk-000007/%s", names[i]));
        CHECK(slice_eq(read_bytes(&f, path), golden));
        CHECK(ok(f.def.remove(&f.env, path)));
    }
    CHECK(ok(f.def.remove(&f.env, new_folder)));
    CHECK(ok(f.def.remove(&f.env, str_fmt(a, "%s/LOCK", folder))));
    CHECK(ok(f.def.remove(&f.env, folder)));
    arena_free(a);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--write") == 0) {
        struct fixture f;
        set_up(&f);
        publish_both(&f, argv[2], read_bytes(&f, argv[3]));
        arena_free(f.arena);
        return test_failed != 0;
    }
    TEST_RUN(a_checkpoint_of_the_first_version_is_read);
    TEST_RUN(what_is_written_today_are_the_same_bytes);
    return TEST_END();
}
