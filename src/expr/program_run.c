#include <inttypes.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "expr/program_steps.h"
#include "vec/bitmap.h"

enum { HOME_ARENA_BYTES = 1 << 16, RESULT_ARENA_BYTES = 1 << 16 };

/* A total function over fixed widths runs over all rows when at least a quarter is wanted: a dense
 * loop costs about a quarter of one that gathers. */
enum { DENSE_SHARE = 4 };

/* The rows where all arguments are valid. False when that is all of them. */
static bool combine_nulls(struct column *out, const struct step *s, uint32_t limit)
{
    size_t words = bitmap_words(limit);
    bool found = false;
    for (uint32_t i = 0; i < s->arg_count; i++) {
        const struct column *arg = s->columns[i];
        if (!arg || !arg->has_nulls) continue;
        if (found)
            bitmap_and(out->valid, out->valid, arg->valid, words);
        else
            memcpy(out->valid, arg->valid, words * sizeof(uint64_t));
        found = true;
    }
    out->has_nulls = found;
    return found;
}

/* Nobody may follow what an earlier batch has left in the rows that are NULL now. */
static void blank_null_strings(struct column *out, uint32_t limit)
{
    struct str *data = out->data;
    for (uint32_t word = 0; word < bitmap_words(limit); word++) {
        uint64_t null = ~out->valid[word];
        while (null) {
            uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(null);
            null &= null - 1;
            if (row < limit) data[row].size = 0;
        }
    }
}

static uint32_t without_nulls(
    const struct selection *s, const struct column *out, uint32_t *restrict rows)
{
    if (!s->rows) return (uint32_t)bitmap_to_rows(out->valid, s->count, rows);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        rows[kept] = s->rows[i];
        kept += bitmap_get(out->valid, s->rows[i]);
    }
    return kept;
}

static struct err *run_call(struct program *p, const struct step *step, const struct selection *s)
{
    for (uint32_t i = 0; i < step->arg_count; i++)
        step->columns[i] =
            step->args[i] == PROGRAM_NO_REGISTER ? NULL : p->registers[step->args[i]];
    struct column *out = p->registers[step->out];
    struct func_frame f = {.call = &step->call,
        .args = step->columns,
        .out = out,
        .sel = s->rows,
        .count = s->count,
        .arena = p->results,
        .env = &p->env};
    column_clear(out);
    unsigned flags = step->call.def->flags;
    bool nulls = (flags & FUNC_STRICT) && combine_nulls(out, step, s->limit);
    if (step->dense && s->rows && (uint64_t)s->count * DENSE_SHARE >= s->limit) {
        f.sel = NULL;
        f.count = s->limit;
    } else if (nulls && !step->total) {
        f.count = without_nulls(s, out, p->valid_rows);
        f.sel = p->valid_rows;
    }
    if (f.count > 0) {
        struct err *e = step->call.eval(&f);
        if (!e) e = arena_check(p->results);
        if (e) {
            p->error_row = f.error_row;
            return e;
        }
    }
    if (out->has_nulls && out->layout == LAYOUT_STR) blank_null_strings(out, s->limit);
    return NULL;
}

/* Another column's data under this register's type. */
static void run_view(struct program *p, const struct step *step)
{
    const struct column *from = p->registers[step->args[0]];
    struct column *out = p->registers[step->out];
    column_clear(out);
    out->has_nulls = from->has_nulls;
    out->capacity = from->capacity;
    out->data = from->data;
    out->valid = from->valid;
    out->children = from->children;
    out->child_rows = from->child_rows;
}

static void run_field(struct program *p, const struct step *step, uint32_t limit)
{
    const struct column *row = p->registers[step->args[0]];
    const struct column *from = row->children[step->field];
    struct column *out = p->registers[step->out];
    column_clear(out);
    out->data = from->data;
    out->capacity = from->capacity;
    out->children = from->children;
    out->child_rows = from->child_rows;
    out->has_nulls = row->has_nulls || from->has_nulls;
    if (!row->has_nulls) {
        out->valid = from->valid;
    } else if (!from->has_nulls) {
        out->valid = row->valid;
    } else {
        bitmap_and(out->valid, row->valid, from->valid, bitmap_words(limit));
    }
}

struct err *program__run(struct program *p, const struct part *part, const struct selection *s)
{
    if (s->count == 0) return NULL;
    for (uint32_t i = part->first; i < part->end; i = p->steps[i].end) {
        const struct step *step = &p->steps[i];
        switch (step->kind) {
        case STEP_CALL: TRY(run_call(p, step, s)); break;
        case STEP_FIELD: run_field(p, step, s->limit); break;
        case STEP_VIEW: run_view(p, step); break;
        case STEP_AND:
        case STEP_OR:
        case STEP_CASE:
        case STEP_COALESCE: TRY(program__run_lazy(p, step, s)); break;
        case STEP_ALL:
        case STEP_ANY: program__run_eager(p, step, s); break;
        }
    }
    return NULL;
}

struct err *program_new(const struct program_params *params, struct program **out)
{
    ASSERT(params->capacity > 0 && params->capacity <= BATCH_ROWS_MAX);
    struct program *p = mem_alloc(sizeof *p);
    p->home = arena_new(HOME_ARENA_BYTES);
    p->results = arena_new(RESULT_ARENA_BYTES);
    arena_charge(p->results, params->budget);
    p->input = params->input;
    p->capacity = params->capacity;
    p->zone = params->zone;
    p->env.random_state = params->seed;
    p->valid_rows = ARENA_ARRAY(p->home, uint32_t, p->capacity);
    struct err *e = program__compile(p, params);
    if (e) {
        program_free(p);
        return e;
    }
    *out = p;
    return NULL;
}

void program_free(struct program *p)
{
    if (!p) return;
    for (uint32_t i = 0; i < p->step_count; i++) {
        struct step *s = &p->steps[i];
        if (s->opened && s->call.state && s->call.def->close) s->call.def->close(&s->call);
    }
    arena_free(p->results);
    arena_free(p->home);
    mem_free(p);
}

/* Names the row in the source when it is known. */
static struct err *locate(const struct program *p, const struct batch *in, struct err *e)
{
    if (!e || !in->origin) return e;
    return err_wrap(e, "%s %" PRIu64, in->origin, in->first_position + p->error_row);
}

static void begin(struct program *p, const struct batch *in, int64_t watermark_ms)
{
    ASSERT(in->rows <= p->capacity);
    for (uint32_t i = p->input->count; i < p->register_count; i++)
        if (!p->literal[i] && p->registers[i]->child_count)
            column_recycle(p->registers[i], p->home);
    arena_reset(p->results);
    for (uint32_t i = 0; i < p->input->count; i++) p->registers[i] = in->columns[i];
    p->env.proctime_ms = in->proctime_ms;
    p->env.watermark_ms = watermark_ms;
    p->env.batch = in;
    p->error_row = 0;
}

struct err *program_eval(struct program *p, const struct batch *in, const uint32_t *sel,
    uint32_t count, int64_t watermark_ms, struct column **out)
{
    begin(p, in, watermark_ms);
    struct selection s = {sel, count, sel ? in->rows : count};
    for (uint32_t i = 0; i < p->expr_count; i++) {
        struct err *e = program__run(p, &p->exprs[i], &s);
        if (e) return locate(p, in, e);
        out[i] = p->registers[p->exprs[i].result];
    }
    return NULL;
}

static uint32_t select_true(const struct column *value, const struct selection *s, uint32_t *out)
{
    const uint64_t *valid = value->has_nulls ? value->valid : NULL;
    return (uint32_t)bitmap_select_true(value->data, valid, s->rows, s->count, out);
}

/* A lazy AND at the top narrows the selection part by part and needs no value of its own: what is
 * FALSE or NULL is out either way. */
static struct err *filter_parts(
    struct program *p, const struct step *and, struct selection s, uint32_t *out, uint32_t *count)
{
    for (uint32_t i = 0; i < and->part_count; i++) {
        TRY(program__run(p, &and->parts[i], &s));
        s.count = select_true(p->registers[ and->parts[i].result], &s, out);
        s.rows = out;
        if (s.count == 0) break;
    }
    *count = s.count;
    return NULL;
}

struct err *program_filter(struct program *p, const struct batch *in, const uint32_t *sel,
    uint32_t count, int64_t watermark_ms, uint32_t *out, uint32_t *out_count)
{
    begin(p, in, watermark_ms);
    struct selection s = {sel, count, sel ? in->rows : count};
    const struct part *condition = &p->exprs[0];
    *out_count = 0;
    if (count == 0) return NULL;
    /* A plain column has no step. */
    const struct step *first =
        condition->first < condition->end ? &p->steps[condition->first] : NULL;
    if (first && first->kind == STEP_AND && first->end == condition->end &&
        first->out == condition->result)
        return locate(p, in, filter_parts(p, first, s, out, out_count));
    struct err *e = program__run(p, condition, &s);
    if (e) return locate(p, in, e);
    *out_count = select_true(p->registers[condition->result], &s, out);
    return NULL;
}

struct err *program_constant(
    struct arena *a, const struct expr *e, const struct time_zone *zone, struct value *out)
{
    const struct schema none = {NULL, 0};
    struct program *p;
    TRY(program_new(
        &(struct program_params){
            .input = &none, .exprs = &e, .count = 1, .capacity = 1, .zone = zone},
        &p));
    struct batch one = {.schema = &none, .rows = 1, .capacity = 1, .insert_only = true};
    begin(p, &one, WATERMARK_NONE);
    p->env.batch = NULL;
    struct err *error = program__run(p, &p->exprs[0], &(struct selection){NULL, 1, 1});
    if (!error) {
        struct value v;
        column_get_value(p->registers[p->exprs[0].result], 0, a, &v);
        *out = value_copy(a, e->type, &v);
    }
    program_free(p);
    return error;
}
