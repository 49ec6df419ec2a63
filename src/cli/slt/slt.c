#include "cli/slt/slt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "cli/command.h"
#include "cli/slt/run.h"
#include "cli/terminal.h"
#include "vec/batch.h"

enum { FOLDERS_DEPTH_MAX = 64, PATH_BYTES_MAX = 4096, MODES_MAX = 12 };

const char slt_help[] =
    "weir test - runs SQL tests: what goes into tables, and what must come out\n"
    "\n"
    "  weir test clicks.slt                 one file\n"
    "  weir test test/sql                   every .slt file of a folder and the folders in it\n"
    "  weir test --matrix test/sql          each file in 12 modes: 1, 7 and 2048 rows a batch, 1 "
    "and\n"
    "                                       3 workers, straight and restored from a checkpoint\n"
    "  weir test --bless clicks.slt         writes what came out into the file as expectation\n"
    "\n"
    "A file is a list of blocks with blank lines between them. This is one:\n"
    "\n"
    "  statement ok\n"
    "  CREATE TABLE clicks (page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)\n"
    "  WITH ('connector' = 'test');\n"
    "  CREATE TABLE totals (page STRING, n BIGINT) WITH ('connector' = 'test')\n"
    "\n"
    "  job\n"
    "  INSERT INTO totals SELECT page, COUNT(*) FROM clicks GROUP BY page\n"
    "\n"
    "  input clicks\n"
    "  [\"home\", \"2026-01-01 00:00:01\"]\n"
    "  [\"home\", \"2026-01-01 00:00:02\"]\n"
    "\n"
    "  checkpoint\n"
    "\n"
    "  restart workers=3\n"
    "\n"
    "  expect totals\n"
    "  ----\n"
    "  [\"home\", 2]\n"
    "\n"
    "  query types\n"
    "  SELECT UPPER(page), COUNT(*) FROM clicks GROUP BY page\n"
    "  ----\n"
    "  : STRING, BIGINT NOT NULL\n"
    "  [\"HOME\", 2]\n"
    "\n"
    "'script PATH' runs a script as it is deployed, with the connector of every table replaced by\n"
    "'test'. Time stands still but for 'clock +10 s'; event time is moved by rows and "
    "'watermark'.\n"
    "All verbs and how values are written: docs/test-format.md.\n"
    "\n"
    "  --matrix       all modes; a failure prints the command that repeats its mode\n"
    "  --batch N      one mode: N rows a batch at most (default 1)\n"
    "  --workers N    one mode: N workers (default 1)\n"
    "  --restart      one mode: kills and restores the jobs at one random place\n"
    "  --seed N       of random places (default 1)\n"
    "  --bless        rewrites expected lines and turns blocks that went the other way\n"
    "  -v, --verbose  milliseconds of each file\n"
    "  -h, --help     this\n"
    "\n"
    "Exit codes: 0 all files passed, 1 some failed, 2 wrong usage.\n";

struct command_line {
    bool matrix, bless, verbose, help;
    bool corner; /* --batch, --workers or --restart was given */
    struct slt_mode mode;
    char **paths;
    int path_count;
};

struct session_of_tests {
    struct env *env;
    struct arena *arena;
    const struct command_line *line;
    bool color;
    const char *program;
    uint64_t passed, failed;
};

/* ---- the command line */

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "weir test: %s%s%s\n'weir test --help' shows examples\n", what,
        value ? " " : "", value ? value : "");
    return COMMAND_USAGE;
}

static bool is_option(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || (b && strcmp(word, b) == 0);
}

/* "--name N" and "--name=N"; *i moves past what was used. False when it is another option. */
static bool read_number(int argc, char **argv, int *i, const char *name, uint64_t *out, bool *valid)
{
    size_t n = strlen(name);
    const char *word = argv[*i], *value = NULL;
    if (strncmp(word, name, n) != 0 || (word[n] != '\0' && word[n] != '=')) return false;
    if (word[n] == '=')
        value = word + n + 1;
    else if (*i + 1 < argc)
        value = argv[++*i];
    *valid = value && num_parse_u64(slice_of(value), out);
    return true;
}

static int read_option(int argc, char **argv, int *i, struct command_line *line)
{
    const char *word = argv[*i];
    uint64_t number = 0;
    bool valid = true;
    if (is_option(word, "--matrix", NULL)) {
        line->matrix = true;
    } else if (is_option(word, "--bless", NULL)) {
        line->bless = true;
    } else if (is_option(word, "-v", "--verbose")) {
        line->verbose = true;
    } else if (is_option(word, "-h", "--help")) {
        line->help = true;
    } else if (is_option(word, "--restart", NULL)) {
        line->mode.restart = line->corner = true;
    } else if (read_number(argc, argv, i, "--seed", &number, &valid)) {
        if (!valid) return usage("--seed needs a number", NULL);
        line->mode.seed = number;
    } else if (read_number(argc, argv, i, "--batch", &number, &valid)) {
        if (!valid || number < 1 || number > BATCH_ROWS_MAX)
            return usage("--batch needs a number of rows from 1 to 4096", NULL);
        line->mode.batch = (uint32_t)number;
        line->corner = true;
    } else if (read_number(argc, argv, i, "--workers", &number, &valid)) {
        if (!valid || number < 1 || number > JOB_PARALLELISM_MAX)
            return usage("--workers needs a number from 1 to 128", NULL);
        line->mode.workers = (uint32_t)number;
        line->corner = true;
    } else {
        return usage("there is no option", word);
    }
    return COMMAND_OK;
}

static int read_command_line(int argc, char **argv, struct command_line *line)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            int code = read_option(argc, argv, &i, line);
            if (code != COMMAND_OK) return code;
        } else {
            line->paths[line->path_count++] = argv[i];
        }
    }
    if (line->help) return COMMAND_OK;
    if (line->path_count == 0) return usage("which files? name .slt files or folders", NULL);
    if (line->matrix && line->corner)
        return usage("--matrix runs all modes; --batch, --workers and --restart choose one", NULL);
    if (line->bless && (line->matrix || line->corner))
        return usage("--bless writes what comes out of a plain run; leave the mode out", NULL);
    return COMMAND_OK;
}

/* ---- files */

static struct err *read_file(struct env *env, struct arena *a, const char *path, struct slice *out)
{
    struct env_file *f;
    struct env_stat stat;
    TRY(env->def->stat(env, path, &stat));
    if (!stat.exists) FAIL(ERR_NOT_FOUND, "the file does not exist");
    if (stat.size_bytes > SLT_FILE_BYTES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the file has more than %d bytes", SLT_FILE_BYTES_MAX);
    TRY(env->def->open(env, path, ENV_READ, &f));
    char *text = arena_alloc(a, (size_t)stat.size_bytes + 1);
    size_t got;
    struct err *e = env->def->read(f, 0, text, (size_t)stat.size_bytes, &got);
    env->def->close(f);
    *out = (struct slice){text, e ? 0 : got};
    return e;
}

/* Written beside it and renamed, so that a full disk leaves the old one. */
static struct err *write_file(struct env *env, struct arena *a, const char *path, struct slice text)
{
    char *beside = str_fmt(a, "%s.blessed", path);
    struct env_file *f;
    TRY(env->def->open(env, beside, ENV_CREATE, &f));
    struct err *e = env->def->append(f, text.p, text.n);
    if (!e) e = env->def->sync(f);
    env->def->close(f);
    return e ? e : env->def->rename(env, beside, path);
}

/* ---- one file */

/* The command that runs the file in this mode. */
static void print_repeat(
    const struct session_of_tests *t, const char *path, const struct slt_mode *mode, bool plain)
{
    printf("  repeat with: %s test", t->program);
    if (!plain) printf(" --batch %u --workers %u", mode->batch, mode->workers);
    if (mode->restart) printf(" --restart --seed %" PRIu64, mode->seed);
    bool quote = strpbrk(path, " \t'\"$`\\*?[(&;|<>") != NULL;
    printf(quote ? " '%s'\n" : " %s\n", path);
}

static size_t list_modes(const struct command_line *line, struct slt_mode modes[MODES_MAX])
{
    static const uint32_t batches[] = {1, 7, 2048}, workers[] = {1, 3};
    if (!line->matrix) {
        modes[0] = line->mode;
        modes[0].round_trip = line->corner;
        return 1;
    }
    size_t count = 0;
    for (size_t b = 0; b < 3; b++)
        for (size_t w = 0; w < 2; w++)
            for (int restart = 0; restart < 2; restart++)
                modes[count++] = (struct slt_mode){.batch = batches[b],
                    .workers = workers[w],
                    .restart = restart,
                    .round_trip = true,
                    .seed = line->mode.seed};
    return count;
}

static void print_problems(const struct session_of_tests *t, const struct slt_file *f,
    const struct slt_outcome *outcome, const struct slt_mode *mode)
{
    printf("not ok %s\n", f->path);
    fwrite(outcome->problems.p, 1, outcome->problems.n, stdout);
    print_repeat(t, f->path, mode, !t->line->matrix && !t->line->corner);
}

/* Did it pass in every mode? Prints the problems of the first one that failed. */
static bool run_modes(const struct session_of_tests *t, const struct slt_file *f)
{
    struct slt_mode modes[MODES_MAX];
    size_t count = list_modes(t->line, modes), failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena *a = arena_new(1 << 16);
        struct slt_outcome outcome;
        slt_run_file(a, t->env, f, &modes[i], t->color, &outcome);
        if (outcome.problems.n > 0 && failed++ == 0) print_problems(t, f, &outcome, &modes[i]);
        buf_free(&outcome.problems);
        arena_free(a);
    }
    if (failed > 0 && count > 1) printf("  fails in %zu of %zu modes\n", failed, count);
    return failed == 0;
}

/* Runs the file and makes what came out its expectation. Problems that no edit can mend, such as a
 * row that cannot be read, remain. */
static struct err *bless(
    const struct session_of_tests *t, struct arena *a, const struct slt_file *f, bool *passed)
{
    struct slt_outcome outcome;
    slt_run_file(a, t->env, f, &t->line->mode, t->color, &outcome);
    struct err *e = NULL;
    *passed = outcome.problems.n == 0;
    if (outcome.edits.count > 0) {
        e = write_file(t->env, a, f->path, slt_edit_apply(&outcome.edits, f));
        *passed = true;
        if (!e) printf("rewritten %s\n", f->path);
        if (!e) fwrite(outcome.problems.p, 1, outcome.problems.n, stdout);
    } else if (!*passed) {
        print_problems(t, f, &outcome, &t->line->mode);
    }
    buf_free(&outcome.problems);
    return e;
}

static struct err *test_file(
    const struct session_of_tests *t, struct arena *a, const char *path, bool *passed)
{
    struct slice text;
    struct slt_file f;
    TRY(read_file(t->env, a, path, &text));
    TRY(slt_read(a, path, text, &f));
    if (f.block_count == 0) FAIL(ERR_SYNTAX, "the file has no blocks, so it tests nothing");
    if (t->line->bless) return bless(t, a, &f, passed);
    *passed = run_modes(t, &f);
    return NULL;
}

static void run_file(struct session_of_tests *t, const char *path)
{
    struct arena *a = arena_new(1 << 16);
    uint64_t start_ns = env_mono_ns(t->env);
    bool passed = false;
    struct err *e = test_file(t, a, path, &passed);
    if (e) {
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        printf("not ok %s\n  ", path);
        if (err_pos(e).line > 0) printf("%s:%u: ", path, err_pos(e).line);
        printf("%s\n", why);
        if (err_hint_text(e)) printf("  hint: %s\n", err_hint_text(e));
        err_free(e);
        passed = false;
    } else if (passed) {
        printf("ok %s", path);
        if (t->line->verbose)
            printf(" (%" PRIu64 " ms)", (env_mono_ns(t->env) - start_ns) / 1000000);
        printf("\n");
    }
    if (passed)
        t->passed++;
    else
        t->failed++;
    fflush(stdout); /* should the next file kill the process, this one's lines are out */
    arena_free(a);
}

/* ---- folders */

static bool ends_in_slt(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".slt") == 0;
}

static struct err *run_path(struct session_of_tests *t, const char *path, int depth, bool named);

static struct err *run_folder(struct session_of_tests *t, const char *path, int depth)
{
    if (depth > FOLDERS_DEPTH_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "folders are nested deeper than %d", FOLDERS_DEPTH_MAX);
    struct arena *a = arena_new(1 << 12);
    char **names;
    size_t count, n = strlen(path);
    struct err *e = t->env->def->list(t->env, path, a, &names, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = run_path(
            t, str_fmt(a, "%s%s%s", path, path[n - 1] == '/' ? "" : "/", names[i]), depth, false);
    arena_free(a);
    return e;
}

/* named: it stands on the command line, so it is a test whatever it is called. */
static struct err *run_path(struct session_of_tests *t, const char *path, int depth, bool named)
{
    struct env_stat stat;
    TRY(t->env->def->stat(t->env, path, &stat));
    if (stat.exists && stat.is_directory) return run_folder(t, path, depth + 1);
    if (named || ends_in_slt(path)) run_file(t, path);
    return NULL;
}

static void run_paths(struct session_of_tests *t)
{
    for (int i = 0; i < t->line->path_count; i++) {
        struct err *e = run_path(t, t->line->paths[i], 0, true);
        if (!e) continue;
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        printf("not ok %s\n  %s\n", t->line->paths[i], why);
        err_free(e);
        t->failed++;
    }
}

/* The program as the user may call it again. */
static const char *program_path(struct arena *a)
{
    char path[PATH_BYTES_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0 || (size_t)n == sizeof path) return "weir";
    return slice_to_cstr(a, (struct slice){path, (size_t)n});
}

int slt_command(int argc, char **argv)
{
    struct arena *a = arena_new(1 << 12);
    struct command_line line = {.mode = {.batch = 1, .workers = 1, .seed = 1},
        .paths = ARENA_ARRAY(a, char *, (size_t)argc)};
    int code = read_command_line(argc, argv, &line);
    if (code == COMMAND_OK && line.help) {
        fputs(slt_help, stdout);
    } else if (code == COMMAND_OK) {
        struct session_of_tests t = {.env = env_system(),
            .arena = a,
            .line = &line,
            .color = terminal_detect().out_color,
            .program = program_path(a)};
        run_paths(&t);
        if (t.passed + t.failed == 0) {
            fputs("weir test: there is no .slt file there\n", stderr);
            t.failed = 1;
        }
        printf("%" PRIu64 " passed, %" PRIu64 " failed\n", t.passed, t.failed);
        code = t.failed > 0 ? COMMAND_FAILED : COMMAND_OK;
    }
    arena_free(a);
    return code;
}
