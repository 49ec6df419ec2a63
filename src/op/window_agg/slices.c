#include "op/window_agg/slices.h"

#include "base/check.h"

void slices_init(struct slices *s, struct agg_set *set, struct window_assigner *assigner,
    uint32_t key_width_bytes)
{
    memset(s, 0, sizeof *s);
    s->set = set;
    s->assigner = assigner;
    s->key_width_bytes = key_width_bytes;
    s->progress_ms = WATERMARK_NONE;
    s->next_fire_ms = INT64_MAX;
}

void slices_deinit(struct slices *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        agg_store_free(s->items[i]->store, s->set);
        mem_free(s->items[i]);
    }
    mem_free(s->items);
    for (uint32_t i = 0; i < s->spare_count; i++) agg_store_free(s->spare[i], s->set);
    s->items = NULL;
    s->count = s->spare_count = 0;
}

struct agg_store *slices_take_store(struct slices *s)
{
    if (s->spare_count) return s->spare[--s->spare_count];
    return agg_store_new(s->set, s->key_width_bytes);
}

void slices_give_store(struct slices *s, struct agg_store *store)
{
    if (s->spare_count == SLICES_SPARE) {
        agg_store_free(store, s->set);
        return;
    }
    agg_store_clear(store, s->set);
    s->spare[s->spare_count++] = store;
}

/* Index of the first slice that ends at or after end_ms. */
static uint32_t lower_bound(const struct slices *s, int64_t end_ms)
{
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->items[middle]->end_ms < end_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct slice_state *slices_find(const struct slices *s, int64_t end_ms)
{
    uint32_t at = lower_bound(s, end_ms);
    return at < s->count && s->items[at]->end_ms == end_ms ? s->items[at] : NULL;
}

/* The first window from `end_ms` on that has not fired, or none beyond the slice's last. */
static bool next_window(
    const struct slices *s, int64_t slice_end_ms, int64_t from_end_ms, int64_t *end, int64_t *fire)
{
    const struct window_spec *spec = s->assigner->spec;
    int64_t last = window_last_end(spec, slice_end_ms);
    *end = slice_end_ms;
    *fire = INT64_MAX;
    for (int64_t at = from_end_ms; at <= last; at += window_slide(spec)) {
        *end = at;
        *fire = window_fire_utc_ms(s->assigner, at);
        if (*fire > s->progress_ms) return true;
        if (spec->kind == WINDOW_TUMBLE || spec->kind == WINDOW_ATTACHED) break;
    }
    return false;
}

static struct slice_state *insert(struct slices *s, int64_t end_ms)
{
    uint32_t at = lower_bound(s, end_ms);
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 16;
        s->items = mem_realloc(s->items, s->capacity * sizeof(struct slice_state *));
    }
    memmove(s->items + at + 1, s->items + at, (s->count - at) * sizeof(struct slice_state *));
    struct slice_state *slice = mem_alloc(sizeof *slice);
    slice->end_ms = end_ms;
    slice->store = slices_take_store(s);
    s->items[at] = slice;
    s->count++;
    return slice;
}

/* Neighbouring slices differ in the low bits of this, whatever the slide is. */
static struct slice_state **recent_place(struct slices *s, int64_t end_ms)
{
    uint64_t spread = (uint64_t)end_ms * UINT64_C(0x9e3779b97f4a7c15);
    return &s->recent[spread >> 61];
}

struct slice_state *slices_open(struct slices *s, int64_t end_ms, int64_t start_ms)
{
    struct slice_state **recent = recent_place(s, end_ms);
    if (*recent && (*recent)->end_ms == end_ms) return *recent;
    struct slice_state *slice = slices_find(s, end_ms);
    if (slice) return *recent = slice;
    int64_t next_end, next_fire;
    bool owes = next_window(s, end_ms, end_ms, &next_end, &next_fire);
    if (!owes && !s->assigner->spec->proctime) return NULL;
    slice = insert(s, end_ms);
    slice->start_ms = start_ms;
    slice->next_end_ms = next_end;
    slice->next_fire_ms = next_fire;
    if (next_fire < s->next_fire_ms) s->next_fire_ms = next_fire;
    return slice;
}

void slices_close(struct slices *s, struct slice_state *slice)
{
    uint32_t at = lower_bound(s, slice->end_ms);
    ASSERT(at < s->count && s->items[at] == slice);
    struct slice_state **recent = recent_place(s, slice->end_ms);
    if (*recent == slice) *recent = NULL;
    s->count--;
    memmove(s->items + at, s->items + at + 1, (s->count - at) * sizeof(struct slice_state *));
    slices_give_store(s, slice->store);
    mem_free(slice);
}

void slices_settle(struct slices *s, int64_t fired_end_ms)
{
    s->next_fire_ms = INT64_MAX;
    int64_t slide = window_slide(s->assigner->spec);
    for (uint32_t i = 0; i < s->count;) {
        struct slice_state *slice = s->items[i];
        if (slice->next_end_ms == fired_end_ms) {
            /* Windows fire one by one even if event time has passed several. */
            if (fired_end_ms >= window_last_end(s->assigner->spec, slice->end_ms)) {
                slices_close(s, slice);
                continue;
            }
            slice->next_end_ms += slide;
            slice->next_fire_ms = window_fire_utc_ms(s->assigner, slice->next_end_ms);
        }
        if (slice->next_fire_ms < s->next_fire_ms) s->next_fire_ms = slice->next_fire_ms;
        i++;
    }
}

int64_t slices_next_end(const struct slices *s)
{
    int64_t end = INT64_MAX;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->items[i]->next_end_ms < end) end = s->items[i]->next_end_ms;
    return end;
}
