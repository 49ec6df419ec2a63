/* fuzz_slt - test files of any bytes. Besides not crashing: blocks are in order and inside the
 * file, no edits leave every byte as it was, and a file whose expectations were rewritten has the
 * same blocks again. */
#include "base/arena.h"
#include "base/check.h"
#include "cli/slt/edit.h"

static void check_blocks(const struct slt_file *f)
{
    size_t next = 0;
    for (size_t i = 0; i < f->block_count; i++) {
        const struct slt_block *b = &f->blocks[i];
        ASSERT(b->line >= next && b->body_to > b->line && b->body_to <= f->line_count);
        next = b->body_to;
        if (!b->has_expected) continue;
        ASSERT(b->expected_from == b->body_to + 1 && b->expected_to >= b->expected_from);
        ASSERT(b->expected_to <= f->line_count);
        next = b->expected_to;
    }
}

static bool may_expect(const struct slt_block *b)
{
    return b->verb == SLT_QUERY || b->verb == SLT_EXPLAIN || b->verb == SLT_EXPECT;
}

static void check_edits(struct arena *a, const struct slt_file *f)
{
    struct slt_edits none = {.arena = a}, some = {.arena = a};
    ASSERT(slice_eq(slt_edit_apply(&none, f), f->text));
    struct slice row = SLICE("[1]");
    for (size_t i = 0; i < f->block_count; i++)
        if (may_expect(&f->blocks[i])) slt_edit_expected(&some, &f->blocks[i], &row, 1);
    /* Quotes that are still open at the end of the file swallow the added lines. */
    const struct slt_block *last = f->block_count > 0 ? &f->blocks[f->block_count - 1] : NULL;
    if (!last || (may_expect(last) && !last->has_expected && last->body_to == f->line_count))
        return;
    struct slt_file again;
    struct err *e = slt_read(a, "again.slt", slt_edit_apply(&some, f), &again);
    ASSERT(!e && again.block_count == f->block_count);
    check_blocks(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 14);
    struct slice text = slice_copy(a, (struct slice){(const char *)data, size});
    struct slt_file f;
    struct err *e = slt_read(a, "fuzz.slt", text, &f);
    if (!e) {
        check_blocks(&f);
        check_edits(a, &f);
    }
    err_free(e);
    arena_free(a);
    return 0;
}
