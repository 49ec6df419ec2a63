/* SPLIT and STR_TO_MAP: a text as a collection of its parts. */
#include "base/mem.h"
#include "func/scalar/collection/collection.h"
#include "func/scalar/regex/regex.h"
#include "func/scalar/string/text.h"

/* ---- SPLIT ---- */

static void add_characters(struct collection *c, struct slice s)
{
    for (size_t at = 0; at < s.n;) {
        size_t step = utf8_step(s.p[at]);
        if (step > s.n - at) step = s.n - at;
        collection_add_text(c, (struct slice){s.p + at, step});
        at += step;
    }
}

static void add_parts(struct collection *c, struct slice s, struct slice delimiter)
{
    size_t from = 0;
    for (size_t at = 0; at + delimiter.n <= s.n;) {
        if (memcmp(s.p + at, delimiter.p, delimiter.n) != 0) {
            at++;
            continue;
        }
        collection_add_text(c, (struct slice){s.p + from, at - from});
        at += delimiter.n;
        from = at;
    }
    collection_add_text(c, (struct slice){s.p + from, s.n - from});
}

static struct err *split_eval(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row), delimiter = text_arg(f, 1, row);
        collection_open(&c);
        if (delimiter.n == 0)
            add_characters(&c, s);
        else if (s.n > 0)
            add_parts(&c, s, delimiter);
        collection_close(&c, row);
    }
    return NULL;
}

/* ---- STR_TO_MAP ---- */

/* The delimiters between pairs and between key and value. */
struct str_to_map {
    struct regex *pairs;
    struct regex *values;
};

static struct err *open_map(struct func_call *call)
{
    struct str_to_map *m = mem_alloc(sizeof *m);
    *m = (struct str_to_map){regex_new(), regex_new()};
    call->state = m;
    return NULL;
}

static void close_map(struct func_call *call)
{
    struct str_to_map *m = call->state;
    if (!m) return;
    regex_free(m->pairs);
    regex_free(m->values);
    mem_free(m);
    call->state = NULL;
}

/* Finds the next delimiter from *search on, as String.split: an empty match at the very beginning
 * is none. Moves *search behind it. */
static bool find_delimiter(
    struct regex *r, struct slice s, size_t *search, size_t *first, size_t *end)
{
    while (regex_find(r, s, *search) && regex_group(r, 0, first, end)) {
        *search = regex_next(r, s);
        if (*end > 0) return true;
    }
    return false;
}

/* Replaces the value of a key of the row's map that is there already. */
static bool replace_value(struct collection *c, struct slice key, struct slice value)
{
    struct column *const *children = c->f->out->children;
    for (uint32_t i = c->first; i < c->used; i++) {
        if (!slice_eq(str_slice((const struct str *)children[0]->data + i), key)) continue;
        if (value.p) {
            column_set_valid(children[1], i);
            ((struct str *)children[1]->data)[i] =
                str_copy(c->f->arena, value.p, (uint32_t)value.n);
        } else {
            column_set_null(children[1], i);
        }
        return true;
    }
    return false;
}

static void add_pair(struct collection *c, struct regex *values, struct slice pair)
{
    size_t first, end, search = 0;
    struct slice key = pair, value = {NULL, 0};
    if (find_delimiter(values, pair, &search, &first, &end)) {
        key = (struct slice){pair.p, first};
        value = (struct slice){pair.p + end, pair.n - end};
    }
    if (!replace_value(c, key, value)) collection_add_texts(c, key, value);
}

/* String.split leaves out empty parts at the end: they wait until another part comes. */
static void add_pairs(struct collection *c, const struct str_to_map *m, struct slice s)
{
    size_t from = 0, search = 0, first = 0, end = 0;
    bool more = true, waiting = false;
    while (more) {
        more = find_delimiter(m->pairs, s, &search, &first, &end);
        struct slice part = {s.p + from, (more ? first : s.n) - from};
        if (waiting && part.n > 0) add_pair(c, m->values, (struct slice){s.p, 0});
        waiting = part.n == 0;
        if (part.n > 0) add_pair(c, m->values, part);
        from = end;
    }
}

static struct err *use(
    struct func_frame *f, uint32_t row, struct regex *r, uint32_t arg, const char *otherwise)
{
    struct slice pattern = f->call->arg_count > 1 ? text_arg(f, arg, row) : slice_of(otherwise);
    if (!regex_use(r, pattern))
        FUNC_FAIL(f, row, ERR_INVALID_VALUE, "STR_TO_MAP: '%.*s' is no regular expression",
            (int)pattern.n, pattern.p);
    return NULL;
}

static struct err *map_eval(struct func_frame *f)
{
    const struct str_to_map *m = f->call->state;
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        TRY(use(f, row, m->pairs, 1, ","));
        TRY(use(f, row, m->values, 2, "="));
        collection_open(&c);
        if (s.n > 0) add_pairs(&c, m, s);
        collection_close(&c, row);
    }
    return NULL;
}

static const struct func_signature split_signatures[] = {
    {"STRING, STRING -> ARRAY<STRING>", split_eval}, {0}};
static const struct func_signature map_signatures[] = {
    {"STRING -> MAP<STRING, STRING> NULL", map_eval},
    {"STRING, STRING, STRING -> MAP<STRING, STRING> NULL", map_eval},
    {0},
};

const struct func_def func_split = {
    .name = "SPLIT",
    .flags = FUNC_STRICT,
    .signatures = split_signatures,
    .signature_doc = "SPLIT(string, delimiter)",
    .doc = "The parts of a text between delimiters; its characters when the delimiter is empty.",
    .example = "SPLIT('a,b,,c', ',') → [a, b, , c]",
};

const struct func_def func_str_to_map = {
    .name = "STR_TO_MAP",
    .flags = FUNC_STRICT,
    .signatures = map_signatures,
    .open = open_map,
    .close = close_map,
    .signature_doc = "STR_TO_MAP(string[, pair_delimiter, value_delimiter])",
    .doc =
        "A map from a text like 'a=1,b=2'. The delimiters are regular expressions; of equal keys "
        "the last counts, and a pair without a value has NULL.",
    .example = "STR_TO_MAP('a=1,b=2') → {a=1, b=2}",
};
