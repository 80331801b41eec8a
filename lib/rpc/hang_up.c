/*
 * The transport does not say which descriptor a pipe has, so the process's own descriptors are
 * looked through once for sockets with the pipes' two addresses. That is a few system calls for
 * each open file, at the end of a channel or server; refused: looking when a connection is made,
 * which ten thousand connections would pay for ten thousand times.
 *
 * Connections of ipc have one address, the path, so that all which the process has on the same
 * side of it are told. A server ends them all anyway; other channels of the process to that path
 * connect again, and repeat what was in flight.
 */
#include "lib/rpc/hang_up.h"

#include <assert.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Both ends of a connection, without holes, for memcmp. */
struct ends {
        uint8_t address[2][16];
        uint16_t port[2];
        uint16_t family;
};

static int compare(const void *a, const void *b)
{
        return memcmp(a, b, sizeof(struct ends));
}

/* One end of a connection. False: not one of TCP. */
static bool end_of_transport(struct ends *ends, int i, const nng_sockaddr *address)
{
        ends->family = address->s_family;
        if (address->s_family == NNG_AF_INET) {
                memcpy(ends->address[i], &address->s_in.sa_addr, 4);
                ends->port[i] = address->s_in.sa_port;
                return true;
        }
        if (address->s_family == NNG_AF_INET6) {
                memcpy(ends->address[i], address->s_in6.sa_addr, 16);
                ends->port[i] = address->s_in6.sa_port;
                return true;
        }
        return false;
}

enum carrier { CARRIER_TCP, CARRIER_PATH, CARRIER_MEMORY, CARRIER_BROKEN };

/* A connection that its peer has broken has no addresses any more. */
static enum carrier ends_of_pipe(nng_pipe pipe, struct ends *ends)
{
        static const char *const options[] = {NNG_OPT_LOCADDR, NNG_OPT_REMADDR};

        memset(ends, 0, sizeof(*ends));
        for (int i = 0; i < 2; i++) {
                nng_sockaddr address;

                if (nng_pipe_get_addr(pipe, options[i], &address) != 0)
                        return CARRIER_BROKEN;
                if (address.s_family == NNG_AF_IPC)
                        return CARRIER_PATH;
                if (!end_of_transport(ends, i, &address))
                        return CARRIER_MEMORY;
        }
        return CARRIER_TCP;
}

static void set_end(struct ends *ends, int i, const struct sockaddr_storage *address)
{
        if (address->ss_family == AF_INET) {
                const struct sockaddr_in *in = (const void *)address;

                memcpy(ends->address[i], &in->sin_addr, 4);
                ends->port[i] = in->sin_port;
                ends->family = NNG_AF_INET;
        } else if (address->ss_family == AF_INET6) {
                const struct sockaddr_in6 *in6 = (const void *)address;

                memcpy(ends->address[i], &in6->sin6_addr, 16);
                ends->port[i] = in6->sin6_port;
                ends->family = NNG_AF_INET6;
        }
}

/* The addresses of a socket; of one that listens only its own. False: it is none of these. */
static bool ends_of_fd(int fd, struct ends *ends)
{
        struct sockaddr_storage address;
        socklen_t len = sizeof(address);
        int listens = 0;

        memset(ends, 0, sizeof(*ends));
        if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
                return false;
        set_end(ends, 0, &address);
        len = sizeof(address);
        if (getpeername(fd, (struct sockaddr *)&address, &len) == 0) {
                set_end(ends, 1, &address);
                return ends->port[1] != 0;
        }
        len = sizeof(listens);
        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens != 0;
}

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
               bsearch(&found, wanted->ends, wanted->count, sizeof(found), compare) != NULL;
}

static void look_through(const struct wanted *wanted)
{
        DIR *dir = opendir("/proc/self/fd");
        const struct dirent *entry;

        if (dir == NULL)
                return;
        while ((entry = readdir(dir)) != NULL)
                if (entry->d_name[0] != '.' && is_wanted(atoi(entry->d_name), wanted))
                        shutdown(atoi(entry->d_name), wanted->how);
        closedir(dir);
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
                        if (paths++ == 0)
                                hang_up_path(pipes[i]);
                        break;
                case CARRIER_MEMORY:
                        nng_pipe_close(pipes[i]);
                        break;
                case CARRIER_BROKEN:
                        break; /* it ends by itself */
                }
        }
        qsort(wanted, sockets, sizeof(*wanted), compare);
        if (sockets > 0)
                look_through(&(struct wanted){.how = how, .ends = wanted, .count = sockets});
        free(wanted);
}

void hang_up(const nng_pipe *pipes, size_t count)
{
        shut(pipes, count, SHUT_RD);
}

/* Of a path there is nothing that tells one connection from the others. */
void cut_off(nng_pipe pipe)
{
        struct ends ends;

        if (ends_of_pipe(pipe, &ends) == CARRIER_PATH)
                nng_pipe_close(pipe);
        else
                shut(&pipe, 1, SHUT_RDWR);
}

void hang_up_listener(nng_listener listener)
{
        struct ends wanted = {0};
        nng_sockaddr address;

        if (nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address) != 0)
                return;
        if (address.s_family == NNG_AF_IPC)
                look_through(&(struct wanted){
                        .how = SHUT_RD, .path = address.s_ipc.sa_path, .side = SIDE_LISTENER});
        else if (end_of_transport(&wanted, 0, &address))
                look_through(&(struct wanted){.how = SHUT_RD, .ends = &wanted, .count = 1});
}
