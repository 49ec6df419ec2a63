#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/config.h"

static bool bad(const char *command, const char *what, const char *argument)
{
    fprintf(stderr, "weir %s: %s '%s'\nTry 'weir %s --help'.\n", command, what, argument, command);
    return false;
}

static struct err *define(struct config *config, const char *pair)
{
    const char *equals = strchr(pair, '=');
    struct slice key = {pair, (size_t)(equals - pair)};
    bool unknown = false;
    const char *nearest = NULL;
    TRY(config_set(config, key, slice_of(equals + 1), &unknown, &nearest));
    if (config_is_idle(key)) fprintf(stderr, "weir: '%.*s' has no effect yet\n", (int)key.n, key.p);
    if (unknown)
        fprintf(stderr, "weir: unknown key '%.*s'%s%s%s\n", (int)key.n, key.p,
            nearest ? "; did you mean '" : " has no effect", nearest ? nearest : "",
            nearest ? "'?" : "");
    return NULL;
}

struct reading {
    int argc;
    char **argv;
    int at;
    const char *path;
    const char *sql;
};

/* The value of an option written "-Dk=v" or "-D k=v"; NULL when there is none. */
static const char *option_value(struct reading *r)
{
    if (r->argv[r->at][2]) return r->argv[r->at] + 2;
    return r->at + 1 < r->argc ? r->argv[++r->at] : NULL;
}

static struct err *read_one(struct reading *r, struct config *config, struct arguments *out,
    enum arguments_outcome *outcome)
{
    const char *arg = r->argv[r->at], *command = r->argv[0];
    bool ok = true;
    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
        *outcome = ARGUMENTS_HELP;
    } else if (strcmp(arg, "--changelog-mode") == 0 && strcmp(command, "explain") == 0) {
        out->changelog_mode = true;
    } else if (strncmp(arg, "-D", 2) == 0) {
        const char *pair = option_value(r);
        if (pair && strchr(pair, '=') && pair[0] != '=') return define(config, pair);
        ok = bad(command, "-D wants key=value, got", pair ? pair : "");
    } else if (strncmp(arg, "-e", 2) == 0) {
        r->sql = option_value(r);
        if (!r->sql) ok = bad(command, "-e wants a script, got", "");
    } else if (arg[0] == '-' && arg[1]) {
        ok = bad(command, "unknown option", arg);
    } else if (r->path) {
        ok = bad(command, "one script at a time; one too many:", arg);
    } else {
        r->path = arg;
    }
    if (!ok) *outcome = ARGUMENTS_BAD;
    return NULL;
}

struct err *arguments_read(struct arena *a, int argc, char **argv, struct config *config,
    struct arguments *out, enum arguments_outcome *outcome)
{
    *out = (struct arguments){0};
    *outcome = ARGUMENTS_OK;
    struct reading r = {.argc = argc, .argv = argv, .at = 1};
    for (; r.at < argc; r.at++) {
        TRY(read_one(&r, config, out, outcome));
        if (*outcome != ARGUMENTS_OK) return NULL;
    }
    if (!r.path == !r.sql) {
        fprintf(stderr, "weir %s: %s\nTry 'weir %s --help'.\n", argv[0],
            r.path ? "a file or -e, not both" : "which script? Name a file, - or -e 'SQL'",
            argv[0]);
        *outcome = ARGUMENTS_BAD;
        return NULL;
    }
    if (r.sql) {
        out->script = (struct script){"-e", slice_of(r.sql)};
        return NULL;
    }
    out->from_stdin = strcmp(r.path, "-") == 0;
    return script_read(a, r.path, &out->script);
}
