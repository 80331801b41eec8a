/*
 * The process's own descriptors are looked through once (ends.h). That is a few system calls for
 * each open file, at the end of a channel or server; refused: looking when a connection is made,
 * which ten thousand connections would pay for ten thousand times.
 *
 * Connections of ipc have one address, the path, so that all which the process has on the same
 * side of it are told. A server ends them all anyway; other channels of the process to that path
 * connect again, and repeat what was in flight.
 */
#include "lib/rpc/hang_up.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/rpc/ends.h"

/* What to look for: connections by their ends, or by a path and the side that has it. */
struct wanted {
        int how;                 /* as shutdown(2) has it */
        const struct ends *ends; /* sorted */
        size_t count;
        const char *path;
        enum side { SIDE_LISTENER, SIDE_ACCEPTED, SIDE_DIALLED } side;
};

static bool has_path(int fd, const struct wanted *wanted)
{
        struct sockaddr_un address = {0};
        socklen_t len = sizeof(address);
        int listens = 0;
        int result = wanted->side == SIDE_DIALLED
                             ? getpeername(fd, (struct sockaddr *)&address, &len)
                             : getsockname(fd, (struct sockaddr *)&address, &len);

        if (result != 0 || address.sun_family != AF_UNIX ||
                strncmp(address.sun_path, wanted->path, sizeof(address.sun_path)) != 0)
                return false;
        len = sizeof(listens);
        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
               (listens != 0) == (wanted->side == SIDE_LISTENER);
}

static bool is_wanted(int fd, const struct wanted *wanted)
{
        struct ends found;

        if (wanted->path != NULL)
                return has_path(fd, wanted);
        return ends_of_fd(fd, &found) &&
               bsearch(&found, wanted->ends, wanted->count, sizeof(found), ends_compare) != NULL;
}

static void shut_if_wanted(void *context, int fd)
{
        const struct wanted *wanted = context;

        if (is_wanted(fd, wanted))
                shutdown(fd, wanted->how);
}

static void look_through(const struct wanted *wanted)
{
        ends_each_fd(shut_if_wanted, (void *)wanted);
}

static void hang_up_path(nng_pipe pipe)
{
        nng_sockaddr address;

        if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &address) == 0)
                look_through(&(struct wanted){
                        .how = SHUT_RD,
                        .path = address.s_ipc.sa_path,
                        .side = nng_listener_id(nng_pipe_listener(pipe)) > 0 ? SIDE_ACCEPTED
                                                                             : SIDE_DIALLED,
                });
}

static void shut(const nng_pipe *pipes, size_t count, int how)
{
        struct ends *wanted = calloc(count + 1, sizeof(*wanted));
        size_t sockets = 0, paths = 0;

        assert(wanted != NULL);
        for (size_t i = 0; i < count; i++) {
                switch (ends_of_pipe(pipes[i], &wanted[sockets])) {
                case CARRIER_TCP:
                        sockets++;
                        break;
                case CARRIER_PATH: /* all are of one socket, hence of one path and side */
                        if (how == SHUT_RDWR) /* nothing there tells one from the others */
                                nng_pipe_close(pipes[i]);
                        else if (paths++ == 0)
                                hang_up_path(pipes[i]);
                        break;
                case CARRIER_MEMORY:
                        nng_pipe_close(pipes[i]);
                        break;
                case CARRIER_BROKEN:
                        break; /* it ends by itself */
                }
        }
        qsort(wanted, sockets, sizeof(*wanted), ends_compare);
        if (sockets > 0)
                look_through(&(struct wanted){.how = how, .ends = wanted, .count = sockets});
        free(wanted);
}

void hang_up(const nng_pipe *pipes, size_t count)
{
        shut(pipes, count, SHUT_RD);
}

void cut_off(const nng_pipe *pipes, size_t count)
{
        shut(pipes, count, SHUT_RDWR);
}

void hang_up_listener(nng_listener listener)
{
        struct ends wanted;
        nng_sockaddr address;

        if (ends_of_listener(listener, &wanted))
                look_through(&(struct wanted){.how = SHUT_RD, .ends = &wanted, .count = 1});
        else if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address) == 0 &&
                 address.s_family == NNG_AF_IPC)
                look_through(&(struct wanted){
                        .how = SHUT_RD, .path = address.s_ipc.sa_path, .side = SIDE_LISTENER});
}
