#include "cli/run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/machine.h"
#include "cli/report.h"
#include "cli/result_view.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/table_print.h"
#include "cli/terminal.h"
#include "connector/harness.h"
#include "op/sink/sink.h"
#include "plan/session.h"
#include "run/job.h"
#include "sql/parse.h"
#include "vec/key.h"

enum {
    JOBS_MAX = 256,
    TICK_MS = 50,   /* how soon a signal is seen */
    DRAW_TICKS = 4, /* the screen is redrawn every 200 ms */
    EXIT_USAGE = 2
};

/* One job and what the plan it runs lives in. */
struct running {
    struct session_result result; /* owns the graph's arena */
    struct job *job;              /* NULL once it has ended and was reported */
    struct status status;
    bool is_query;
};

struct run {
    struct arena *arena;
    struct env *env;
    struct config *config;
    struct session *session;
    struct terminal terminal;
    struct script script;
    struct mem_budget budget; /* of the process */
    int signal_fd;
    int signal; /* the first one taken; 0: none */
    bool failed;
    bool quiet_status; /* `print` writes to the same terminal */
    struct running *jobs;
    uint32_t job_count;
    uint32_t started_count;
    uint32_t drawn_lines;
    struct result_view *view; /* of the SELECT that runs */
};

const char run_help[] =
    "weir run - runs a Flink SQL script\n"
    "\n"
    "  weir run clicks.sql                      every INSERT is a job; ends when all have ended\n"
    "  weir run -e \"SELECT 1 + 1\"               a script on the command line\n"
    "  generate | weir run -                    a script from standard input\n"
    "  weir run -D parallelism.default=4 f.sql  sets a configuration key before the script\n"
    "  PATH_IN=/data weir run f.sql             ${PATH_IN} inside an option's value is replaced\n"
    "\n"
    "A SELECT prints its changelog: each row with what it does to the result (+I insert, -U and "
    "+U\n"
    "before and after an update, -D delete). On a terminal it is a table that follows the result;\n"
    "SET 'sql-client.execution.result-mode' = 'changelog' gives the rows there too.\n"
    "Jobs on a terminal have a status line: rows in and out a second, event time, what it waits "
    "for.\n"
    "\n"
    "Ctrl-C and SIGTERM stop the sources, finish what is under way and say what was done; windows "
    "that\n"
    "are still open are not fired. A second Ctrl-C ends at once.\n"
    "\n"
    "  -D KEY=VALUE   configuration; 'weir reference config' lists the keys\n"
    "  -e SQL         the script itself\n"
    "  -h, --help     this\n"
    "\n"
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM.\n";

static void report(struct run *r, struct err *e)
{
    report_error(stderr, r->terminal.err_color, r->script.name, r->script.text, e);
    err_free(e);
    r->failed = true;
}

/* ---- jobs ---- */

static struct err *start_job(struct run *r, struct running *j, struct harness *harness)
{
    const struct config *c = r->config;
    int64_t parallelism = config_int(c, "parallelism.default");
    if (parallelism == 0) parallelism = machine_cores();
    if (parallelism > JOB_PARALLELISM_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "'parallelism.default' is at most %d, not %" PRId64,
            JOB_PARALLELISM_MAX, parallelism);
    int64_t groups = config_int(c, "pipeline.max-parallelism");
    struct job_params params = {.env = r->env,
        .graph = j->result.graph,
        .parallelism = (uint32_t)parallelism,
        .batch_rows = (uint32_t)config_int(c, "weir.batch.rows"),
        .key_groups = groups > 0 ? (uint32_t)groups : KEY_GROUPS_DEFAULT,
        .zone = j->result.zone,
        .budget = &r->budget,
        .seed = (uint64_t)config_int(c, "weir.seed"),
        .harness = harness,
        .threads = true,
        .checkpoint_interval_ms = config_duration_ms(c, "execution.checkpointing.interval")};
    params.no_checkpoints = params.checkpoint_interval_ms == 0;
    if (params.key_groups < params.parallelism)
        FAIL(ERR_INVALID_OPTION,
            "'pipeline.max-parallelism' (%u) is less than 'parallelism.default' (%u)",
            params.key_groups, params.parallelism);
    j->status.started_ns = j->status.looked_ns = env_mono_ns(r->env);
    return job_start(&params, &j->job);
}

static bool writes_to_terminal(const struct phys_graph *g)
{
    for (uint32_t i = 0; i < g->node_count; i++)
        if (g->nodes[i].op == &sink_op &&
            strcmp(((const struct sink_params *)g->nodes[i].params)->connector, "print") == 0)
            return true;
    return false;
}

/* Jobs are started together, when the script has been read to its end or to a SELECT: an error in a
 * later statement then starts nothing. */
static void start_waiting_jobs(struct run *r)
{
    for (; r->started_count < r->job_count; r->started_count++) {
        struct running *j = &r->jobs[r->started_count];
        struct err *e = start_job(r, j, NULL);
        if (e) {
            report(r, e);
            session_result_free(&j->result);
            continue;
        }
        if (writes_to_terminal(j->result.graph)) r->quiet_status |= r->terminal.out_is_terminal;
    }
}

static void clear_status(struct run *r)
{
    if (r->drawn_lines == 0) return;
    fprintf(stderr, "\r\033[%" PRIu32 "A" TERMINAL_CLEAR_BELOW, r->drawn_lines);
    r->drawn_lines = 0;
}

/* A line longer than the window would wrap and spoil the next drawing. */
static void print_cut(struct slice line, bool color)
{
    uint32_t columns, lines;
    terminal_size(&columns, &lines);
    size_t n = line.n < columns ? line.n : columns - 1;
    fprintf(stderr, "%s%.*s%s\n", color ? TERMINAL_DIM : "", (int)n, line.p,
        color ? TERMINAL_RESET : "");
}

static void draw_status(struct run *r)
{
    if (!r->terminal.err_is_terminal || r->quiet_status || r->view) return;
    clear_status(r);
    for (uint32_t i = 0; i < r->started_count; i++) {
        struct running *j = &r->jobs[i];
        if (!j->job) continue;
        struct buf line;
        buf_init(&line, 4096);
        buf_printf(&line, "%s  ", j->result.graph->job_name);
        status_print(&j->status, false, &line);
        print_cut(buf_slice(&line), r->terminal.err_color);
        buf_free(&line);
        r->drawn_lines++;
    }
}

static void look(struct run *r, struct running *j, struct arena *scratch)
{
    status_look(&j->status, j->job, j->result.graph, env_mono_ns(r->env), scratch);
}

static const char *state_word(enum job_state state)
{
    switch (state) {
    case JOB_RUNNING: return "running";
    case JOB_FINISHED: return "finished";
    case JOB_STOPPED: return "stopped";
    case JOB_FAILED: return "failed";
    }
    return "";
}

/* Reports the end of a job once and gives its memory back. */
static void end_job(struct run *r, struct running *j, enum job_state state, struct arena *scratch)
{
    look(r, j, scratch);
    clear_status(r);
    /* As in `weir run f.sql | head`: an end, not an error to be explained. */
    bool gone = state == JOB_FAILED && err_code(job_error(j->job)) == ERR_CANCELED;
    struct buf line;
    buf_init(&line, 4096);
    /* Flink names the jobs of queries collect, which says nothing here. */
    buf_printf(&line, "%s %s: ", j->is_query ? "query" : j->result.graph->job_name,
        gone ? "stopped" : state_word(state));
    status_summary(&j->status, &line);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_free(&line);
    if (state == JOB_FAILED) r->failed = true;
    if (gone)
        fprintf(stderr, "weir: nobody reads standard output any more\n");
    else if (state == JOB_FAILED)
        report_error(
            stderr, r->terminal.err_color, r->script.name, r->script.text, job_error(j->job));
    job_free(j->job);
    j->job = NULL;
    session_result_free(&j->result);
}

static void stop_on_signal(struct run *r)
{
    int number = signals_take(r->signal_fd);
    if (!number) return;
    if (r->signal) { /* the second one: at once, nothing more is published */
        clear_status(r);
        _exit(128 + number);
    }
    r->signal = number;
    clear_status(r);
    fprintf(stderr, "\r%s: stopping, once more ends at once\n",
        number == SIGINT ? "Ctrl-C" : "SIGTERM");
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job) job_stop(r->jobs[i].job, JOB_STOP);
}

/* Looks after running jobs until `until` has ended, or all have when it is NULL. */
static void watch(struct run *r, struct running *until)
{
    struct arena *scratch = arena_new(1 << 12);
    for (uint32_t tick = 0;; tick++) {
        stop_on_signal(r);
        struct running *waiting = NULL;
        for (uint32_t i = 0; i < r->started_count; i++) {
            struct running *j = &r->jobs[i];
            if (!j->job || j == until) continue;
            enum job_state state = job_wait(j->job, 0);
            if (state == JOB_RUNNING)
                waiting = j;
            else
                end_job(r, j, state, scratch);
        }
        if (until) waiting = until;
        if (!waiting || job_wait(waiting->job, TICK_MS) != JOB_RUNNING) {
            if (!waiting || until) break;
            continue;
        }
        if (tick % DRAW_TICKS) continue;
        for (uint32_t i = 0; i < r->started_count; i++)
            if (r->jobs[i].job) look(r, &r->jobs[i], scratch);
        draw_status(r);
        if (r->view) {
            struct buf line;
            buf_init(&line, 4096);
            status_print(&until->status, true, &line);
            result_view_draw(r->view, buf_cstr(&line));
            buf_free(&line);
        }
        arena_reset(scratch);
    }
    arena_free(scratch);
}

/* ---- statements ---- */

static struct running *add_job(struct run *r, struct session_result *result)
{
    struct running *j = &r->jobs[r->job_count++];
    *j = (struct running){.result = *result};
    return j;
}

static bool result_is_table(const struct run *r)
{
    if (!r->terminal.out_is_terminal) return false;
    const char *key = "sql-client.execution.result-mode";
    return !config_is_set(r->config, key) ||
           slice_eq(config_string(r->config, key), SLICE("table"));
}

static struct err *run_query(struct run *r, struct session_result *result)
{
    start_waiting_jobs(r);
    const struct result_view_params params = {
        .mode = result_is_table(r) ? RESULT_TABLE : RESULT_CHANGELOG,
        .columns = result->columns,
        .keys = result->result_keys,
        .key_count = result->result_key_count,
        .zone = result->zone,
        .is_terminal = r->terminal.out_is_terminal,
        .color = r->terminal.out_color,
        .rows_max = (uint64_t)config_int(r->config, "sql-client.execution.max-table-result.rows")};
    r->view = result_view_new(&params);
    struct collector collector = {.on_batch = result_view_on_batch, .context = r->view};
    struct harness harness = {.collector = &collector};
    struct running *j = add_job(r, result);
    j->is_query = true;
    r->started_count++;
    struct err *e = start_job(r, j, &harness);
    if (!e) {
        watch(r, j);
        if (params.mode == RESULT_TABLE) result_view_draw(r->view, "");
        result_view_finish(r->view, job_state(j->job) == JOB_FINISHED);
        struct arena *scratch = arena_new(1 << 12);
        end_job(r, j, job_state(j->job), scratch);
        arena_free(scratch);
    }
    result_view_free(r->view);
    r->view = NULL;
    session_result_free(&j->result);
    r->job_count--; /* it was the last one: its place is free again */
    r->started_count--;
    return e;
}

static struct err *take_result(struct run *r, struct session_result *result)
{
    if (result->message) fprintf(stderr, "weir: %s\n", result->message);
    switch (result->effect) {
    case SESSION_NONE:
    case SESSION_CLIENT: session_result_free(result); return NULL;
    case SESSION_TABLE:
        table_print(stdout, &result->table);
        session_result_free(result);
        return NULL;
    case SESSION_JOB:
    case SESSION_QUERY: break;
    }
    if (r->job_count == JOBS_MAX) {
        session_result_free(result);
        FAIL(ERR_LIMIT_EXCEEDED, "a script starts at most %d jobs", JOBS_MAX);
    }
    if (result->effect == SESSION_QUERY) return run_query(r, result);
    add_job(r, result);
    return NULL;
}

static bool is_quit(const struct ast_statement *s)
{
    return s->kind == AST_STATEMENT_CLIENT && s->client.kind == AST_CLIENT_QUIT;
}

static struct err *run_statements(struct run *r)
{
    struct parse_cursor cursor;
    TRY(parse_open(&cursor, r->script.text));
    for (;;) {
        struct ast_statement *statement;
        TRY(parse_next(&cursor, r->arena, &statement));
        if (!statement || is_quit(statement) || r->signal) break;
        TRY(script_expand(r->arena, statement));
        struct session_result result;
        TRY(session_execute(r->session, r->script.text, statement, &result));
        TRY(take_result(r, &result));
    }
    if (session_in_statement_set(r->session))
        return err_hint(
            ERR(ERR_SYNTAX, "the script ends inside BEGIN STATEMENT SET"), "close it with END;");
    return NULL;
}

static int exit_code(const struct run *r)
{
    if (r->signal) return 128 + r->signal;
    return r->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_script(struct run *r)
{
    r->budget = (struct mem_budget){
        .limit_bytes = machine_memory_bytes(r->config), .name = "taskmanager.memory.process.size"};
    r->jobs = ARENA_ARRAY(r->arena, struct running, JOBS_MAX);
    r->session = session_new(&(struct session_params){.env = r->env, .config = r->config});
    struct err *e = signals_open(&r->signal_fd);
    if (!e) e = run_statements(r);
    if (e)
        report(r, e); /* jobs that were not started yet stay so */
    else
        start_waiting_jobs(r);
    watch(r, NULL);
    for (uint32_t i = r->started_count; i < r->job_count; i++)
        session_result_free(&r->jobs[i].result);
    session_free(r->session);
    return exit_code(r);
}

int run_command(int argc, char **argv)
{
    struct run r = {.arena = arena_new(1 << 16),
        .env = env_system(),
        .config = config_new(),
        .terminal = terminal_detect(),
        .script = {.name = "weir"}};
    struct arguments arguments;
    enum arguments_outcome outcome;
    struct err *e = arguments_read(r.arena, argc, argv, r.config, &arguments, &outcome);
    int code = EXIT_USAGE;
    if (e) {
        report(&r, e);
        code = EXIT_FAILURE;
    } else if (outcome == ARGUMENTS_HELP) {
        fputs(run_help, stdout);
        code = EXIT_SUCCESS;
    } else if (outcome == ARGUMENTS_OK) {
        r.script = arguments.script;
        code = run_script(&r);
    }
    config_free(r.config);
    arena_free(r.arena);
    return code;
}
