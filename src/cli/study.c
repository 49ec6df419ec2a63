#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "base/human.h"
#include "cli/arguments.h"
#include "cli/report.h"
#include "cli/study.h"
#include "cli/table_print.h"
#include "cli/terminal.h"
#include "plan/session.h"
#include "sql/parse.h"

const char study_check_help[] =
    "weir check - finds every error of a script without running it\n"
    "\n"
    "  weir check clicks.sql                      parses, binds and plans each statement\n"
    "  weir check -e \"SELECT pge FROM clicks\"\n"
    "\n"
    "Tables and views exist for the statements after them; nothing is read, written or started.\n"
    "After an error the check goes on with the next statement. -, -D and -e as in 'weir run'.\n"
    "\n"
    "Exit codes: 0 no error, 1 some, 2 wrong usage.\n";

const char study_explain_help[] =
    "weir explain - prints the plan of every query and INSERT of a script\n"
    "\n"
    "  weir explain clicks.sql                    syntax tree, physical and execution plan\n"
    "  weir explain --changelog-mode clicks.sql   and which kinds of rows each operator emits\n"
    "\n"
    "INSERTs of a statement set have one plan. Inside a script, EXPLAIN statement; does the same.\n"
    "Nothing is read, written or started.\n"
    "-, -D and -e as in 'weir run'.\n"
    "\n"
    "Exit codes: 0 no error, 1 some, 2 wrong usage.\n";

/* A script that is looked at and not run. */
struct study {
    struct arena *arena;
    struct config *config;
    struct session *session;
    struct script script;
    struct terminal terminal;
    bool explain;
    bool changelog_mode;
    uint32_t statement_count;
    uint32_t error_count;
    struct ast_statement *set; /* weir explain: the INSERTs since BEGIN STATEMENT SET, or NULL */
};

static void report(struct study *s, struct err *e)
{
    if (s->error_count++ > 0) fputc('\n', stderr);
    report_error(stderr, s->terminal.err_color, s->script.name, s->script.text, e);
    err_free(e);
}

static bool has_plan(const struct ast_statement *s)
{
    return s->kind == AST_STATEMENT_QUERY || s->kind == AST_STATEMENT_INSERT ||
           s->kind == AST_STATEMENT_EXECUTE || s->kind == AST_STATEMENT_STATEMENT_SET;
}

static void add_to_set(struct study *s, struct ast_statement *insert)
{
    struct ast_statement_list *set = &s->set->set;
    if ((set->count & (set->count - 1)) == 0) { /* a power of two, or none: full */
        struct ast_statement **more =
            ARENA_ARRAY(s->arena, struct ast_statement *, set->count ? 2 * set->count : 1);
        if (set->count) memcpy(more, set->items, set->count * sizeof *more);
        set->items = more;
    }
    set->items[set->count++] = insert;
}

/* INSERTs between BEGIN STATEMENT SET and END have one plan, which END; explains. True if there is
 * nothing to do with the statement now. */
static bool gather_set(struct study *s, struct ast_statement **statement)
{
    if (!s->explain) return false;
    if (!s->set && (*statement)->kind == AST_STATEMENT_BEGIN_STATEMENT_SET) {
        s->set = ARENA_NEW(s->arena, struct ast_statement);
        *s->set =
            (struct ast_statement){.kind = AST_STATEMENT_STATEMENT_SET, .pos = (*statement)->pos};
        return true;
    }
    if (s->set && (*statement)->kind == AST_STATEMENT_INSERT) {
        add_to_set(s, *statement);
        return true;
    }
    if (s->set && (*statement)->kind == AST_STATEMENT_END) {
        *statement = s->set;
        s->set = NULL;
    }
    return false;
}

static struct err *study_statement(struct study *s, struct ast_statement *statement)
{
    TRY(script_expand(s->arena, statement));
    if (gather_set(s, &statement)) return NULL;
    struct session_result result;
    struct ast_statement explain = {.kind = AST_STATEMENT_EXPLAIN, .pos = statement->pos};
    bool explained = s->explain && has_plan(statement);
    if (explained) {
        explain.explain.plan_for = true;
        explain.explain.details = s->changelog_mode ? 1u << AST_EXPLAIN_CHANGELOG_MODE : 0;
        explain.explain.statement =
            statement->kind == AST_STATEMENT_EXECUTE ? statement->executed : statement;
    }
    TRY(session_execute(s->session, s->script.text, explained ? &explain : statement, &result));
    if (s->explain && result.effect == SESSION_TABLE) table_print(stdout, &result.table);
    session_result_free(&result);
    return NULL;
}

/* Errors of syntax and of meaning, in the order of the script. */
static void study_statements(struct study *s)
{
    struct parse_cursor cursor;
    struct err *e = parse_open(&cursor, s->script.text);
    if (e) {
        report(s, e);
        return;
    }
    while (s->error_count < PARSE_ERRORS_MAX) {
        struct ast_statement *statement = NULL;
        e = parse_next(&cursor, s->arena, &statement);
        if (!e && !statement) break;
        s->statement_count++;
        if (!e) e = study_statement(s, statement);
        if (e) report(s, e);
    }
    if (s->set || session_in_statement_set(s->session))
        report(s, err_hint(ERR(ERR_SYNTAX, "the script ends inside BEGIN STATEMENT SET"),
                      "close it with END;"));
    if (s->error_count == 0 && (e = session_end_script(s->session))) report(s, e);
}

static int study_script(struct study *s)
{
    s->session = session_new(&(struct session_params){.env = env_system(), .config = s->config});
    study_statements(s);
    session_free(s->session);
    char count[HUMAN_CHARS];
    if (!s->explain && s->error_count == 0)
        printf("%s: %s statements, no errors\n", s->script.name,
            human_count(s->statement_count, count));
    if (s->error_count > 1)
        fprintf(stderr, "\n%s: %s errors\n", s->script.name, human_count(s->error_count, count));
    return s->error_count ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int study_command(int argc, char **argv, bool explain)
{
    struct study s = {.arena = arena_new(1 << 16),
        .config = config_new(),
        .terminal = terminal_detect(),
        .script = {.name = "weir"},
        .explain = explain};
    struct arguments arguments;
    enum arguments_outcome outcome;
    struct err *e = arguments_read(s.arena, argc, argv, s.config, &arguments, &outcome);
    int code = 2;
    if (e) {
        report(&s, e);
        code = EXIT_FAILURE;
    } else if (outcome == ARGUMENTS_HELP) {
        fputs(explain ? study_explain_help : study_check_help, stdout);
        code = EXIT_SUCCESS;
    } else if (outcome == ARGUMENTS_OK) {
        s.script = arguments.script;
        s.changelog_mode = arguments.changelog_mode;
        code = study_script(&s);
    }
    config_free(s.config);
    arena_free(s.arena);
    return code;
}

int study_check(int argc, char **argv)
{
    return study_command(argc, argv, false);
}

int study_explain(int argc, char **argv)
{
    return study_command(argc, argv, true);
}
