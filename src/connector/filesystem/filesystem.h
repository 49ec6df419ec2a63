/* filesystem.h - private to connector/filesystem: options and the two halves. */
#pragma once
#include "connector/connector.h"

extern const struct option_def filesystem_options[];

MUST_USE struct err *filesystem_source_open(const struct connector_params *p, struct source **out);
MUST_USE struct err *filesystem_poll(
    struct source *s, struct batch *out, enum source_status *status);
MUST_USE struct err *filesystem_source_snapshot(struct source *s,
    void (*put)(void *context, struct slice split, struct slice position), void *context);
MUST_USE struct err *filesystem_source_restore(
    struct source *s, struct slice split, struct slice position);
void filesystem_source_close(struct source *s);

MUST_USE struct err *filesystem_sink_open(const struct connector_params *p, struct sink **out);
MUST_USE struct err *filesystem_write(struct sink *s, const struct batch *b);
MUST_USE struct err *filesystem_flush(struct sink *s);
MUST_USE struct err *filesystem_sink_snapshot(struct sink *s, struct buf *state);
MUST_USE struct err *filesystem_sink_restore(struct sink *s, struct slice state);
MUST_USE struct err *filesystem_sink_recovered(struct sink *s);
MUST_USE struct err *filesystem_sink_checkpoint_complete(struct sink *s, uint64_t id);
MUST_USE struct err *filesystem_finish(struct sink *s);
void filesystem_sink_close(struct sink *s);
