/* The writer of parts; snapshot_format.h has their layout. */
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot_format.h"
#include "vec/row_codec.h"

enum {
    STATES_MAX = 64, /* of one operator */
    FIRST_BYTES = 4096,
    VALUE_BYTES = 256, /* room for the value of most records */
    SLACK_BYTES = 4096,
    SPARE_BYTES_MAX = 1 << 20, /* capacity of a part beyond twice its size */
    LARGE_BYTES = 4 << 20 /* from here on memory comes on huge pages: new small ones cost more than
                             what is written to them */
};

struct state_out {
    char *name;
    const char *known_as; /* the pointer that named it last */
    enum snapshot_scope scope;
    bool changes;
    uint64_t count;
    size_t count_at;    /* first state: where its section has the number of records */
    struct buf records; /* the others */
};

/* The states of the operator that is being written are kept apart, so that an operator that writes
 * several of them by turns still makes one section of each. The first one goes to the part at once.
 */
struct snapshot_writer {
    struct snapshot_writer_params params;
    size_t bytes; /* of the part so far, and of the records that wait */
    bool overflow;
    struct buf part;
    uint32_t section_count;
    uint64_t previous_id;
    uint64_t first_id;
    char *op_uid; /* NULL before the first operator */
    uint32_t state_version;
    struct state_out states[STATES_MAX];
    uint32_t state_count;
    struct state_out *current; /* of the record that is being written */
    size_t record_at;
    size_t value_at;
};

/* max_bytes is counted in have_room; what passes it by one record is cut off again. */
static void begin_part(struct snapshot_writer *w)
{
    static const char zeros[SNAPSHOT_HEADER_BYTES] = {0};
    buf_clear(&w->part);
    buf_add(&w->part, zeros, sizeof zeros);
    w->bytes = SNAPSHOT_HEADER_BYTES;
    w->section_count = 0;
    w->overflow = false;
    w->previous_id = 0;
    w->first_id = w->params.checkpoint_id;
}

struct snapshot_writer *snapshot_writer_new(const struct snapshot_writer_params *params)
{
    struct snapshot_writer *w = mem_alloc(sizeof *w);
    w->params = *params;
    buf_init(&w->part, SIZE_MAX / 2);
    w->part.p = params->memory;
    w->part.capacity = params->memory ? params->memory_bytes : 0;
    begin_part(w);
    return w;
}

static void drop_states(struct snapshot_writer *w)
{
    for (uint32_t i = 0; i < w->state_count; i++) {
        buf_free(&w->states[i].records);
        mem_free(w->states[i].name);
    }
    w->state_count = 0;
    w->current = NULL;
    mem_free(w->op_uid);
    w->op_uid = NULL;
}

void snapshot_writer_free(struct snapshot_writer *w)
{
    if (!w) return;
    drop_states(w);
    buf_free(&w->part);
    mem_free(w);
}

const struct snapshot_writer_params *snapshot_writer_params(const struct snapshot_writer *w)
{
    return &w->params;
}

/* False, and everything from now on is dropped, when the part would pass its limit. */
static bool have_room(struct snapshot_writer *w, size_t bytes)
{
    if (w->overflow || bytes > w->params.max_bytes || w->bytes > w->params.max_bytes - bytes)
        w->overflow = true;
    if (!w->overflow) w->bytes += bytes;
    return !w->overflow;
}

/* ---- memory ---- */

static void move_to(struct buf *b, size_t capacity)
{
    char *p = mem_alloc_large(capacity);
    if (b->n) memcpy(p, b->p, b->n);
    mem_free(b->p);
    b->p = p;
    b->capacity = capacity;
}

static inline void make_room(struct buf *b, size_t bytes)
{
    if (__builtin_expect(bytes <= b->capacity - b->n, 1)) return;
    size_t need = b->n + bytes, capacity = b->capacity ? b->capacity : FIRST_BYTES;
    while (capacity < need) capacity *= 2;
    if (capacity < LARGE_BYTES) {
        b->p = mem_realloc(b->p, capacity);
        b->capacity = capacity;
    } else {
        move_to(b, capacity);
    }
}

/* ---- sections ---- */

/* The part's bytes up to a section's records; gives where the number of records stands. */
static size_t begin_section(
    struct snapshot_writer *w, const char *state, enum snapshot_scope scope, bool changes)
{
    struct slice uid = slice_of(w->op_uid), name = slice_of(state);
    size_t bytes = uid.n + name.n + 30;
    if (!have_room(w, bytes)) return w->part.n;
    make_room(&w->part, bytes);
    buf_add_sized(&w->part, uid);
    buf_add_u32(&w->part, w->state_version);
    buf_add_sized(&w->part, name);
    buf_add_u8(&w->part, (uint8_t)scope);
    buf_add_u8(&w->part, changes);
    size_t count_at = w->part.n;
    buf_add_u64(&w->part, 0);
    buf_add_u64(&w->part, 0);
    w->section_count++;
    return count_at;
}

static void end_section(struct snapshot_writer *w, const struct state_out *s, size_t count_at)
{
    if (w->overflow) return;
    uint64_t bytes = w->part.n - (count_at + 16);
    w->part.p[count_at - 1] = s->changes;
    memcpy(w->part.p + count_at, &s->count, 8);
    memcpy(w->part.p + count_at + 8, &bytes, 8);
}

static void end_op(struct snapshot_writer *w)
{
    if (!w->op_uid) return;
    for (uint32_t i = 0; i < w->state_count && !w->overflow; i++) {
        const struct state_out *s = &w->states[i];
        size_t count_at = s->count_at;
        if (i > 0) {
            count_at = begin_section(w, s->name, s->scope, s->changes);
            make_room(&w->part, s->records.n);
            buf_add_slice(&w->part, buf_slice(&s->records));
        }
        end_section(w, s, count_at);
    }
    if (w->state_count == 0) begin_section(w, "", SNAPSHOT_UNION, false);
    drop_states(w);
}

void snapshot_begin_op(struct snapshot_writer *w, const char *op_uid, uint32_t state_version)
{
    if (w->op_uid && w->state_count == 0 && strcmp(w->op_uid, op_uid) == 0 &&
        w->state_version == state_version)
        return; /* the task has said so already */
    end_op(w);
    w->op_uid = mem_strdup(op_uid);
    w->state_version = state_version;
}

static struct state_out *find_state_slow(
    struct snapshot_writer *w, const char *name, enum snapshot_scope scope)
{
    ASSERT(w->op_uid && name[0]);
    for (uint32_t i = 0; i < w->state_count; i++) {
        struct state_out *s = &w->states[i];
        if (s->scope != scope || strcmp(s->name, name) != 0) continue;
        s->known_as = name;
        return s;
    }
    ASSERT(w->state_count < STATES_MAX);
    struct state_out *s = &w->states[w->state_count++];
    *s = (struct state_out){.name = mem_strdup(name), .known_as = name, .scope = scope};
    buf_init(&s->records, SIZE_MAX / 2);
    if (w->state_count == 1) s->count_at = begin_section(w, name, scope, false);
    return s;
}

/* A name is known by its pointer only as long as it has the same text there: callers build names on
 * their stacks. The first bytes tell. */
static inline struct state_out *find_state(
    struct snapshot_writer *w, const char *name, enum snapshot_scope scope)
{
    struct state_out *s = w->current;
    if (s && s->known_as == name && s->scope == scope && strcmp(s->name, name) == 0) return s;
    return w->current = find_state_slow(w, name, scope);
}

static inline struct buf *records_of(struct snapshot_writer *w, struct state_out *s)
{
    return s == w->states ? &w->part : &s->records;
}

/* ---- records ---- */

static inline char *put_u32(char *to, uint32_t v)
{
    memcpy(to, &v, sizeof v);
    return to + sizeof v;
}

static inline char *put_bytes(char *to, struct slice bytes)
{
    if (bytes.n) memcpy(to, bytes.p, bytes.n);
    return to + bytes.n;
}

struct buf *snapshot_begin_record(struct snapshot_writer *w, const char *state, uint32_t key_group,
    struct slice prefix, struct slice key)
{
    ASSERT((key_group & ~SNAPSHOT_ERASED) < SNAPSHOT_GROUPS_MAX);
    struct buf *b = records_of(w, find_state(w, state, SNAPSHOT_KEYED));
    make_room(b, 12 + prefix.n + key.n + VALUE_BYTES);
    w->record_at = b->n;
    char *at = put_u32(b->p + b->n, key_group);
    at = put_u32(at, (uint32_t)(prefix.n + key.n));
    at = put_bytes(put_bytes(at, prefix), key);
    b->n = w->value_at = (size_t)(put_u32(at, 0) - b->p);
    return b;
}

void snapshot_end_record(struct snapshot_writer *w)
{
    struct state_out *s = w->current;
    struct buf *b = records_of(w, s);
    ASSERT(b->n - w->value_at <= UINT32_MAX);
    put_u32(b->p + w->value_at - 4, (uint32_t)(b->n - w->value_at));
    s->count++;
    if (!have_room(w, b->n - w->record_at)) b->n = w->record_at;
}

void snapshot_put(struct snapshot_writer *w, const char *state, uint32_t key_group,
    struct slice key, struct slice value)
{
    ASSERT(key_group < SNAPSHOT_GROUPS_MAX);
    struct buf *b = snapshot_begin_record(w, state, key_group, (struct slice){"", 0}, key);
    make_room(b, value.n);
    buf_add_slice(b, value);
    snapshot_end_record(w);
}

void snapshot_put_union(
    struct snapshot_writer *w, const char *state, struct slice key, struct slice value)
{
    struct state_out *s = find_state(w, state, SNAPSHOT_UNION);
    if (!have_room(w, 8 + key.n + value.n)) return;
    struct buf *b = records_of(w, s);
    make_room(b, 8 + key.n + value.n);
    s->count++;
    buf_add_sized(b, key);
    buf_add_sized(b, value);
}

void snapshot_expect(struct snapshot_writer *w, size_t bytes)
{
    size_t left = w->params.max_bytes > w->bytes ? w->params.max_bytes - w->bytes : 0;
    if (bytes > left) bytes = left;
    bytes += SLACK_BYTES;
    if (bytes > w->part.capacity - w->part.n && w->part.n + bytes >= LARGE_BYTES)
        move_to(&w->part, w->part.n + bytes);
}

void snapshot_changes(
    struct snapshot_writer *w, const char *state, uint64_t previous_id, uint64_t first_id)
{
    ASSERT(w->params.changes && previous_id && previous_id < w->params.checkpoint_id);
    ASSERT(first_id && first_id <= previous_id);
    ASSERT(w->previous_id == 0 || w->previous_id == previous_id);
    find_state(w, state, SNAPSHOT_KEYED)->changes = true;
    w->previous_id = previous_id;
    if (first_id < w->first_id) w->first_id = first_id;
}

void snapshot_erase(
    struct snapshot_writer *w, const char *state, struct slice prefix, struct slice key)
{
    snapshot_begin_record(w, state, SNAPSHOT_ERASED, prefix, key);
    snapshot_end_record(w);
}

/* A part that is much smaller than the one whose memory it was written to gives the rest back. */
static void move_out(struct snapshot_writer *w, struct snapshot_part *out)
{
    struct buf *b = &w->part;
    if (b->capacity > 2 * b->n + SPARE_BYTES_MAX) {
        b->capacity = 2 * b->n;
        b->p = mem_realloc(b->p, b->capacity);
    }
    *out = (struct snapshot_part){.bytes = b->p,
        .size = b->n,
        .capacity = b->capacity,
        .checkpoint_id = w->params.checkpoint_id,
        .first_id = w->first_id};
    buf_init(b, SIZE_MAX / 2);
    begin_part(w);
}

struct err *snapshot_finish(struct snapshot_writer *w, struct snapshot_part *out)
{
    end_op(w);
    if (w->overflow) {
        begin_part(w);
        struct err *e = ERR(ERR_LIMIT_EXCEEDED,
            "the state of one subtask does not fit a checkpoint part of %zu MiB",
            w->params.max_bytes >> 20);
        return err_hint(e, "raise the parallelism, or keep less state");
    }
    char *p = w->part.p;
    uint64_t bytes = w->part.n;
    memcpy(p, SNAPSHOT_PART_MAGIC, 8);
    put_u32(p + 8, SNAPSHOT_PART_VERSION);
    put_u32(p + 12, w->section_count);
    memcpy(p + 16, &bytes, 8);
    put_u32(p + SNAPSHOT_TASK_AT, w->params.task);
    memcpy(p + SNAPSHOT_ID_AT, &w->params.checkpoint_id, 8);
    memcpy(p + SNAPSHOT_PREVIOUS_AT, &w->previous_id, 8);
    memcpy(p + SNAPSHOT_FIRST_AT, &w->first_id, 8);
    uint64_t sum = hash_bytes(p + SNAPSHOT_SUMMED_AT, w->part.n - SNAPSHOT_SUMMED_AT, 0);
    memcpy(p + SNAPSHOT_SUM_AT, &sum, 8);
    move_out(w, out);
    return NULL;
}
