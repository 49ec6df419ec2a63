/* partition.h - PARTITIONED BY as folders: "day=2020-01-02/country=DE". Special characters of names
 * and values are written as %XX, as in Hive and Flink (PartitionPathUtils). */
#pragma once
#include "connector/connector.h"

/* The plain text a value has in a path; NULL and "" are the default name. */
void partition_write_value(const struct column *c, uint32_t row, struct slice default_name,
    const struct time_zone *zone, struct buf *out);
/* Appends "k=v/k=v/" of a row. */
void partition_write(const struct connector_params *p, struct slice default_name,
    const struct batch *b, uint32_t row, struct buf *out);
/* Finds "/key=value/" in the path; *value is unescaped into a. False: it is not there. */
bool partition_find(struct arena *a, struct slice path, struct slice key, struct slice *value);
