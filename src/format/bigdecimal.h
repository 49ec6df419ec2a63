/* bigdecimal.h - DECIMAL as Jackson writes it. */
#pragma once
#include "base/num.h"

/* plain: all digits of the scale, "1.00". Otherwise BigDecimal.stripTrailingZeros().toString():
 * "1", "1E+2", "1.5E-7". */
void bigdecimal_write(struct buf *out, i128 v, int32_t scale, bool plain);
