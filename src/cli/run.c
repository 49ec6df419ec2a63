#include "cli/run.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "cli/arguments.h"
#include "cli/machine.h"
#include "cli/run_jobs.h"
#include "cli/run_server.h"
#include "cli/run_watch.h"
#include "cli/signals.h"
#include "cli/table_print.h"
#include "connector/ingest.h"
#include "sql/parse.h"

enum { EXIT_USAGE = 2 };

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
    "With 'execution.checkpointing.dir' a job that was stopped or killed goes on where it was when "
    "the\n"
    "script is given again, with any number of workers; 'pipeline.name' names it and its folder.\n"
    "\n"
    "  weir run -D execution.checkpointing.dir=/var/lib/weir job.sql\n"
    "\n"
    "Ctrl-C and SIGTERM take a last checkpoint and end: windows that are open stay open in it. "
    "Without\n"
    "checkpoints they stop the sources and finish what is under way; open windows are not fired. "
    "A\n"
    "second Ctrl-C ends at once.\n"
    "\n"
    "  -D KEY=VALUE   configuration; 'weir reference config' lists the keys\n"
    "  -e SQL         the script itself\n"
    "  -h, --help     this\n"
    "\n"
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM.\n";

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
    return result->effect == SESSION_QUERY ? run_jobs_query(r, result) : run_jobs_add(r, result);
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
    return r->signal ? NULL : session_end_script(r->session);
}

static int exit_code(const struct run *r)
{
    if (r->failed) return EXIT_FAILURE;
    return r->signal ? 128 + r->signal : EXIT_SUCCESS;
}

static int run_script(struct run *r)
{
    r->budget = (struct mem_budget){
        .limit_bytes = machine_memory_bytes(r->config), .name = "taskmanager.memory.process.size"};
    r->jobs = ARENA_ARRAY(r->arena, struct running, RUN_JOBS_MAX);
    r->harness.ingest = ingest_new(r->env, &r->budget);
    r->session = session_new(&(struct session_params){.env = r->env, .config = r->config});
    struct err *e = signals_open(&r->signal_fd);
    if (!e) e = run_statements(r);
    if (e)
        run_jobs_report(r, e); /* jobs that were not started yet stay so */
    else
        run_jobs_start(r);
    run_watch_jobs(r, NULL);
    run_server_close(r);
    for (uint32_t i = r->started_count; i < r->job_count; i++)
        session_result_free(&r->jobs[i].result);
    ingest_free(r->harness.ingest);
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
        run_jobs_report(&r, e);
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
