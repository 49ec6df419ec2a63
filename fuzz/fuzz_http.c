/* What src/http parses itself: paths against patterns, escapes, queries, Host headers. The first
 * byte chooses a pattern. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "http/uri.h"

enum { PAIRS_MAX = 8 };

static const char *const patterns[] = {"/", "/clicks", "/jobs/:id", "/jobs/:id/checkpoints/:n",
    "/:a/:b/:c/:d/:e/:f/:g/:h", "/a//:b", "/:a/:b/:c/:d/:e/:f/:g/:h/:i"};

static bool is_within(struct slice part, const char *p, size_t n)
{
    return part.p >= p && part.n <= n && (size_t)(part.p - p) <= n - part.n;
}

static void check_path(const char *pattern, struct slice text)
{
    struct slice values[HTTP_PARAMETERS_MAX];
    uint32_t count;
    bool matches = uri__match(pattern, text, values, &count);
    ASSERT(count <= HTTP_PARAMETERS_MAX);
    for (uint32_t i = 0; matches && i < count; i++) {
        ASSERT(values[i].n > 0 && is_within(values[i], text.p, text.n));
        ASSERT(!memchr(values[i].p, '/', values[i].n));
    }
    if (uri__path_is_plain(text)) ASSERT(text.p[0] == '/');
}

static void check_decode(struct slice text, bool plus_is_blank)
{
    char *copy = mem_alloc(text.n + 1);
    memcpy(copy, text.p, text.n);
    size_t n = uri__decode(copy, text.n, plus_is_blank);
    ASSERT(n == SIZE_MAX || (n <= text.n && !memchr(copy, '\0', n)));
    mem_free(copy);
}

static void check_query(struct slice text)
{
    struct uri_pair pairs[PAIRS_MAX];
    uint32_t count;
    char *copy = mem_alloc(text.n + 1);
    memcpy(copy, text.p, text.n);
    bool ok = uri__query_parse(copy, text.n, pairs, PAIRS_MAX, &count);
    for (uint32_t i = 0; ok && i < count; i++)
        ASSERT(is_within(pairs[i].name, copy, text.n) && is_within(pairs[i].value, copy, text.n));
    mem_free(copy);
}

static void check_host(struct slice text)
{
    struct slice name;
    if (!uri__host_name(text, &name)) return;
    ASSERT(name.n > 0 && is_within(name, text.p, text.n));
    for (size_t i = 0; i < name.n; i++) ASSERT(!strchr(" /@,\t\r\n", name.p[i]) && name.p[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    /* A copy of its exact size, so that reading past the end is found. */
    char *exact = mem_alloc(size > 1 ? size - 1 : 1);
    memcpy(exact, data + 1, size - 1);
    struct slice text = {exact, size - 1};
    check_path(patterns[data[0] % (sizeof patterns / sizeof *patterns)], text);
    check_decode(text, data[0] & 1);
    check_query(text);
    check_host(text);
    mem_free(exact);
    return 0;
}
