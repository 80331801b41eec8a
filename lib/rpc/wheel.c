/*
 * A ring of slots of 10 ms; a timer hangs in the slot of its due time, whatever the round, and a
 * slot is looked through when its time has come. Refused: a heap, which is exact but touches
 * sixteen scattered places to take back one of 65,536 timers, at every call.
 */
#include "lib/rpc/wheel.h"

#include <assert.h>

static int64_t tick_of(int64_t due_us)
{
        return (due_us + WHEEL_TICK_US - 1) / WHEEL_TICK_US;
}

void wheel_init(struct wheel *wheel, int64_t now_us)
{
        wheel->tick = now_us / WHEEL_TICK_US;
        wheel->count = 0;
        for (size_t i = 0; i < WHEEL_SLOT_COUNT; i++)
                wheel->slots[i].next = wheel->slots[i].prev = &wheel->slots[i];
}

void wheel_add(struct wheel *wheel, struct wheel_timer *timer, int64_t due_us)
{
        int64_t tick = tick_of(due_us);

        assert(timer->next == NULL);
        if (tick <= wheel->tick)
                tick = wheel->tick + 1; /* the present slot has been looked at */
        struct wheel_timer *head = &wheel->slots[tick % WHEEL_SLOT_COUNT];

        timer->due_us = due_us;
        timer->next = head;
        timer->prev = head->prev;
        head->prev->next = timer;
        head->prev = timer;
        wheel->count++;
}

void wheel_remove(struct wheel *wheel, struct wheel_timer *timer)
{
        if (timer->next == NULL)
                return;
        timer->next->prev = timer->prev;
        timer->prev->next = timer->next;
        timer->next = timer->prev = NULL;
        wheel->count--;
}

static struct wheel_timer *due_in_slot(const struct wheel *wheel, int64_t tick, int64_t now_us)
{
        const struct wheel_timer *head = &wheel->slots[tick % WHEEL_SLOT_COUNT];

        for (struct wheel_timer *timer = head->next; timer != head; timer = timer->next)
                if (timer->due_us <= now_us)
                        return timer;
        return NULL;
}

struct wheel_timer *wheel_take(struct wheel *wheel, int64_t now_us)
{
        int64_t last = now_us / WHEEL_TICK_US;

        /* After a long sleep every slot is looked at once, not once a round. */
        if (last - wheel->tick >= WHEEL_SLOT_COUNT)
                wheel->tick = last - WHEEL_SLOT_COUNT + 1;
        while (wheel->count > 0) {
                struct wheel_timer *timer = due_in_slot(wheel, wheel->tick, now_us);

                if (timer != NULL) {
                        wheel_remove(wheel, timer);
                        return timer;
                }
                if (wheel->tick >= last)
                        return NULL;
                wheel->tick++;
        }
        if (wheel->tick < last)
                wheel->tick = last;
        return NULL;
}

int64_t wheel_next_us(const struct wheel *wheel)
{
        if (wheel->count == 0)
                return INT64_MAX;
        /* What is left in the present slot belongs to a later round. */
        for (int64_t i = 1; i <= WHEEL_SLOT_COUNT; i++) {
                const struct wheel_timer *head =
                        &wheel->slots[(wheel->tick + i) % WHEEL_SLOT_COUNT];

                if (head->next != head)
                        return (wheel->tick + i) * WHEEL_TICK_US;
        }
        assert(false); /* count says that there is one */
        return INT64_MAX;
}
