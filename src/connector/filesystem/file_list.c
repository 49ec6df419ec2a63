#define PCRE2_CODE_UNIT_WIDTH 8
#include "connector/filesystem/file_list.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/arena.h"
#include "connector/filesystem/glob.h"

enum { REGEX_STEPS_MAX = 100000 };

struct walk {
    struct env *env;
    struct arena *arena;
    pcre2_code *regex;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    struct file_list *out;
};

struct err *file_list_plain_path(struct arena *a, struct slice path, char **out)
{
    const char *scheme = memmem(path.p, path.n, "://", 3);
    if (path.n > 5 && memcmp(path.p, "file:", 5) == 0) {
        path.p += 5;
        path.n -= 5;
        if (path.n > 1 && path.p[0] == '/' && path.p[1] == '/') { /* file:///a */
            path.p += 2;
            path.n -= 2;
        }
    } else if (scheme) {
        FAIL(ERR_UNSUPPORTED, "path '%.*s': only local files are supported", (int)path.n, path.p);
    }
    if (path.n == 0 || memchr(path.p, '\0', path.n))
        FAIL(ERR_INVALID_OPTION, "the option 'path' is empty or holds a NUL byte");
    while (path.n > 1 && path.p[path.n - 1] == '/') path.n--;
    *out = slice_to_cstr(a, path);
    return NULL;
}

/* ---- the regular expression */

static struct err *compile(struct slice regex, pcre2_code **out)
{
    int code;
    size_t at;
    *out = pcre2_compile((PCRE2_SPTR)regex.p, regex.n,
        PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &at, NULL);
    if (*out) return NULL;
    char text[128];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    FAIL(ERR_INVALID_OPTION, "'source.path.regex-pattern': %s at character %zu of '%.*s'", text, at,
        (int)regex.n, regex.p);
}

struct err *file_list_check_regex(struct slice regex)
{
    pcre2_code *code;
    TRY(compile(regex, &code));
    pcre2_code_free(code);
    return NULL;
}

static struct err *matches(struct walk *w, const char *path, bool *good)
{
    *good = true;
    if (!w->regex) return NULL;
    int result = pcre2_match(w->regex, (PCRE2_SPTR)path, strlen(path), 0, 0, w->match, w->limits);
    *good = result > 0;
    if (result > 0 || result == PCRE2_ERROR_NOMATCH) return NULL;
    FAIL(ERR_LIMIT_EXCEEDED, "'source.path.regex-pattern' takes too long for '%s'", path);
}

/* ---- walking */

static bool is_hidden(const char *name)
{
    return name[0] == '.' || name[0] == '_';
}

static struct err *add_file(struct walk *w, char *path, uint64_t size_bytes)
{
    bool good;
    struct file_list *l = w->out;
    TRY(matches(w, path, &good));
    if (!good) return NULL;
    if (l->count == FILE_LIST_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the table has more than %d files", FILE_LIST_MAX);
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        struct file_entry *more = ARENA_ARRAY(w->arena, struct file_entry, capacity);
        if (l->count) memcpy(more, l->entries, l->count * sizeof *more);
        l->entries = more;
        l->capacity = capacity;
    }
    l->entries[l->count++] = (struct file_entry){path, size_bytes};
    return NULL;
}

static char *join(struct arena *a, const char *folder, const char *name)
{
    size_t n = strlen(folder);
    return str_fmt(a, n && folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

/* Recursion is limited by depth: a loop of links would never end. */
static struct err *add_all(struct walk *w, char *path, int depth)
{
    struct env_stat st;
    char **names;
    size_t count;
    TRY(w->env->def->stat(w->env, path, &st));
    if (!st.exists) return NULL; /* gone since it was listed */
    if (!st.is_directory) return add_file(w, path, st.size_bytes);
    if (depth == FILE_LIST_DEPTH_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "folder '%s' is nested deeper than %d levels", path,
            FILE_LIST_DEPTH_MAX);
    TRY(w->env->def->list(w->env, path, w->arena, &names, &count));
    for (size_t i = 0; i < count; i++)
        if (!is_hidden(names[i])) TRY(add_all(w, join(w->arena, path, names[i]), depth + 1));
    return NULL;
}

/* The rest of the pattern below a folder that exists. */
static struct err *add_matching(struct walk *w, char *folder, struct slice rest, int depth)
{
    while (rest.n && rest.p[0] == '/') {
        rest.p++;
        rest.n--;
    }
    if (rest.n == 0) return add_all(w, folder, depth);
    if (depth == FILE_LIST_DEPTH_MAX) FAIL(ERR_LIMIT_EXCEEDED, "the path has too many parts");
    const char *slash = memchr(rest.p, '/', rest.n);
    struct slice part = {rest.p, slash ? (size_t)(slash - rest.p) : rest.n};
    rest.p += part.n;
    rest.n -= part.n;
    struct env_stat st;
    TRY(w->env->def->stat(w->env, folder, &st));
    if (!st.exists || !st.is_directory) return NULL;
    if (!glob_has_pattern(part))
        return add_matching(
            w, join(w->arena, folder, slice_to_cstr(w->arena, part)), rest, depth + 1);
    char **names;
    size_t count;
    TRY(w->env->def->list(w->env, folder, w->arena, &names, &count));
    for (size_t i = 0; i < count; i++)
        if (!is_hidden(names[i]) && glob_match(part, slice_of(names[i])))
            TRY(add_matching(w, join(w->arena, folder, names[i]), rest, depth + 1));
    return NULL;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct file_entry *)a)->path, ((const struct file_entry *)b)->path);
}

static struct err *walk_path(struct walk *w, struct slice path, bool missing_is_empty)
{
    char *plain;
    TRY(file_list_plain_path(w->arena, path, &plain));
    struct env_stat st;
    TRY(w->env->def->stat(w->env, plain, &st)); /* a name may hold such characters itself */
    if (!st.exists && glob_has_pattern(slice_of(plain)))
        return add_matching(w, plain[0] == '/' ? "/" : ".", slice_of(plain), 0);
    if (!st.exists && !missing_is_empty) FAIL(ERR_NOT_FOUND, "path '%s' does not exist", plain);
    return st.exists ? add_all(w, plain, 0) : NULL;
}

struct err *file_list(struct env *env, struct slice path, struct slice regex, bool missing_is_empty,
    struct arena *a, struct file_list *out)
{
    struct walk w = {.env = env, .arena = a, .out = out};
    *out = (struct file_list){0};
    if (regex.p) {
        TRY(compile(regex, &w.regex));
        w.match = pcre2_match_data_create(1, NULL);
        w.limits = pcre2_match_context_create(NULL);
        pcre2_set_match_limit(w.limits, REGEX_STEPS_MAX);
    }
    struct err *e = walk_path(&w, path, missing_is_empty);
    pcre2_match_data_free(w.match);
    pcre2_match_context_free(w.limits);
    pcre2_code_free(w.regex);
    if (!e && out->count) qsort(out->entries, out->count, sizeof *out->entries, compare_paths);
    return e;
}
