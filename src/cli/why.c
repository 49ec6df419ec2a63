#include "cli/why.h"

#include <stdio.h>

#include "base/arena.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/terminal.h"

const char why_help[] =
    "weir why - says why nothing comes out of a job, or that it does\n"
    "\n"
    "  weir why                                   the only job at 127.0.0.1:8081\n"
    "  weir why counts                            by name, id, or the beginning of one\n"
    "  weir why counts --address 127.0.0.1:40123  of another process; or set WEIR_ADDRESS\n"
    "  weir why counts -o json                    for programs; --json is the same\n"
    "\n"
    "The weightiest reason comes first: no input, event time held back by a split, all rows late "
    "or\n"
    "filtered, a slow sink, rows that wait for a checkpoint. What can be done about it stands "
    "below\n"
    "it. A process that wants a token gets it from the environment, WEIR_REST_TOKEN.\n"
    "\n"
    "Exit codes: 0 ok, 1 there is no such job, or nobody listens, 2 wrong usage.\n";

static struct err *show(const struct client *c, const struct client_words *w)
{
    const struct json_tree *job;
    struct slice text;
    struct json_tree *why;
    TRY(client_find_job(c, w->count ? w->words[0] : NULL, &job));
    const char *id = json_tree_text(c->arena, job, "id");
    TRY(client_get(c, str_fmt(c->arena, "/api/v1/jobs/%s/why", id), &text, &why));
    if (w->json) {
        printf("%.*s\n", (int)text.n, text.p);
        return NULL;
    }
    printf(
        "%s (%s)\n", json_tree_text(c->arena, why, "name"), json_tree_text(c->arena, why, "state"));
    const struct json_tree *reasons = json_tree_get(why, "reasons");
    for (const struct json_tree *r = reasons ? reasons->first : NULL; r; r = r->next) {
        report_wrapped(stdout, "  ", "  ", json_tree_text(c->arena, r, "text"));
        if (json_tree_get(r, "hint"))
            report_wrapped(stdout, "    ", "    ", json_tree_text(c->arena, r, "hint"));
    }
    return NULL;
}

int why_command(int argc, char **argv)
{
    struct client_words words;
    if (!client_words("why", argc, argv, 1, false, &words)) return COMMAND_USAGE;
    if (words.help) {
        fputs(why_help, stdout);
        return COMMAND_OK;
    }
    struct client client;
    struct arena *a = arena_new(1 << 14);
    client_init(&client, a, words.address);
    struct err *e = show(&client, &words);
    if (e) report_error(stderr, terminal_detect().err_color, "", (struct slice){NULL, 0}, e);
    int code = e ? COMMAND_FAILED : COMMAND_OK;
    err_free(e);
    arena_free(a);
    return code;
}
