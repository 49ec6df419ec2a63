/* base64.h - RFC 4648 base 64 as Jackson's default variant: padded, no line breaks. */
#pragma once
#include <stdbool.h>

#include "base/str.h"

/* Room for 3/4 of s.n is needed in out. False when a character or the padding is wrong. */
bool base64_decode(struct slice s, char *out, size_t *size);
void base64_encode(struct slice bytes, struct buf *out);
