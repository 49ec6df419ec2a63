#include "base/human.h"

#include <string.h>

#include "test.h"

static char text[HUMAN_CHARS];

static void counts_have_commas(void)
{
    CHECK(!strcmp(human_count(0, text), "0") && !strcmp(human_count(999, text), "999"));
    CHECK(!strcmp(human_count(1000, text), "1,000"));
    CHECK(!strcmp(human_count(UINT64_MAX, text), "18,446,744,073,709,551,615"));
}

static void durations_have_two_figures_at_most(void)
{
    CHECK(
        !strcmp(human_duration(-5, text), "0 ms") && !strcmp(human_duration(999, text), "999 ms"));
    CHECK(
        !strcmp(human_duration(2000, text), "2 s") && !strcmp(human_duration(2199, text), "2.1 s"));
    CHECK(!strcmp(human_duration(65000, text), "1 min 5 s"));
    CHECK(!strcmp(human_duration(172799999, text), "47 h 59 min"));
    CHECK(!strcmp(human_duration(172800000, text), "2 d 0 h"));
    CHECK(strlen(human_duration(INT64_MAX, text)) < HUMAN_CHARS - 1);
}

static void sizes_have_binary_units(void)
{
    CHECK(
        !strcmp(human_bytes(1023, text), "1023 B") && !strcmp(human_bytes(1024, text), "1.0 KiB"));
    CHECK(!strcmp(human_bytes(UINT64_C(5) << 50, text), "5120.0 TiB"));
}

int main(void)
{
    TEST_RUN(counts_have_commas);
    TEST_RUN(durations_have_two_figures_at_most);
    TEST_RUN(sizes_have_binary_units);
    return TEST_END();
}
