#include "func/scalar/regex/regex.h"

#include "base/mem.h"
#include "test.h"

static bool matches(const char *pattern, struct slice subject)
{
    struct regex *r = regex_new();
    CHECK(regex_use(r, slice_of(pattern)));
    bool found = regex_find(r, subject, 0);
    regex_free(r);
    return found;
}

/* n times 'a', then `end`. */
static struct buf repeated(size_t n, const char *end)
{
    struct buf b;
    buf_init(&b, n + 16);
    for (size_t i = 0; i < n; i++) buf_add_char(&b, 'a');
    buf_add_cstr(&b, end);
    return b;
}

static void a_search_that_explodes_gives_up(void)
{
    struct buf subject = repeated(40, "!");
    CHECK(!matches("^(a+)+$", buf_slice(&subject)));
    CHECK(!matches("^(a|aa)+$", buf_slice(&subject)));
    CHECK(!matches("(.*)*x", buf_slice(&subject)));
    buf_free(&subject);
}

static void a_long_subject_has_steps_enough(void)
{
    struct buf subject = repeated(1 << 20, "b");
    CHECK(matches("^(.*?)b$", buf_slice(&subject)));
    CHECK(matches("^a*b$", buf_slice(&subject)));
    CHECK(matches("a{3}b", buf_slice(&subject)));
    buf_free(&subject);
}

static void an_expression_that_is_too_long_or_wrong_is_refused(void)
{
    struct regex *r = regex_new();
    struct buf pattern = repeated(REGEX_PATTERN_MAX, "");
    CHECK(regex_use(r, buf_slice(&pattern)));
    buf_free(&pattern);
    pattern = repeated(REGEX_PATTERN_MAX + 1, "");
    CHECK(!regex_use(r, buf_slice(&pattern)));
    buf_free(&pattern);
    CHECK(!regex_use(r, SLICE("(")));
    CHECK(regex_use(r, SLICE("(a)")));
    regex_free(r);
}

int main(void)
{
    TEST_RUN(a_search_that_explodes_gives_up);
    TEST_RUN(a_long_subject_has_steps_enough);
    TEST_RUN(an_expression_that_is_too_long_or_wrong_is_refused);
    return TEST_END();
}
