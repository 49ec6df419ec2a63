#include "cli/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/human.h"
#include "base/thread.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "type/datetime.h"

enum { POLL_NS = 100000000, JOBS_MAX = 256, OPERATORS_MAX = 10000 };

const char jobs_help[] =
    "weir jobs - looks at the jobs of a running process, and stops them\n"
    "\n"
    "  weir jobs ls                               all jobs of the process at 127.0.0.1:8081\n"
    "  weir jobs show counts                      rates, event time, checkpoints, account, "
    "operators\n"
    "  weir jobs stop counts                      takes a last checkpoint; open windows stay in "
    "it\n"
    "  weir jobs stop --drain counts              fires open windows first, as if all input had "
    "ended\n"
    "  weir jobs ls --address 127.0.0.1:40123     of another process; or set WEIR_ADDRESS\n"
    "  weir jobs ls -o json                       for programs; --json is the same\n"
    "\n"
    "JOB is a name, an id, or the beginning of one; it may be left out where there is only one "
    "job.\n"
    "A process that wants a token gets it from the environment, WEIR_REST_TOKEN.\n"
    "\n"
    "Exit codes: 0 ok, 1 there is no such job, or nobody listens, 2 wrong usage.\n";

struct ask {
    struct client client;
    struct client_words words; /* of the verb: words[0] is it, words[1] the job */
    struct arena *arena;
};

/* ---- figures as text ---- */

static const char *count_text(struct arena *a, const struct json_tree *t, const char *key)
{
    char text[HUMAN_CHARS];
    return str_fmt(a, "%s", human_count((uint64_t)json_tree_i64(t, key), text));
}

static const char *bytes_text(struct arena *a, const struct json_tree *t, const char *key)
{
    char text[HUMAN_CHARS];
    return str_fmt(a, "%s", human_bytes((uint64_t)json_tree_i64(t, key), text));
}

static const char *duration_text(struct arena *a, int64_t ms)
{
    char text[HUMAN_CHARS];
    return str_fmt(a, "%s", human_duration(ms, text));
}

static const char *rate_text(struct arena *a, const struct json_tree *t, const char *key)
{
    double v = json_tree_double(t, key);
    char text[HUMAN_CHARS];
    return v > 0 && v < 10 ? str_fmt(a, "%.1f", v)
                           : str_fmt(a, "%s", human_count((uint64_t)(v + 0.5), text));
}

/* "2026-01-01 00:00:12", or nothing where there is no event time. */
static const char *watermark_text(struct arena *a, const struct json_tree *t)
{
    if (!json_tree_get(t, "watermark")) return "";
    char text[DATETIME_CHARS_MAX];
    struct timestamp at = {.ms = json_tree_i64(t, "watermark")};
    return str_fmt(a, "%.*s", (int)datetime_format_timestamp(text, at, 0), text);
}

static const char *last_checkpoint_text(struct arena *a, const struct json_tree *job)
{
    const struct json_tree *last = json_tree_get(json_tree_get(job, "checkpoints"), "last");
    if (!last) return "";
    return str_fmt(a, "%" PRId64 ", %s ago", json_tree_i64(last, "id"),
        duration_text(a, json_tree_i64(last, "age")));
}

/* ---- ls ---- */

static struct err *list_jobs(struct ask *k)
{
    enum { COLUMNS = 9 };
    static const struct listing_column columns[COLUMNS] = {{"JOB", false}, {"STATE", false},
        {"FOR", false}, {"IN/S", true}, {"OUT/S", true}, {"LATE", true}, {"BAD", true},
        {"CHECKPOINT", false}, {"ID", false}};
    struct slice text;
    struct json_tree *tree;
    TRY(client_get(&k->client, "/api/v1/jobs", &text, &tree));
    if (k->words.json) {
        printf("%.*s\n", (int)text.n, text.p);
        return NULL;
    }
    struct arena *a = k->arena;
    const char **cells = ARENA_ARRAY(a, const char *, JOBS_MAX *COLUMNS);
    const struct json_tree *list = json_tree_get(tree, "jobs");
    size_t count = 0;
    for (const struct json_tree *j = list ? list->first : NULL; j && count < JOBS_MAX;
         j = j->next) {
        const char **row = cells + COLUMNS * count++;
        row[0] = json_tree_text(a, j, "name");
        row[1] = json_tree_text(a, j, "state");
        row[2] = duration_text(a, json_tree_i64(j, "duration"));
        row[3] = rate_text(a, j, "rows-in-per-second");
        row[4] = rate_text(a, j, "rows-out-per-second");
        row[5] = count_text(a, j, "late");
        row[6] = count_text(a, j, "bad");
        row[7] = last_checkpoint_text(a, j);
        row[8] = json_tree_text(a, j, "id");
    }
    listing_print(stdout, columns, COLUMNS, cells, count);
    if (count == 0) fprintf(stderr, "weir: there are no jobs at %s\n", k->client.address);
    return NULL;
}

/* ---- show ---- */

static void show_event_time(struct arena *a, const struct json_tree *j)
{
    if (!json_tree_get(j, "watermark")) return;
    int64_t lag_ms = json_tree_i64(j, "watermark-lag");
    printf("  event time   %s, %s %s the clock\n", watermark_text(a, j),
        duration_text(a, lag_ms < 0 ? -lag_ms : lag_ms), lag_ms < 0 ? "ahead of" : "behind");
}

static void show_checkpoints(struct arena *a, const struct json_tree *j)
{
    const struct json_tree *c = json_tree_get(j, "checkpoints"), *last = json_tree_get(c, "last");
    if (json_tree_i64(c, "interval") == 0) {
        printf("  checkpoints  none are taken\n");
        return;
    }
    printf("  checkpoints  %s complete, %s failed, one every %s%s%s\n",
        count_text(a, c, "completed"), count_text(a, c, "failed"),
        duration_text(a, json_tree_i64(c, "interval")),
        json_tree_get(c, "directory") ? ", in " : "", json_tree_text(a, c, "directory"));
    if (last)
        printf("               the last: %" PRId64 ", %s ago, %s, took %s\n",
            json_tree_i64(last, "id"), duration_text(a, json_tree_i64(last, "age")),
            bytes_text(a, last, "full-size"), duration_text(a, json_tree_i64(last, "duration")));
    if (json_tree_get(c, "restored"))
        printf("               resumed from %" PRId64 "\n", json_tree_i64(c, "restored"));
}

static bool reads_table(const struct json_tree *j, const char *table, struct arena *a)
{
    const struct json_tree *list = json_tree_get(j, "operators");
    const char *start = str_fmt(a, "Source: %s[", table);
    for (const struct json_tree *t = list ? list->first : NULL; t; t = t->next)
        if (strncmp(json_tree_text(a, t, "name"), start, strlen(start)) == 0) return true;
    return false;
}

/* The http tables that the job reads. */
static struct err *show_ingest(const struct client *c, const struct json_tree *j)
{
    struct arena *a = c->arena;
    struct json_tree *tree;
    TRY(client_get(c, "/api/v1/ingest", NULL, &tree));
    const struct json_tree *list = json_tree_get(tree, "tables");
    const char *title = "POSTs";
    for (const struct json_tree *t = list ? list->first : NULL; t; t = t->next) {
        if (!reads_table(j, json_tree_text(a, t, "table"), a)) continue;
        printf("  %-12s %s: %s records, %s bodies, %s refused; log %s of %s, %s not read yet\n",
            title, json_tree_text(a, t, "url"), count_text(a, t, "records"),
            count_text(a, t, "requests"), count_text(a, t, "refused"),
            bytes_text(a, t, "log-bytes"), bytes_text(a, t, "log-bytes-max"),
            bytes_text(a, t, "unread-bytes"));
        title = "";
    }
    return NULL;
}

static void show_account(struct arena *a, const struct json_tree *j)
{
    const struct json_tree *list = json_tree_get(j, "account");
    const char *title = "account";
    for (const struct json_tree *t = list ? list->first : NULL; t; t = t->next) {
        printf("  %-12s %s -> %s: %s read = %s contributed + %s filtered + %s late + %s bad + %s "
               "pending%s%s\n",
            title, json_tree_text(a, t, "source"), json_tree_text(a, t, "sink"),
            count_text(a, t, "read"), count_text(a, t, "contributed"), count_text(a, t, "filtered"),
            count_text(a, t, "late"), count_text(a, t, "bad"), count_text(a, t, "pending"),
            json_tree_get(j, "account-checkpoint") ? ", at checkpoint " : "",
            json_tree_text(a, j, "account-checkpoint"));
        title = "";
    }
}

static void show_reasons(struct arena *a, const struct json_tree *j)
{
    const struct json_tree *list = json_tree_get(j, "reasons");
    const char *others = "               ", *first = "  why          ";
    for (const struct json_tree *t = list ? list->first : NULL; t; t = t->next) {
        report_wrapped(stdout, first, others, json_tree_text(a, t, "text"));
        first = others;
    }
}

static void show_operators(struct arena *a, const struct json_tree *j)
{
    enum { COLUMNS = 6 };
    static const struct listing_column columns[COLUMNS] = {{"OPERATOR", false}, {"IN", true},
        {"OUT", true}, {"LATE", true}, {"STATE", true}, {"EVENT TIME", false}};
    const struct json_tree *list = json_tree_get(j, "operators");
    size_t count = 0;
    for (const struct json_tree *t = list ? list->first : NULL; t; t = t->next) count++;
    if (count == 0 || count > OPERATORS_MAX) return;
    const char **cells = ARENA_ARRAY(a, const char *, count *COLUMNS), **row = cells;
    for (const struct json_tree *t = list->first; t; t = t->next, row += COLUMNS) {
        row[0] = json_tree_text(a, t, "name");
        row[1] = count_text(a, t, "rows-in");
        row[2] = count_text(a, t, "rows-out");
        row[3] = count_text(a, t, "late");
        row[4] = json_tree_i64(t, "state-bytes") ? bytes_text(a, t, "state-bytes") : "";
        row[5] = watermark_text(a, t);
    }
    printf("\n");
    listing_print(stdout, columns, COLUMNS, cells, count);
}

static struct err *show_job(struct ask *k)
{
    const struct json_tree *found;
    struct json_tree *j;
    struct slice text;
    struct arena *a = k->arena;
    TRY(client_find_job(&k->client, k->words.words[1], &found));
    const char *id = json_tree_text(a, found, "id");
    TRY(client_get(&k->client, str_fmt(a, "/api/v1/jobs/%s", id), &text, &j));
    if (k->words.json) {
        printf("%.*s\n", (int)text.n, text.p);
        return NULL;
    }
    int64_t workers = json_tree_i64(j, "parallelism");
    printf("%s  %s for %s, %" PRId64 " worker%s, id %s\n", json_tree_text(a, j, "name"),
        json_tree_text(a, j, "state"), duration_text(a, json_tree_i64(j, "duration")), workers,
        workers == 1 ? "" : "s", id);
    printf("  rows         %s in (%s/s), %s out (%s/s), %s late, %s bad\n",
        count_text(a, j, "rows-in"), rate_text(a, j, "rows-in-per-second"),
        count_text(a, j, "rows-out"), rate_text(a, j, "rows-out-per-second"),
        count_text(a, j, "late"), count_text(a, j, "bad"));
    show_event_time(a, j);
    printf("  memory       %s, of it %s state\n", bytes_text(a, j, "memory-bytes"),
        bytes_text(a, j, "state-bytes"));
    show_checkpoints(a, j);
    TRY(show_ingest(&k->client, j));
    show_account(a, j);
    show_reasons(a, j);
    show_operators(a, j);
    return NULL;
}

/* ---- stop ---- */

/* A process ends with its last job, but tells whoever asks before. */
static struct err *ask_for_end(
    const struct client *c, const char *path, const char *name, bool *ended)
{
    struct client_answer answer;
    struct json_tree *tree;
    struct err *e = client_call(c, "GET", path, NULL, &answer);
    if (e) return err_wrap(e, "waiting for the end of job '%s'", name);
    if (answer.status == 429) return NULL; /* others ask too */
    if (answer.status != 200) return client_refused(c, &answer);
    TRY(json_tree_read(c->arena, answer.body, &tree));
    const struct json_tree *operation = json_tree_get(tree, "operation"),
                           *cause = json_tree_get(operation, "failure-cause");
    if (cause)
        FAIL(ERR_IO, "job '%s' failed: %s", name, json_tree_text(c->arena, cause, "stack-trace"));
    const char *status = json_tree_text(c->arena, json_tree_get(tree, "status"), "id");
    *ended = strcmp(status, "COMPLETED") == 0;
    return NULL;
}

/* Until the process says that the job has ended. */
static struct err *wait_for_end(struct ask *k, const char *path, const char *name)
{
    struct client c = k->client;
    struct err *e = NULL;
    c.arena = arena_new(1 << 12);
    for (bool ended = false;;) {
        e = ask_for_end(&c, path, name, &ended);
        if (e || ended) break;
        thread_sleep(POLL_NS);
        arena_reset(c.arena);
    }
    arena_free(c.arena);
    return e;
}

static struct err *stop_job(struct ask *k)
{
    const struct json_tree *found;
    struct client_answer answer;
    struct json_tree *tree;
    struct arena *a = k->arena;
    TRY(client_find_job(&k->client, k->words.words[1], &found));
    const char *id = json_tree_text(a, found, "id"), *name = json_tree_text(a, found, "name");
    TRY(client_call(&k->client, "POST", str_fmt(a, "/jobs/%s/stop", id),
        k->words.drain ? "{\"drain\":true}" : "{\"drain\":false}", &answer));
    if (answer.status != 202) return client_refused(&k->client, &answer);
    TRY(json_tree_read(a, answer.body, &tree));
    const char *request = json_tree_text(a, tree, "request-id");
    TRY(wait_for_end(k, str_fmt(a, "/jobs/%s/savepoints/%s", id, request), name));
    if (k->words.json)
        printf("{\"id\":\"%s\",\"state\":\"stopped\"}\n", id);
    else
        printf("%s: stopped%s\n", name, k->words.drain ? ", open windows have fired" : "");
    return NULL;
}

/* ---- the command ---- */

static const struct verb {
    const char *name;
    struct err *(*run)(struct ask *k);
    int words;
} verbs[] = {{"ls", list_jobs, 1}, {"show", show_job, 2}, {"stop", stop_job, 2}};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

/* NULL: told on stderr. */
static const struct verb *find_verb(const struct client_words *w)
{
    const char *names[VERB_COUNT], *word = w->count ? w->words[0] : "";
    const struct verb *found = NULL;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        names[i] = verbs[i].name;
        if (strcmp(word, verbs[i].name) == 0) found = &verbs[i];
    }
    if (found && w->count > found->words) {
        client_complain("jobs", "that is one word too many:", w->words[found->words]);
        return NULL;
    }
    if (found && w->drain && found->run != stop_job) {
        client_complain("jobs", "only stop takes", "--drain");
        return NULL;
    }
    if (found) return found;
    const char *nearest = *word ? str_nearest(slice_of(word), names, VERB_COUNT) : NULL;
    fprintf(stderr,
        "weir jobs: ls, show or stop is expected%s%s%s%s%s%s\n"
        "'weir jobs --help' shows examples\n",
        *word ? ", not '" : "", word, *word ? "'" : "", nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

int jobs_command(int argc, char **argv)
{
    struct ask k;
    if (!client_words("jobs", argc, argv, 2, true, &k.words)) return COMMAND_USAGE;
    if (k.words.help) {
        fputs(jobs_help, stdout);
        return COMMAND_OK;
    }
    const struct verb *verb = find_verb(&k.words);
    if (!verb) return COMMAND_USAGE;
    k.arena = arena_new(1 << 16);
    client_init(&k.client, k.arena, k.words.address);
    struct err *e = verb->run(&k);
    if (e) report_error(stderr, terminal_detect().err_color, "", (struct slice){NULL, 0}, e);
    int code = e ? COMMAND_FAILED : COMMAND_OK;
    err_free(e);
    arena_free(k.arena);
    return code;
}
