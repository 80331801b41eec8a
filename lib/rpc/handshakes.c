/*
 * The process's own descriptors are looked through for sockets on the listener's port that are no
 * pipe's, each a few system calls, every few seconds. What was seen is remembered by the kernel's
 * own name of the socket, since a descriptor's number is soon another's. Shutting one down is what
 * the transport survives (hang_up.h): it reads the end and gives the connection up.
 *
 * Refused: TCP_DEFER_ACCEPT, which one byte satisfies.
 */
#include "lib/rpc/handshakes.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/rpc/ends.h"

struct stranger {
        uint64_t socket;
        int64_t since_us; /* when it was seen first */
};

struct strangers {
        struct stranger *at;
        size_t count;
        size_t capacity;
};

struct handshakes {
        struct strangers seen; /* at the last look, sorted */
};

struct look {
        struct strangers *seen;
        struct strangers now;
        struct ends listener;
        struct ends *pipes; /* sorted */
        size_t pipe_count;
        int64_t now_us;
        int64_t timeout_us;
        size_t ended;
};

struct handshakes *handshakes_new(void)
{
        struct handshakes *handshakes = calloc(1, sizeof(*handshakes));

        assert(handshakes != NULL);
        return handshakes;
}

void handshakes_free(struct handshakes *handshakes)
{
        free(handshakes->seen.at);
        free(handshakes);
}

static int compare(const void *a, const void *b)
{
        uint64_t one = ((const struct stranger *)a)->socket;
        uint64_t other = ((const struct stranger *)b)->socket;

        return one < other ? -1 : one > other;
}

static void remember(struct strangers *strangers, struct stranger stranger)
{
        if (strangers->count == strangers->capacity) {
                strangers->capacity = strangers->capacity == 0 ? 16 : 2 * strangers->capacity;
                strangers->at =
                        realloc(strangers->at, strangers->capacity * sizeof(*strangers->at));
                assert(strangers->at != NULL);
        }
        strangers->at[strangers->count++] = stranger;
}

static const struct stranger *find(
        const struct strangers *strangers, const struct stranger *stranger)
{
        return strangers->count == 0 ? NULL
                                     : bsearch(stranger, strangers->at, strangers->count,
                                               sizeof(*stranger), compare);
}

static bool is_stranger(const struct look *look, int fd)
{
        struct ends ends;

        return ends_of_fd(fd, &ends) && ends.port[1] != 0 &&
               ends.port[0] == look->listener.port[0] &&
               bsearch(&ends, look->pipes, look->pipe_count, sizeof(ends), ends_compare) == NULL;
}

static void look_at(void *context, int fd)
{
        struct look *look = context;
        struct stranger stranger = {.since_us = look->now_us};
        socklen_t len = sizeof(stranger.socket);

        if (!is_stranger(look, fd) ||
                getsockopt(fd, SOL_SOCKET, SO_COOKIE, &stranger.socket, &len) != 0)
                return;
        const struct stranger *before = find(look->seen, &stranger);

        if (before != NULL)
                stranger.since_us = before->since_us;
        if (look->now_us - stranger.since_us < look->timeout_us) {
                remember(&look->now, stranger);
                return;
        }
        shutdown(fd, SHUT_RDWR);
        look->ended++;
}

/* The ends of those pipes that are carried by TCP. */
static void list_pipes(struct look *look, const nng_pipe *pipes, size_t count)
{
        look->pipes = calloc(count + 1, sizeof(*look->pipes));
        assert(look->pipes != NULL);
        for (size_t i = 0; i < count; i++)
                look->pipe_count +=
                        ends_of_pipe(pipes[i], &look->pipes[look->pipe_count]) == CARRIER_TCP;
        qsort(look->pipes, look->pipe_count, sizeof(*look->pipes), ends_compare);
}

size_t handshakes_end(struct handshakes *handshakes, nng_listener listener, const nng_pipe *pipes,
        size_t count, int64_t timeout_ms)
{
        struct look look = {
                .seen = &handshakes->seen,
                .now_us = clock_monotonic_us(),
                .timeout_us = timeout_ms * 1000,
        };

        if (!ends_of_listener(listener, &look.listener))
                return 0;
        list_pipes(&look, pipes, count);
        ends_each_fd(look_at, &look);
        free(look.pipes);
        free(handshakes->seen.at);
        handshakes->seen = look.now;
        if (look.now.count > 0)
                qsort(look.now.at, look.now.count, sizeof(*look.now.at), compare);
        return look.ended;
}
