#include "op/harness.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"
#include "connector/harness.h"
#include "type/timezone.h"
#include "type/value.h"
#include "vec/key.h"

enum {
    TEXT_MAX = 1 << 28,
    SNAPSHOT_MAX = 1 << 28,
    KEY_GROUPS = 128,
    PARTS_MAX = 100,      /* of a chain: no more than 66 are ever needed */
    CHECKPOINT_EVERY = 3, /* times that something is delivered */
    LOST_EVERY = 7        /* checkpoints */
};

struct subtask {
    struct op_ctx ctx;
    struct arena *arena;
    struct op *op;
};

/* The parts of one subtask that a restart needs, oldest first. */
struct chain {
    struct snapshot_part parts[PARTS_MAX];
    uint32_t count;
};

struct line {
    const char *text;
    bool is_mark;
};

struct op_harness {
    struct emit emit;
    struct side {
        struct emit emit;
        struct op_harness *harness;
    } side;
    struct harness_params p;
    struct arena *arena;
    const struct schema *inputs[HARNESS_INPUTS_MAX];
    uint32_t input_count;
    const struct schema *output, *side_output;
    struct mem_budget budget;
    struct key_codec *codec;
    struct keys keys;
    struct subtask subtasks[HARNESS_SUBTASKS_MAX];
    struct batch *parts[HARNESS_SUBTASKS_MAX];
    uint32_t subtask_count;
    struct chain chains[HARNESS_SUBTASKS_MAX];
    uint64_t checkpoint_id;
    uint64_t deliveries;
    uint64_t parts_of_changes;
    bool changes; /* the next checkpoint follows one that is there */
    int64_t now_ms;
    uint64_t batches;
    uint64_t late_rows; /* of subtasks that are closed */
    struct line *lines;
    size_t line_count, line_capacity;
    struct buf side_text;
    const char *error;
    struct collector collector;
    struct harness outside;
};

struct arena *harness_arena(struct op_harness *h)
{
    return h->arena;
}

const struct schema *harness_schema(struct arena *a, const char *text)
{
    struct type_field fields[64];
    uint32_t n = 0;
    while (*text && n < 64) {
        while (*text == ' ' || *text == ',') text++;
        size_t name = strcspn(text, " "), size = name + 1;
        int depth = 0;
        for (; text[size] && (depth || text[size] != ','); size++)
            depth +=
                (text[size] == '(' || text[size] == '<') - (text[size] == ')' || text[size] == '>');
        fields[n].name = slice_copy(a, (struct slice){text, name});
        struct slice type = {text + name + 1, size - name - 1};
        struct err *e = type_parse(a, type, &fields[n++].type);
        if (e) err_print(e, stderr);
        ASSERT(!e);
        text += size;
    }
    return schema_new(a, fields, n);
}

/* ---- output ---- */

static void add_line(struct op_harness *h, const char *text, bool is_mark)
{
    if (h->line_count == h->line_capacity) {
        h->line_capacity = h->line_capacity ? 2 * h->line_capacity : 256;
        h->lines = mem_realloc(h->lines, h->line_capacity * sizeof *h->lines);
    }
    h->lines[h->line_count++] = (struct line){text, is_mark};
}

static void print_row(struct op_harness *h, const struct batch *b, uint32_t row, struct buf *text)
{
    buf_printf(text, "%s [", row_kind_text(batch_kind(b, row)));
    for (uint32_t i = 0; i < b->schema->count; i++) {
        struct value v;
        column_get_value(b->columns[i], row, h->arena, &v);
        if (i) buf_add_cstr(text, ", ");
        value_to_json(b->schema->fields[i].type, &v, h->p.zone, text);
    }
    buf_add_char(text, ']');
}

static void add_row(struct op_harness *h, const struct batch *b, uint32_t row)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    print_row(h, b, row, &text);
    add_line(h, slice_to_cstr(h->arena, buf_slice(&text)), false);
    buf_free(&text);
}

static struct err *take_batch(struct emit *out, struct batch *b)
{
    struct op_harness *h = (struct op_harness *)out;
    ASSERT(b->rows || b->mark_count);
    batch_verify(b);
    h->batches++;
    uint32_t mark = 0;
    for (uint32_t row = 0; row <= b->rows; row++) {
        for (; mark < b->mark_count && b->marks[mark].rows == row; mark++) {
            int64_t ms = b->marks[mark].watermark_ms;
            bool idle = ms == WATERMARK_IDLE;
            add_line(h, idle ? "idle" : str_fmt(h->arena, "watermark %" PRId64, ms), true);
        }
        if (row < b->rows) add_row(h, b, row);
    }
    return NULL;
}

static struct err *take_side(struct emit *out, struct batch *b)
{
    struct op_harness *h = ((struct side *)out)->harness;
    ASSERT(b->rows > 0 && b->mark_count == 0);
    batch_verify(b);
    h->batches++;
    for (uint32_t row = 0; row < b->rows; row++) {
        print_row(h, b, row, &h->side_text);
        buf_add_char(&h->side_text, '\n');
    }
    return NULL;
}

static struct err *collect(void *context, const struct batch *b)
{
    for (uint32_t row = 0; row < b->rows; row++) add_row(context, b, row);
    return NULL;
}

static bool is_full(const struct emit *out)
{
    const struct op_harness *h = (const struct op_harness *)out;
    return h->p.often_full && h->batches % 2 == 0;
}

static bool side_is_full(const struct emit *out)
{
    return is_full(&((const struct side *)out)->harness->emit);
}

/* ---- life ---- */

static void note(struct op_harness *h, struct err *e)
{
    if (!e) return;
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    if (!h->error[0]) h->error = str_fmt(h->arena, "%s", text);
    err_free(e);
}

static void open_subtasks(struct op_harness *h, uint32_t count)
{
    h->subtask_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct subtask *s = &h->subtasks[i];
        s->arena = arena_new(64 << 10);
        s->ctx = (struct op_ctx){
            .arena = s->arena,
            .budget = &h->budget,
            .uid = "op-1",
            .inputs = h->inputs,
            .input_count = h->input_count,
            .output = h->output,
            .side = h->side_output ? &h->side.emit : NULL,
            .side_output = h->side_output,
            .combined = h->p.combined,
            .subtask = i,
            .parallelism = count,
            .key_groups = KEY_GROUPS,
            .batch_rows = h->p.batch_rows,
            .zone = h->p.zone,
            .seed = 1,
            .now_ms = h->now_ms,
            .harness = &h->outside,
        };
        s->op = NULL;
        note(h, h->p.def->open(h->p.params, &s->ctx, &s->op));
    }
}

static void close_subtasks(struct op_harness *h)
{
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        struct subtask *s = &h->subtasks[i];
        if (s->op) {
            h->late_rows += s->op->counters.late_rows;
            h->p.def->close(s->op);
        }
        arena_free(s->arena);
    }
    h->subtask_count = 0;
}

struct op_harness *harness_new(const struct harness_params *p)
{
    struct arena *a = arena_new(64 << 10);
    struct op_harness *h = ARENA_NEW(a, struct op_harness);
    h->emit = (struct emit){take_batch, is_full};
    h->side = (struct side){{take_side, side_is_full}, h};
    buf_init(&h->side_text, TEXT_MAX);
    h->p = *p;
    if (h->p.batch_rows == 0) h->p.batch_rows = BATCH_ROWS_DEFAULT;
    if (!h->p.zone) h->p.zone = timezone_utc();
    h->arena = a;
    h->collector = (struct collector){.on_batch = collect, .context = h};
    h->outside.collector = &h->collector;
    h->error = "";
    h->now_ms = p->now_ms;
    h->budget = (struct mem_budget){.limit_bytes = p->budget_bytes, .name = "operator 'test'"};
    for (; h->input_count < HARNESS_INPUTS_MAX && p->inputs[h->input_count]; h->input_count++)
        h->inputs[h->input_count] = harness_schema(a, p->inputs[h->input_count]);
    if (p->output) h->output = harness_schema(a, p->output);
    if (p->side) h->side_output = harness_schema(a, p->side);
    keys_init(&h->keys);
    if (h->input_count) h->codec = key_codec_new(a, h->inputs[0], p->keys, p->key_count);
    open_subtasks(h, p->subtasks ? p->subtasks : 1);
    return h;
}

static void drop_parts(struct chain *c, uint64_t before_id)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->parts[i].checkpoint_id < before_id)
            mem_free(c->parts[i].bytes);
        else
            c->parts[kept++] = c->parts[i];
    }
    c->count = kept;
}

static void drop_chains(struct op_harness *h)
{
    for (uint32_t i = 0; i < HARNESS_SUBTASKS_MAX; i++) drop_parts(&h->chains[i], UINT64_MAX);
    h->changes = false;
}

void harness_free(struct op_harness *h)
{
    close_subtasks(h);
    drop_chains(h);
    ASSERT(h->error[0] || h->budget.used_bytes == 0);
    keys_deinit(&h->keys);
    mem_free(h->lines);
    buf_free(&h->side_text);
    arena_free(h->arena);
}

/* ---- input ---- */

static bool alive(const struct op_harness *h)
{
    return h->error[0] == 0;
}

static void finish_pending(struct op_harness *h, struct subtask *s)
{
    while (alive(h) && s->op->pending) {
        h->batches++; /* there is room again */
        note(h, h->p.def->resume(s->op, &h->emit));
    }
}

/* ---- checkpoints ---- */

static void write_part(struct op_harness *h, uint32_t subtask)
{
    struct chain *c = &h->chains[subtask];
    struct snapshot_part part = {0};
    struct snapshot_writer *w =
        snapshot_writer_new(&(struct snapshot_writer_params){.max_bytes = SNAPSHOT_MAX,
            .task = subtask,
            .checkpoint_id = h->checkpoint_id,
            .changes = h->changes});
    snapshot_begin_op(w, "op-1", h->p.def->state_version);
    if (h->p.def->snapshot) note(h, h->p.def->snapshot(h->subtasks[subtask].op, w));
    note(h, snapshot_finish(w, &part));
    snapshot_writer_free(w);
    drop_parts(c, part.first_id);
    ASSERT(c->count < PARTS_MAX);
    c->parts[c->count++] = part;
    h->parts_of_changes += part.first_id < part.checkpoint_id;
}

static void take_checkpoint(struct op_harness *h)
{
    h->checkpoint_id++;
    for (uint32_t i = 0; i < h->subtask_count; i++) write_part(h, i);
    h->changes = true;
}

/* Checkpoints on the way, so that a restart reads chains of changes. Every now and then one is
 * lost. Not where an operator does something at a barrier that its tests would see. */
static void checkpoint_now_and_then(struct op_harness *h)
{
    const struct op_def *def = h->p.def;
    if (!def->snapshot || !def->restore || def->before_barrier || !h->output) return;
    if (!alive(h) || h->deliveries++ % CHECKPOINT_EVERY != 1) return;
    take_checkpoint(h);
    if (h->checkpoint_id % LOST_EVERY == 0) drop_chains(h);
}

static void deliver(struct op_harness *h, struct subtask *s, uint32_t input, struct batch *b)
{
    if (!alive(h) || (b->rows == 0 && b->mark_count == 0)) return;
    b->proctime_ms = h->now_ms;
    note(h, h->p.def->on_batch(s->op, input, b, &h->emit));
    finish_pending(h, s);
    checkpoint_now_and_then(h);
}

static uint32_t owner_of(struct op_harness *h, const struct batch *b)
{
    if (h->subtask_count == 1) return 0;
    keys_encode(&h->keys, h->codec, b);
    return key_group_owner(
        key_group_of(h->keys.hashes[0], KEY_GROUPS), KEY_GROUPS, h->subtask_count);
}

static void flush_parts(struct op_harness *h, uint32_t input)
{
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        deliver(h, &h->subtasks[i], input, h->parts[i]);
        batch_clear(h->parts[i]);
    }
}

static struct err *read_row(
    struct op_harness *h, struct slice text, const struct schema *schema, struct batch *b)
{
    struct json_reader r;
    json_init(&r, text, b->arena);
    TRY(json_expect(&r, JSON_ARRAY_BEGIN));
    for (uint32_t i = 0; i < schema->count; i++) {
        struct value v;
        TRY(json_next(&r));
        TRY(value_read_json(b->arena, schema->fields[i].type, &r, h->p.zone, &v));
        column_set_value(b->columns[i], b->rows, &v, b->arena);
    }
    b->rows++;
    TRY(json_expect(&r, JSON_ARRAY_END));
    return json_expect(&r, JSON_END);
}

static enum row_kind read_kind(struct slice *line)
{
    for (int kind = ROW_INSERT; kind <= ROW_DELETE; kind++) {
        if (line->n < 3 || memcmp(line->p, row_kind_text((enum row_kind)kind), 2)) continue;
        line->p += 3;
        line->n -= 3;
        return (enum row_kind)kind;
    }
    return ROW_INSERT;
}

static void feed_mark(struct op_harness *h, int64_t ms)
{
    for (uint32_t i = 0; i < h->subtask_count; i++) batch_add_mark(h->parts[i], ms);
}

static void feed_line(struct op_harness *h, uint32_t input, struct slice line, struct batch *one)
{
    line = slice_trim(line);
    int64_t ms = WATERMARK_MAX;
    if (line.n == 0) return;
    if (slice_eq(line, SLICE("idle"))) {
        feed_mark(h, WATERMARK_IDLE);
    } else if (slice_eq(line, SLICE("max"))) {
        feed_mark(h, WATERMARK_MAX);
    } else if (line.n > 10 && memcmp(line.p, "watermark ", 10) == 0) {
        ASSERT(num_parse_i64((struct slice){line.p + 10, line.n - 10}, &ms));
        feed_mark(h, ms);
    } else {
        batch_clear(one);
        enum row_kind kind = read_kind(&line);
        struct err *e = read_row(h, line, h->inputs[input], one);
        if (e) err_print(e, stderr);
        ASSERT(!e);
        batch_set_kind(one, 0, kind);
        struct batch *part = h->parts[owner_of(h, one)];
        if (part->rows == h->p.batch_rows) flush_parts(h, input);
        uint32_t row = 0;
        batch_append(part, one, &row, 1);
    }
}

void harness_feed(struct op_harness *h, uint32_t input, const char *lines)
{
    struct batch *one = batch_new(h->inputs[input], 1);
    for (uint32_t i = 0; i < h->subtask_count; i++)
        h->parts[i] = batch_new(h->inputs[input], h->p.batch_rows);
    while (*lines) {
        size_t size = strcspn(lines, "\n");
        feed_line(h, input, (struct slice){lines, size}, one);
        lines += size + (lines[size] == '\n');
    }
    flush_parts(h, input);
    for (uint32_t i = 0; i < h->subtask_count; i++) batch_free(h->parts[i]);
    batch_free(one);
}

void harness_feed_batch(struct op_harness *h, uint32_t input, struct batch *b)
{
    deliver(h, &h->subtasks[0], input, b);
}

void harness_poll(struct op_harness *h)
{
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        enum op_poll status = OP_POLL_MORE;
        while (alive(h) && status == OP_POLL_MORE)
            note(h, h->p.def->poll(h->subtasks[i].op, h->now_ms, &status, &h->emit));
    }
}

void harness_clock(struct op_harness *h, int64_t now_ms)
{
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        struct subtask *s = &h->subtasks[i];
        while (alive(h) && s->op->timer_ms <= now_ms) {
            int64_t at = s->op->timer_ms > h->now_ms ? s->op->timer_ms : h->now_ms;
            note(h, h->p.def->on_timer(s->op, at, &h->emit));
            finish_pending(h, s);
        }
    }
    h->now_ms = now_ms;
}

void harness_end(struct op_harness *h)
{
    for (uint32_t input = 0; input < h->input_count; input++) harness_feed(h, input, "max\n");
    for (uint32_t i = 0; h->p.def->on_end && i < h->subtask_count; i++) {
        for (uint32_t input = 0; alive(h) && input < h->input_count; input++) {
            note(h, h->p.def->on_end(h->subtasks[i].op, input, &h->emit));
            finish_pending(h, &h->subtasks[i]);
        }
    }
}

static struct err *load_chains(struct op_harness *h, struct snapshot **out)
{
    struct slice *parts = ARENA_ARRAY(h->arena, struct slice, HARNESS_SUBTASKS_MAX * PARTS_MAX);
    size_t count = 0;
    for (uint32_t i = 0; i < HARNESS_SUBTASKS_MAX; i++)
        for (uint32_t k = 0; k < h->chains[i].count; k++)
            parts[count++] =
                (struct slice){h->chains[i].parts[k].bytes, h->chains[i].parts[k].size};
    return snapshot_load(parts, count, out);
}

void harness_restart(struct op_harness *h, uint32_t subtasks)
{
    if (!alive(h)) return;
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        if (h->p.def->before_barrier) h->p.def->before_barrier(h->subtasks[i].op);
        finish_pending(h, &h->subtasks[i]);
    }
    take_checkpoint(h);
    close_subtasks(h);
    open_subtasks(h, subtasks);
    struct snapshot *snapshot = NULL;
    note(h, load_chains(h, &snapshot));
    for (uint32_t i = 0; i < subtasks && h->p.def->restore && alive(h); i++)
        note(h, h->p.def->restore(h->subtasks[i].op,
                    &(struct snapshot_reader){snapshot, "op-1", KEY_GROUPS, subtasks, i, NULL}));
    snapshot_free(snapshot);
    drop_chains(h);
}

/* ---- results ---- */

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *join(struct op_harness *h, const char *const *lines, size_t count)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < count; i++) buf_printf(&text, "%s\n", lines[i]);
    const char *copy = slice_to_cstr(h->arena, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static size_t pick(struct op_harness *h, bool marks, const char ***out)
{
    const char **lines = ARENA_ARRAY(h->arena, const char *, h->line_count + 1);
    size_t n = 0;
    for (size_t i = 0; i < h->line_count; i++)
        if (marks || !h->lines[i].is_mark) lines[n++] = h->lines[i].text;
    *out = lines;
    return n;
}

const char *harness_changelog(struct op_harness *h)
{
    const char **lines;
    size_t n = pick(h, false, &lines);
    return join(h, lines, n);
}

const char *harness_with_marks(struct op_harness *h)
{
    const char **lines;
    size_t n = pick(h, true, &lines);
    return join(h, lines, n);
}

const char *harness_sorted(struct op_harness *h)
{
    const char **lines;
    size_t n = pick(h, false, &lines);
    qsort(lines, n, sizeof *lines, compare_lines);
    return join(h, lines, n);
}

const char *harness_folded(struct op_harness *h)
{
    const char **lines;
    size_t n = pick(h, false, &lines), kept = 0;
    for (size_t i = 0; i < n; i++) {
        const char *row = lines[i] + 3;
        if (lines[i][0] == '+') {
            lines[kept++] = row;
            continue;
        }
        size_t at = kept;
        while (at > 0 && strcmp(lines[at - 1], row)) at--;
        if (at == 0) return str_fmt(h->arena, "%s takes back what is not there\n", lines[i]);
        memmove(&lines[at - 1], &lines[at], (kept-- - at) * sizeof *lines);
    }
    qsort(lines, kept, sizeof *lines, compare_lines);
    return join(h, lines, kept);
}

const char *harness_side(struct op_harness *h)
{
    return slice_to_cstr(h->arena, buf_slice(&h->side_text));
}

const char *harness_error(struct op_harness *h)
{
    return h->error;
}

uint64_t harness_late_rows(struct op_harness *h)
{
    uint64_t late = h->late_rows;
    for (uint32_t i = 0; i < h->subtask_count; i++) late += h->subtasks[i].op->counters.late_rows;
    return late;
}

int64_t harness_next_fire_ms(struct op_harness *h)
{
    int64_t least_ms = 0;
    for (uint32_t i = 0; i < h->subtask_count; i++) {
        int64_t fire_ms = h->subtasks[i].op->counters.next_fire_ms;
        if (fire_ms && (!least_ms || fire_ms < least_ms)) least_ms = fire_ms;
    }
    return least_ms;
}

uint64_t harness_future_rows(struct op_harness *h)
{
    uint64_t future = 0;
    for (uint32_t i = 0; i < h->subtask_count; i++)
        future += h->subtasks[i].op->counters.future_rows;
    return future;
}

uint64_t harness_batches_out(struct op_harness *h)
{
    return h->batches;
}

uint64_t harness_parts_of_changes(const struct op_harness *h)
{
    return h->parts_of_changes;
}
