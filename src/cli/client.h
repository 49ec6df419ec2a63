/* client.h - how `weir jobs` and `weir why` reach a running process: its REST interface, and which
 * of its jobs is meant. */
#pragma once
#include "cli/json_tree.h"

struct client {
    struct arena *arena;
    const char *address; /* HOST:PORT; "http://" before it is allowed */
    const char *token;   /* NULL: none */
};

/* The address from --address (may be NULL), $WEIR_ADDRESS or the default; the token from
 * $WEIR_REST_TOKEN. */
void client_init(struct client *c, struct arena *a, const char *address);

struct client_answer {
    int status;
    struct slice body; /* in the client's arena */
};
/* ERR_IO: nobody listens there, or what does is not a Weir. */
MUST_USE struct err *client_call(const struct client *c, const char *method, const char *path,
    const char *body, struct client_answer *out);
/* What an answer says that is not what was asked for: of {"errors":["..."]} the first. */
MUST_USE struct err *client_refused(const struct client *c, const struct client_answer *answer);
/* GET: answers other than 200 are errors with the process' own words. `text` may be NULL. */
MUST_USE struct err *client_get(
    const struct client *c, const char *path, struct slice *text, struct json_tree **out);

/* The job of that name, id, or unique beginning of one; NULL: the only one there is. ERR_NOT_FOUND
 * suggests or lists. The tree is one of /api/v1/jobs. */
MUST_USE struct err *client_find_job(
    const struct client *c, const char *job, const struct json_tree **out);

/* What the commands have in common on their command lines. */
struct client_words {
    const char *address;
    bool json;
    bool drain; /* jobs stop */
    bool help;
    const char *words[2];
    int count;
};
/* "weir COMMAND: WHAT 'WORD'" on stderr; false. */
bool client_complain(const char *command, const char *what, const char *word);
/* False: told on stderr. `limit`: words at most; `drain` is only allowed with with_drain. */
bool client_words(const char *command, int argc, char **argv, int limit, bool with_drain,
    struct client_words *out);
