#include "state/table_changes.h"

#include "base/check.h"
#include "state/table.h"
#include "vec/bitmap.h"

enum { ERASED_BYTES_MIN = 64 << 10 /* so much may always be noted */ };

static void drop_erased(struct table_changes *c, struct table_store *s)
{
    buf_free(&c->erased);
    buf_init(&c->erased, UINT32_MAX);
    table_store_discharge(s, c->erased_charged_bytes);
    c->erased_charged_bytes = 0;
}

void table_changes_reset(struct table_changes *c, struct table_store *s)
{
    drop_erased(c, s);
    table_store_untrack(s);
    c->lost = false;
}

/* More than half of what the table itself takes is not worth noting. */
static bool may_note(const struct table_changes *c, const struct table_store *s, size_t bytes)
{
    size_t table_bytes = s->charged_bytes - c->erased_charged_bytes;
    size_t most = table_bytes / 2 > ERASED_BYTES_MIN ? table_bytes / 2 : ERASED_BYTES_MIN;
    return bytes <= most;
}

void table_changes_erase(
    struct table_changes *c, struct table_store *s, uint32_t number, struct slice key)
{
    if (!s->changed || c->lost || !bitmap_get(s->stored, number)) return;
    uint32_t size = (uint32_t)key.n;
    size_t need = c->erased.n + sizeof size + key.n;
    if (need > c->erased_charged_bytes) {
        size_t more = 2 * need - c->erased_charged_bytes;
        if (!may_note(c, s, need) || !mem_budget_take(s->budget, more)) {
            drop_erased(c, s);
            c->lost = true;
            return;
        }
        s->charged_bytes += more;
        c->erased_charged_bytes += more;
    }
    buf_add(&c->erased, &size, sizeof size);
    buf_add_slice(&c->erased, key);
}

/* ---- what to write ---- */

static uint32_t segments_of(const struct table_store *s, uint32_t shift)
{
    return (uint32_t)(((uint64_t)s->used + (UINT64_C(1) << shift) - 1) >> shift);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Segments double when there are more entries than 64 of them hold. New ones hold only entries that
 * are new themselves: this snapshot has all of them. */
static void cover_all(struct table_changes *c, const struct table_store *s, uint64_t id)
{
    while (segments_of(s, c->segment_shift) > TABLE_SEGMENTS_MAX) {
        uint32_t half = (c->segment_count + 1) / 2;
        for (uint32_t i = 0; i < half; i++) {
            uint64_t second = 2 * i + 1 < c->segment_count ? c->segment_ids[2 * i + 1] : UINT64_MAX;
            c->segment_ids[i] = least(c->segment_ids[2 * i], second);
        }
        c->segment_count = half;
        c->segment_shift++;
        c->turn /= 2;
    }
    uint32_t count = segments_of(s, c->segment_shift);
    while (c->segment_count < count) c->segment_ids[c->segment_count++] = id;
    if (c->turn >= c->segment_count) c->turn = 0;
}

/* Which bits of a word belong to the segments of `whole`. */
static uint64_t whole_bits(uint64_t whole, uint32_t shift, size_t word)
{
    if (shift >= 6) return whole >> (word >> (shift - 6)) & 1 ? UINT64_MAX : 0;
    uint64_t bits = 0;
    uint32_t in_word = UINT32_C(64) >> shift, first = (uint32_t)word * in_word;
    for (uint32_t i = 0; i < in_word && first + i < TABLE_SEGMENTS_MAX; i++)
        if (whole >> (first + i) & 1) bits |= bitmap_low((size_t)1 << shift) << (i << shift);
    return bits;
}

static uint64_t count_unchanged(
    const struct table_changes *c, const struct table_store *s, uint32_t segment)
{
    uint32_t shift = c->segment_shift;
    size_t at = (size_t)segment << shift >> 6, end = bitmap_words((size_t)(segment + 1) << shift);
    if (end > bitmap_words(s->used)) end = bitmap_words(s->used);
    uint64_t n = 0;
    for (; at < end; at++) {
        uint64_t bits = whole_bits(UINT64_C(1) << segment, shift, at);
        n += (uint64_t)__builtin_popcountll(s->live[at] & ~s->changed[at] & bits);
    }
    return n;
}

static uint64_t count_changed(const struct table_store *s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bitmap_words(s->used); i++)
        n += (uint64_t)__builtin_popcountll(s->live[i] & s->changed[i]);
    return n;
}

/* At least half as many unchanged entries as changed ones, and at least one of 64 segments. */
static void choose_segments(struct table_changes *c, const struct table_store *s, uint64_t changed,
    struct table_snapshot *out)
{
    uint64_t unchanged = 0;
    uint32_t segment = c->turn, count = 0;
    while (count < c->segment_count && (count == 0 || unchanged < changed / 2)) {
        unchanged += count_unchanged(c, s, segment);
        out->whole |= UINT64_C(1) << segment;
        segment = segment + 1 == c->segment_count ? 0 : segment + 1;
        count++;
    }
    out->turn = segment;
    out->entries = changed + unchanged;
    out->first_id = out->id;
    for (uint32_t i = 0; i < c->segment_count; i++)
        if (!(out->whole >> i & 1)) out->first_id = least(out->first_id, c->segment_ids[i]);
    out->all = out->first_id == out->id;
}

void table_changes_begin(struct table_changes *c, const struct table_store *s, uint64_t id,
    bool changes, struct table_snapshot *out)
{
    *out = (struct table_snapshot){
        .id = id, .first_id = id, .entries = s->count, .all = true, .whole = UINT64_MAX};
    if (!s->changed || !changes) return;
    ASSERT(!c->lost && c->last_id < id);
    out->previous_id = c->last_id;
    uint64_t changed = count_changed(s);
    if (changed > s->count / 2) return;
    cover_all(c, s, id);
    out->whole = 0;
    choose_segments(c, s, changed, out);
    out->shift = c->segment_shift;
}

/* ---- writing ---- */

static uint64_t word_at(
    const struct table_store *s, const struct table_snapshot *snapshot, size_t word)
{
    if (snapshot->whole == UINT64_MAX) return s->live[word];
    return s->live[word] & (s->changed[word] | whole_bits(snapshot->whole, snapshot->shift, word));
}

/* The next word that is not empty, from snapshot->word on; its entries are asked for. */
static void look_ahead(const struct table_store *s, struct table_snapshot *snapshot)
{
    size_t end = bitmap_words(s->used), at = snapshot->word;
    uint64_t bits = 0;
    while (at < end && (bits = word_at(s, snapshot, at)) == 0) at++;
    snapshot->word = at;
    snapshot->bits = bits;
    for (; bits; bits &= bits - 1) {
        uint32_t number = (uint32_t)(at * 64) + (uint32_t)__builtin_ctzll(bits);
        const unsigned char *entry = table_store_at(s, number);
        __builtin_prefetch(entry, 0, 3);
        __builtin_prefetch(entry + s->entry_bytes - 1, 0, 3);
    }
}

uint32_t table_changes_next(
    const struct table_store *s, struct table_snapshot *snapshot, uint32_t *numbers)
{
    if (snapshot->word == 0 && !snapshot->begun) look_ahead(s, snapshot);
    snapshot->begun = true;
    uint64_t bits = snapshot->bits;
    if (bits == 0) return 0;
    uint32_t base = (uint32_t)(snapshot->word * 64), n = 0;
    snapshot->word++;
    look_ahead(s, snapshot);
    for (; bits; bits &= bits - 1) numbers[n++] = base + (uint32_t)__builtin_ctzll(bits);
    return n;
}

/* Entries that had not changed were stored before. */
void table_changes_end(
    struct table_changes *c, struct table_store *s, const struct table_snapshot *snapshot)
{
    drop_erased(c, s);
    c->lost = false;
    c->last_id = snapshot->id;
    table_store_track(s);
    if (snapshot->whole == UINT64_MAX) {
        c->segment_shift = 0;
        while (segments_of(s, c->segment_shift) > TABLE_SEGMENTS_MAX) c->segment_shift++;
        c->segment_count = segments_of(s, c->segment_shift);
        for (uint32_t i = 0; i < c->segment_count; i++) c->segment_ids[i] = snapshot->id;
        c->turn = 0;
        return;
    }
    for (uint32_t i = 0; i < c->segment_count; i++)
        if (snapshot->whole >> i & 1) c->segment_ids[i] = snapshot->id;
    c->turn = snapshot->turn;
}
