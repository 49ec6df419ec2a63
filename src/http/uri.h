/* uri.h - pure parsing of what clients send in request lines and Host headers; private to the
 * folder. */
#pragma once
#include "base/str.h"

enum { HTTP_PARAMETERS_MAX = 8 }; /* ":name" segments of a route */

/* Percent-decodes in place, returns the length; SIZE_MAX: not decodable, or a NUL. */
size_t uri__decode(char *p, size_t n, bool plus_is_blank);
/* One segment of a path may not be "." or "..", and none is empty but the last. */
bool uri__path_is_plain(struct slice path);
/* A decoded segment that could climb in a tree of files, should a handler take it for a name. */
bool uri__value_climbs(struct slice value);
/* Matches "/jobs/:id" segment by segment on the raw path; the values of names go to `values`. */
bool uri__match(const char *pattern, struct slice path, struct slice *values, uint32_t *count);
/* Decodes "a=1&b=2" in place. False: not decodable, or more than max. */
struct uri_pair {
    struct slice name, value;
};
bool uri__query_parse(char *p, size_t n, struct uri_pair *pairs, uint32_t max, uint32_t *count);
/* "name:port" or "[v6]:port" into its name; false where it is not a Host at all. */
bool uri__host_name(struct slice host, struct slice *name);
