#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/str.h"
#include "connector/fixture_test.h"
#include "test.h"

static char root[64]; /* a fresh folder for each test */

static const char *in_root(const char *name)
{
    static char out[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(out[next], sizeof out[next], "%s/%s", root, name);
    return out[next];
}

static void begin(void)
{
    snprintf(root, sizeof root, "/tmp/weir_fs_XXXXXX");
    CHECK(mkdtemp(root) != NULL);
}

static void remove_all(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char name[600];
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (unlink(name) != 0) remove_all(name);
    }
    if (d) closedir(d);
    rmdir(path);
}

static void write_file(const char *name, const char *text, size_t n)
{
    struct env *env = env_system();
    struct env_file *f;
    CHECK(fixture_good(env->def->open(env, in_root(name), ENV_CREATE, &f)));
    CHECK(fixture_good(env->def->append(f, text, n)));
    env->def->close(f);
}

static void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

/* Visible and hidden files below a folder. */
static void count_files(const char *path, int *visible, int *hidden)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char name[600];
    struct stat st;
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
            count_files(name, visible, hidden);
        else
            ++*(e->d_name[0] == '.' || e->d_name[0] == '_' ? hidden : visible);
    }
    if (d) closedir(d);
}

static bool files_are(int visible, int hidden)
{
    int v = 0, h = 0;
    count_files(root, &v, &h);
    if (v != visible || h != hidden) printf("# %d visible, %d hidden\n", v, h);
    return v == visible && h == hidden;
}

/* ---- reading */

struct total {
    uint64_t rows;
    int64_t sum; /* of the first column, BIGINT */
    uint64_t bad;
    char text[256]; /* the second column of all rows, if there is one */
};

static void add_rows(struct total *t, const struct batch *b)
{
    for (uint32_t i = 0; i < b->rows; i++) {
        if (column_is_valid(b->columns[0], i)) t->sum += ((int64_t *)b->columns[0]->data)[i];
        t->rows++;
        if (b->schema->count < 2) continue;
        struct slice s = {"NULL", 4};
        if (column_is_valid(b->columns[1], i))
            s = str_slice(&((struct str *)b->columns[1]->data)[i]);
        size_t n = strlen(t->text);
        snprintf(t->text + n, sizeof t->text - n, "%.*s|", (int)s.n, s.p);
    }
}

static struct err *poll_all(struct fixture *f, struct source *s, uint32_t batch_rows, int polls,
    struct total *t, enum source_status *status)
{
    struct batch *b = batch_new(f->params.schema, batch_rows);
    struct err *e = NULL;
    *status = SOURCE_ROWS;
    while (!e && polls-- > 0 && *status != SOURCE_END) {
        batch_clear(b);
        e = f->def->poll(s, b, status);
        if (!e) add_rows(t, b);
        if (*status == SOURCE_EMPTY && b->rows == 0 && s->wake_ms > 0 && polls > 1000000) break;
    }
    batch_free(b);
    return e;
}

static struct err *read_table(
    const char *columns, const char *const *pairs, uint32_t parallelism, struct total *t)
{
    struct fixture f;
    fixture_init(&f, env_system(), columns, pairs);
    memset(t, 0, sizeof *t);
    if (!fixture_resolve(&f)) return ERR(ERR_INTERNAL, "resolve");
    struct err *e = NULL;
    f.params.parallelism = parallelism;
    for (uint32_t i = 0; !e && i < parallelism; i++) {
        struct source *s;
        enum source_status status;
        f.params.subtask = i;
        e = f.def->source_open(&f.params, &s);
        if (e) break;
        e = poll_all(&f, s, 100, 1000000, t, &status);
        CHECK(e || status == SOURCE_END);
        t->bad += atomic_load(&s->counters.bad_records);
        f.def->source_close(s);
    }
    fixture_free(&f);
    return e;
}

static void folders_patterns_and_hidden_files(void)
{
    struct total t;
    begin();
    write_text("a/1.json", "{\"n\":1}\n{\"n\":2}");
    write_text("a/b/2.json", "{\"n\":4}\r\n\n");
    write_text("a/.hidden", "{\"n\":8}\n");
    write_text("a/_tmp/x", "{\"n\":16}\n");
    write_text("c-1.json", "{\"n\":32}\n");
    write_text("c-2.txt", "{\"n\":64}\n");
    static const struct {
        const char *path;
        int64_t sum;
    } cases[] = {{"a", 7}, {"a/1.json", 3}, {"*", 103}, {"{a,c}*/*.json", 3}, {"c-[0-9].json", 32},
        {"c-?.{json,txt}", 96}, {"a/*", 7}, {"nothing*", 0}, {"", 103}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(fixture_good(read_table("`n` BIGINT",
            (const char *[]){
                "connector", "filesystem", "format", "json", "path", in_root(cases[i].path), NULL},
            1 + (uint32_t)i % 3, &t)));
        if (t.sum != cases[i].sum) printf("# %s: %lld\n", cases[i].path, (long long)t.sum);
        CHECK(t.sum == cases[i].sum);
    }
    CHECK(fixture_good(read_table("`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root,
            "source.path.regex-pattern", ".*\\.json", NULL},
        2, &t)));
    CHECK(t.sum == 39);
    CHECK(fixture_fails(read_table("`n` BIGINT",
                            (const char *[]){"connector", "filesystem", "format", "json", "path",
                                in_root("missing"), NULL},
                            1, &t),
        "does not exist"));
    remove_all(root);
}

static void compressed_files_are_streamed(void)
{
    struct total t;
    char packed[4096];
    begin();
    static const char text[] = "{\"n\":1}\n{\"n\":2}\n";
    gzFile gz = gzopen(in_root("a.gz"), "wb");
    for (int i = 0; i < 100000; i++) gzwrite(gz, text, sizeof text - 1);
    gzclose(gz);
    gz = gzopen(in_root("a.gz"), "ab"); /* a second member */
    gzwrite(gz, text, sizeof text - 1);
    gzclose(gz);
    size_t n = ZSTD_compress(packed, sizeof packed, text, sizeof text - 1, 3);
    write_file("b.zst", packed, n);
    static const char *const pairs[] = {
        "connector", "filesystem", "format", "json", "path", root, NULL};
    CHECK(fixture_good(read_table("`n` BIGINT", pairs, 2, &t)));
    CHECK(t.rows == 200004 && t.sum == 300006);
    write_file("c.zst", packed, n - 3);
    CHECK(fixture_fails(read_table("`n` BIGINT", pairs, 1, &t), "damaged"));
    write_text("a.bz2", "x");
    CHECK(fixture_fails(read_table("`n` BIGINT", pairs, 1, &t), "a.bz2"));
    remove_all(root);
}

static void offending_bytes_far_into_a_record_are_shown(void)
{
    struct total t;
    begin();
    char record[1000] = "{\"s\":\"";
    memset(record + 6, 'a', 900);
    memcpy(record + 906, "\xff\"}\n", 5);
    write_text("x.json", record);
    CHECK(fixture_fails(
        read_table("`n` BIGINT",
            (const char *[]){"connector", "filesystem", "format", "json", "path", root, NULL}, 1,
            &t),
        "aaa\\xff\"}"));
    remove_all(root);
}

static void bad_records_fail_or_are_counted(void)
{
    struct total t;
    begin();
    write_text("x.json", "{\"n\":1}\n{\"n\":\"\\u00e9\x01!\"}\n{\"n\":4}\nno json\n");
    CHECK(fixture_fails(
        read_table("`n` BIGINT",
            (const char *[]){"connector", "filesystem", "format", "json", "path", root, NULL}, 1,
            &t),
        "x.json' line 2, byte 6, column 'n': the text is not a whole number; the record is: "
        "{\"n\":\"\\x5cu00e9\\x01!\"}"));
    CHECK(fixture_good(read_table("`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root,
            "json.ignore-parse-errors", "true", NULL},
        1, &t)));
    CHECK(t.rows == 3 && t.sum == 5 && t.bad == 1);
    remove_all(root);
}

static void a_line_that_is_too_long_needs_little_memory(void)
{
    enum { LONG = 40 << 20 };
    struct total t;
    begin();
    char *text = mem_alloc(LONG);
    memset(text, 'x', LONG);
    memcpy(text, "{\"n\":1}\n", 8);
    memcpy(text + LONG - 9, "\n{\"n\":2}\n", 9);
    write_file("x.json", text, LONG);
    mem_free(text);
    CHECK(fixture_fails(
        read_table("`n` BIGINT",
            (const char *[]){"connector", "filesystem", "format", "json", "path", root, NULL}, 1,
            &t),
        "line 2 at byte 8 is longer than 8 MiB"));
    /* The second chunk begins inside the line; it belongs to the first. */
    CHECK(fixture_good(read_table("`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root,
            "json.ignore-parse-errors", "true", NULL},
        3, &t)));
    CHECK(t.rows == 2 && t.sum == 3 && t.bad == 1);
    remove_all(root);
}

static void chunks_of_a_large_file_are_read_once(void)
{
    enum { ROWS = 700000 };
    struct total t;
    begin();
    struct buf b;
    buf_init(&b, 100 << 20);
    int64_t sum = 0;
    for (int i = 0; i < ROWS; i++) {
        buf_printf(&b, "{\"n\":%d,\"pad\":\"%.*s\"}\n", i, 60 + i % 7,
            "----------------------------------------------------------------------");
        sum += i;
    }
    CHECK(b.n > 50 << 20);
    write_file("x.json", b.p, b.n);
    buf_free(&b);
    CHECK(fixture_good(read_table("`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root, NULL}, 3, &t)));
    CHECK(t.rows == ROWS && t.sum == sum);
    remove_all(root);
}

static void newlines_in_quotes_belong_to_a_csv_record(void)
{
    struct total t;
    begin();
    write_text("x.csv", "1,\"a\nb\"\n2,5\" pipe\n3,\"x\"\"\n,\"\n4,y");
    CHECK(fixture_good(read_table("`n` BIGINT, `s` STRING",
        (const char *[]){"connector", "filesystem", "format", "csv", "path", root, NULL}, 1, &t)));
    CHECK(strcmp(t.text, "a\nb|5\" pipe|x\"\n,|y|") == 0);
    remove_all(root);
}

struct kept {
    struct buf ids[64], positions[64];
    uint32_t count;
};

static void keep(void *context, struct slice split, struct slice position)
{
    struct kept *k = context;
    buf_init(&k->ids[k->count], 4096);
    buf_init(&k->positions[k->count], 4096);
    buf_add_slice(&k->ids[k->count], split);
    buf_add_slice(&k->positions[k->count++], position);
}

static void forget(struct kept *k)
{
    for (uint32_t i = 0; i < k->count; i++) {
        buf_free(&k->ids[i]);
        buf_free(&k->positions[i]);
    }
    k->count = 0;
}

static struct source *open_restored(
    struct fixture *f, const struct kept *k, uint32_t subtask, uint32_t parallelism)
{
    struct source *s = NULL;
    f->params.subtask = subtask;
    f->params.parallelism = parallelism;
    CHECK(fixture_good(f->def->source_open(&f->params, &s)));
    for (uint32_t i = 0; i < k->count; i++)
        CHECK(fixture_good(
            f->def->source_restore(s, buf_slice(&k->ids[i]), buf_slice(&k->positions[i]))));
    return s;
}

static void any_parallelism_continues_where_another_stopped(void)
{
    begin();
    for (int i = 0; i < 5; i++) {
        char name[32], text[2000] = "";
        snprintf(name, sizeof name, "%d.json", i);
        for (int k = 0; k < 50; k++)
            snprintf(text + strlen(text), 40, "{\"n\":%d}\n", 1000 * i + k);
        write_text(name, text);
    }
    struct fixture f;
    fixture_init(&f, env_system(), "`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root, NULL});
    CHECK(fixture_resolve(&f));
    for (int polls = 0; polls < 30; polls += 3) {
        struct total t = {0};
        struct kept k = {.count = 0};
        enum source_status status;
        struct source *s[3];
        for (uint32_t i = 0; i < 2; i++) {
            s[i] = open_restored(&f, &k, i, 2);
            CHECK(fixture_good(poll_all(&f, s[i], 7, polls + (int)i, &t, &status)));
        }
        for (uint32_t i = 0; i < 2; i++) {
            CHECK(fixture_good(f.def->source_snapshot(s[i], keep, &k)));
            f.def->source_close(s[i]);
        }
        CHECK(k.count == 5);
        for (uint32_t i = 0; i < 3; i++) {
            s[i] = open_restored(&f, &k, i, 3);
            CHECK(fixture_good(poll_all(&f, s[i], 100, 1000, &t, &status)));
            f.def->source_close(s[i]);
        }
        CHECK(t.rows == 250 && t.sum == 500000 + 5 * 1225);
        forget(&k);
    }
    fixture_free(&f);
    remove_all(root);
}

static const struct env_def *real_def;
static int64_t fake_now_ms(struct env *e)
{
    return fixture_now_ms(e);
}
static uint64_t fake_mono_ns(struct env *e)
{
    return fixture_mono_ns(e);
}

/* The system's files under a clock that is moved by hand. */
static struct fixture_env *fake_env(struct env_def *def)
{
    static struct fixture_env env;
    real_def = env_system()->def;
    *def = *real_def;
    def->now_ms = fake_now_ms;
    def->mono_ns = fake_mono_ns;
    env = (struct fixture_env){.base = {def}, .ms = 1000, .ns = 0};
    return &env;
}

/* Behind a hole that reaches into the file's second part. */
static void grow_file(const char *name, const char *text)
{
    int fd = open(in_root(name), O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, text, strlen(text), 40 << 20) == (ssize_t)strlen(text));
    close(fd);
}

static void a_monitored_folder_gives_new_files_when_it_is_time(void)
{
    begin();
    write_text("1.json", "{\"n\":1}\n");
    struct env_def def;
    struct fixture_env *env = fake_env(&def);
    struct fixture f;
    fixture_init(&f, &env->base, "`n` BIGINT",
        (const char *[]){"connector", "filesystem", "format", "json", "path", root,
            "source.monitor-interval", "10 s", NULL});
    CHECK(fixture_resolve(&f) && !f.def->bounded(&f.params));
    struct kept k = {.count = 0};
    struct total t = {0};
    enum source_status status;
    struct source *s = open_restored(&f, &k, 0, 1);
    CHECK(fixture_good(poll_all(&f, s, 10, 3, &t, &status)));
    CHECK(t.sum == 1 && status == SOURCE_EMPTY && s->wake_ms >= 10000);
    write_text("2.json", "{\"n\":2}\n");
    CHECK(fixture_good(poll_all(&f, s, 10, 3, &t, &status)) && t.sum == 1);
    env->ns = UINT64_C(10001) * 1000000;
    CHECK(fixture_good(poll_all(&f, s, 10, 3, &t, &status)) && t.sum == 3);
    grow_file("1.json", "\n{\"n\":100}\n"); /* before and after a restart nobody looks at it */
    env->ns = UINT64_C(20002) * 1000000;
    CHECK(fixture_good(poll_all(&f, s, 10, 9, &t, &status)) && t.sum == 3);
    CHECK(fixture_good(f.def->source_snapshot(s, keep, &k)));
    f.def->source_close(s);
    write_text("3.json", "{\"n\":4}\n");
    s = open_restored(&f, &k, 0, 1);
    CHECK(fixture_good(poll_all(&f, s, 10, 4, &t, &status)) && t.sum == 7);
    f.def->source_close(s);
    forget(&k);
    fixture_free(&f);
    remove_all(root);
}

/* ---- writing */

static struct sink *open_sink(struct fixture *f)
{
    struct sink *s = NULL;
    CHECK(fixture_good(f->def->sink_open(&f->params, &s)));
    return s;
}

/* Rows (n, text) */
static void put(struct fixture *f, struct sink *s, int64_t first, int count, const char *text)
{
    struct batch *b = batch_new(f->params.schema, 100);
    for (int i = 0; i < count; i++) {
        ((int64_t *)b->columns[0]->data)[i] = first + i;
        if (text)
            ((struct str *)b->columns[1]->data)[i] = str_view(text, (uint32_t)strlen(text));
        else
            column_set_null(b->columns[1], (uint32_t)i);
        b->rows++;
    }
    CHECK(fixture_good(f->def->write(s, b)));
    batch_free(b);
}

static struct total content(const char *const *pairs)
{
    struct total t;
    CHECK(fixture_good(read_table("`n` BIGINT, `s` STRING", pairs, 1, &t)));
    return t;
}

static const char *const json_pairs[] = {
    "connector", "filesystem", "format", "json", "path", root, NULL};
static const char *const rolling_pairs[] = {"connector", "filesystem", "format", "json", "path",
    root, "sink.rolling-policy.file-size", "300 b", NULL};

/* As the operator does it. */
static struct err *snapshot(struct fixture *f, struct sink *s, uint64_t id, struct buf *state)
{
    buf_clear(state);
    while (s->holds) {
        struct err *e = f->def->flush(s);
        if (e || s->retry_ms) return e;
    }
    s->checkpoint_id = id;
    return f->def->sink_snapshot(s, state);
}

static struct err *complete(struct fixture *f, struct sink *s, uint64_t id)
{
    return f->def->sink_checkpoint_complete(s, id);
}

static void finish(struct fixture *f, struct sink *s)
{
    CHECK(fixture_good(f->def->finish(s)));
    CHECK(fixture_good(complete(f, s, UINT64_MAX)));
}

/* A fixture with a sink of (n BIGINT, s STRING), and a buffer for its state. */
static struct sink *begin_sink(struct fixture *f, struct buf *state, const char *const *pairs)
{
    begin();
    buf_init(state, 1 << 16);
    fixture_init(f, env_system(), "`n` BIGINT, `s` STRING", pairs);
    CHECK(fixture_resolve(f));
    return open_sink(f);
}

static void end_sink(struct fixture *f, struct buf *state)
{
    fixture_free(f);
    buf_free(state);
    remove_all(root);
}

static void parts_become_visible_with_checkpoints_and_at_the_end(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, json_pairs);
    put(&f, s, 1, 2, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    put(&f, s, 10, 1, "late");
    CHECK(files_are(0, 1));
    CHECK(fixture_good(complete(&f, s, 1)));
    CHECK(files_are(1, 0) && content(json_pairs).sum == 3);
    CHECK(fixture_good(complete(&f, s, 1)));
    CHECK(fixture_good(f.def->finish(s)));
    CHECK(files_are(1, 1) && content(json_pairs).sum == 3);
    CHECK(fixture_good(complete(&f, s, UINT64_MAX)));
    CHECK(files_are(2, 0) && content(json_pairs).sum == 13);
    f.def->sink_close(s);
    end_sink(&f, &state);
}

/* Parts of a checkpoint that failed are published with the next one, never with an earlier one. */
static void a_part_waits_for_the_checkpoint_that_holds_it(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, json_pairs);
    for (int i = 0; i < 3; i++) {
        put(&f, s, 1 << (2 * i), 1, "x");
        CHECK(fixture_good(snapshot(&f, s, 7 + (uint64_t)i, &state)));
    }
    CHECK(fixture_good(complete(&f, s, 7)));
    CHECK(files_are(1, 2) && content(json_pairs).sum == 1);
    CHECK(fixture_good(complete(&f, s, 9)));
    CHECK(files_are(3, 0) && content(json_pairs).sum == 21);
    f.def->sink_close(s);
    end_sink(&f, &state);
}

static void a_restored_sink_publishes_what_its_checkpoint_held_and_no_more(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, json_pairs);
    put(&f, s, 1, 2, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    put(&f, s, 10, 1, "late");
    CHECK(fixture_good(f.def->flush(s)));
    f.def->sink_close(s); /* killed before it heard of the checkpoint */
    write_text(".part-0123456789abcdef-0-1-0.inprogress", "of another writer");
    for (int i = 0; i < 2; i++) {
        s = open_sink(&f);
        CHECK(fixture_good(f.def->sink_restore(s, buf_slice(&state))));
        CHECK(files_are(1, 1) && content(json_pairs).sum == 3);
        put(&f, s, 10, 1, "again");
        f.def->sink_close(s);
    }
    s = open_sink(&f);
    CHECK(fixture_fails(f.def->sink_restore(s, SLICE("12345678\1\0\0\0\0\0\0\0"
                                                     "\1\0\0\0\4\0\0\0/etc\1\0\0\0/")),
        "not below"));
    f.def->sink_close(s);
    end_sink(&f, &state);
}

/* A crash, not a close: what was hidden stays on disk. */
static void crash(struct fixture *f, struct sink *s)
{
    char away[80];
    snprintf(away, sizeof away, "%s.away", root);
    CHECK(rename(root, away) == 0);
    f->def->sink_close(s);
    CHECK(rename(away, root) == 0);
}

static void what_a_crash_left_is_removed_and_written_again(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, json_pairs);
    put(&f, s, 1, 2, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    CHECK(fixture_good(complete(&f, s, 1)));
    put(&f, s, 10, 1, "lost");
    CHECK(fixture_good(f.def->flush(s)));
    crash(&f, s);
    CHECK(files_are(1, 1));
    s = open_sink(&f);
    CHECK(fixture_good(f.def->sink_restore(s, buf_slice(&state))));
    CHECK(files_are(1, 0));
    put(&f, s, 10, 1, "again");
    finish(&f, s);
    CHECK(files_are(2, 0) && content(json_pairs).sum == 13);
    f.def->sink_close(s);
    end_sink(&f, &state);
}

static void a_lost_part_and_a_checkpoint_that_is_too_old_stop_the_job(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, json_pairs);
    put(&f, s, 1, 2, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    CHECK(fixture_good(complete(&f, s, 1)));
    put(&f, s, 10, 1, "y");
    finish(&f, s); /* epoch 2 */
    f.def->sink_close(s);
    s = open_sink(&f);
    CHECK(fixture_fails(
        f.def->sink_restore(s, buf_slice(&state)), "published by a later checkpoint"));
    f.def->sink_close(s);
    remove_all(root);
    s = open_sink(&f);
    CHECK(fixture_fails(f.def->sink_restore(s, buf_slice(&state)), "is gone"));
    f.def->sink_close(s);
    end_sink(&f, &state);
}

static void a_rolling_part_is_cut_back_to_its_checkpoint(void)
{
    struct fixture f;
    struct buf state;
    struct sink *s = begin_sink(&f, &state, rolling_pairs);
    put(&f, s, 1, 3, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    CHECK(fixture_good(complete(&f, s, 1)));
    CHECK(files_are(0, 1)); /* still growing */
    put(&f, s, 100, 5, "lost");
    CHECK(fixture_good(f.def->flush(s)));
    crash(&f, s);
    for (int i = 0; i < 2; i++) {
        s = open_sink(&f);
        CHECK(fixture_good(f.def->sink_restore(s, buf_slice(&state))));
        CHECK(files_are(1, 0) && content(rolling_pairs).sum == 6);
        if (i == 0) f.def->sink_close(s);
    }
    put(&f, s, 100, 30, "x"); /* larger than a part */
    finish(&f, s);
    f.def->sink_close(s);
    struct total t = content(rolling_pairs);
    CHECK(t.rows == 33 && t.sum == 6 + 30 * 100 + 435);
    end_sink(&f, &state);
}

/* Checkpoints of two subtasks, continued by one and by three. */
static void another_parallelism_publishes_the_same_parts_once(void)
{
    struct fixture f;
    struct buf states[2];
    begin();
    fixture_init(&f, env_system(), "`n` BIGINT, `s` STRING", json_pairs);
    CHECK(fixture_resolve(&f));
    f.params.parallelism = 2;
    for (uint32_t i = 0; i < 2; i++) {
        buf_init(&states[i], 1 << 16);
        f.params.subtask = i;
        struct sink *s = open_sink(&f);
        put(&f, s, 1 + i, 1, "x");
        CHECK(fixture_good(snapshot(&f, s, 1, &states[i])));
        put(&f, s, 10, 1, "lost");
        CHECK(fixture_good(f.def->flush(s)));
        crash(&f, s);
    }
    CHECK(files_are(0, 4));
    f.params.parallelism = 1;
    f.params.subtask = 0;
    for (int again = 0; again < 2; again++) {
        struct sink *s = open_sink(&f);
        for (uint32_t i = 0; i < 2; i++)
            CHECK(fixture_good(f.def->sink_restore(s, buf_slice(&states[i]))));
        CHECK(files_are(2, 0) && content(json_pairs).sum == 3);
        put(&f, s, 20, 1, "again");
        if (again) finish(&f, s);
        f.def->sink_close(s);
    }
    CHECK(files_are(3, 0) && content(json_pairs).sum == 23);
    buf_free(&states[0]);
    end_sink(&f, &states[1]);
}

static void partitions_are_folders_both_ways(void)
{
    begin();
    struct fixture f;
    static const uint32_t keys[] = {1};
    fixture_init(&f, env_system(), "`n` BIGINT, `s` STRING",
        (const char *[]){"connector", "filesystem", "format", "csv", "path", root,
            "sink.partition-commit.policy.kind", "success-file", NULL});
    f.params.partition_keys = keys;
    f.params.partition_key_count = 1;
    CHECK(fixture_resolve(&f));
    struct sink *s = open_sink(&f);
    put(&f, s, 1, 2, "a/b=c");
    put(&f, s, 3, 1, NULL);
    put(&f, s, 4, 1, "a/b=c");
    finish(&f, s);
    f.def->sink_close(s);
    CHECK(files_are(2, 2)); /* _SUCCESS counts as hidden */
    CHECK(access(in_root("s=a%2Fb%3Dc/_SUCCESS"), F_OK) == 0);
    CHECK(access(in_root("s=__DEFAULT_PARTITION__"), F_OK) == 0);
    struct source *in;
    struct total t = {0};
    enum source_status status;
    CHECK(fixture_good(f.def->source_open(&f.params, &in)));
    CHECK(fixture_good(poll_all(&f, in, 100, 100, &t, &status)));
    CHECK(t.sum == 10 && strcmp(t.text, "NULL|a/b=c|a/b=c|a/b=c|") == 0);
    f.def->source_close(in);
    fixture_free(&f);
    remove_all(root);
}

/* A disk that fills up: no append succeeds any more. */
static struct err *full_append(struct env_file *f, const void *p, size_t n)
{
    (void)f;
    (void)p;
    FAIL(ERR_DISK_FULL, "writing %zu bytes: no space left on device", n);
}

static void a_full_disk_is_waited_for(void)
{
    begin();
    struct env_def def;
    struct fixture_env *env = fake_env(&def);
    def.random = real_def->random;
    struct fixture f;
    struct buf state;
    buf_init(&state, 1 << 16);
    fixture_init(&f, &env->base, "`n` BIGINT, `s` STRING", json_pairs);
    CHECK(fixture_resolve(&f));
    struct sink *s = open_sink(&f);
    put(&f, s, 1, 2, "x");
    CHECK(fixture_good(f.def->flush(s)) && !s->holds);
    def.append = full_append;
    put(&f, s, 10, 1, "x");
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    CHECK(s->holds && s->retry_ms == env->ns / 1000000 + 1000);
    put(&f, s, 20, 1, "x"); /* was on its way */
    CHECK(fixture_good(f.def->flush(s)) && s->holds);
    def.append = real_def->append;
    CHECK(fixture_good(snapshot(&f, s, 1, &state)));
    CHECK(fixture_good(complete(&f, s, 1)));
    f.def->sink_close(s);
    CHECK(files_are(1, 0) && content(json_pairs).sum == 33);
    fixture_free(&f);
    buf_free(&state);
    remove_all(root);
}

static void wrong_options_are_refused_by_name(void)
{
    static const char *const wrong[][3] = {
        {"source.monitor-interval", "soon", "not a duration"},
        {"auto-compaction", "true", "auto-compaction"},
        {"sink.partition-commit.policy.kind", "metastore", "metastore"},
        {"json.ignore-parse-error", "true", "Did you mean"},
        {"csv.field-delimiter", ";", "no option 'csv.field-delimiter'"},
        {"source.path.regex-pattern", "(", "regex-pattern"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fixture f;
        fixture_init(&f, env_system(), "`n` BIGINT",
            (const char *[]){"connector", "filesystem", "path", "/x", "format", "json", wrong[i][0],
                wrong[i][1], NULL});
        CHECK(fixture_good(connector_resolve(&f.options, false, &f.def)));
        struct err *e = connector_validate(&f.params, f.def);
        if (i == 3) {
            CHECK(e && err_hint_text(e) && strstr(err_hint_text(e), "ignore-parse-errors"));
            err_free(e);
        } else {
            CHECK(fixture_fails(e, wrong[i][2]));
        }
        fixture_free(&f);
    }
}

int main(void)
{
    TEST_RUN(folders_patterns_and_hidden_files);
    TEST_RUN(compressed_files_are_streamed);
    TEST_RUN(offending_bytes_far_into_a_record_are_shown);
    TEST_RUN(bad_records_fail_or_are_counted);
    TEST_RUN(a_line_that_is_too_long_needs_little_memory);
    TEST_RUN(chunks_of_a_large_file_are_read_once);
    TEST_RUN(newlines_in_quotes_belong_to_a_csv_record);
    TEST_RUN(any_parallelism_continues_where_another_stopped);
    TEST_RUN(a_monitored_folder_gives_new_files_when_it_is_time);
    TEST_RUN(parts_become_visible_with_checkpoints_and_at_the_end);
    TEST_RUN(a_restored_sink_publishes_what_its_checkpoint_held_and_no_more);
    TEST_RUN(a_part_waits_for_the_checkpoint_that_holds_it);
    TEST_RUN(what_a_crash_left_is_removed_and_written_again);
    TEST_RUN(a_lost_part_and_a_checkpoint_that_is_too_old_stop_the_job);
    TEST_RUN(another_parallelism_publishes_the_same_parts_once);
    TEST_RUN(a_rolling_part_is_cut_back_to_its_checkpoint);
    TEST_RUN(partitions_are_folders_both_ways);
    TEST_RUN(a_full_disk_is_waited_for);
    TEST_RUN(wrong_options_are_refused_by_name);
    return TEST_END();
}
