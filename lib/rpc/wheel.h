#pragma once
/*
 * Many timers, most of which are taken back before they ring: adding and taking back cost the
 * same few instructions however many there are. They ring up to two ticks late, never early.
 * Not thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK_US    10000
#define WHEEL_SLOT_COUNT 1024

struct wheel_timer {
        struct wheel_timer *next; /* NULL: not in a wheel */
        struct wheel_timer *prev;
        int64_t due_us;
};

struct wheel {
        int64_t tick; /* every slot before it has been looked at */
        size_t count;
        struct wheel_timer slots[WHEEL_SLOT_COUNT]; /* heads of rings */
};

void wheel_init(struct wheel *wheel, int64_t now_us);
/* The timer must not be in a wheel. */
void wheel_add(struct wheel *wheel, struct wheel_timer *timer, int64_t due_us);
/* Fine when the timer is in no wheel. */
void wheel_remove(struct wheel *wheel, struct wheel_timer *timer);
/* Takes out one timer that is due, or NULL when none is. */
struct wheel_timer *wheel_take(struct wheel *wheel, int64_t now_us);
/* When to look again, after wheel_take found nothing; INT64_MAX without timers. */
int64_t wheel_next_us(const struct wheel *wheel);
