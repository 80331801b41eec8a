/* Refused: one processor for as long as the thread lives, which another server may have chosen,
 * too. What fails is left as it is: the thread runs wherever the kernel likes. */
#include "lib/base/processor.h"

#include <sys/resource.h>
#include <unistd.h>

void processor_give_way(int steps)
{
        id_t thread = (id_t)gettid();

        setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + steps);
}

/* False where there is no choice. */
static bool keep_here(struct processor_stay *stay)
{
        int here = sched_getcpu();

        if (here < 0 || sched_getaffinity(0, sizeof(stay->allowed), &stay->allowed) != 0 ||
                CPU_COUNT(&stay->allowed) < 2)
                return false;
        CPU_ZERO(&stay->only);
        CPU_SET(here, &stay->only);
        return sched_setaffinity(0, sizeof(stay->only), &stay->only) == 0;
}

/* Unless somebody else has chosen meanwhile. */
static void set_free(const struct processor_stay *stay)
{
        cpu_set_t now;

        if (sched_getaffinity(0, sizeof(now), &now) == 0 && CPU_EQUAL(&now, &stay->only))
                sched_setaffinity(0, sizeof(stay->allowed), &stay->allowed);
}

void processor_stay(struct processor_stay *stay, int64_t now_us)
{
        if (now_us < stay->until_us)
                return;
        if (stay->kept) {
                set_free(stay);
                stay->kept = false;
                return;
        }
        stay->kept = keep_here(stay);
        stay->until_us = now_us + PROCESSOR_STAY_US;
}
