#include "connector/filesystem/glob.h"

bool glob_has_pattern(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr("*?[{", text.p[i]) && text.p[i]) return true;
    return false;
}

/* "[a-z_]" at p; *size is set to its length. A ']' that is missing makes '[' a plain character. */
static bool match_set(struct slice pattern, char c, size_t *size, bool *is_set)
{
    size_t i = 1;
    bool negated = i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^');
    bool found = false;
    i += negated;
    for (size_t first = i; i < pattern.n && (pattern.p[i] != ']' || i == first); i++) {
        char low = pattern.p[i], high = low;
        if (i + 2 < pattern.n && pattern.p[i + 1] == '-' && pattern.p[i + 2] != ']') {
            high = pattern.p[i + 2];
            i += 2;
        }
        found = found || (c >= low && c <= high);
    }
    *is_set = i < pattern.n;
    *size = i + 1;
    return found != negated;
}

/* One character of the name against one element of the pattern, no '*' and no '{'. */
static bool match_one(struct slice pattern, char c, size_t *size)
{
    bool is_set;
    *size = 1;
    if (pattern.p[0] == '?') return true;
    if (pattern.p[0] == '[') {
        bool good = match_set(pattern, c, size, &is_set);
        if (is_set) return good;
        *size = 1;
    }
    return pattern.p[0] == c;
}

static struct slice from(struct slice s, size_t at)
{
    return (struct slice){s.p + at, s.n - at};
}

/* Greedy with one place to go back to: linear in practice, name * pattern at worst. */
static bool match_flat(struct slice pattern, struct slice name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, star_n = 0, size;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            star_n = n;
        } else if (p < pattern.n && match_one(from(pattern, p), name.p[n], &size)) {
            p += size;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*') p++;
    return p == pattern.n;
}

/* The '}' of the '{' at `open`, or pattern.n. */
static size_t closing(struct slice pattern, size_t open)
{
    size_t depth = 0, i = open;
    for (; i < pattern.n; i++) {
        depth += pattern.p[i] == '{';
        if (pattern.p[i] == '}' && --depth == 0) break;
    }
    return i;
}

/* Tries every alternative of the first "{..}", then of those after it. */
static bool match_branches(struct slice pattern, struct slice name, uint32_t *left)
{
    const char *brace = memchr(pattern.p, '{', pattern.n);
    size_t open = brace ? (size_t)(brace - pattern.p) : pattern.n;
    size_t close = closing(pattern, open);
    if (*left == 0) return false;
    --*left;
    if (close >= pattern.n) return match_flat(pattern, name);
    size_t depth = 0, begin = open + 1;
    for (size_t i = open + 1; i <= close; i++) {
        bool end = (pattern.p[i] == ',' && depth == 0) || i == close;
        depth += pattern.p[i] == '{';
        depth -= pattern.p[i] == '}' && i != close;
        if (!end) continue;
        struct buf flat;
        buf_init(&flat, pattern.n + 1);
        buf_add(&flat, pattern.p, open);
        buf_add(&flat, pattern.p + begin, i - begin);
        buf_add(&flat, pattern.p + close + 1, pattern.n - close - 1);
        bool good = match_branches(buf_slice(&flat), name, left);
        buf_free(&flat);
        if (good) return true;
        begin = i + 1;
    }
    return false;
}

bool glob_match(struct slice pattern, struct slice name)
{
    uint32_t left = GLOB_BRANCHES_MAX;
    return match_branches(pattern, name, &left);
}
