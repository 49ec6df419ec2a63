#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "func/scalar/json/json_tree.h"

enum { STEPS_MAX = 64, FOUND_MAX = 100000 };

enum step_kind { STEP_MEMBER, STEP_ELEMENT, STEP_ALL, STEP_DEEP };

struct step {
    enum step_kind kind;
    struct slice name; /* MEMBER, DEEP */
    int64_t index;     /* ELEMENT; negative counts from the end */
};

struct json_path {
    bool lax;
    bool wildcard; /* some step leads to several places */
    uint32_t count;
    struct step steps[STEPS_MAX];
};

struct scanning {
    const char *at;
    const char *end;
};

static bool take(struct scanning *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) return false;
    s->at += n;
    return true;
}

static bool scan_name(struct scanning *s, struct slice *out)
{
    const char *from = s->at;
    while (s->at < s->end && *s->at != '.' && *s->at != '[' && *s->at != ' ') s->at++;
    *out = (struct slice){from, (size_t)(s->at - from)};
    return out->n > 0;
}

static bool scan_quoted(struct scanning *s, struct slice *out)
{
    char quote = *s->at++;
    const char *end = memchr(s->at, quote, (size_t)(s->end - s->at));
    if (!end) return false;
    *out = (struct slice){s->at, (size_t)(end - s->at)};
    s->at = end + 1;
    return true;
}

static bool scan_bracket(struct scanning *s, struct step *out)
{
    if (take(s, "*]")) {
        out->kind = STEP_ALL;
        return true;
    }
    if (s->at < s->end && (*s->at == '\'' || *s->at == '"')) {
        out->kind = STEP_MEMBER;
        return scan_quoted(s, &out->name) && take(s, "]");
    }
    const char *end = memchr(s->at, ']', (size_t)(s->end - s->at));
    struct slice digits = {s->at, end ? (size_t)(end - s->at) : 0};
    out->kind = STEP_ELEMENT;
    if (!end || !num_parse_i64(digits, &out->index)) return false;
    s->at = end + 1;
    return true;
}

static bool scan_step(struct scanning *s, struct step *out)
{
    if (take(s, "[")) return scan_bracket(s, out);
    if (take(s, "..")) {
        out->kind = STEP_DEEP;
        return scan_name(s, &out->name);
    }
    if (!take(s, ".")) return false;
    if (take(s, "*")) {
        out->kind = STEP_ALL;
        return true;
    }
    out->kind = STEP_MEMBER;
    return scan_name(s, &out->name);
}

const struct json_path *json_path_compile(struct arena *a, struct slice text)
{
    struct json_path *p = ARENA_NEW(a, struct json_path);
    text = slice_copy(a, slice_trim(text));
    struct scanning s = {text.p, text.p + text.n};
    if (take(&s, "lax "))
        p->lax = true;
    else
        (void)take(&s, "strict ");
    while (take(&s, " ")) {
    }
    if (!take(&s, "$")) return NULL;
    for (; s.at < s.end; p->count++) {
        if (p->count == STEPS_MAX || !scan_step(&s, &p->steps[p->count])) return NULL;
        enum step_kind kind = p->steps[p->count].kind;
        p->wildcard |= kind == STEP_ALL || kind == STEP_DEEP;
    }
    return p;
}

bool json_path_is_lax(const struct json_path *p)
{
    return p->lax;
}

static const struct json_node *member(const struct json_node *n, struct slice name)
{
    if (n->kind != JSON_OBJECT_BEGIN) return NULL;
    for (const struct json_node *c = n->first; c; c = c->next)
        if (slice_eq(c->key, name)) return c;
    return NULL;
}

static const struct json_node *element(const struct json_node *n, int64_t index)
{
    if (n->kind != JSON_ARRAY_BEGIN) return NULL;
    if (index < 0) index += n->count;
    if (index < 0 || index >= n->count) return NULL;
    const struct json_node *c = n->first;
    while (index-- > 0) c = c->next;
    return c;
}

/* Collects what a path with wildcards leads to. */
struct collecting {
    struct arena *arena;
    const struct json_path *path;
    struct json_node *found; /* an array */
    struct json_node *last;
};

static void add_found(struct collecting *c, const struct json_node *n)
{
    if (c->found->count == FOUND_MAX) return;
    struct json_node *copy = ARENA_NEW(c->arena, struct json_node);
    *copy = *n;
    copy->next = NULL;
    *(c->last ? &c->last->next : &c->found->first) = copy;
    c->last = copy;
    c->found->count++;
}

/* Depth: at most the steps and the depth of the document. */
static void collect(struct collecting *c, uint32_t step, const struct json_node *n)
{
    if (step == c->path->count) {
        add_found(c, n);
        return;
    }
    const struct step *s = &c->path->steps[step];
    const struct json_node *next = NULL;
    switch (s->kind) {
    case STEP_MEMBER: next = member(n, s->name); break;
    case STEP_ELEMENT: next = element(n, s->index); break;
    case STEP_ALL:
        for (const struct json_node *child = n->first; child; child = child->next)
            collect(c, step + 1, child);
        return;
    case STEP_DEEP:
        next = member(n, s->name);
        if (next) collect(c, step + 1, next);
        for (const struct json_node *child = n->first; child; child = child->next)
            collect(c, step, child);
        return;
    }
    if (next) collect(c, step + 1, next);
}

const struct json_node *json_path_find(
    struct arena *a, const struct json_path *p, const struct json_node *root)
{
    if (p->wildcard) {
        struct collecting c = {.arena = a, .path = p, .found = ARENA_NEW(a, struct json_node)};
        c.found->kind = JSON_ARRAY_BEGIN;
        collect(&c, 0, root);
        return c.found;
    }
    const struct json_node *n = root;
    for (uint32_t i = 0; n && i < p->count; i++)
        n = p->steps[i].kind == STEP_MEMBER ? member(n, p->steps[i].name)
                                            : element(n, p->steps[i].index);
    return n;
}
