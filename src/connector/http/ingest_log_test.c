/* The ingest log by itself: what was acknowledged is there after an end at any byte, and damage is
 * noticed. */
#include "connector/http/ingest_log.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/thread.h"
#include "test.h"

struct fixture {
    struct env *env;
    struct arena *arena;
    char *directory;
    struct mutex mutex;
    struct condition changed;
    uint32_t done;
    enum ingest_result result;
    uint32_t said;
};

static bool good(struct err *e)
{
    if (e) err_print(e, stdout);
    bool is_good = !e;
    err_free(e);
    return is_good;
}

static void begin(struct fixture *f)
{
    char pattern[] = "/tmp/weir_ingest_log_XXXXXX";
    *f = (struct fixture){.env = env_system(), .arena = arena_new(4096)};
    CHECK(mkdtemp(pattern) != NULL);
    f->directory = slice_to_cstr(f->arena, slice_of(pattern));
    mutex_init(&f->mutex);
    condition_init(&f->changed);
}

static void empty_directory(struct fixture *f)
{
    char **names;
    size_t count;
    CHECK(good(f->env->def->list(f->env, f->directory, f->arena, &names, &count)));
    for (size_t i = 0; i < count; i++)
        CHECK(
            good(f->env->def->remove(f->env, str_fmt(f->arena, "%s/%s", f->directory, names[i]))));
}

static void end(struct fixture *f)
{
    empty_directory(f);
    CHECK(good(f->env->def->remove(f->env, f->directory)));
    condition_deinit(&f->changed);
    mutex_deinit(&f->mutex);
    arena_free(f->arena);
}

static void count_message(void *context, const char *message)
{
    struct fixture *f = context;
    (void)message;
    mutex_lock(&f->mutex);
    f->said++;
    condition_broadcast(&f->changed);
    mutex_unlock(&f->mutex);
}

static struct err *open_log(
    struct fixture *f, uint64_t bytes_max, uint64_t segment_bytes, struct ingest_log **out)
{
    f->said = 0;
    return ingest_log_open(&(struct ingest_log_params){.env = f->env,
                               .directory = f->directory,
                               .owner = "table 't'",
                               .bytes_max = bytes_max,
                               .body_bytes_max = 1 << 12,
                               .segment_bytes = segment_bytes,
                               .say = count_message,
                               .context = f},
        out);
}

struct waiting {
    struct ingest_append append;
    struct fixture *fixture;
};

static void note_done(struct ingest_append *a, enum ingest_result result)
{
    struct fixture *f = ((struct waiting *)(void *)a)->fixture;
    mutex_lock(&f->mutex);
    f->done++;
    f->result = result;
    condition_broadcast(&f->changed);
    mutex_unlock(&f->mutex);
}

/* Body number i: a different length and content for each. */
static struct slice body_of(struct fixture *f, uint32_t i)
{
    size_t n = 1 + i * 7 % 90;
    char *p = arena_alloc(f->arena, n);
    for (size_t k = 0; k < n; k++) p[k] = (char)('a' + (i + k) % 26);
    return (struct slice){p, n};
}

/* Appends and waits for the answer. */
static bool post(struct fixture *f, struct ingest_log *l, struct slice body)
{
    struct waiting w = {
        {.body = body, .kind = 2, .count = 3, .arrived_ms = 4, .done = note_done}, f};
    mutex_lock(&f->mutex);
    uint32_t before = f->done;
    mutex_unlock(&f->mutex);
    if (ingest_log_append(l, &w.append) != INGEST_QUEUED) return false;
    mutex_lock(&f->mutex);
    while (f->done == before) condition_wait(&f->changed, &f->mutex, UINT64_MAX);
    mutex_unlock(&f->mutex);
    return f->result == INGEST_STORED;
}

static void fill(struct fixture *f, uint32_t count, uint64_t segment_bytes)
{
    struct ingest_log *l;
    CHECK(good(open_log(f, 1 << 20, segment_bytes, &l)));
    for (uint32_t i = 0; i < count; i++) CHECK(post(f, l, body_of(f, i)));
    ingest_log_close(l);
}

/* How many bodies are there, from the first on; UINT32_MAX if one is not what was appended. */
static uint32_t count_bodies(struct fixture *f, struct ingest_log *l)
{
    struct ingest_cursor *c = ingest_log_enter(l, "reader", NULL, NULL);
    struct ingest_scan scan = {0};
    uint64_t position = ingest_log_held(l, c);
    uint32_t count = 0;
    for (;; count++) {
        struct ingest_record r;
        enum ingest_parse parse;
        struct err *e = ingest_log_read(l, &scan, position, false, &r, &parse);
        bool failed = e != NULL;
        err_free(e);
        if (failed || parse != INGEST_RECORD) break;
        bool same = slice_eq(r.body, body_of(f, count)) && r.kind == 2 && r.count == 3 &&
                    r.arrived_ms == 4 && r.position == position;
        if (!same) count = UINT32_MAX - 1;
        if (!same) break;
        position = r.next;
    }
    ingest_scan_deinit(&scan);
    ingest_log_leave(l, c, true);
    return count;
}

static void what_was_acknowledged_is_read_again(void)
{
    struct fixture f;
    struct ingest_log *l;
    begin(&f);
    fill(&f, 100, 0);
    CHECK(good(open_log(&f, 1 << 20, 0, &l)));
    CHECK(count_bodies(&f, l) == 100 && f.said == 0);
    CHECK(post(&f, l, body_of(&f, 100)));
    CHECK(count_bodies(&f, l) == 101);
    ingest_log_close(l);
    end(&f);
}

static void segments_follow_each_other(void)
{
    struct fixture f;
    struct ingest_log *l;
    struct ingest_log_stats stats;
    begin(&f);
    fill(&f, 400, 4200);
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    ingest_log_stats(l, &stats);
    CHECK(stats.disk_bytes > 5 * 4200);
    CHECK(count_bodies(&f, l) == 400 && f.said == 0);
    ingest_log_close(l);
    end(&f);
}

static void full_log_refuses_until_its_readers_have_moved_on(void)
{
    struct fixture f;
    struct ingest_log *l;
    struct ingest_log_stats stats;
    begin(&f);
    CHECK(good(open_log(&f, 20000, 5000, &l)));
    struct ingest_cursor *slow = ingest_log_enter(l, "slow", NULL, NULL);
    struct ingest_cursor *fast = ingest_log_enter(l, "fast", NULL, NULL);
    uint32_t accepted = 0;
    while (post(&f, l, body_of(&f, accepted))) accepted++;
    CHECK(accepted > 100 && accepted < 400);
    ingest_log_ready(l);
    uint64_t first, last;
    ingest_log_range(l, &first, &last);
    ingest_log_hold(l, fast, last);
    CHECK(!post(&f, l, body_of(&f, 0)));
    ingest_log_stats(l, &stats);
    CHECK(stats.is_full);
    ingest_log_range(l, &first, &last);
    CHECK(first == 0);
    ingest_log_hold(l, slow, last);
    uint64_t until_ns = env_mono_ns(f.env) + UINT64_C(10000000000);
    do ingest_log_range(l, &first, &last);
    while (first == 0 && env_mono_ns(f.env) < until_ns);
    CHECK(first > 0);
    ingest_log_stats(l, &stats);
    CHECK(!stats.is_full); /* also when nobody tries */
    CHECK(post(&f, l, body_of(&f, 0)));
    ingest_log_close(l);
    CHECK(good(open_log(&f, 20000, 5000, &l)));
    slow = ingest_log_enter(l, "slow", NULL, NULL);
    CHECK(ingest_log_held(l, slow) == last);
    ingest_log_close(l);
    end(&f);
}

/* The first byte of the only one. */
static void damage_reservation(struct fixture *f)
{
    char **names;
    size_t count;
    struct env_file *file = NULL;
    struct arena *a = arena_new(1024);
    CHECK(good(f->env->def->list(f->env, f->directory, a, &names, &count)));
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], "RESERVED-", 9) != 0) continue;
        char *path = str_fmt(a, "%s/%s", f->directory, names[i]);
        CHECK(!file && good(f->env->def->open(f->env, path, ENV_UPDATE, &file)));
        CHECK(good(f->env->def->write(file, 0, "?", 1)));
    }
    CHECK(file != NULL);
    f->env->def->close(file);
    arena_free(a);
}

static void log_is_kept_for_a_job_with_checkpoints_that_is_not_here(void)
{
    struct fixture f;
    struct ingest_log *l;
    uint64_t first, last;
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 5000, &l)));
    CHECK(good(ingest_log_reserve(l, "one")) && good(ingest_log_reserve(l, "two")));
    ingest_log_close(l);
    CHECK(good(open_log(&f, 1 << 20, 5000, &l)));
    CHECK(good(ingest_log_reserve(l, "one")));
    struct ingest_cursor *one = ingest_log_enter(l, "one", NULL, NULL);
    uint32_t said = f.said;
    ingest_log_ready(l);
    CHECK(f.said == said + 1); /* for whom, and which file to remove */
    for (uint32_t i = 0; i < 200; i++) CHECK(post(&f, l, body_of(&f, i)));
    ingest_log_range(l, &first, &last);
    ingest_log_hold(l, one, last);
    CHECK(post(&f, l, body_of(&f, 0)) && post(&f, l, body_of(&f, 1)));
    ingest_log_range(l, &first, &last);
    CHECK(first == 0);
    CHECK(good(ingest_log_reserve(l, "two"))); /* it comes, and ends for good */
    ingest_log_release(l, "two");
    uint64_t until_ns = env_mono_ns(f.env) + UINT64_C(10000000000);
    do ingest_log_range(l, &first, &last);
    while (first == 0 && env_mono_ns(f.env) < until_ns);
    CHECK(first > 0);
    ingest_log_close(l);
    CHECK(good(open_log(&f, 1 << 20, 5000, &l)));
    CHECK(good(ingest_log_reserve(l, "one")));
    said = f.said;
    ingest_log_enter(l, "one", NULL, NULL);
    ingest_log_ready(l);
    CHECK(f.said == said);
    ingest_log_close(l);
    damage_reservation(&f);
    said = f.said;
    CHECK(good(open_log(&f, 1 << 20, 5000, &l)));
    CHECK(f.said == said + 1);
    CHECK(good(ingest_log_reserve(l, "one"))); /* mends it */
    ingest_log_enter(l, "one", NULL, NULL);
    ingest_log_ready(l);
    CHECK(f.said == said + 1);
    ingest_log_close(l);
    end(&f);
}

static void smaller_limit_does_not_close_a_log_for_good(void)
{
    struct fixture f;
    struct ingest_log *l;
    uint64_t first, last;
    begin(&f);
    fill(&f, 500, 1 << 18);
    CHECK(good(open_log(&f, 20000, 0, &l)));
    struct ingest_cursor *c = ingest_log_enter(l, "job", NULL, NULL);
    ingest_log_ready(l);
    CHECK(!post(&f, l, body_of(&f, 0)));
    CHECK(count_bodies(&f, l) == 500);
    ingest_log_leave(l, ingest_log_enter(l, "reader", NULL, NULL), false);
    ingest_log_range(l, &first, &last);
    ingest_log_hold(l, c, last);
    uint64_t until_ns = env_mono_ns(f.env) + UINT64_C(10000000000);
    do ingest_log_range(l, &first, &last);
    while (first == 0 && env_mono_ns(f.env) < until_ns);
    CHECK(first == last && post(&f, l, body_of(&f, 0)));
    ingest_log_close(l);
    end(&f);
}

static void log_has_a_name_from_its_first_record_on(void)
{
    struct fixture f;
    struct ingest_log *l;
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 0, &l)));
    CHECK(ingest_log_id(l) == 0);
    CHECK(post(&f, l, body_of(&f, 0)));
    uint64_t id = ingest_log_id(l);
    CHECK(id != 0);
    ingest_log_close(l);
    CHECK(good(open_log(&f, 1 << 20, 0, &l)));
    CHECK(ingest_log_id(l) == id);
    ingest_log_close(l);
    end(&f);
}

static void mark_of_a_reader_that_left_waits_for_it(void)
{
    struct fixture f;
    struct ingest_log *l;
    uint64_t first, last;
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 0, &l)));
    ingest_log_ready(l);
    struct ingest_cursor *c = ingest_log_enter(l, "job", NULL, NULL);
    for (uint32_t i = 0; i < 10; i++) CHECK(post(&f, l, body_of(&f, i)));
    ingest_log_range(l, &first, &last);
    ingest_log_hold(l, c, last / 2);
    ingest_log_leave(l, c, true);
    struct ingest_cursor *other = ingest_log_enter(l, "other", NULL, NULL);
    ingest_log_hold(l, other, last);
    c = ingest_log_enter(l, "job", NULL, NULL);
    CHECK(ingest_log_held(l, c) == last / 2);
    ingest_log_leave(l, c, false);
    ingest_log_leave(l, other, false);
    c = ingest_log_enter(l, "job", NULL, NULL);
    CHECK(ingest_log_held(l, c) == last);
    ingest_log_close(l);
    end(&f);
}

static void one_process_at_a_time(void)
{
    struct fixture f;
    struct ingest_log *l, *other;
    char text[ERR_MESSAGE_MAX];
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 0, &l)));
    struct err *e = open_log(&f, 1 << 20, 0, &other);
    CHECK(e && err_code(e) == ERR_IO);
    err_format(e, text, sizeof text);
    CHECK(strstr(text, str_fmt(f.arena, "process %ld", (long)getpid())));
    err_free(e);
    ingest_log_close(l);
    end(&f);
}

/* ---- a full disk ---- */

static bool disk_is_full;

static struct err *allocate_if_space(struct env_file *f, uint64_t size_bytes)
{
    if (disk_is_full) FAIL(ERR_DISK_FULL, "no space");
    return env_system()->def->allocate(f, size_bytes);
}

static void full_disk_refuses_and_the_log_stays_the_same(void)
{
    struct env_def def = *env_system()->def;
    struct env env = {&def};
    struct fixture f;
    struct ingest_log *l;
    def.allocate = allocate_if_space;
    for (uint32_t bodies = 0; bodies < 4; bodies += 3) {
        begin(&f);
        f.env = &env;
        fill(&f, 1, 6000);
        CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
        uint64_t id = ingest_log_id(l);
        for (uint32_t i = 1; i < bodies; i++) CHECK(post(&f, l, body_of(&f, i)));
        ingest_log_close(l);
        disk_is_full = true;
        for (int i = 0; i < 2; i++) {
            CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
            CHECK(!post(&f, l, body_of(&f, 0)) && f.result == INGEST_DISK_FULL);
            CHECK(ingest_log_id(l) == id);
            ingest_log_close(l);
        }
        CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
        disk_is_full = false;
        uint32_t kept = bodies ? bodies : 1;
        CHECK(post(&f, l, body_of(&f, kept)) && count_bodies(&f, l) == kept + 1);
        ingest_log_close(l);
        CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
        CHECK(ingest_log_id(l) == id && count_bodies(&f, l) == kept + 1);
        ingest_log_close(l);
        end(&f);
    }
}

static void log_whose_folder_is_gone_takes_nothing_until_it_is_back(void)
{
    struct fixture f;
    struct ingest_log *l;
    struct ingest_log_stats stats;
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
    CHECK(post(&f, l, body_of(&f, 0)));
    const char *moved = str_fmt(f.arena, "%s.moved", f.directory);
    CHECK(good(f.env->def->rename(f.env, f.directory, moved)));
    for (int i = 0; i < 2; i++) {
        CHECK(!post(&f, l, body_of(&f, 1)) && f.result == INGEST_UNWRITTEN);
        CHECK(f.said == 1);
        ingest_log_stats(l, &stats);
        CHECK(stats.is_unwritten);
    }
    struct env_stat stat;
    CHECK(good(f.env->def->stat(f.env, f.directory, &stat)) && !stat.exists);
    CHECK(good(f.env->def->rename(f.env, moved, f.directory)));
    CHECK(post(&f, l, body_of(&f, 1)) && count_bodies(&f, l) == 2);
    ingest_log_stats(l, &stats);
    CHECK(!stats.is_unwritten);
    ingest_log_close(l);
    CHECK(good(open_log(&f, 1 << 20, 6000, &l)) && count_bodies(&f, l) == 2);
    ingest_log_close(l);
    end(&f);
}

static void folder_of_another_process_is_left_alone(void)
{
    struct fixture f;
    struct ingest_log *ours, *theirs;
    begin(&f);
    CHECK(good(open_log(&f, 1 << 20, 6000, &ours)));
    struct ingest_cursor *c = ingest_log_enter(ours, "reader", NULL, NULL);
    char large[4000] = "";
    for (int i = 0; i < 3; i++) CHECK(post(&f, ours, (struct slice){large, sizeof large}));
    ingest_log_ready(ours);
    empty_directory(&f);
    CHECK(good(open_log(&f, 1 << 20, 6000, &theirs)));
    for (uint32_t i = 0; i < 3; i++) CHECK(post(&f, theirs, body_of(&f, i)));
    uint64_t first, last;
    ingest_log_range(ours, &first, &last);
    ingest_log_hold(ours, c, last); /* it would remove its first file, which is named like theirs */
    ingest_log_leave(ours, c, true);
    CHECK(!post(&f, ours, body_of(&f, 0)) && f.result == INGEST_UNWRITTEN);
    ingest_log_close(ours);
    ingest_log_close(theirs);
    CHECK(good(open_log(&f, 1 << 20, 6000, &theirs)) && count_bodies(&f, theirs) == 3);
    ingest_log_close(theirs);
    end(&f);
}

/* ---- damage ---- */

struct image {
    char *path;
    char *bytes;
    size_t n;
};

/* The files of the log as they are now. */
static struct image take_image(struct fixture *f, uint32_t index)
{
    char **names;
    size_t count, got;
    struct env_stat stat;
    struct env_file *file;
    CHECK(good(f->env->def->list(f->env, f->directory, f->arena, &names, &count)));
    CHECK(index < count);
    struct image i = {.path = str_fmt(f->arena, "%s/%s", f->directory, names[index])};
    CHECK(good(f->env->def->stat(f->env, i.path, &stat)));
    i.n = stat.size_bytes;
    i.bytes = arena_alloc(f->arena, i.n + 1);
    CHECK(good(f->env->def->open(f->env, i.path, ENV_READ, &file)));
    CHECK(good(f->env->def->read(file, 0, i.bytes, i.n, &got)) && got == i.n);
    f->env->def->close(file);
    return i;
}

static void put_image(struct fixture *f, const struct image *i, size_t n)
{
    struct env_file *file;
    CHECK(good(f->env->def->open(f->env, i->path, ENV_CREATE, &file)));
    CHECK(good(f->env->def->append(file, i->bytes, n)));
    f->env->def->close(file);
}

enum outcome { REFUSED, SAID, UNNOTICED };

/* Opens the damaged log: *count is how many bodies are read, all as they were appended. */
static enum outcome look(struct fixture *f, uint32_t *count)
{
    struct ingest_log *l;
    *count = 0;
    struct err *e = open_log(f, 1 << 20, 6000, &l);
    if (e) {
        CHECK(err_code(e) == ERR_CORRUPT);
        err_free(e);
        return REFUSED;
    }
    *count = count_bodies(f, l);
    ingest_log_close(l);
    return f->said ? SAID : UNNOTICED;
}

static void every_flipped_byte_is_noticed(void)
{
    enum { BODIES = 20 };
    struct fixture f;
    uint32_t count, refused = 0, said = 0, unnoticed = 0, flips = 0;
    begin(&f);
    fill(&f, BODIES, 6000);
    struct image log = take_image(&f, 0);
    size_t step, used = INGEST_HEADER_BYTES;
    for (uint32_t i = 0; i < BODIES; i++) used += INGEST_RECORD_HEADER_BYTES + body_of(&f, i).n;
    for (size_t at = 0; at < log.n; at += step) {
        bool is_record = at >= INGEST_HEADER_BYTES && at < used;
        step = is_record || log.bytes[at] ? 2 : 61; /* sparse in what is zero */
        char kept = log.bytes[at];
        log.bytes[at] = (char)(kept ^ (1 << at % 8));
        put_image(&f, &log, log.n);
        log.bytes[at] = kept;
        flips++;
        switch (look(&f, &count)) {
        case REFUSED: refused++; break;
        case SAID:
            said++;
            CHECK(count == BODIES);
            break;
        case UNNOTICED: /* only behind the end, where nothing is read and all is cut off */
            unnoticed++;
            CHECK(count == BODIES && at >= used);
            break;
        }
        if (test_failed) break;
    }
    printf("# %u flips: %u refused, %u said, %u behind the end\n", flips, refused, said, unnoticed);
    CHECK(flips >= 500 && refused > 300 && said > 100);
    put_image(&f, &log, log.n);
    CHECK(look(&f, &count) == UNNOTICED && count == BODIES);
    end(&f);
}

static void log_cut_anywhere_is_refused_where_it_was_acknowledged(void)
{
    struct fixture f;
    uint32_t count;
    begin(&f);
    fill(&f, 4, 6000);
    struct image log = take_image(&f, 0);
    size_t used = INGEST_HEADER_BYTES;
    for (uint32_t i = 0; i < 4; i++) used += INGEST_RECORD_HEADER_BYTES + body_of(&f, i).n;
    for (size_t n = 0; n < used + 40; n += n < INGEST_HEADER_BYTES - 20 ? 97 : 1) {
        put_image(&f, &log, n);
        enum outcome o = look(&f, &count);
        CHECK(n < used ? o == REFUSED : o == UNNOTICED && count == 4);
        if (test_failed) break;
    }
    end(&f);
}

/* The digests of slots are seeded with the log's id. */
static void seal_slots(struct image *i)
{
    uint64_t id;
    memcpy(&id, i->bytes + 8, sizeof id);
    for (char *page = i->bytes + INGEST_PAGE_BYTES; page < i->bytes + INGEST_HEADER_BYTES;
         page += INGEST_PAGE_BYTES) {
        uint64_t digest = hash_bytes(page, INGEST_PAGE_BYTES - 8, id);
        memcpy(page + INGEST_PAGE_BYTES - 8, &digest, sizeof digest);
    }
}

/* A byte that is 0 anyway is not missed: the log's id is drawn by chance, and with it checksums. */
static bool is_zero(const char *bytes, size_t from, size_t end)
{
    while (from < end && bytes[from] == 0) from++;
    return from >= end;
}

/* The power fails during the second of two commits: some of its bytes are there, others zero. */
static void torn_tail_is_cut_off_and_said(void)
{
    struct fixture f;
    uint32_t count;
    size_t ends[9] = {INGEST_HEADER_BYTES};
    begin(&f);
    fill(&f, 4, 6000);
    struct image before = take_image(&f, 0);
    empty_directory(&f);
    fill(&f, 8, 6000);
    struct image after = take_image(&f, 0);
    for (uint32_t i = 0; i < 8; i++)
        ends[i + 1] = ends[i] + INGEST_RECORD_HEADER_BYTES + body_of(&f, i).n;
    memcpy(
        after.bytes + INGEST_PAGE_BYTES, before.bytes + INGEST_PAGE_BYTES, 2 * INGEST_PAGE_BYTES);
    seal_slots(&after);
    for (size_t cut = ends[4]; cut <= ends[8]; cut++) {
        struct image torn = after;
        torn.bytes = arena_alloc(f.arena, after.n);
        memcpy(torn.bytes, after.bytes, cut);
        put_image(&f, &torn, torn.n);
        uint32_t whole = 4;
        while (whole < 8 && is_zero(after.bytes, cut, ends[whole + 1])) whole++;
        enum outcome o = look(&f, &count);
        CHECK(count == whole && (o == UNNOTICED) == is_zero(after.bytes, ends[whole], cut));
        CHECK(look(&f, &count) == UNNOTICED && count == whole); /* it is gone for good */
        if (test_failed) break;
    }
    end(&f);
}

static void missing_file_is_noticed(void)
{
    struct fixture f;
    uint32_t count;
    begin(&f);
    fill(&f, 400, 4200);
    for (uint32_t i = 0; i < 3; i++) {
        struct image log = take_image(&f, i);
        CHECK(good(f.env->def->remove(f.env, log.path)));
        CHECK(look(&f, &count) == REFUSED);
        put_image(&f, &log, log.n);
    }
    CHECK(look(&f, &count) == UNNOTICED && count == 400);
    end(&f);
}

/* ---- a disk that fails now and then ---- */

static _Atomic bool breaks;
static size_t write_keeps; /* of eight bytes */

/* Part of what is written gets through, as on a file system that finds out late that it is full. */
static struct err *write_part(struct env_file *f, uint64_t offset, const void *p, size_t n)
{
    if (!breaks) return env_system()->def->write(f, offset, p, n);
    err_free(env_system()->def->write(f, offset, p, n * write_keeps / 8));
    FAIL(ERR_DISK_FULL, "no space");
}

static _Atomic bool cut_is_unsynced;

static struct err *cut_unsynced(struct env_file *f, uint64_t bytes)
{
    cut_is_unsynced = true;
    return env_system()->def->truncate(f, bytes);
}

static struct err *sync_cut(struct env_file *f)
{
    cut_is_unsynced = false;
    return env_system()->def->sync(f);
}

static void refused_body_does_not_come_back(void)
{
    struct env_def def = *env_system()->def;
    struct env env = {&def};
    struct fixture f;
    struct ingest_log *l;
    uint32_t count;
    def.write = write_part;
    def.truncate = cut_unsynced;
    def.sync = sync_cut;
    for (write_keeps = 7; write_keeps <= 8; write_keeps++) {
        begin(&f);
        f.env = &env;
        CHECK(good(open_log(&f, 1 << 20, 6000, &l)));
        CHECK(post(&f, l, body_of(&f, 0)));
        breaks = true;
        cut_is_unsynced = true;
        CHECK(!post(&f, l, body_of(&f, 80)) && f.result == INGEST_DISK_FULL);
        CHECK(!cut_is_unsynced); /* before the refusal was sent */
        breaks = false;
        struct image killed = take_image(&f, 0);
        CHECK(post(&f, l, body_of(&f, 1)));
        ingest_log_close(l);
        CHECK(look(&f, &count) == UNNOTICED && count == 2); /* not even as a torn tail */
        put_image(&f, &killed, killed.n);
        CHECK(look(&f, &count) == UNNOTICED && count == 1);
        end(&f);
    }
}

static struct err *write_no_slot(struct env_file *f, uint64_t offset, const void *p, size_t n)
{
    if (breaks && offset < INGEST_HEADER_BYTES) FAIL(ERR_DISK_FULL, "no space");
    return env_system()->def->write(f, offset, p, n);
}

static struct err *remove_nothing(struct env *e, const char *path)
{
    if (breaks) FAIL(ERR_IO, "cannot remove '%s'", path);
    return env_system()->def->remove(e, path);
}

static void wait_until_said(struct fixture *f)
{
    mutex_lock(&f->mutex);
    while (f->said == 0) condition_wait(&f->changed, &f->mutex, UINT64_MAX);
    mutex_unlock(&f->mutex);
}

/* All has been read, and what was read cannot be removed. noted: it is on disk that it may be. */
static void check_failed_trim(const struct env_def *def, bool recovers, bool noted)
{
    struct env env = {def};
    struct fixture f;
    struct ingest_log *l;
    struct ingest_log_stats stats;
    uint64_t first, last;
    begin(&f);
    fill(&f, 400, 4200);
    f.env = &env;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    struct ingest_cursor *c = ingest_log_enter(l, "job", NULL, NULL);
    ingest_log_range(l, &first, &last);
    CHECK(last - first > 5 * 4200);
    ingest_log_ready(l);
    breaks = true;
    ingest_log_hold(l, c, last);
    wait_until_said(&f);
    ingest_log_stats(l, &stats);
    CHECK(stats.held_bytes == last - first);
    breaks = !recovers;
    uint64_t until_ns = env_mono_ns(f.env) + UINT64_C(10000000000);
    while (recovers && stats.held_bytes > 4200 && env_mono_ns(f.env) < until_ns)
        ingest_log_stats(l, &stats); /* it tries again, although no mark moves any more */
    ingest_log_close(l);
    breaks = false;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    ingest_log_range(l, &first, &last);
    CHECK((last - first <= 4200) == (recovers || noted)); /* before any job goes on from there */
    ingest_log_close(l);
    end(&f);
}

static void log_that_could_not_be_trimmed_is_whole(void)
{
    struct env_def def = *env_system()->def;
    def.write = write_no_slot;
    check_failed_trim(&def, true, false);
    check_failed_trim(&def, false, false);
    def = *env_system()->def;
    def.remove = remove_nothing;
    check_failed_trim(&def, true, true);
    check_failed_trim(&def, false, true);
}

static _Atomic uint32_t dirty_slots; /* bits: pages that are written and not synced */
static _Atomic bool slots_met;

static struct err *write_noting_slots(struct env_file *f, uint64_t offset, const void *p, size_t n)
{
    if (offset == 0) dirty_slots = 4; /* a new file: nothing is in it */
    if (offset > 0 && offset < INGEST_HEADER_BYTES && !(dirty_slots & 4)) {
        dirty_slots |= (uint32_t)(offset / INGEST_PAGE_BYTES);
        if (dirty_slots == 3) slots_met = true;
    }
    return env_system()->def->write(f, offset, p, n);
}

static struct err *sync_slots(struct env_file *f)
{
    dirty_slots = 0;
    return env_system()->def->sync(f);
}

/* A loss of power may tear any page that is written and not synced yet. */
static void one_of_the_two_slots_is_always_synced(void)
{
    struct env_def def = *env_system()->def;
    struct env env = {&def};
    struct fixture f;
    struct ingest_log *l;
    uint64_t first, last;
    def.write = write_noting_slots;
    def.sync = sync_slots;
    begin(&f);
    f.env = &env;
    for (uint32_t round = 0; round < 3; round++) {
        CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
        struct ingest_cursor *c = ingest_log_enter(l, "job", NULL, NULL);
        ingest_log_ready(l);
        for (uint32_t i = 0; i < 100; i++) {
            CHECK(post(&f, l, body_of(&f, i)));
            ingest_log_range(l, &first, &last);
            ingest_log_hold(l, c, last);
        }
        ingest_log_close(l);
    }
    CHECK(!slots_met);
    end(&f);
}

static struct err *rename_unsynced(struct env *e, const char *from, const char *to)
{
    TRY(env_system()->def->rename(e, from, to));
    if (breaks) FAIL(ERR_IO, "cannot sync the folder of '%s'", to);
    return NULL;
}

static void segment_that_was_given_up_hides_nothing(void)
{
    struct env_def def = *env_system()->def;
    struct env env = {&def};
    struct fixture f;
    struct ingest_log *l;
    char large[4096] = {0};
    uint32_t count;
    def.rename = rename_unsynced;
    begin(&f);
    f.env = &env;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    for (uint32_t i = 0; i < 3; i++) CHECK(post(&f, l, body_of(&f, i)));
    breaks = true;
    CHECK(!post(&f, l, (struct slice){large, sizeof large}) && f.result == INGEST_UNWRITTEN);
    breaks = false;
    CHECK(post(&f, l, body_of(&f, 3)));
    ingest_log_close(l);
    CHECK(look(&f, &count) == UNNOTICED && count == 4);
    end(&f);
}

static struct err *append_if_space(struct env_file *f, const void *p, size_t n)
{
    if (breaks) FAIL(ERR_DISK_FULL, "no space");
    return env_system()->def->append(f, p, n);
}

static void reserved_log_can_be_reserved_again_when_the_disk_is_full(void)
{
    struct env_def def = *env_system()->def;
    struct env env = {&def};
    struct fixture f;
    struct ingest_log *l;
    def.append = append_if_space;
    begin(&f);
    f.env = &env;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    CHECK(good(ingest_log_reserve(l, "one")));
    ingest_log_close(l);
    breaks = true;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)));
    CHECK(good(ingest_log_reserve(l, "one")));
    ingest_log_close(l);
    breaks = false;
    CHECK(good(open_log(&f, 1 << 20, 4200, &l)) && f.said == 0);
    ingest_log_close(l);
    end(&f);
}

int main(void)
{
    TEST_RUN(what_was_acknowledged_is_read_again);
    TEST_RUN(segments_follow_each_other);
    TEST_RUN(full_log_refuses_until_its_readers_have_moved_on);
    TEST_RUN(log_is_kept_for_a_job_with_checkpoints_that_is_not_here);
    TEST_RUN(smaller_limit_does_not_close_a_log_for_good);
    TEST_RUN(log_has_a_name_from_its_first_record_on);
    TEST_RUN(mark_of_a_reader_that_left_waits_for_it);
    TEST_RUN(one_process_at_a_time);
    TEST_RUN(full_disk_refuses_and_the_log_stays_the_same);
    TEST_RUN(log_whose_folder_is_gone_takes_nothing_until_it_is_back);
    TEST_RUN(folder_of_another_process_is_left_alone);
    TEST_RUN(every_flipped_byte_is_noticed);
    TEST_RUN(log_cut_anywhere_is_refused_where_it_was_acknowledged);
    TEST_RUN(torn_tail_is_cut_off_and_said);
    TEST_RUN(missing_file_is_noticed);
    TEST_RUN(refused_body_does_not_come_back);
    TEST_RUN(log_that_could_not_be_trimmed_is_whole);
    TEST_RUN(one_of_the_two_slots_is_always_synced);
    TEST_RUN(segment_that_was_given_up_hides_nothing);
    TEST_RUN(reserved_log_can_be_reserved_again_when_the_disk_is_full);
    return TEST_END();
}
