#include "sql/keyword.h"

#include "base/check.h"

struct row {
    struct slice text;
    enum keyword_class class;
};

/* Alphabetic, so that keyword_find can halve it. */
static const struct row keyword_rows[] = {
    {{"", 0}, KEYWORD_FREE},
#define X(word, class) {{#word, sizeof(#word) - 1}, KEYWORD_##class},
#include "sql/keyword.inc"
#undef X
};

static unsigned char upper(char c)
{
    return (unsigned char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static int compare_upper(struct slice word, struct slice keyword)
{
    size_t n = word.n < keyword.n ? word.n : keyword.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = upper(word.p[i]);
        if (c != (unsigned char)keyword.p[i]) return c < (unsigned char)keyword.p[i] ? -1 : 1;
    }
    return word.n == keyword.n ? 0 : word.n < keyword.n ? -1 : 1;
}

enum keyword keyword_find(struct slice word)
{
    size_t low = 1, high = KEYWORD_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_upper(word, keyword_rows[middle].text);
        if (order == 0) return (enum keyword)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return KEYWORD_NONE;
}

const char *keyword_text(enum keyword keyword)
{
    ASSERT(keyword < KEYWORD_COUNT);
    return keyword_rows[keyword].text.p;
}

enum keyword_class keyword_class(enum keyword keyword)
{
    ASSERT(keyword < KEYWORD_COUNT);
    return keyword_rows[keyword].class;
}
