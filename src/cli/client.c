#include "cli/client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/thread.h"

enum { ANSWER_BYTES_MAX = 64 << 20, TIMEOUT_S = 30, JOBS_MAX = 256 };
/* Requests that are more than are answered in a second: dashboards share that number with us. */
enum { TRIES_MAX = 100, TRY_AGAIN_MS = 50 };

void client_init(struct client *c, struct arena *a, const char *address)
{
    const char *set = getenv("WEIR_ADDRESS"), *token = getenv("WEIR_REST_TOKEN");
    if (!address && set && *set) address = set;
    if (!address) address = "127.0.0.1:8081";
    if (strncmp(address, "http://", 7) == 0) address += 7;
    struct slice trimmed = slice_of(address);
    if (trimmed.n > 0 && trimmed.p[trimmed.n - 1] == '/') trimmed.n--;
    *c = (struct client){
        .arena = a, .address = slice_to_cstr(a, trimmed), .token = token && *token ? token : NULL};
}

/* ---- one request: HTTP/1.1 without TLS, one connection each. libcurl would do it too, but linking
 * it doubles the time that every `weir` takes to start. ---- */

static struct err *unreachable(const struct client *c, const char *why)
{
    return err_hint(ERR(ERR_IO, "nothing listens at %s: %s", c->address, why),
        "`weir run` says at its start where it is to be reached; name that with --address "
        "HOST:PORT");
}

/* Connects to the first of the addresses that answers. */
static int connect_any(const struct addrinfo *list)
{
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    for (const struct addrinfo *at = list; at; at = at->ai_next) {
        int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) return fd;
        int error = errno;
        close(fd);
        errno = error;
    }
    return -1;
}

/* HOST:PORT, [HOST]:PORT, or HOST alone. */
static struct err *open_connection(const struct client *c, int *fd)
{
    const char *colon = strrchr(c->address, ':'), *bracket = strchr(c->address, ']');
    if (bracket && colon < bracket) colon = NULL;
    size_t n = colon ? (size_t)(colon - c->address) : strlen(c->address);
    struct slice host = {c->address, n};
    if (n > 1 && host.p[0] == '[' && host.p[n - 1] == ']') host = (struct slice){host.p + 1, n - 2};
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int code =
        getaddrinfo(slice_to_cstr(c->arena, host), colon ? colon + 1 : "8081", &wanted, &list);
    if (code != 0) return unreachable(c, gai_strerror(code));
    *fd = connect_any(list);
    int error = errno;
    freeaddrinfo(list);
    return *fd < 0 ? unreachable(c, strerror(error)) : NULL;
}

static struct err *converse(const struct client *c, int fd, struct slice request, struct buf *out)
{
    while (request.n > 0) {
        ssize_t n = send(fd, request.p, request.n, MSG_NOSIGNAL);
        if (n <= 0) FAIL(ERR_IO, "%s: %s", c->address, strerror(errno));
        request = (struct slice){request.p + n, request.n - (size_t)n};
    }
    char chunk[8192];
    for (;;) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n < 0) FAIL(ERR_IO, "%s did not answer: %s", c->address, strerror(errno));
        if (n == 0) return NULL;
        buf_add(out, chunk, (size_t)n);
        if (out->overflow) FAIL(ERR_LIMIT_EXCEEDED, "%s answers too much", c->address);
    }
}

/* "HTTP/1.1 200 OK", lines up to an empty one, then the body up to the end of the connection. */
static struct err *read_answer(
    const struct client *c, const struct buf *text, struct client_answer *out)
{
    struct slice t = buf_slice(text);
    const char *end = t.n ? memmem(t.p, t.n, "\r\n\r\n", 4) : NULL;
    int32_t status = 0;
    bool is_http = t.n > 12 && memcmp(t.p, "HTTP/1.", 7) == 0 && end &&
                   num_parse_i32((struct slice){t.p + 9, 3}, &status);
    if (!is_http) FAIL(ERR_IO, "what listens at %s does not speak HTTP", c->address);
    struct slice body = {end + 4, t.n - (size_t)(end + 4 - t.p)};
    *out = (struct client_answer){status, slice_copy(c->arena, body)};
    return NULL;
}

static struct err *call_once(const struct client *c, const char *method, const char *path,
    const char *body, struct client_answer *out)
{
    int fd = -1;
    TRY(open_connection(c, &fd));
    const char *token = c->token ? str_fmt(c->arena, "Authorization: Bearer %s\r\n", c->token) : "";
    const char *length =
        body ? str_fmt(c->arena, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(body))
             : "";
    const char *request = str_fmt(c->arena,
        "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s"
        "\r\n%s",
        method, path, c->address, token, length, body ? body : "");
    struct buf text;
    buf_init(&text, ANSWER_BYTES_MAX);
    struct err *e = converse(c, fd, slice_of(request), &text);
    if (!e) e = read_answer(c, &text, out);
    buf_free(&text);
    close(fd);
    return e;
}

struct err *client_call(const struct client *c, const char *method, const char *path,
    const char *body, struct client_answer *out)
{
    for (int tries = 1;; tries++) {
        TRY(call_once(c, method, path, body, out));
        if (out->status != 429 || tries == TRIES_MAX) return NULL;
        thread_sleep(TRY_AGAIN_MS * UINT64_C(1000000));
    }
}

struct err *client_refused(const struct client *c, const struct client_answer *answer)
{
    struct json_tree *tree;
    struct err *e = json_tree_read(c->arena, answer->body, &tree);
    const struct json_tree *errors = e ? NULL : json_tree_get(tree, "errors");
    err_free(e);
    if (answer->status == 401)
        return err_hint(ERR(ERR_IO, "%s wants a token", c->address),
            "put it into the environment as WEIR_REST_TOKEN");
    if (errors && errors->first && answer->status != 404)
        FAIL(ERR_IO, "%s: %.*s", c->address, (int)errors->first->text.n, errors->first->text.p);
    return err_hint(ERR(ERR_IO, "what listens at %s is not Weir's REST interface (status %d)",
                        c->address, answer->status),
        "`weir run` says at its start where it is to be reached; name that with --address "
        "HOST:PORT");
}

struct err *client_get(
    const struct client *c, const char *path, struct slice *text, struct json_tree **out)
{
    struct client_answer answer;
    TRY(client_call(c, "GET", path, NULL, &answer));
    if (answer.status != 200) return client_refused(c, &answer);
    if (text) *text = answer.body;
    return json_tree_read(c->arena, answer.body, out);
}

/* ---- which job ---- */

static bool begins(struct slice text, const char *with)
{
    size_t n = strlen(with);
    return text.n >= n && memcmp(text.p, with, n) == 0;
}

static bool matches(const struct json_tree *j, const char *job, bool whole)
{
    const struct json_tree *name = json_tree_get(j, "name"), *id = json_tree_get(j, "id");
    if (whole)
        return (name && slice_eq(name->text, slice_of(job))) ||
               (id && slice_eq(id->text, slice_of(job)));
    return (name && begins(name->text, job)) || (id && begins(id->text, job));
}

static struct err *no_such_job(
    const struct client *c, const struct json_tree *jobs, const char *job, uint32_t found)
{
    const char *names[JOBS_MAX], *list = "";
    size_t count = 0;
    for (const struct json_tree *j = jobs; j && count < JOBS_MAX; j = j->next) {
        if (found > 1 && !matches(j, job, false)) continue;
        names[count++] = json_tree_text(c->arena, j, "name");
        if (count <= 10)
            list = str_fmt(c->arena, "%s%s%s", list, count > 1 ? ", " : "", names[count - 1]);
    }
    if (found > 1) FAIL(ERR_NOT_FOUND, "'%s' may be several jobs: %s", job, list);
    const char *nearest = str_nearest(slice_of(job), names, count);
    struct err *e = ERR(ERR_NOT_FOUND, "there is no job '%s' at %s", job, c->address);
    if (nearest) return err_hint(e, "did you mean '%s'?", nearest);
    return count ? err_hint(e, "there are: %s", list) : err_hint(e, "there are no jobs at all");
}

struct err *client_find_job(const struct client *c, const char *job, const struct json_tree **out)
{
    struct json_tree *tree;
    TRY(client_get(c, "/api/v1/jobs", NULL, &tree));
    const struct json_tree *list = json_tree_get(tree, "jobs"), *jobs = list ? list->first : NULL;
    if (!job) {
        if (!jobs) FAIL(ERR_NOT_FOUND, "there are no jobs at %s", c->address);
        if (jobs->next)
            return err_hint(ERR(ERR_NOT_FOUND, "there are several jobs at %s", c->address),
                "name one of those that `weir jobs ls` shows");
        *out = jobs;
        return NULL;
    }
    for (int whole = 1; whole >= 0; whole--) {
        uint32_t found = 0;
        for (const struct json_tree *j = jobs; j; j = j->next) {
            if (!matches(j, job, whole)) continue;
            *out = j;
            found++;
        }
        if (found == 1) return NULL;
        if (found > 1) return no_such_job(c, jobs, job, found);
    }
    return no_such_job(c, jobs, job, 0);
}

/* ---- command lines ---- */

bool client_complain(const char *command, const char *what, const char *word)
{
    fprintf(stderr, "weir %s: %s '%s'\n'weir %s --help' shows examples\n", command, what,
        word ? word : "", command);
    return false;
}

bool client_words(const char *command, int argc, char **argv, int limit, bool with_drain,
    struct client_words *out)
{
    *out = (struct client_words){0};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            out->help = true;
        } else if (strcmp(word, "--json") == 0) {
            out->json = true;
        } else if (strcmp(word, "-o") == 0) {
            const char *format = ++i < argc ? argv[i] : NULL;
            out->json = format && strcmp(format, "json") == 0;
            if (!out->json && (!format || strcmp(format, "table") != 0))
                return client_complain(command, "-o takes table or json, not", format);
        } else if (strcmp(word, "--address") == 0) {
            out->address = ++i < argc ? argv[i] : NULL;
            if (!out->address) return client_complain(command, "HOST:PORT is missing after", word);
        } else if (strncmp(word, "--address=", 10) == 0) {
            out->address = word + 10;
        } else if (strcmp(word, "--drain") == 0 && with_drain) {
            out->drain = true;
        } else if (word[0] == '-') {
            return client_complain(command, "there is no option", word);
        } else if (out->count == limit) {
            return client_complain(command, "that is one word too many:", word);
        } else {
            out->words[out->count++] = word;
        }
    }
    return true;
}
