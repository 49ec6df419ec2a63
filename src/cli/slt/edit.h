/* edit.h - replacements of lines of a test file: what --bless writes back. Everything else of the
 * file stays as it is, byte for byte. */
#pragma once
#include "cli/slt/read.h"

struct slt_edit {
    size_t from, to; /* lines [from, to) are replaced */
    const struct slice *lines;
    size_t line_count;
};

/* Zero-initialise; lives in the arena. */
struct slt_edits {
    struct arena *arena;
    struct slt_edit *items;
    size_t count;
    size_t capacity;
};

/* The lines are borrowed; the array of them is copied. Edits do not overlap. */
void slt_edit_lines(
    struct slt_edits *e, size_t from, size_t to, const struct slice *lines, size_t line_count);
/* The verb's line. */
void slt_edit_header(struct slt_edits *e, const struct slt_block *b, struct slice header);
/* The expected lines; a line ---- is added where the block has none. */
void slt_edit_expected(
    struct slt_edits *e, const struct slt_block *b, const struct slice *lines, size_t line_count);
/* Takes ---- and the expected lines away. */
void slt_edit_drop_expected(struct slt_edits *e, const struct slt_block *b);

/* The new text, in the arena. Lines keep their ends; new ones end as the file's first line does. */
struct slice slt_edit_apply(struct slt_edits *e, const struct slt_file *f);
