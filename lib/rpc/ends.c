/* See ends.h. */
#include "lib/rpc/ends.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int ends_compare(const void *a, const void *b)
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

enum carrier ends_of_pipe(nng_pipe pipe, struct ends *ends)
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

bool ends_of_fd(int fd, struct ends *ends)
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

bool ends_of_listener(nng_listener listener, struct ends *ends)
{
        nng_sockaddr address;

        memset(ends, 0, sizeof(*ends));
        return nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address) == 0 &&
               end_of_transport(ends, 0, &address);
}

void ends_each_fd(void (*look)(void *context, int fd), void *context)
{
        DIR *dir = opendir("/proc/self/fd");
        const struct dirent *entry;

        if (dir == NULL)
                return;
        while ((entry = readdir(dir)) != NULL)
                if (entry->d_name[0] != '.')
                        look(context, atoi(entry->d_name));
        closedir(dir);
}
