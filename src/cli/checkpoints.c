#include "cli/checkpoints.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/human.h"
#include "base/json.h"
#include "cli/checkpoints_private.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/report.h"
#include "cli/terminal.h"

const char checkpoints_help[] =
    "weir checkpoints - looks at the checkpoints of jobs on disk\n"
    "\n"
    "  weir checkpoints ls data                   all checkpoints of all jobs in a directory\n"
    "  weir checkpoints ls data/clicks            those of one job\n"
    "  weir checkpoints show data/clicks          its newest: files, plan, account\n"
    "  weir checkpoints show data/clicks/chk-000041\n"
    "  weir checkpoints verify data               reads every byte and checks every digest\n"
    "  weir checkpoints ls data -o json           for programs; --json is the same\n"
    "\n"
    "The directory is what execution.checkpointing.dir names, the folder of a job in it, or of "
    "one\n"
    "checkpoint in that. Nothing is changed or locked: the job may run. To start a job from a\n"
    "checkpoint of your choice: weir run -D execution.state-recovery.path=data/clicks/chk-000041\n"
    "\n"
    "Exit codes: 0 ok, 1 nothing found, or a file is damaged, 2 wrong usage.\n";

/* ---- finding ---- */

const char *checkpoints__last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void add_found(struct look *l, const char *job, const struct checkpoint_entry *entry)
{
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 16;
        struct found *more = ARENA_ARRAY(l->arena, struct found, l->capacity);
        if (l->count) memcpy(more, l->found, l->count * sizeof *more);
        l->found = more;
    }
    l->found[l->count++] =
        (struct found){entry->meta.job_name ? entry->meta.job_name : job, *entry};
}

static struct err *find_in_job(struct look *l, const char *directory)
{
    struct checkpoint_entry *entries;
    size_t count;
    TRY(checkpoint_store_list(l->env, directory, l->arena, &entries, &count));
    for (size_t i = 0; i < count; i++) add_found(l, checkpoints__last_name(directory), &entries[i]);
    l->job_count += count > 0;
    return NULL;
}

/* The path names one checkpoint: its entry in the list of the folder around it. */
static struct err *find_one(struct look *l, bool *is_one)
{
    struct env_stat st;
    const char *name = checkpoints__last_name(l->directory);
    *is_one = false;
    TRY(l->env->def->stat(l->env, str_fmt(l->arena, "%s/MANIFEST", l->directory), &st));
    if (!st.exists && strncmp(name, "chk-", 4) != 0) return NULL;
    *is_one = true;
    size_t parent = (size_t)(name - l->directory);
    while (parent > 1 && l->directory[parent - 1] == '/') parent--;
    struct slice text = parent ? (struct slice){l->directory, parent} : SLICE(".");
    TRY(find_in_job(l, slice_to_cstr(l->arena, text)));
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(checkpoints__last_name(l->found[i].entry.path), name) != 0) continue;
        l->found[0] = l->found[i];
        l->found[0].entry.path = str_fmt(l->arena, "%s", l->directory);
        l->count = 1;
        return NULL;
    }
    FAIL(ERR_NOT_FOUND, "'%s' is not a checkpoint: its name is not of the form chk-000123",
        l->directory);
}

static struct err *find_all(struct look *l)
{
    struct env_stat st;
    char **names;
    size_t count;
    bool is_one;
    TRY(l->env->def->stat(l->env, l->directory, &st));
    if (!st.exists) FAIL(ERR_NOT_FOUND, "there is no directory '%s'", l->directory);
    TRY(find_one(l, &is_one));
    if (is_one) return NULL;
    TRY(find_in_job(l, l->directory));
    if (l->count) return NULL;
    TRY(l->env->def->list(l->env, l->directory, l->arena, &names, &count));
    for (size_t i = 0; i < count; i++) {
        const char *path = str_fmt(l->arena, "%s/%s", l->directory, names[i]);
        TRY(l->env->def->stat(l->env, path, &st));
        if (st.is_directory) TRY(find_in_job(l, path));
    }
    if (l->count) return NULL;
    return err_hint(ERR(ERR_NOT_FOUND, "'%s' holds no checkpoints", l->directory),
        "name the directory that execution.checkpointing.dir names, or the folder of a job in it");
}

/* ---- ls ---- */

const char *checkpoints__duration(struct look *l, int64_t ms)
{
    char text[HUMAN_CHARS];
    return str_fmt(l->arena, "%s", human_duration(ms, text));
}

const char *checkpoints__bytes(struct look *l, uint64_t bytes)
{
    char text[HUMAN_CHARS];
    return str_fmt(l->arena, "%s", human_bytes(bytes, text));
}

void checkpoints__write_i64(struct buf *out, const char *key, int64_t v)
{
    buf_printf(out, "\"%s\": %" PRId64 ", ", key, v);
}

void checkpoints__write_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\": ", key);
    if (text)
        json_write_string(out, slice_of(text));
    else
        buf_add_cstr(out, "null");
    buf_add_cstr(out, ", ");
}

/* The members that ls and show share; ends with a comma. */
void checkpoints__write_found(struct look *l, const struct found *f, struct buf *out)
{
    const struct checkpoint_meta *meta = &f->entry.meta;
    bool good = !f->entry.problem;
    checkpoints__write_text(out, "job", f->job);
    checkpoints__write_i64(out, "id", (int64_t)f->entry.id);
    checkpoints__write_text(out, "kind", good ? checkpoint_kind_name(meta->kind) : NULL);
    if (good) {
        checkpoints__write_i64(out, "begun_ms", meta->begun_ms);
        checkpoints__write_i64(out, "completed_ms", meta->completed_ms);
        checkpoints__write_i64(out, "age_ms", l->now_ms - meta->completed_ms);
        checkpoints__write_i64(out, "duration_ms", meta->completed_ms - meta->begun_ms);
        checkpoints__write_i64(out, "size_bytes", (int64_t)f->entry.size_bytes);
        checkpoints__write_i64(out, "new_bytes", (int64_t)f->entry.new_bytes);
    }
    checkpoints__write_text(out, "path", f->entry.path);
    checkpoints__write_text(out, "problem", f->entry.problem);
}

void checkpoints__end_object(struct buf *out)
{
    if (out->n >= 2 && memcmp(out->p + out->n - 2, ", ", 2) == 0) out->n -= 2;
    buf_add_char(out, '}');
}

void checkpoints__print(struct buf *out)
{
    fwrite(out->p, 1, out->n, stdout);
    fputc('\n', stdout);
    buf_free(out);
}

static void list_json(struct look *l)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add_char(&out, '[');
    for (size_t i = 0; i < l->count; i++) {
        buf_add_cstr(&out, i ? ",\n {" : "{");
        checkpoints__write_found(l, &l->found[i], &out);
        checkpoints__end_object(&out);
    }
    buf_add_char(&out, ']');
    checkpoints__print(&out);
}

static struct err *list_checkpoints(struct look *l, int *code)
{
    enum { COLUMNS = 8 };
    static const struct listing_column columns[COLUMNS] = {{"JOB", false}, {"ID", true},
        {"KIND", false}, {"AGE", true}, {"SIZE", true}, {"NEW", true}, {"TOOK", true},
        {"PATH", false}};
    (void)code;
    if (l->json) {
        list_json(l);
        return NULL;
    }
    const char **cells = ARENA_ARRAY(l->arena, const char *, l->count *COLUMNS);
    for (size_t i = 0; i < l->count; i++) {
        const struct found *f = &l->found[i];
        const struct checkpoint_meta *meta = &f->entry.meta;
        const char **row = cells + i * COLUMNS;
        row[0] = f->job;
        row[1] = str_fmt(l->arena, "%" PRIu64, f->entry.id);
        row[2] = f->entry.problem ? "DAMAGED" : checkpoint_kind_name(meta->kind);
        row[7] = f->entry.path;
        if (f->entry.problem) continue;
        row[3] = checkpoints__duration(l, l->now_ms - meta->completed_ms);
        row[4] = checkpoints__bytes(l, f->entry.size_bytes);
        row[5] = checkpoints__bytes(l, f->entry.new_bytes);
        row[6] = checkpoints__duration(l, meta->completed_ms - meta->begun_ms);
    }
    listing_print(stdout, columns, COLUMNS, cells, l->count);
    for (size_t i = 0; i < l->count; i++)
        if (l->found[i].entry.problem) fprintf(stderr, "%s\n", l->found[i].entry.problem);
    return NULL;
}

/* ---- verify ---- */

struct verdict {
    const char *checkpoint;
    const char *file;
    uint64_t size_bytes;
    const char *problem; /* NULL: it is whole */
};

/* Everything in one checkpoint; a manifest that cannot be read is one damaged file. None when the
 * job has just removed it. */
static size_t verify_one(struct look *l, const struct found *f, struct verdict **verdicts)
{
    struct checkpoint_meta meta;
    struct checkpoint_file *files = NULL;
    size_t count = 0;
    struct err *e = checkpoint_files(l->env, f->entry.path, true, l->arena, &meta, &files, &count);
    if (e && err_code(e) == ERR_NOT_FOUND) {
        err_free(e);
        return 0;
    }
    struct verdict *v = ARENA_ARRAY(l->arena, struct verdict, count + 1);
    v[0] = (struct verdict){f->entry.path, "MANIFEST", 0, NULL};
    if (e) {
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        v[0].problem = slice_to_cstr(l->arena, slice_of(why));
        err_free(e);
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        v[i + 1] =
            (struct verdict){f->entry.path, files[i].name, files[i].size_bytes, files[i].problem};
    *verdicts = v;
    return count + 1;
}

static void verify_json(const struct verdict *v, size_t count)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_cstr(&out, i ? ",\n {" : "{");
        checkpoints__write_text(&out, "checkpoint", v[i].checkpoint);
        checkpoints__write_text(&out, "file", v[i].file);
        checkpoints__write_text(&out, "status", v[i].problem ? "damaged" : "ok");
        checkpoints__write_text(&out, "problem", v[i].problem);
        checkpoints__end_object(&out);
    }
    buf_add_char(&out, ']');
    checkpoints__print(&out);
}

static void verify_text(struct look *l, const struct verdict *v, size_t count)
{
    enum { COLUMNS = 4 };
    static const struct listing_column columns[COLUMNS] = {
        {"CHECKPOINT", false}, {"FILE", false}, {"SIZE", true}, {"STATUS", false}};
    const char **cells = ARENA_ARRAY(l->arena, const char *, count *COLUMNS);
    for (size_t i = 0; i < count; i++) {
        const char **row = cells + i * COLUMNS;
        row[0] = v[i].checkpoint;
        row[1] = v[i].file;
        row[2] = v[i].size_bytes ? checkpoints__bytes(l, v[i].size_bytes) : NULL;
        row[3] = v[i].problem ? str_fmt(l->arena, "damaged: %s", v[i].problem) : "ok";
    }
    listing_print(stdout, columns, COLUMNS, cells, count);
}

static struct err *verify_checkpoints(struct look *l, int *code)
{
    struct verdict **parts = ARENA_ARRAY(l->arena, struct verdict *, l->count);
    size_t *counts = ARENA_ARRAY(l->arena, size_t, l->count);
    size_t total = 0, damaged = 0;
    for (size_t i = 0; i < l->count; i++)
        total += counts[i] = verify_one(l, &l->found[i], &parts[i]);
    struct verdict *all = ARENA_ARRAY(l->arena, struct verdict, total);
    for (size_t i = 0, at = 0; i < l->count; at += counts[i++])
        if (counts[i]) memcpy(all + at, parts[i], counts[i] * sizeof *all);
    for (size_t i = 0; i < total; i++) damaged += all[i].problem != NULL;
    if (l->json)
        verify_json(all, total);
    else
        verify_text(l, all, total);
    fflush(stdout);
    fprintf(stderr, "%zu checkpoint%s, %zu files, %zu damaged\n", l->count,
        l->count == 1 ? "" : "s", total, damaged);
    if (damaged) *code = COMMAND_FAILED;
    return NULL;
}

/* ---- the command ---- */

static const struct verb {
    const char *name;
    struct err *(*run)(struct look *l, int *code);
} verbs[] = {{"ls", list_checkpoints}, {"show", checkpoints__show}, {"verify", verify_checkpoints}};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static int complain(const char *what, const char *word)
{
    fprintf(stderr, "weir checkpoints: %s%s%s%s\n'weir checkpoints --help' shows examples\n", what,
        word ? " '" : "", word ? word : "", word ? "'" : "");
    return COMMAND_USAGE;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
    return NULL;
}

static int run_verb(struct look *l, const struct verb *verb)
{
    int code = COMMAND_OK;
    struct err *e = find_all(l);
    if (!e) e = verb->run(l, &code);
    if (!e) return code;
    report_error(stderr, terminal_detect().err_color, "", (struct slice){NULL, 0}, e);
    err_free(e);
    return COMMAND_FAILED;
}

/* -o FORMAT; false: there is no such format. */
static bool read_format(const char *format, bool *json)
{
    *json = format && strcmp(format, "json") == 0;
    return *json || (format && strcmp(format, "table") == 0);
}

int checkpoints_command(int argc, char **argv)
{
    const struct verb *verb = NULL;
    const char *directory = NULL;
    bool json = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            fputs(checkpoints_help, stdout);
            return COMMAND_OK;
        }
        if (strcmp(word, "--json") == 0) {
            json = true;
        } else if (strcmp(word, "-o") == 0) {
            const char *format = ++i < argc ? argv[i] : NULL;
            if (!read_format(format, &json)) return complain("-o takes table or json, not", format);
        } else if (word[0] == '-') {
            return complain("there is no option", word);
        } else if (!verb) {
            verb = find_verb(word);
            if (!verb) return complain("ls, show or verify is expected, not", word);
        } else if (directory) {
            return complain("one directory is expected, and there is also", word);
        } else {
            directory = word;
        }
    }
    if (!verb) return complain("ls, show or verify is missing", NULL);
    if (!directory) return complain("the directory is missing", NULL);
    struct look l = {.arena = arena_new(1 << 16), .env = env_system(), .json = json};
    l.now_ms = env_now_ms(l.env);
    char *path = slice_to_cstr(l.arena, slice_of(directory));
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) path[n - 1] = 0;
    l.directory = path;
    int code = run_verb(&l, verb);
    arena_free(l.arena);
    return code;
}
