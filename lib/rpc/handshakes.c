/*
 * The process's own descriptors are looked through for sockets on the listener's port that are no
 * pipe's, each a few system calls, every few seconds, and sooner where there are many more
 * descriptors than pipes. What was seen is remembered by the kernel's
 * own name of the socket, since a descriptor's number is soon another's. Shutting one down is what
 * the transport survives (hang_up.h): it reads the end and gives the connection up.
 *
 * Of too many those go that came first: who means it has shaken hands by then. Those that came
 * since the last look stay, or a crowd that comes back at once would never get in.
 *
 * Refused: TCP_DEFER_ACCEPT, which one byte satisfies.
 */
#include "lib/rpc/handshakes.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/rpc/ends.h"

struct stranger {
        uint64_t socket;
        int64_t since_us; /* when it was seen first */
        int fd;
};

struct strangers {
        struct stranger *at;
        size_t count;
        size_t capacity;
};

struct handshakes {
        int64_t timeout_us;
        size_t strangers_max;
        int64_t looked_us;
        bool crowded;          /* at the last look */
        struct strangers seen; /* at the last look, sorted */
};

struct look {
        struct strangers *seen;
        struct strangers now;
        struct ends listener;
        struct ends *pipes; /* sorted */
        size_t pipe_count;
        int64_t now_us;
};

struct handshakes *handshakes_new(int64_t timeout_ms, size_t strangers_max)
{
        struct handshakes *handshakes = calloc(1, sizeof(*handshakes));

        assert(handshakes != NULL);
        handshakes->timeout_us = timeout_ms * 1000;
        handshakes->strangers_max = strangers_max;
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

static bool name_socket(int fd, uint64_t *name)
{
        socklen_t len = sizeof(*name);

        return getsockopt(fd, SOL_SOCKET, SO_COOKIE, name, &len) == 0;
}

static void look_at(void *context, int fd)
{
        struct look *look = context;
        struct stranger stranger = {.since_us = look->now_us, .fd = fd};

        if (!is_stranger(look, fd) || !name_socket(fd, &stranger.socket))
                return;
        const struct stranger *before = find(look->seen, &stranger);

        if (before != NULL)
                stranger.since_us = before->since_us;
        remember(&look->now, stranger);
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

static int compare_age(const void *a, const void *b)
{
        int64_t one = ((const struct stranger *)a)->since_us;
        int64_t other = ((const struct stranger *)b)->since_us;

        return one < other ? -1 : one > other;
}

/* Ends the first so many, which leave the list. */
static void end_first(struct strangers *strangers, size_t count)
{
        uint64_t socket;

        for (size_t i = 0; i < count; i++)
                if (name_socket(strangers->at[i].fd, &socket) && socket == strangers->at[i].socket)
                        shutdown(strangers->at[i].fd, SHUT_RDWR);
        strangers->count -= count;
        for (size_t i = 0; i < strangers->count; i++)
                strangers->at[i] = strangers->at[i + count];
}

static size_t end_oldest(const struct handshakes *handshakes, struct look *look)
{
        struct strangers *now = &look->now;
        size_t count = 0;

        if (now->count > 0)
                qsort(now->at, now->count, sizeof(*now->at), compare_age);
        while (count < now->count && now->at[count].since_us < look->now_us &&
                (now->count - count > handshakes->strangers_max ||
                        look->now_us - now->at[count].since_us >= handshakes->timeout_us))
                count++;
        end_first(now, count);
        return count;
}

/* A new descriptor has the lowest number that is free: at least as many are in use. */
static bool has_more_descriptors(size_t count)
{
        int fd = open("/", O_PATH | O_CLOEXEC);

        if (fd < 0)
                return true;
        close(fd);
        return (size_t)fd > count;
}

/* It is time to look, or there are so many that it may be. */
static bool is_due(const struct handshakes *handshakes, size_t pipe_count, int64_t now_us)
{
        return now_us - handshakes->looked_us >= handshakes->timeout_us / 2 ||
               handshakes->crowded || has_more_descriptors(pipe_count + handshakes->strangers_max);
}

size_t handshakes_end(
        struct handshakes *handshakes, nng_listener listener, const nng_pipe *pipes, size_t count)
{
        struct look look = {.seen = &handshakes->seen, .now_us = clock_monotonic_us()};

        if (!is_due(handshakes, count, look.now_us) || !ends_of_listener(listener, &look.listener))
                return 0;
        handshakes->looked_us = look.now_us;
        list_pipes(&look, pipes, count);
        ends_each_fd(look_at, &look);
        free(look.pipes);
        handshakes->crowded = look.now.count >= handshakes->strangers_max;
        size_t ended = end_oldest(handshakes, &look);

        free(handshakes->seen.at);
        handshakes->seen = look.now;
        if (look.now.count > 0)
                qsort(look.now.at, look.now.count, sizeof(*look.now.at), compare);
        return ended;
}
