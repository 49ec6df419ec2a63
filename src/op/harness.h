/* harness.h - drives one operator in unit tests: rows as text in, rows as text out. Linked by tests
 * only. It stands for the task: cuts what is fed into batches, parts rows by key over several
 * subtasks, stamps processing time, fires timers, refuses output now and then, takes checkpoints
 * and restores them with another number of subtasks. Rows are fed as in `.slt` files:
 *     ["a", 1]      -U ["a", 1]      watermark 15000      idle      max
 * An error of the operator ends the feeding; harness_error gives its text. One thread. */
#pragma once
#include "op/op.h"

enum { HARNESS_SUBTASKS_MAX = 8, HARNESS_INPUTS_MAX = 4 };

struct harness_params {
    const struct op_def *def;
    const void *params;
    const char *inputs[HARNESS_INPUTS_MAX]; /* "k STRING, v INT"; NULL ends */
    const char *output;                     /* the same; NULL for sinks */
    const char *side;                       /* of the side output; NULL: nobody listens */
    const uint32_t *keys;                   /* columns that rows are parted by */
    uint32_t key_count;
    uint32_t batch_rows; /* 0: 2048 */
    uint32_t subtasks;   /* 0: 1 */
    bool combined;
    bool often_full; /* output is refused after every second batch */
    const struct time_zone *zone;
    size_t budget_bytes; /* 0: no limit */
    int64_t now_ms;
};

struct op_harness;

struct op_harness *harness_new(const struct harness_params *p);
void harness_free(struct op_harness *h);
struct arena *harness_arena(struct op_harness *h);
const struct schema *harness_schema(struct arena *a, const char *text);

/* Lines as above; the last batch is closed at the end of the text. */
void harness_feed(struct op_harness *h, uint32_t input, const char *lines);
/* Batches as they are. */
void harness_feed_batch(struct op_harness *h, uint32_t input, struct batch *b);
/* Sources: polls every subtask until it has nothing more for now. */
void harness_poll(struct op_harness *h);
void harness_clock(
    struct op_harness *h, int64_t now_ms); /* fires what is due up to there, in order */
void harness_end(struct op_harness *h);    /* maximum watermark, then end of inputs */
/* Checkpoint, close, open anew, restore from the chain of checkpoints that were taken on the way.
 */
void harness_restart(struct op_harness *h, uint32_t subtasks);

/* What came out so far, a line each: "+I [..]"; the texts live until the harness is freed. */
const char *harness_changelog(struct op_harness *h);
const char *harness_sorted(struct op_harness *h); /* the same, sorted */
const char *harness_folded(struct op_harness *h); /* the rows that are left, sorted; or an error */
const char *harness_with_marks(struct op_harness *h); /* changelog with "watermark N" and "idle" */
const char *harness_error(struct op_harness *h);      /* "" without one */
const char *harness_side(struct op_harness *h);       /* of the side output, in order */
uint64_t harness_late_rows(struct op_harness *h);
int64_t harness_next_fire_ms(struct op_harness *h); /* the least of all subtasks; 0: none */
uint64_t harness_future_rows(struct op_harness *h); /* of the subtasks that are open */
uint64_t harness_batches_out(struct op_harness *h);
/* How many parts of checkpoints held only what had changed. */
uint64_t harness_parts_of_changes(const struct op_harness *h);
