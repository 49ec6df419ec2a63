/* A corpus of requests that a proxy before us could read in another way than we do, made by
 * combining parts. After each comes a whole second request on the same connection. A case is
 *   REFUSED: no handler is called, the server closes; or
 *   CLOSED:  it is read leniently by libmicrohttpd, once, and the server closes, so that nothing
 *            after it can be taken for a request.
 * In no case may the second request be seen. */
#include <stdio.h>

#include "http/client_test.h"
#include "test.h"

enum outcome { REFUSED, CLOSED, KEPT };

/* A text that may contain NUL. */
#define TEXT(literal) SLICE(literal)

static struct client client;
static struct http_server *server;
static _Atomic uint32_t first_seen, second_seen;
static uint32_t cases, refused_by_us, refused_by_library, closed;

static void see_first(struct http_request *r, void *context)
{
    (void)context;
    first_seen++;
    http_reply(r, 204, NULL, SLICE(""), NULL);
}

static void see_second(struct http_request *r, void *context)
{
    (void)context;
    second_seen++;
    http_reply(r, 204, NULL, SLICE(""), NULL);
}

static void show_case(const struct buf *request)
{
    printf("# ");
    for (size_t i = 0; i < request->n; i++) {
        char c = request->p[i];
        if (c >= ' ' && c < 127)
            printf("%c", c);
        else
            printf("\\x%02x", (unsigned char)c);
    }
    printf("\n");
}

static bool as_expected(enum outcome expected)
{
    bool over = client_ended(&client);
    if (expected == KEPT) return first_seen == 1 && second_seen == 1;
    if (second_seen != 0 || !over) return false;
    return expected == REFUSED ? first_seen == 0 : first_seen == 1;
}

static void run(struct buf *request, enum outcome expected)
{
    static const char second[] =
        "GET /second HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    first_seen = second_seen = 0;
    cases++;
    client_open(&client, server);
    client_send(&client, request->p, request->n);
    client_say(&client, second);
    client.text[0] = '\0';
    bool ok = as_expected(expected);
    client_close(&client);
    /* Ours are JSON, libmicrohttpd's HTML or nothing. */
    if (expected == CLOSED) closed++;
    if (expected == REFUSED && strstr(client.text, "{\"errors\"")) refused_by_us++;
    if (expected == REFUSED && !strstr(client.text, "{\"errors\"")) refused_by_library++;
    if (!ok) {
        show_case(request);
        printf("# seen %u and %u, answer %.40s\n", first_seen, second_seen, client.text);
    }
    CHECK(ok);
    buf_clear(request);
}

static void add_head(struct buf *b, struct slice lines)
{
    buf_add_cstr(b, "POST /first HTTP/1.1\r\nHost: localhost\r\n");
    buf_add_slice(b, lines);
}

/* A body that is one of 5 bytes and of chunks at once: whoever reads it as the other sees more. */
static const char body[] = "0\r\n\r\n";

static void one_header(struct buf *b, struct slice name, struct slice value, enum outcome expected)
{
    add_head(b, name);
    buf_add_slice(b, value);
    buf_add_cstr(b, "\r\n\r\n");
    buf_add_cstr(b, body);
    run(b, expected);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void plain_requests_are_taken(void)
{
    struct buf b;
    buf_init(&b, 4096);
    one_header(&b, TEXT("Content-Length: "), TEXT("5"), KEPT);
    one_header(&b, TEXT("content-length:"), TEXT("5"), KEPT);
    one_header(&b, TEXT("X:  \t a \x80 b\r\nContent-Length: "), TEXT("5"), KEPT);
    one_header(&b, TEXT("Transfer-Encoding: "), TEXT("chunked"), CLOSED);
    one_header(&b, TEXT("transfer-encoding: "), TEXT("Chunked"), CLOSED);
    one_header(&b, TEXT("Connection: close\r\nContent-Length: "), TEXT("5"), CLOSED);
    buf_free(&b);
}

static void two_lengths_are_refused(void)
{
    const struct slice lines[] = {TEXT("Content-Length: 5\r\n"), TEXT("Content-Length: 6\r\n"),
        TEXT("content-length:0\r\n"), TEXT("Transfer-Encoding: chunked\r\n"),
        TEXT("transfer-encoding:Chunked\r\n"), TEXT("Transfer-Encoding: identity\r\n"),
        TEXT("Transfer-Encoding: gzip\r\n")};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT(lines); i++) {
        for (size_t k = 0; k < COUNT(lines); k++) {
            add_head(&b, lines[i]);
            buf_add_cstr(&b, "X: y\r\n");
            buf_add_slice(&b, lines[k]);
            buf_add_cstr(&b, "\r\n");
            buf_add_cstr(&b, body);
            run(&b, REFUSED);
        }
    }
    buf_free(&b);
}

static void strange_lengths_and_encodings_are_refused(void)
{
    const struct slice lengths[] = {TEXT("+5"), TEXT("-5"), TEXT("5 5"), TEXT("5,5"), TEXT("5, 5"),
        TEXT("5,6"), TEXT("0x5"), TEXT("5x"), TEXT("5.0"), TEXT("5e0"), TEXT(""), TEXT(" "),
        TEXT("5;a"), TEXT("\"5\""), TEXT("18446744073709551616"), TEXT("36893488147419103237"),
        TEXT("\xef\xbc\x95"), TEXT("\v5"), TEXT("5\f"), TEXT("5\0"), TEXT("5\0006"),
        TEXT("chunked")};
    const struct slice encodings[] = {TEXT("gzip"), TEXT("identity"), TEXT("gzip, chunked"),
        TEXT("chunked, gzip"), TEXT("chunked, chunked"), TEXT("chunked,"), TEXT(",chunked"),
        TEXT("chunked;q=1"), TEXT("xchunked"), TEXT("chunkedx"), TEXT("\vchunked"),
        TEXT("chunked\f"), TEXT("chunked\0"), TEXT("\0chunked"), TEXT("\"chunked\""),
        TEXT("c hunked"), TEXT("chunked\x7f"),
        TEXT("\xa0"
             "chunked"),
        TEXT("")};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT(lengths); i++)
        one_header(&b, TEXT("Content-Length: "), lengths[i], REFUSED);
    for (size_t i = 0; i < COUNT(encodings); i++)
        one_header(&b, TEXT("Transfer-Encoding: "), encodings[i], REFUSED);
    buf_free(&b);
}

static void strange_names_are_refused(void)
{
    const struct slice names[] = {TEXT("Content-Length"), TEXT("Transfer-Encoding")};
    const struct slice values[] = {TEXT("5"), TEXT("chunked")};
    const struct slice before[] = {
        TEXT(" "), TEXT("\t"), TEXT("\v"), TEXT("\0"), TEXT(":"), TEXT("X Y"), TEXT("\xc3\xa4")};
    const struct slice after[] = {TEXT(" :"), TEXT("\t:"), TEXT("\v:"), TEXT("\0:"), TEXT(" "),
        TEXT(" x:"), TEXT("/:"), TEXT("=")};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t n = 0; n < COUNT(names); n++) {
        for (size_t i = 0; i < COUNT(before) + COUNT(after); i++) {
            bool front = i < COUNT(before);
            add_head(&b, TEXT("X: y\r\n"));
            if (front) buf_add_slice(&b, before[i]);
            buf_add_slice(&b, names[n]);
            buf_add_slice(&b, front ? TEXT(":") : after[i - COUNT(before)]);
            buf_add_slice(&b, values[n]);
            buf_add_cstr(&b, "\r\n\r\n");
            buf_add_cstr(&b, body);
            run(&b, REFUSED);
        }
    }
    buf_free(&b);
}

static void strange_line_ends_are_refused(void)
{
    const struct slice lines[] = {TEXT("POST /first HTTP/1.1"), TEXT("Host: localhost"),
        TEXT("X: y"), TEXT("Content-Length: 5"), TEXT("")};
    const struct slice ends[] = {TEXT("\n"), TEXT("\r"), TEXT("\n\r"), TEXT("\r\r\n"),
        TEXT("\0\r\n"), TEXT("\r\0\n"), TEXT("\r\n "), TEXT("\r\n\t"), TEXT("\r\n \r\n"),
        TEXT("\r\nZ\r\n")};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT(lines); i++) {
        for (size_t k = 0; k < COUNT(ends); k++) {
            /* After the empty line, what follows CR LF is the body. */
            if (i + 1 == COUNT(lines) && k >= 6) continue;
            for (size_t n = 0; n < COUNT(lines); n++) {
                buf_add_slice(&b, lines[n]);
                buf_add_slice(&b, n == i ? ends[k] : TEXT("\r\n"));
            }
            buf_add_cstr(&b, body);
            run(&b, REFUSED);
        }
    }
    buf_free(&b);
}

static void control_characters_are_refused(void)
{
    struct buf b;
    buf_init(&b, 4096);
    for (int c = 0; c < 128; c++) {
        if ((c >= ' ' && c < 127) || c == '\t' || c == '\r' || c == '\n') continue;
        add_head(&b, TEXT("Content-Length: 5\r\nX: a"));
        buf_add_char(&b, (char)c);
        buf_add_cstr(&b, "b\r\n\r\n");
        buf_add_cstr(&b, body);
        run(&b, REFUSED);
    }
    buf_free(&b);
}

static void strange_request_lines_are_refused(void)
{
    const struct slice lines[] = {TEXT("POST  /first HTTP/1.1"), TEXT("POST /first  HTTP/1.1"),
        TEXT("POST\t/first HTTP/1.1"), TEXT("POST /first\tHTTP/1.1"), TEXT(" POST /first HTTP/1.1"),
        TEXT("POST /first HTTP/1.1 "), TEXT("POST /first HTTP/1.1\t"), TEXT("POST /first"),
        TEXT("POST /first HTTP/1.2"), TEXT("POST /first HTTP/2.0"), TEXT("POST /first HTTP/0.9"),
        TEXT("POST /first http/1.1"), TEXT("POST /first HTTP/01.1"), TEXT("POST /first HTTP/1.1x"),
        TEXT("POST /first HTTP/1.1 HTTP/1.1"), TEXT("POST /fi rst HTTP/1.1"),
        TEXT("POST /first\0 HTTP/1.1"), TEXT("POST http://localhost/first HTTP/1.1"),
        TEXT("POST first HTTP/1.1"), TEXT("POST * HTTP/1.1"), TEXT("/first HTTP/1.1"),
        TEXT("PO\0ST /first HTTP/1.1"), TEXT("POST /first\v HTTP/1.1"), TEXT("POST"), TEXT(":"),
        TEXT("POST /./first HTTP/1.1"), TEXT("POST //first HTTP/1.1"),
        TEXT("POST /first/../first HTTP/1.1")};
    const struct slice hosts[] = {TEXT(""), TEXT("Host: localhost\r\nHost: localhost\r\n"),
        TEXT("Host: localhost\r\nhost: evil.test\r\n"), TEXT("Host: localhost, localhost\r\n"),
        TEXT("Host:\r\n"), TEXT("Host: localhost\0.evil.test\r\n")};
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT(lines); i++) {
        buf_add_slice(&b, lines[i]);
        buf_add_cstr(&b, "\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n");
        buf_add_cstr(&b, body);
        run(&b, REFUSED);
    }
    for (size_t i = 0; i < COUNT(hosts); i++) {
        buf_add_cstr(&b, "POST /first HTTP/1.1\r\n");
        buf_add_slice(&b, hosts[i]);
        buf_add_cstr(&b, "Content-Length: 5\r\n\r\n");
        buf_add_cstr(&b, body);
        run(&b, REFUSED);
    }
    buf_add_cstr(
        &b, "POST /first HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    buf_add_cstr(&b, body);
    run(&b, REFUSED);
    buf_free(&b);
}

static void with_chunks(struct buf *b, struct slice chunks, enum outcome expected)
{
    add_head(b, TEXT("Transfer-Encoding: chunked\r\n\r\n"));
    buf_add_slice(b, chunks);
    run(b, expected);
}

static void strange_chunks_are_refused_or_end_the_connection(void)
{
    const struct slice sizes[] = {TEXT("0x5"), TEXT("+5"), TEXT("-5"), TEXT(" 5"), TEXT("\t5"),
        TEXT("5 "), TEXT("5\t"), TEXT(""), TEXT("g"), TEXT("5g"), TEXT("5,"), TEXT("5\0"),
        TEXT("5\v"), TEXT("10000000000000005"), TEXT("fffffffffffffffff"), TEXT("ffffffffffffffff"),
        TEXT("5\r"), TEXT("5.0"), TEXT("\"5\"")};
    const struct slice ends[] = {
        TEXT(""), TEXT("x\r\n"), TEXT("\r\r\n"), TEXT(" \r\n"), TEXT("\0\r\n")};
    /* What libmicrohttpd 0.9.75 takes: bare LF, extensions (which RFC 9112 allows), trailers. */
    const struct slice lenient[] = {TEXT("5\nhello\r\n0\r\n\r\n"), TEXT("5\r\nhello\n0\r\n\r\n"),
        TEXT("5\r\nhello\r\n0\n\r\n"), TEXT("5\r\nhello\r\n0\r\n\n"),
        TEXT("5;a=b\r\nhello\r\n0\r\n\r\n"), TEXT("5;a\nhello\r\n0\r\n\r\n"),
        TEXT("00000000000000000005\r\nhello\r\n0\r\n\r\n"), TEXT("5\r\nhello\r\n000\r\n\r\n"),
        TEXT("5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
        TEXT("5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
        TEXT("5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")};
    struct buf b, chunks;
    buf_init(&b, 4096);
    buf_init(&chunks, 4096);
    for (size_t i = 0; i < COUNT(sizes) + COUNT(ends); i++) {
        bool size = i < COUNT(sizes);
        buf_clear(&chunks);
        buf_add_slice(&chunks, size ? sizes[i] : TEXT("5"));
        buf_add_cstr(&chunks, "\r\nhello");
        buf_add_slice(&chunks, size ? TEXT("\r\n") : ends[i - COUNT(sizes)]);
        buf_add_cstr(&chunks, "0\r\n\r\n");
        with_chunks(&b, buf_slice(&chunks), REFUSED);
    }
    for (size_t i = 0; i < COUNT(lenient); i++) with_chunks(&b, lenient[i], CLOSED);
    buf_free(&chunks);
    buf_free(&b);
}

static void corpus_has_200_cases(void)
{
    printf("# %u cases: %u refused by us, %u by libmicrohttpd, %u taken once and closed\n", cases,
        refused_by_us, refused_by_library, closed);
    CHECK(cases >= 200);
}

int main(void)
{
    const struct http_route routes[] = {
        {"POST", "/first", "", 1 << 20, NULL, see_first, NULL, false},
        {"GET", "/second", "", 0, NULL, see_second, NULL, false}};
    struct http_limits limits = http__limits;
    limits.sweep_ms = 10;
    limits.body_window_ms = 100; /* a chunk of 2^64 - 1 bytes is waited for */
    server = client_server(&limits, routes, COUNT(routes));
    TEST_RUN(plain_requests_are_taken);
    TEST_RUN(two_lengths_are_refused);
    TEST_RUN(strange_lengths_and_encodings_are_refused);
    TEST_RUN(strange_names_are_refused);
    TEST_RUN(strange_line_ends_are_refused);
    TEST_RUN(control_characters_are_refused);
    TEST_RUN(strange_request_lines_are_refused);
    TEST_RUN(strange_chunks_are_refused_or_end_the_connection);
    TEST_RUN(corpus_has_200_cases);
    http_server_stop(server, 1000);
    return TEST_END();
}
