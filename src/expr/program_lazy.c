/* AND, OR, CASE and COALESCE: Kleene logic, and branches under the rows that need them. */
#include "base/check.h"
#include "expr/program_steps.h"
#include "vec/bitmap.h"

/* While a lazy AND or OR runs, a row of its result is one of these. */
enum { STATE_FALSE, STATE_TRUE, STATE_NULL };

/* out = states[..] for the rows of the selection; NULL becomes a cleared bit. */
static void finish_logic(struct column *out, const struct selection *s)
{
    uint8_t *state = out->data;
    uint32_t nulls = 0;
    for (uint32_t i = 0; i < s->count; i++) nulls += state[s->rows ? s->rows[i] : i] == STATE_NULL;
    if (nulls == 0) return;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t row = s->rows ? s->rows[i] : i;
        if (state[row] != STATE_NULL) continue;
        column_set_null(out, row);
        state[row] = 0;
    }
}

/* Takes a part's value into the states; writes the rows that are not decided yet. For AND a FALSE
 * decides, for OR a TRUE. */
static uint32_t take_part(uint8_t *restrict state, const struct column *value,
    const struct selection *s, bool decides, uint32_t *rows)
{
    const uint8_t *bytes = value->data;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t row = s->rows ? s->rows[i] : i;
        bool valid = column_is_valid(value, row);
        bool decided = valid && (bytes[row] != 0) == decides;
        if (decided)
            state[row] = decides;
        else if (!valid)
            state[row] = STATE_NULL;
        rows[kept] = row;
        kept += !decided;
    }
    return kept;
}

static struct err *run_logic(struct program *p, const struct step *step, const struct selection *s)
{
    struct column *out = p->registers[step->out];
    bool decides = step->kind == STEP_OR;
    column_clear(out);
    uint8_t *state = out->data;
    for (uint32_t i = 0; i < s->count; i++) state[s->rows ? s->rows[i] : i] = !decides;
    struct selection left = *s;
    for (uint32_t i = 0; i < step->part_count && left.count; i++) {
        TRY(program__run(p, &step->parts[i], &left));
        const struct column *value = p->registers[step->parts[i].result];
        left.count = take_part(state, value, &left, decides, step->rows[0]);
        left.rows = step->rows[0];
    }
    finish_logic(out, s);
    return NULL;
}

/* Copies the selected rows of a branch; strings are borrowed, nested values as far as they can. */
static void merge(
    struct program *p, struct column *out, const struct column *from, const struct selection *s)
{
    if (from->has_nulls) {
        for (uint32_t i = 0; i < s->count; i++) {
            uint32_t row = s->rows ? s->rows[i] : i;
            if (!column_is_valid(from, row)) column_set_null(out, row);
        }
    }
    switch (out->layout) {
#define X(name, ctype)                               \
    case name: {                                     \
        ctype *restrict to = out->data;              \
        const ctype *restrict values = from->data;   \
        for (uint32_t i = 0; i < s->count; i++) {    \
            uint32_t row = s->rows ? s->rows[i] : i; \
            to[row] = values[row];                   \
        }                                            \
        return;                                      \
    }
        X(LAYOUT_BOOL, uint8_t)
        X(LAYOUT_I8, int8_t)
        X(LAYOUT_I16, int16_t)
        X(LAYOUT_I32, int32_t)
        X(LAYOUT_I64, int64_t)
        X(LAYOUT_I128, i128)
        X(LAYOUT_F32, float)
        X(LAYOUT_F64, double)
        X(LAYOUT_STR, struct str)
#undef X
    case LAYOUT_SPAN:
    case LAYOUT_ROW:
        for (uint32_t i = 0; i < s->count; i++) {
            uint32_t row = s->rows ? s->rows[i] : i;
            if (column_is_valid(from, row)) column_gather(out, row, from, &row, 1, p->results);
        }
        return;
    }
    UNREACHABLE();
}

/* rows: those where the condition is TRUE; rest: the others. */
static uint32_t split_true(const struct column *value, const struct selection *s,
    uint32_t *restrict rows, uint32_t *rest, uint32_t *rest_count)
{
    const uint8_t *bytes = value->data;
    uint32_t taken = 0, kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t row = s->rows ? s->rows[i] : i;
        bool yes = bytes[row] != 0 && column_is_valid(value, row);
        rows[taken] = row;
        taken += yes;
        rest[kept] = row;
        kept += !yes;
    }
    *rest_count = kept;
    return taken;
}

static struct err *run_case(struct program *p, const struct step *step, const struct selection *s)
{
    struct column *out = p->registers[step->out];
    column_clear(out);
    struct selection left = *s;
    for (uint32_t i = 0; i + 1 < step->part_count && left.count; i += 2) {
        TRY(program__run(p, &step->parts[i], &left));
        struct selection yes = {step->rows[1], 0, s->limit};
        yes.count = split_true(
            p->registers[step->parts[i].result], &left, step->rows[1], step->rows[0], &left.count);
        left.rows = step->rows[0];
        TRY(program__run(p, &step->parts[i + 1], &yes));
        merge(p, out, p->registers[step->parts[i + 1].result], &yes);
    }
    const struct part *otherwise = &step->parts[step->part_count - 1];
    TRY(program__run(p, otherwise, &left));
    merge(p, out, p->registers[otherwise->result], &left);
    return NULL;
}

/* As split_true, by validity. */
static uint32_t split_valid(const struct column *value, const struct selection *s,
    uint32_t *restrict rows, uint32_t *rest, uint32_t *rest_count)
{
    uint32_t taken = 0, kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t row = s->rows ? s->rows[i] : i;
        bool yes = column_is_valid(value, row);
        rows[taken] = row;
        taken += yes;
        rest[kept] = row;
        kept += !yes;
    }
    *rest_count = kept;
    return taken;
}

static struct err *run_coalesce(
    struct program *p, const struct step *step, const struct selection *s)
{
    struct column *out = p->registers[step->out];
    column_clear(out);
    struct selection left = *s;
    for (uint32_t i = 0; i < step->part_count && left.count; i++) {
        TRY(program__run(p, &step->parts[i], &left));
        const struct column *value = p->registers[step->parts[i].result];
        if (!value->has_nulls || i + 1 == step->part_count) {
            merge(p, out, value, &left);
            return NULL;
        }
        struct selection yes = {step->rows[1], 0, s->limit};
        yes.count = split_valid(value, &left, step->rows[1], step->rows[0], &left.count);
        left.rows = step->rows[0];
        merge(p, out, value, &yes);
    }
    return NULL;
}

struct err *program__run_lazy(struct program *p, const struct step *step, const struct selection *s)
{
    switch (step->kind) {
    case STEP_AND:
    case STEP_OR: return run_logic(p, step, s);
    case STEP_CASE: return run_case(p, step, s);
    case STEP_COALESCE: return run_coalesce(p, step, s);
    case STEP_CALL:
    case STEP_FIELD:
    case STEP_VIEW:
    case STEP_ALL:
    case STEP_ANY: break;
    }
    UNREACHABLE();
}

/* state = state AND value, with both as FALSE, TRUE or NULL: the minimum of FALSE < NULL < TRUE. OR
 * is the maximum. */
enum { RANK_FALSE, RANK_NULL, RANK_TRUE };

static void load_ranks(uint8_t *restrict ranks, const struct column *value, uint32_t limit)
{
    const uint8_t *restrict bytes = value->data;
    for (uint32_t i = 0; i < limit; i++) ranks[i] = bytes[i] ? RANK_TRUE : RANK_FALSE;
    if (!value->has_nulls) return;
    for (uint32_t word = 0; word < bitmap_words(limit); word++) {
        uint64_t null = ~value->valid[word];
        for (; null; null &= null - 1) {
            uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(null);
            if (row < limit) ranks[row] = RANK_NULL;
        }
    }
}

static void fold_ranks(
    uint8_t *restrict ranks, const uint8_t *restrict more, uint32_t limit, bool and)
{
    if (and) {
        for (uint32_t i = 0; i < limit; i++) ranks[i] = ranks[i] < more[i] ? ranks[i] : more[i];
    } else {
        for (uint32_t i = 0; i < limit; i++) ranks[i] = ranks[i] > more[i] ? ranks[i] : more[i];
    }
}

static void fold_bytes(
    uint8_t *restrict out, const uint8_t *restrict more, uint32_t limit, bool and)
{
    if (and) {
        for (uint32_t i = 0; i < limit; i++) out[i] &= more[i];
    } else {
        for (uint32_t i = 0; i < limit; i++) out[i] |= more[i];
    }
}

void program__run_eager(struct program *p, const struct step *step, const struct selection *s)
{
    struct column *out = p->registers[step->out];
    uint8_t *data = out->data;
    bool and = step->kind == STEP_ALL, nulls = false;
    column_clear(out);
    for (uint32_t i = 0; i < step->arg_count; i++)
        nulls = nulls || p->registers[step->args[i]]->has_nulls;
    const struct column *first = p->registers[step->args[0]];
    if (!nulls) {
        memcpy(data, first->data, s->limit);
        for (uint32_t i = 1; i < step->arg_count; i++)
            fold_bytes(data, p->registers[step->args[i]]->data, s->limit, and);
        return;
    }
    uint8_t more[BATCH_ROWS_MAX];
    load_ranks(data, first, s->limit);
    for (uint32_t i = 1; i < step->arg_count; i++) {
        load_ranks(more, p->registers[step->args[i]], s->limit);
        fold_ranks(data, more, s->limit, and);
    }
    column_begin_nulls(out);
    for (uint32_t i = 0; i < s->limit; i++) {
        if (data[i] == RANK_NULL) column_set_null(out, i);
        data[i] = data[i] == RANK_TRUE;
    }
}
