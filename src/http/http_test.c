#include "http/client_test.h"
#include "test.h"

#define HOST "Host: localhost\r\n"

static struct client client;

static void show(struct http_request *r, void *context)
{
    struct buf text;
    (void)context;
    buf_init(&text, 4096);
    struct slice parts[] = {http_parameter(r, "id"), http_parameter(r, "what"), http_query(r, "q"),
        http_header(r, "x-one")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_add_slice(&text, parts[i].p ? parts[i] : SLICE("(none)"));
        buf_add_char(&text, '|');
    }
    http_reply(r, 200, "text/plain", buf_slice(&text), NULL);
    buf_free(&text);
}

static const struct http_route routes[] = {
    {"POST", "/echo", "says it again", 1 << 20, NULL, client_echo, NULL, false},
    {"GET", "/jobs/:id/parts/:what", "shows a part", 0, NULL, show, NULL, false},
    {"GET", "/show", "shows a \"request\"", 0, NULL, show, NULL, false},
    {"GET", "/secret", "needs a token", 0, "0123456789abcdef", show, NULL, false}};

static struct http_server *start(void)
{
    return client_server(NULL, routes, sizeof routes / sizeof *routes);
}

static const char *body_of(const struct client *c)
{
    const char *end = strstr(c->text, "\r\n\r\n");
    return end ? end + 4 : "";
}

static void body_is_given_to_its_handler_and_64_bytes_after_it_can_be_read(void)
{
    struct http_server *s = start();
    CHECK(client_ask(s, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", &client) ==
          200);
    CHECK(strcmp(body_of(&client), "hello") == 0 && strstr(client.text, "X-Extra: 1"));
    CHECK(
        client_ask(s, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", &client) == 200);
    CHECK(strcmp(body_of(&client), "") == 0);
    CHECK(client_ask(s,
              "POST /echo HTTP/1.1\r\n" HOST
              "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
              &client) == 200);
    CHECK(strcmp(body_of(&client), "hello") == 0);
    http_server_stop(s, 1000);
}

static void connection_is_kept_for_the_next_request(void)
{
    const char *request = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello";
    struct http_server *s = start();
    client_open(&client, s);
    for (int i = 0; i < 100; i++) {
        client.n = 0;
        client_say(&client, request);
        CHECK(client_answer(&client) == 200);
    }
    client_close(&client);
    struct http_server_stats stats;
    http_server_stats(s, &stats);
    CHECK(stats.requests == 100 && stats.by_class[2] == 100 && stats.body_bytes == 500);
    http_server_stop(s, 1000);
}

static void path_parameters_queries_and_headers_are_decoded(void)
{
    struct http_server *s = start();
    CHECK(
        client_ask(s,
            "GET /jobs/a%20b/parts/%c3%a4?x=1&q=c+d%26&y HTTP/1.1\r\n" HOST "X-One:  two \r\n\r\n",
            &client) == 200);
    CHECK(strcmp(body_of(&client), "a b|\xc3\xa4|c d&|two|") == 0);
    CHECK(client_ask(s, "GET /show?q HTTP/1.1\r\n" HOST "\r\n", &client) == 200);
    CHECK(strcmp(body_of(&client), "(none)|(none)||(none)|") == 0);
    CHECK(client_ask(s, "GET /show%00 HTTP/1.1\r\n" HOST "\r\n", &client) == 404);
    CHECK(client_ask(s, "GET /jobs/%00/parts/b HTTP/1.1\r\n" HOST "\r\n", &client) == 400);
    CHECK(client_ask(s, "GET /show?q=%zz HTTP/1.1\r\n" HOST "\r\n", &client) == 400);
    CHECK(client_ask(s, "GET /jobs/../parts/b HTTP/1.1\r\n" HOST "\r\n", &client) == 400);
    CHECK(client_ask(s, "GET //show HTTP/1.1\r\n" HOST "\r\n", &client) == 400);
    http_server_stop(s, 1000);
}

/* Nothing here serves files, but a handler may make a name of a parameter. */
static void show_id(struct http_request *r, void *context)
{
    uint32_t *bad = context;
    struct slice id = http_parameter(r, "id");
    if (id.n == 0 || slice_eq(id, SLICE("..")) || slice_eq(id, SLICE(".")) ||
        memchr(id.p, '/', id.n) || memchr(id.p, '\\', id.n) || memchr(id.p, '\0', id.n))
        ++*bad;
    http_reply(r, 200, "text/plain", id, NULL);
}

static void no_parameter_climbs_in_a_tree_of_files(void)
{
    const char *const dots[] = {".", "%2e", "%2E", "%252e", "%c0%ae", "%e0%80%ae", "%ef%bc%8e", ""};
    const char *const slashes[] = {
        "/", "%2f", "%2F", "%5c", "\\", "%c0%af", "%252f", "%00", "%u2215", "//", ";", ""};
    enum { DOTS = sizeof dots / sizeof *dots, SLASHES = sizeof slashes / sizeof *slashes };
    uint32_t bad = 0, cases = 0, seen = 0;
    struct http_route route = {"GET", "/files/:id", "", 0, NULL, show_id, &bad, false};
    struct http_server *s = client_server(NULL, &route, 1);
    for (size_t i = 0; i < DOTS * DOTS * SLASHES; i++, cases++) {
        char request[256];
        const char *first = dots[i % DOTS], *second = dots[i / DOTS % DOTS];
        const char *slash = slashes[i / DOTS / DOTS];
        snprintf(request, sizeof request, "GET /files/%s%s%setc%spasswd HTTP/1.1\r\n" HOST "\r\n",
            first, second, slash, slash);
        int status = client_ask(s, request, &client);
        CHECK(status == 200 || status == 400 || status == 404);
        seen += status == 200;
    }
    CHECK(cases >= 500 && bad == 0 && seen > 0);
    const char *const bare[] = {"..", "%2e%2e", ".", "%2e", ".%2E"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
        char request[256];
        snprintf(request, sizeof request, "GET /files/%s HTTP/1.1\r\n" HOST "\r\n", bare[i]);
        CHECK(client_ask(s, request, &client) == 400);
    }
    http_server_stop(s, 1000);
}

static void head_is_answered_as_get_without_a_body(void)
{
    struct http_server *s = start();
    client_open(&client, s);
    client_say(&client, "HEAD /show HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    CHECK(client_ended(&client));
    CHECK(strstr(client.text, "HTTP/1.1 200") == client.text && !*body_of(&client));
    client_close(&client);
    http_server_stop(s, 1000);
}

static void unknown_path_is_answered_with_the_paths_there_are(void)
{
    struct http_server *s = start();
    CHECK(client_ask(s, "POST /nope HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi", &client) ==
          404);
    CHECK(strstr(client.text, "'/nope'") && strstr(client.text, "\"/jobs/:id/parts/:what\"") &&
          strstr(client.text, "shows a \\\"request\\\""));
    CHECK(client_ask(s, "GET /nope HTTP/1.1\r\n" HOST "\r\n", &client) == 404);
    CHECK(strstr(client.text, "\"/echo\""));
    http_server_stop(s, 1000);
}

static void unknown_method_is_answered_with_those_of_the_path(void)
{
    struct http_server *s = start();
    CHECK(client_ask(s, "GET /echo HTTP/1.1\r\n" HOST "\r\n", &client) == 405);
    CHECK(strstr(client.text, "Allow: POST\r\n") && !strstr(client.text, "/show"));
    /* No CORS: a browser's question before a request is refused like any unknown method. */
    CHECK(client_ask(s, "OPTIONS /echo HTTP/1.1\r\n" HOST "Origin: http://evil.test\r\n\r\n",
              &client) == 403);
    CHECK(!strstr(client.text, "Access-Control"));
    http_server_stop(s, 1000);
}

static void token_is_needed_where_a_route_has_one(void)
{
    struct http_server *s = start();
    const char *const wrong[] = {"", "Authorization: Bearer 0123456789abcdeX\r\n",
        "Authorization: Bearer 0123456789abcde\r\n", "Authorization: Basic 0123456789abcdef\r\n",
        "Authorization: Bearer\r\n", "Authorization: 0123456789abcdef\r\n",
        "Authorization: Bearer 0123456789abcdef0\r\n"};
    char request[256];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(request, sizeof request, "GET /secret HTTP/1.1\r\n" HOST "%s\r\n", wrong[i]);
        CHECK(client_ask(s, request, &client) == 401);
        CHECK(strstr(client.text, "WWW-Authenticate: Bearer"));
    }
    CHECK(client_ask(s,
              "GET /secret HTTP/1.1\r\n" HOST "Authorization: bearer 0123456789abcdef\r\n\r\n",
              &client) == 200);
    http_server_stop(s, 1000);
}

static void route_is_taken_once_and_can_be_removed(void)
{
    struct http_server *s = start();
    int context;
    struct http_route route = {"PUT", "/echo", "", 10, NULL, client_echo, &context, false};
    struct err *e = http_server_add(s, &routes[0]);
    CHECK(e && err_code(e) == ERR_ALREADY_EXISTS);
    err_free(e);
    CHECK(!http_server_add(s, &route));
    CHECK(client_ask(s, "PUT /echo HTTP/1.1\r\n" HOST "\r\n", &client) == 200);
    http_server_remove(s, &context);
    CHECK(client_ask(s, "PUT /echo HTTP/1.1\r\n" HOST "\r\n", &client) == 405);
    http_server_stop(s, 1000);
}

static void every_answer_carries_the_security_headers(void)
{
    struct http_server *s = start();
    const char *const requests[] = {"GET /show HTTP/1.1\r\n" HOST "\r\n",
        "GET /nope HTTP/1.1\r\n" HOST "\r\n", "GET /show HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        CHECK(client_ask(s, requests[i], &client) != 0);
        CHECK(strstr(client.text, "X-Content-Type-Options: nosniff\r\n"));
        CHECK(strstr(client.text,
            "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n"));
        CHECK(strstr(client.text, "Cache-Control: no-store\r\n"));
    }
    http_server_stop(s, 1000);
}

/* ---- answers from another thread ---- */

enum { HELD_MAX = 64 };
struct holder {
    struct mutex lock;
    struct condition changed;
    struct http_request *held[HELD_MAX];
    uint32_t count;
    bool end;
};

static void hold(struct http_request *r, void *context)
{
    struct holder *h = context;
    mutex_lock(&h->lock);
    ASSERT(h->count < HELD_MAX);
    h->held[h->count++] = r;
    condition_broadcast(&h->changed);
    mutex_unlock(&h->lock);
}

static void *answer_held(void *context)
{
    struct holder *h = context;
    mutex_lock(&h->lock);
    while (true) {
        while (h->count == 0 && !h->end) condition_wait(&h->changed, &h->lock, UINT64_MAX);
        if (h->count == 0) break;
        struct http_request *r = h->held[--h->count];
        mutex_unlock(&h->lock);
        http_reply(r, 202, "text/plain", http_body(r), NULL);
        mutex_lock(&h->lock);
    }
    mutex_unlock(&h->lock);
    return NULL;
}

static void holder_init(struct holder *h)
{
    *h = (struct holder){0};
    mutex_init(&h->lock);
    condition_init(&h->changed);
}

static void holder_deinit(struct holder *h)
{
    condition_deinit(&h->changed);
    mutex_deinit(&h->lock);
}

static void answers_may_come_from_other_threads(void)
{
    enum { CLIENTS = 8, ROUNDS = 200, ANSWERERS = 2 };
    static struct client clients[CLIENTS];
    struct holder h;
    struct thread threads[ANSWERERS];
    holder_init(&h);
    struct http_route route = {"POST", "/later", "", 1 << 20, NULL, hold, &h, false};
    struct http_server *s = client_server(NULL, &route, 1);
    for (int i = 0; i < ANSWERERS; i++)
        CHECK(!thread_start(&threads[i], "answer", answer_held, &h));
    for (int i = 0; i < CLIENTS; i++) client_open(&clients[i], s);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++)
            client_say(&clients[i], "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
        for (int i = 0; i < CLIENTS; i++) {
            clients[i].n = 0;
            CHECK(client_answer(&clients[i]) == 202);
        }
    }
    for (int i = 0; i < CLIENTS; i++) client_close(&clients[i]);
    mutex_lock(&h.lock);
    h.end = true;
    condition_broadcast(&h.changed);
    mutex_unlock(&h.lock);
    for (int i = 0; i < ANSWERERS; i++) thread_join(&threads[i]);
    http_server_stop(s, 1000);
    holder_deinit(&h);
}

static void wait_held(struct holder *h, uint32_t count)
{
    mutex_lock(&h->lock);
    while (h->count < count) condition_wait(&h->changed, &h->lock, UINT64_MAX);
    mutex_unlock(&h->lock);
}

static void stop_answers_503_for_what_a_handler_still_holds(void)
{
    struct holder h;
    holder_init(&h);
    struct http_route route = {"POST", "/later", "", 1 << 20, NULL, hold, &h, false};
    struct http_server *s = client_server(NULL, &route, 1);
    client_open(&client, s);
    client_say(&client, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    wait_held(&h, 1);
    http_server_stop(s, 20);
    http_reply(h.held[0], 200, "text/plain", SLICE("too late"), NULL);
    CHECK(client_answer(&client) == 503 && client_ended(&client));
    client_close(&client);
    holder_deinit(&h);
}

static void *stop_server(void *s)
{
    http_server_stop(s, 10000);
    return NULL;
}

static void stop_waits_for_answers_under_way(void)
{
    struct holder h;
    struct thread stopper;
    holder_init(&h);
    struct http_route route = {"POST", "/later", "", 1 << 20, NULL, hold, &h, false};
    struct http_server *s = client_server(NULL, &route, 1);
    client_open(&client, s);
    client_say(&client, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    wait_held(&h, 1);
    CHECK(!thread_start(&stopper, "stop", stop_server, s));
    while (!atomic_load(&s->refuse)) continue;
    http_reply(h.held[0], 200, "text/plain", SLICE("in time"), NULL);
    CHECK(client_answer(&client) == 200 && strcmp(body_of(&client), "in time") == 0);
    CHECK(client_ended(&client));
    thread_join(&stopper);
    client_close(&client);
    holder_deinit(&h);
}

static void *stop_server_at_once(void *s)
{
    http_server_stop(s, 0);
    return NULL;
}

static void answers_may_come_while_the_server_stops(void)
{
    enum { CLIENTS = 32, ROUNDS = 30 };
    static struct client clients[CLIENTS];
    for (int round = 0; round < ROUNDS; round++) {
        struct holder h;
        struct thread stopper;
        holder_init(&h);
        struct http_route route = {"POST", "/later", "", 1 << 20, NULL, hold, &h, false};
        struct http_server *s = client_server(NULL, &route, 1);
        for (int i = 0; i < CLIENTS; i++) {
            client_open(&clients[i], s);
            client_say(&clients[i], "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
        }
        wait_held(&h, CLIENTS);
        CHECK(!thread_start(&stopper, "stop", stop_server_at_once, s));
        for (int i = 0; i < CLIENTS; i++)
            http_reply(h.held[i], 200, "text/plain", SLICE("in time"), NULL);
        for (int i = 0; i < CLIENTS; i++) {
            int status = client_answer(&clients[i]);
            CHECK(status == 200 || status == 503 || clients[i].ended);
            client_close(&clients[i]);
        }
        thread_join(&stopper);
        holder_deinit(&h);
    }
}

static void client_that_leaves_before_its_answer_does_no_harm(void)
{
    struct holder h;
    holder_init(&h);
    struct http_route route = {"POST", "/later", "", 1 << 20, NULL, hold, &h, false};
    struct http_server *s = client_server(NULL, &route, 1);
    struct linger now = {1, 0}; /* a reset, not an end */
    client_open(&client, s);
    client_say(&client, "POST /later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    wait_held(&h, 1);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_close(&client);
    CHECK(slice_eq(http_body(h.held[0]), SLICE("hi")));
    http_reply(h.held[0], 200, "text/plain", SLICE("nobody hears"), NULL);
    http_server_stop(s, 1000);
    holder_deinit(&h);
}

static void refusing_server_says_when_to_come_back(void)
{
    struct http_server *s = start();
    http_server_refuse(s, true);
    CHECK(client_ask(s, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi", &client) ==
          503);
    CHECK(strstr(client.text, "Retry-After: 1\r\n"));
    CHECK(client_ask(s, "GET /not/there/yet HTTP/1.1\r\n" HOST "\r\n", &client) == 503);
    http_server_refuse(s, false);
    CHECK(client_ask(s, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi", &client) ==
          200);
    http_server_stop(s, 1000);
}

/* ---- addresses ---- */

static void taken_port_names_the_process_that_has_it(void)
{
    struct http_server *s = start(), *second = NULL;
    struct http_server_params p = {.env = env_system(), .address = http_server_address(s)};
    struct err *e = http_server_start(&p, &second);
    CHECK(e && err_code(e) == ERR_IO);
    CHECK(e && strstr(err_message(e), http_server_address(s)));
    CHECK(e && strstr(err_message(e), "in use by process "));
    err_free(e);
    p.any_port = true;
    CHECK(!http_server_start(&p, &second));
    CHECK(second && client_port(second) != client_port(s));
    http_server_stop(second, 1000);
    http_server_stop(s, 1000);
}

static void address_that_is_none_is_refused(void)
{
    const char *const wrong[] = {
        "8080", "localhost:", ":8080", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct http_server *s;
        struct http_server_params p = {.env = env_system(), .address = wrong[i]};
        struct err *e = http_server_start(&p, &s);
        CHECK(e && err_code(e) == ERR_INVALID_OPTION);
        err_free(e);
    }
}

static void only_loopback_names_and_numbers_are_loopback(void)
{
    const char *const ours[] = {"127.0.0.1:80", "127.1.2.3:0", "localhost:80", "[::1]:80"};
    const char *const others[] = {"127.evil.test:80", "localhost.evil.test:80", "0.0.0.0:80",
        "[::]:80", "10.0.0.1:127", "127.:80x.test", ""};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        CHECK(http_address_is_loopback(ours[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!http_address_is_loopback(others[i]));
}

int main(void)
{
    TEST_RUN(body_is_given_to_its_handler_and_64_bytes_after_it_can_be_read);
    TEST_RUN(connection_is_kept_for_the_next_request);
    TEST_RUN(path_parameters_queries_and_headers_are_decoded);
    TEST_RUN(no_parameter_climbs_in_a_tree_of_files);
    TEST_RUN(head_is_answered_as_get_without_a_body);
    TEST_RUN(unknown_path_is_answered_with_the_paths_there_are);
    TEST_RUN(unknown_method_is_answered_with_those_of_the_path);
    TEST_RUN(token_is_needed_where_a_route_has_one);
    TEST_RUN(route_is_taken_once_and_can_be_removed);
    TEST_RUN(every_answer_carries_the_security_headers);
    TEST_RUN(answers_may_come_from_other_threads);
    TEST_RUN(stop_answers_503_for_what_a_handler_still_holds);
    TEST_RUN(stop_waits_for_answers_under_way);
    TEST_RUN(answers_may_come_while_the_server_stops);
    TEST_RUN(client_that_leaves_before_its_answer_does_no_harm);
    TEST_RUN(refusing_server_says_when_to_come_back);
    TEST_RUN(taken_port_names_the_process_that_has_it);
    TEST_RUN(address_that_is_none_is_refused);
    TEST_RUN(only_loopback_names_and_numbers_are_loopback);
    return TEST_END();
}
