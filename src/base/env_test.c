#include "base/env.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "test.h"

/* A fresh folder; the caller removes it. */
static char *make_folder(struct arena *a)
{
    char *path = str_fmt(a, "%s/env_test_XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    CHECK(mkdtemp(path) != NULL);
    return path;
}

static bool ok(struct err *e)
{
    if (e) err_print(e, stdout);
    err_free(e);
    return e == NULL;
}

static bool fails(struct err *e, enum err_code code)
{
    bool as_expected = e && err_code(e) == code;
    err_free(e);
    return as_expected;
}

static void written_bytes_are_read_back(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), *path = str_fmt(a, "%s/deep/er/file", folder);
    struct env_file *f;
    char back[20];
    size_t got;
    CHECK(ok(e->def->open(e, path, ENV_CREATE, &f)));
    CHECK(ok(e->def->append(f, "hello ", 6)) && ok(e->def->append(f, "world", 5)));
    CHECK(ok(e->def->sync(f)));
    e->def->close(f);
    CHECK(ok(e->def->open(e, path, ENV_READ, &f)));
    CHECK(ok(e->def->read(f, 0, back, 8, &got)) && got == 8 && memcmp(back, "hello wo", 8) == 0);
    CHECK(ok(e->def->read(f, 8, back, 8, &got)) && got == 3 && memcmp(back, "rld", 3) == 0);
    CHECK(ok(e->def->read(f, 50, back, 8, &got)) && got == 0);
    e->def->close(f);
    struct env_stat s;
    CHECK(ok(e->def->stat(e, path, &s)) && s.exists && !s.is_directory && s.size_bytes == 11);
    CHECK(s.modified_ms > 1600000000000 && s.modified_ms <= env_now_ms(e) + 10000);
    CHECK(ok(e->def->remove(e, path)) && ok(e->def->remove(e, path)));
    CHECK(ok(e->def->stat(e, path, &s)) && !s.exists);
    CHECK(ok(e->def->remove(e, str_fmt(a, "%s/deep/er", folder))));
    CHECK(ok(e->def->remove(e, str_fmt(a, "%s/deep", folder))));
    CHECK(ok(e->def->remove(e, folder)));
    arena_free(a);
}

static void names_are_listed_in_order_and_renamed_atomically(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), **names;
    size_t count;
    for (int i = 99; i >= 0; i--) {
        struct env_file *f;
        CHECK(ok(e->def->open(e, str_fmt(a, "%s/%02d", folder, i), ENV_CREATE, &f)));
        e->def->close(f);
    }
    char *from = str_fmt(a, "%s/05", folder), *to = str_fmt(a, "%s/06", folder);
    CHECK(ok(e->def->rename(e, from, to)));
    CHECK(ok(e->def->list(e, folder, a, &names, &count)) && count == 99);
    CHECK(strcmp(names[0], "00") == 0 && strcmp(names[5], "06") == 0);
    for (size_t i = 0; i < count; i++)
        CHECK(ok(e->def->remove(e, str_fmt(a, "%s/%s", folder, names[i]))));
    CHECK(ok(e->def->remove(e, folder)));
    arena_free(a);
}

static void failures_name_the_path_and_have_a_code(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    struct env_file *f;
    char *folder = make_folder(a), *missing = str_fmt(a, "%s/missing", folder);
    struct err *err = e->def->open(e, missing, ENV_READ, &f);
    CHECK(err && strstr(err_message(err), missing));
    CHECK(fails(err, ERR_NOT_FOUND));
    CHECK(fails(e->def->open(e, folder, ENV_READ, &f), ERR_IO));
    CHECK(fails(e->def->rename(e, missing, folder), ERR_NOT_FOUND));
    char **names;
    size_t count;
    CHECK(fails(e->def->list(e, missing, a, &names, &count), ERR_NOT_FOUND));
    CHECK(ok(e->def->make_directory(e, missing)) && ok(e->def->make_directory(e, missing)));
    CHECK(ok(e->def->remove(e, missing)) && ok(e->def->remove(e, folder)));
    arena_free(a);
}

/* Without a writer a plain open of it would never return. */
static void a_pipe_is_refused_at_once(void)
{
    struct arena *a = arena_new(256);
    struct env *e = env_system();
    char *folder = make_folder(a);
    char *path = str_fmt(a, "%s/pipe", folder);
    struct env_file *f;
    CHECK(mkfifo(path, 0600) == 0);
    CHECK(fails(e->def->open(e, path, ENV_READ, &f), ERR_IO));
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    arena_free(a);
}

static void clocks_advance_and_random_numbers_differ(void)
{
    struct env *e = env_system();
    uint64_t before = env_mono_ns(e);
    CHECK(env_mono_ns(e) >= before && env_now_ms(e) > 1600000000000);
    CHECK(env_random(e) != env_random(e));
}

static void a_file_is_written_in_place_and_cut(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), *path = str_fmt(a, "%s/file", folder);
    struct env_file *f;
    struct env_stat st;
    char back[20] = {0};
    size_t got;
    CHECK(ok(e->def->open(e, path, ENV_CREATE, &f)));
    CHECK(ok(e->def->append(f, "abcdef", 6)));
    e->def->close(f);
    CHECK(ok(e->def->open(e, path, ENV_UPDATE, &f)));
    CHECK(ok(e->def->write(f, 2, "XY", 2)));
    CHECK(ok(e->def->truncate(f, 5)) && ok(e->def->sync(f)));
    CHECK(ok(e->def->read(f, 0, back, sizeof back, &got)) && got == 5);
    CHECK(memcmp(back, "abXYe", 5) == 0);
    CHECK(ok(e->def->allocate(f, 4096)) && ok(e->def->stat(e, path, &st)) && st.size_bytes == 4096);
    e->def->close(f);
    char *second = str_fmt(a, "%s/second", folder);
    CHECK(ok(e->def->link(e, path, second)) && ok(e->def->sync_directory(e, folder)));
    CHECK(fails(e->def->link(e, path, second), ERR_IO));
    uint64_t bytes = 0;
    CHECK(ok(e->def->free_bytes(e, folder, &bytes)) && bytes > 0);
    CHECK(ok(e->def->remove(e, path)) && ok(e->def->remove(e, second)) &&
          ok(e->def->remove(e, folder)));
    arena_free(a);
}

static void a_locked_file_is_locked_until_it_is_closed(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), *path = str_fmt(a, "%s/LOCK", folder), back[20];
    struct env_file *first, *second;
    size_t got;
    CHECK(ok(e->def->lock(e, path, "mine", &first)) && first);
    CHECK(ok(e->def->lock(e, path, "not mine", &second)) && !second);
    CHECK(ok(e->def->read(first, 0, back, sizeof back, &got)) && got == 4);
    e->def->close(first);
    CHECK(ok(e->def->lock(e, path, "again", &second)) && second);
    e->def->close(second);
    CHECK(ok(e->def->remove(e, path)) && ok(e->def->remove(e, folder)));
    arena_free(a);
}

static void whoever_comes_second_to_a_folder_is_told_who_has_it(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), holder[ENV_HOLDER_CHARS];
    struct env_file *first, *second;
    CHECK(ok(env_lock_folder(e, folder, " somebody\n", &first, holder)) && first);
    CHECK(ok(env_lock_folder(e, folder, "me", &second, holder)) && !second);
    CHECK(strcmp(holder, "somebody") == 0);
    e->def->close(first);
    CHECK(ok(env_lock_folder(e, folder, " ", &first, holder)) && first);
    CHECK(ok(env_lock_folder(e, folder, "me", &second, holder)) && !second);
    CHECK(strcmp(holder, "another process") == 0);
    e->def->close(first);
    CHECK(ok(e->def->remove(e, str_fmt(a, "%s/LOCK", folder))) && ok(e->def->remove(e, folder)));
    arena_free(a);
}

static void a_process_says_who_it_is(void)
{
    char name[ENV_PROCESS_CHARS], expected[64];
    env_process_name(name);
    snprintf(expected, sizeof expected, "process %d on host '", (int)getpid());
    CHECK(strncmp(name, expected, strlen(expected)) == 0 && name[strlen(name) - 1] == '\'');
}

/* The system's files, and the folders that were synced. */
struct noting_env {
    struct env base;
    struct arena *arena;
    const char *synced[8];
    uint32_t count;
};

static struct err *note_sync(struct env *e, const char *path)
{
    struct noting_env *n = (struct noting_env *)e;
    CHECK(n->count < 8);
    n->synced[n->count++] = str_fmt(n->arena, "%s", path);
    return NULL;
}

static void each_new_folder_is_synced_in_the_one_it_is_in(void)
{
    struct arena *a = arena_new(4096);
    struct env *e = env_system();
    char *folder = make_folder(a), *one = str_fmt(a, "%s/one", folder),
         *two = str_fmt(a, "%s/two", one);
    struct env_def def = *e->def;
    def.sync_directory = note_sync;
    struct noting_env noting = {.base = {&def}, .arena = a};
    CHECK(ok(env_make_durable(&noting.base, two)));
    CHECK(noting.count == 2 && !strcmp(noting.synced[0], folder) && !strcmp(noting.synced[1], one));
    CHECK(ok(env_make_durable(&noting.base, two)) && noting.count == 2);
    CHECK(
        ok(e->def->remove(e, two)) && ok(e->def->remove(e, one)) && ok(e->def->remove(e, folder)));
    arena_free(a);
}

int main(void)
{
    TEST_RUN(written_bytes_are_read_back);
    TEST_RUN(names_are_listed_in_order_and_renamed_atomically);
    TEST_RUN(failures_name_the_path_and_have_a_code);
    TEST_RUN(a_pipe_is_refused_at_once);
    TEST_RUN(a_file_is_written_in_place_and_cut);
    TEST_RUN(whoever_comes_second_to_a_folder_is_told_who_has_it);
    TEST_RUN(a_locked_file_is_locked_until_it_is_closed);
    TEST_RUN(a_process_says_who_it_is);
    TEST_RUN(each_new_folder_is_synced_in_the_one_it_is_in);
    TEST_RUN(clocks_advance_and_random_numbers_differ);
    return TEST_END();
}
