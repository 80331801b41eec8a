#pragma once
/* The machine's clocks. Business time is never read here: it comes with the call. */
#include <stdint.h>

int64_t clock_monotonic_us(void); /* for deadlines and measuring */
int64_t clock_real_us(void);      /* microseconds since 1970-01-01T00:00:00Z */
void clock_sleep_us(int64_t us);

/* RFC 3339 in UTC with microseconds where they are not zero: "2010-12-01T08:26:00Z".
 * out holds at least CLOCK_TEXT_MAX bytes; returns out. */
#define CLOCK_TEXT_MAX 40
char *clock_format(int64_t us, char *out);
/* Parses RFC 3339 with any offset; 0 on success, -1 (out untouched) otherwise. */
int clock_parse(const char *text, int64_t *us);
