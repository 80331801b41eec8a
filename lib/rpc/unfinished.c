/*
 * The kernel counts what came on a connection, connections.c what of it was whole messages; the
 * rest is held for one that is not whole. That is asked of each connection only when as much came
 * in all as would be too much, so that good callers cost no look, but for one each few megabytes
 * to see that they are good.
 *
 * What TLS adds to a message is estimated, generously: who sends many small messages may hold
 * something more than is seen.
 *
 * Refused: a smaller message for strangers, since the transport has one size for all connections
 * of a socket; a short time for each message, which slow callers need and fast ones do not fear.
 */
#include "lib/rpc/unfinished.h"

#include <assert.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/rpc/arrivals.h"
#include "lib/rpc/ends.h"

#define STEP_PARTS 8     /* looks are at least an eighth of the bound apart */
#define HELD_MIN   65536 /* nobody ends for less: a small message that is on its way */

struct unfinished {
        struct connections *connections;
        int64_t bytes_max;
        int64_t others; /* bytes that came and are neither held nor of a finished message */
        bool stopping;
        pthread_t thread;
};

struct sender {
        struct ends ends; /* first: what it is sorted and found by */
        struct connection_progress progress;
        int64_t held;
};

struct look {
        struct sender *senders; /* sorted */
        size_t count;
};

static struct sender *find(const struct look *look, const struct ends *ends)
{
        return bsearch(ends, look->senders, look->count, sizeof(*look->senders), ends_compare);
}

static void ask_kernel(void *context, int fd)
{
        const struct look *look = context;
        struct tcp_info info = {0};
        socklen_t len = sizeof(info);
        struct ends ends;
        int unread = 0;

        if (!ends_of_fd(fd, &ends))
                return;
        struct sender *sender = find(look, &ends);

        if (sender == NULL || ioctl(fd, SIOCINQ, &unread) != 0 ||
                getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
                return;
        int64_t held = (int64_t)(info.tcpi_bytes_received - sender->progress.finished_bytes) -
                       unread; /* the kernel has that, which bounds it by itself */

        if (held > 0)
                sender->held = held;
}

static struct look look_at(struct connections *connections)
{
        size_t count;
        struct connection_progress *all = connections_progress(connections, &count);
        struct look look = {.senders = calloc(count + 1, sizeof(*look.senders))};

        assert(look.senders != NULL);
        for (size_t i = 0; i < count; i++) {
                struct sender *sender = &look.senders[look.count];

                sender->progress = all[i];
                look.count += ends_of_pipe(all[i].pipe, &sender->ends) == CARRIER_TCP;
        }
        free(all);
        qsort(look.senders, look.count, sizeof(*look.senders), ends_compare);
        ends_each_fd(ask_kernel, &look);
        return look;
}

static int compare_rest(const void *a, const void *b)
{
        int64_t one = ((const struct sender *)a)->progress.finished_us;
        int64_t other = ((const struct sender *)b)->progress.finished_us;

        return one < other ? -1 : one > other;
}

/* Returns what the others hold. */
static int64_t end_some(struct unfinished *unfinished, const struct look *look, int64_t held)
{
        struct connection_progress *ended = calloc(look->count + 1, sizeof(*ended));
        size_t count = 0;

        assert(ended != NULL);
        qsort(look->senders, look->count, sizeof(*look->senders), compare_rest);
        for (size_t i = 0; i < look->count && held > unfinished->bytes_max; i++) {
                if (look->senders[i].held < HELD_MIN)
                        continue;
                ended[count++] = look->senders[i].progress;
                held -= look->senders[i].held;
        }
        connections_end_unfinished(unfinished->connections, ended, count);
        free(ended);
        return held;
}

static int64_t look_for_many(struct unfinished *unfinished)
{
        struct look look = look_at(unfinished->connections);
        int64_t held = 0;

        for (size_t i = 0; i < look.count; i++)
                held += look.senders[i].held;
        if (held > unfinished->bytes_max)
                held = end_some(unfinished, &look, held);
        free(look.senders);
        return held;
}

static void *watch(void *context)
{
        struct unfinished *unfinished = context;
        const int64_t step = unfinished->bytes_max / STEP_PARTS;
        uint64_t look_at = (uint64_t)unfinished->bytes_max;

        while (arrivals_wait(look_at, &unfinished->stopping)) {
                uint64_t arrived = arrivals_count();
                struct connection_counts counts = connections_count(unfinished->connections);
                int64_t rest = (int64_t)(arrived - counts.finished_bytes);
                int64_t held = rest - unfinished->others; /* at most */

                if (held > unfinished->bytes_max)
                        held = look_for_many(unfinished);
                else if (held < 0)
                        held = 0;
                unfinished->others = rest - held;
                int64_t room = unfinished->bytes_max - held;

                look_at = arrived + (uint64_t)(room > step ? room : step);
        }
        return NULL;
}

struct unfinished *unfinished_new(struct connections *connections, size_t bytes_max)
{
        struct unfinished *unfinished = calloc(1, sizeof(*unfinished));

        assert(unfinished != NULL);
        unfinished->connections = connections;
        unfinished->bytes_max = (int64_t)bytes_max;
        unfinished->others = (int64_t)arrivals_count();
        int failed = pthread_create(&unfinished->thread, NULL, watch, unfinished);

        assert(!failed);
        return unfinished;
}

void unfinished_free(struct unfinished *unfinished)
{
        if (unfinished == NULL)
                return;
        arrivals_stop(&unfinished->stopping);
        pthread_join(unfinished->thread, NULL);
        free(unfinished);
}
