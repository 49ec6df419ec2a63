/* http_source.h - reads the ingest log of a table as rows of a job. */
#pragma once
#include "connector/connector.h"

MUST_USE struct err *http_source_open(const struct connector_params *p, struct source **out);
MUST_USE struct err *http_source_poll(
    struct source *base, struct batch *out, enum source_status *status);
MUST_USE struct err *http_source_snapshot(struct source *base,
    void (*put)(void *context, struct slice split, struct slice position), void *context);
MUST_USE struct err *http_source_restore(
    struct source *base, struct slice split, struct slice position);
MUST_USE struct err *http_source_checkpoint_complete(
    struct source *base, uint64_t id, uint64_t oldest_id);
void http_source_drain(struct source *base);
void http_source_close(struct source *base);
void http_source_finished(const struct connector_params *p);
