#include "state/manifest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/num.h"

/* The file:
 *
 *     weir manifest
 *     format: 1
 *     min-reader: 1
 *     requires:                 words a reader must know; none exist
 *
 *     {...}                     JSON, see write_body; members that are not known are skipped
 *     xxh3-128: 0123...         of everything before these 32 digits
 *
 * Nothing follows but one newline. Header and last line stay as they are in later versions. */
#define SUM_LABEL "\nxxh3-128: "
enum {
    FORMAT = 1,
    TRAILER_BYTES = sizeof SUM_LABEL - 1 + HASH_DIGEST_CHARS + 1,
    ITEMS_MIN = 8 /* of an array that doubles; a power of two */
};

struct block_file_identity manifest_identity(const struct manifest_file *file)
{
    uint64_t id = hash_bytes(file->name, strlen(file->name), 0);
    return (struct block_file_identity){file->checkpoint_id, id};
}

/* ---- writing ---- */

static void write_text(struct buf *out, const char *key, struct slice text)
{
    buf_printf(out, "  \"%s\": ", key);
    json_write_string(out, text);
    buf_add_cstr(out, ",\n");
}

static void write_number(struct buf *out, const char *key, int64_t v)
{
    buf_printf(out, "  \"%s\": %" PRId64 ",\n", key, v);
}

static void write_files(const struct manifest *m, struct buf *out)
{
    buf_add_cstr(out, "  \"files\": [");
    for (uint32_t i = 0; i < m->file_count; i++) {
        const struct manifest_file *f = &m->files[i];
        char digest[HASH_DIGEST_CHARS];
        hash_digest_format(f->info.digest, digest);
        buf_printf(out,
            "%s\n    {\"name\": \"%s\", \"checkpoint\": %" PRIu64 ", \"size\": %" PRIu64
            ", \"payload\": %" PRIu64 ", \"digest\": \"%.*s\"}",
            i ? "," : "", f->name, f->checkpoint_id, f->info.size_bytes, f->info.payload_bytes,
            HASH_DIGEST_CHARS, digest);
    }
    buf_add_cstr(out, "],\n");
}

static void write_parts(const struct manifest *m, struct buf *out)
{
    buf_add_cstr(out, "  \"parts\": [");
    for (uint32_t i = 0; i < m->part_count; i++) {
        const struct manifest_part *p = &m->parts[i];
        buf_printf(out,
            "%s\n    {\"task\": %" PRIu32 ", \"checkpoint\": %" PRIu64 ", \"file\": %" PRIu32
            ", \"offset\": %" PRIu64 ", \"size\": %" PRIu64 "}",
            i ? "," : "", p->task, p->checkpoint_id, p->file, p->offset, p->size_bytes);
    }
    buf_add_cstr(out, "]\n");
}

static void write_body(const struct manifest *m, struct buf *out)
{
    const struct checkpoint_meta *meta = &m->meta;
    buf_add_cstr(out, "{\n");
    write_number(out, "id", (int64_t)meta->id);
    write_text(out, "kind", slice_of(checkpoint_kind_name(meta->kind)));
    write_text(out, "job", slice_of(meta->job_name));
    write_text(out, "version", slice_of(meta->version));
    write_number(out, "begun_ms", meta->begun_ms);
    write_number(out, "completed_ms", meta->completed_ms);
    write_number(out, "parallelism", meta->parallelism);
    write_number(out, "key_groups", meta->key_groups);
    write_text(out, "graph", meta->graph);
    write_text(out, "account", meta->account);
    write_files(m, out);
    write_parts(m, out);
    buf_add_cstr(out, "}");
}

void manifest_encode(const struct manifest *m, struct buf *out)
{
    char digest[HASH_DIGEST_CHARS];
    size_t begin = out->n;
    buf_printf(out, "weir manifest\nformat: %d\nmin-reader: %d\nrequires:\n\n", FORMAT, FORMAT);
    write_body(m, out);
    buf_add_cstr(out, SUM_LABEL);
    hash_digest_format(hash_digest_of(out->p + begin, out->n - begin), digest);
    buf_add(out, digest, sizeof digest);
    buf_add_char(out, '\n');
}

/* ---- reading ---- */

/* Cuts the digest off. */
static struct err *check_digest(struct slice *text)
{
    struct hash_digest said;
    if (text->n < TRAILER_BYTES) FAIL(ERR_CORRUPT, "MANIFEST has only %zu bytes", text->n);
    size_t signed_bytes = text->n - HASH_DIGEST_CHARS - 1;
    size_t body_bytes = text->n - TRAILER_BYTES;
    if (text->p[text->n - 1] != '\n' ||
        memcmp(text->p + body_bytes, SUM_LABEL, sizeof SUM_LABEL - 1) != 0 ||
        !hash_digest_parse(text->p + signed_bytes, HASH_DIGEST_CHARS, &said))
        FAIL(ERR_CORRUPT, "MANIFEST does not end with a digest: it was cut off or changed");
    if (!hash_digest_eq(hash_digest_of(text->p, signed_bytes), said))
        FAIL(ERR_CORRUPT, "MANIFEST is damaged: its digest is wrong");
    text->n = body_bytes;
    return NULL;
}

/* Takes `label` and what follows up to the newline off the front. */
static struct err *take_line(struct slice *text, const char *label, struct slice *value)
{
    size_t n = strlen(label);
    const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
    if (!end || (size_t)(end - text->p) < n || memcmp(text->p, label, n) != 0)
        FAIL(ERR_CORRUPT, "MANIFEST has no line '%s'", label);
    *value = slice_trim((struct slice){text->p + n, (size_t)(end - text->p) - n});
    *text = (struct slice){end + 1, text->n - (size_t)(end + 1 - text->p)};
    return NULL;
}

static struct err *read_header(struct slice *text)
{
    struct slice value;
    int32_t least;
    TRY(take_line(text, "weir manifest", &value));
    TRY(take_line(text, "format: ", &value));
    TRY(take_line(text, "min-reader: ", &value));
    if (!num_parse_i32(value, &least) || least < 1)
        FAIL(ERR_CORRUPT, "MANIFEST has no least version of its readers");
    if (least > FORMAT)
        FAIL(ERR_UNSUPPORTED,
            "a later version wrote the checkpoint: it needs a reader of format %d, this one reads "
            "up to %d",
            least, FORMAT);
    TRY(take_line(text, "requires:", &value));
    if (value.n)
        FAIL(ERR_UNSUPPORTED, "a later version wrote the checkpoint: it uses '%.*s'",
            slice_shown(value), value.p);
    return take_line(text, "", &value);
}

static struct err *read_u64(struct json_reader *r, uint64_t *out)
{
    int64_t v = 0;
    TRY(json_read_i64(r, &v));
    if (v < 0) return json_fail(r, "%" PRId64 " is negative", v);
    *out = (uint64_t)v;
    return NULL;
}

static struct err *read_u32(struct json_reader *r, uint32_t *out)
{
    uint64_t v = 0;
    TRY(read_u64(r, &v));
    if (v > UINT32_MAX) return json_fail(r, "%" PRIu64 " is too large", v);
    *out = (uint32_t)v;
    return NULL;
}

static struct err *read_copy(struct json_reader *r, struct slice *out)
{
    TRY(json_read_string(r, out));
    *out = slice_copy(r->arena, *out);
    return NULL;
}

static struct err *read_cstr(struct json_reader *r, const char **out)
{
    struct slice text;
    TRY(json_read_string(r, &text));
    if (memchr(text.p, 0, text.n)) return json_fail(r, "a NUL byte stands in a name");
    *out = slice_to_cstr(r->arena, text);
    return NULL;
}

static struct err *read_kind(struct json_reader *r, enum checkpoint_kind *out)
{
    struct slice text;
    TRY(json_read_string(r, &text));
    for (enum checkpoint_kind i = 0; i <= CHECKPOINT_FINISHED; i++)
        if (slice_eq(text, slice_of(checkpoint_kind_name(i)))) {
            *out = i;
            return NULL;
        }
    return json_fail(r, "'%.*s' is not a kind of checkpoint", slice_shown(text), text.p);
}

/* It becomes part of a path, so it must not lead out of the folder. */
static struct err *read_file_name(struct json_reader *r, const char **out)
{
    struct slice text;
    TRY(json_read_string(r, &text));
    bool good = text.n > 0 && text.n <= MANIFEST_NAME_MAX && text.p[0] != '.';
    for (size_t i = 0; good && i < text.n; i++) {
        char c = text.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    }
    if (!good) return json_fail(r, "'%.*s' is not the name of a file", slice_shown(text), text.p);
    *out = slice_to_cstr(r->arena, text);
    return NULL;
}

static struct err *read_digest(struct json_reader *r, struct hash_digest *out)
{
    struct slice text;
    TRY(json_read_string(r, &text));
    if (!hash_digest_parse(text.p, text.n, out)) return json_fail(r, "a digest has 32 digits");
    return NULL;
}

static bool key_is(const struct json_reader *r, const char *key)
{
    return slice_eq(r->text, slice_of(key));
}

static struct err *read_file(struct json_reader *r, struct manifest_file *f)
{
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_OBJECT_END) break;
        if (key_is(r, "name"))
            TRY(read_file_name(r, &f->name));
        else if (key_is(r, "checkpoint"))
            TRY(read_u64(r, &f->checkpoint_id));
        else if (key_is(r, "size"))
            TRY(read_u64(r, &f->info.size_bytes));
        else if (key_is(r, "payload"))
            TRY(read_u64(r, &f->info.payload_bytes));
        else if (key_is(r, "digest"))
            TRY(read_digest(r, &f->info.digest));
        else
            TRY(json_skip(r));
    }
    bool fits = f->name && f->info.payload_bytes <= f->info.size_bytes &&
                f->info.size_bytes == block_file_size_bytes(f->info.payload_bytes);
    return fits ? NULL : json_fail(r, "the sizes of a file do not fit");
}

static struct err *read_part(struct json_reader *r, struct manifest_part *p)
{
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_OBJECT_END) return NULL;
        if (key_is(r, "task"))
            TRY(read_u32(r, &p->task));
        else if (key_is(r, "checkpoint"))
            TRY(read_u64(r, &p->checkpoint_id));
        else if (key_is(r, "file"))
            TRY(read_u32(r, &p->file));
        else if (key_is(r, "offset"))
            TRY(read_u64(r, &p->offset));
        else if (key_is(r, "size"))
            TRY(read_u64(r, &p->size_bytes));
        else
            TRY(json_skip(r));
    }
}

/* Room for one more of `size` bytes in an array that doubles. */
static void *grow(struct arena *a, void *items, uint32_t count, size_t size)
{
    bool full = count == 0 || (count >= ITEMS_MIN && (count & (count - 1)) == 0);
    if (!full) return items;
    void *more = arena_alloc(a, (count ? 2 * (size_t)count : ITEMS_MIN) * size);
    if (count) memcpy(more, items, count * size);
    return more;
}

static struct err *read_files(struct json_reader *r, struct manifest *m)
{
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_ARRAY_END) return NULL;
        if (r->token != JSON_OBJECT_BEGIN || m->file_count == MANIFEST_FILES_MAX)
            return json_fail(r, "up to %d files are expected", MANIFEST_FILES_MAX);
        m->files = grow(r->arena, m->files, m->file_count, sizeof *m->files);
        TRY(read_file(r, &m->files[m->file_count++]));
    }
}

static struct err *read_parts(struct json_reader *r, struct manifest *m)
{
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_ARRAY_END) return NULL;
        if (r->token != JSON_OBJECT_BEGIN || m->part_count == MANIFEST_PARTS_MAX)
            return json_fail(r, "up to %d parts are expected", MANIFEST_PARTS_MAX);
        m->parts = grow(r->arena, m->parts, m->part_count, sizeof *m->parts);
        TRY(read_part(r, &m->parts[m->part_count++]));
    }
}

static struct err *read_member(struct json_reader *r, struct manifest *m)
{
    struct checkpoint_meta *meta = &m->meta;
    if (key_is(r, "id")) return read_u64(r, &meta->id);
    if (key_is(r, "kind")) return read_kind(r, &meta->kind);
    if (key_is(r, "job")) return read_cstr(r, &meta->job_name);
    if (key_is(r, "version")) return read_cstr(r, &meta->version);
    if (key_is(r, "begun_ms")) return json_read_i64(r, &meta->begun_ms);
    if (key_is(r, "completed_ms")) return json_read_i64(r, &meta->completed_ms);
    if (key_is(r, "parallelism")) return read_u32(r, &meta->parallelism);
    if (key_is(r, "key_groups")) return read_u32(r, &meta->key_groups);
    if (key_is(r, "graph")) return read_copy(r, &meta->graph);
    if (key_is(r, "account")) return read_copy(r, &meta->account);
    if (key_is(r, "files")) return read_files(r, m);
    if (key_is(r, "parts")) return read_parts(r, m);
    return json_skip(r);
}

static int compare_places(const void *a, const void *b)
{
    const struct manifest_part *x = *(const struct manifest_part *const *)a;
    const struct manifest_part *y = *(const struct manifest_part *const *)b;
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return (x->size_bytes > y->size_bytes) - (x->size_bytes < y->size_bytes);
}

/* Every part lies in its file, which the same checkpoint wrote, and in no other part. */
static struct err *place_parts(struct arena *a, struct manifest *m)
{
    const struct manifest_part **sorted =
        ARENA_ARRAY(a, const struct manifest_part *, m->part_count);
    for (uint32_t i = 0; i < m->part_count; i++) {
        const struct manifest_part *p = &m->parts[i];
        if (p->file >= m->file_count || p->checkpoint_id != m->files[p->file].checkpoint_id ||
            p->checkpoint_id > m->meta.id || p->size_bytes == 0)
            FAIL(ERR_CORRUPT, "MANIFEST names a part of task %u that cannot be", p->task);
        uint64_t payload = m->files[p->file].info.payload_bytes;
        if (p->offset > payload || p->size_bytes > payload - p->offset)
            FAIL(ERR_CORRUPT, "MANIFEST has a part of task %u outside its file", p->task);
        sorted[i] = p;
    }
    if (m->part_count) qsort(sorted, m->part_count, sizeof *sorted, compare_places);
    uint64_t end = 0;
    for (uint32_t i = 0; i < m->part_count; i++) {
        struct manifest_file *file = &m->files[sorted[i]->file];
        if (file->part_count++ == 0)
            file->parts = &sorted[i];
        else if (sorted[i]->offset < end)
            FAIL(ERR_CORRUPT, "MANIFEST has a part of task %u inside another", sorted[i]->task);
        end = sorted[i]->offset + sorted[i]->size_bytes;
    }
    return NULL;
}

static struct err *read_body(struct arena *a, struct slice body, struct manifest *out)
{
    struct json_reader r;
    json_init(&r, body, a);
    TRY(json_expect(&r, JSON_OBJECT_BEGIN));
    while (true) {
        TRY(json_next(&r));
        if (r.token == JSON_OBJECT_END) break;
        TRY(read_member(&r, out));
    }
    TRY(json_expect(&r, JSON_END));
    if (!out->meta.id || !out->meta.job_name || !out->meta.version || !out->meta.graph.p)
        return json_fail(&r, "id, job, version or graph is missing");
    return NULL;
}

struct err *manifest_decode(struct arena *a, struct slice text, struct manifest *out)
{
    *out = (struct manifest){.file_count = 0};
    uint64_t full_bytes = text.n;
    TRY(check_digest(&text));
    TRY(read_header(&text));
    struct err *e = read_body(a, text, out);
    if (e) {
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        err_free(e);
        FAIL(ERR_CORRUPT, "MANIFEST cannot be read: %s", why);
    }
    TRY(place_parts(a, out));
    for (uint32_t i = 0; i < out->file_count; i++) full_bytes += out->files[i].info.size_bytes;
    out->full_bytes = full_bytes;
    return NULL;
}
