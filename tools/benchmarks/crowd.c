/*
 * A connection is plain sockets here, a client library's would cost this process more than the
 * server that is measured. The greeting is the shortest that makes a connection whole: the eight
 * bytes of an SP request socket, or HTTP/2's preface with empty settings. They are closed by a
 * reset, since five thousand of them waiting for their time-out leave no ports for the next round.
 */
#include "tools/benchmarks/crowd.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/live/daemon.h"

#define OTHER_FILES 500 /* that a process has open beside its connections */
#define GREETED_LEN 8   /* of what both servers say first */
#define TIMEOUT_S   10

static const char sp_request[] = "\0SP\0\0\x30\0\0";
static const char http2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

void crowd_allow(size_t count)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                live_fail("the limit of open files is not known");
        if (limit.rlim_cur >= count + OTHER_FILES)
                return;
        limit.rlim_cur = count + OTHER_FILES;
        if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_NOFILE, &limit) != 0)
                live_fail("%zu connections need a higher limit of open files", count);
}

static int connect_one(const struct sockaddr_in *address, const char *greeting, size_t len)
{
        const struct timeval patience = {.tv_sec = TIMEOUT_S};
        const struct linger reset = {.l_onoff = 1};
        int at = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (at < 0 || setsockopt(at, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
                setsockopt(at, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) != 0 ||
                connect(at, (const struct sockaddr *)address, sizeof(*address)) != 0 ||
                send(at, greeting, len, MSG_NOSIGNAL) != (ssize_t)len)
                live_fail("an idle connection cannot be made");
        return at;
}

void crowd_open(struct crowd *crowd, enum crowd_kind kind, const char *address, size_t count)
{
        const char *port = strrchr(address, ':');
        const struct sockaddr_in to = {
                .sin_family = AF_INET,
                .sin_port = htons((uint16_t)atoi(port != NULL ? port + 1 : "")),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        char greeted[GREETED_LEN];

        crowd->sockets = calloc(count, sizeof(*crowd->sockets));
        if (crowd->sockets == NULL)
                live_fail("no memory");
        for (crowd->count = 0; crowd->count < count; crowd->count++)
                crowd->sockets[crowd->count] =
                        kind == CROWD_GRPC ? connect_one(&to, http2, sizeof(http2) - 1)
                                           : connect_one(&to, sp_request, sizeof(sp_request) - 1);
        for (size_t i = 0; i < count; i++)
                if (recv(crowd->sockets[i], greeted, sizeof(greeted), MSG_WAITALL) !=
                        sizeof(greeted))
                        live_fail("idle connection %zu was not greeted", i + 1);
}

void crowd_close(struct crowd *crowd)
{
        for (size_t i = 0; i < crowd->count; i++)
                close(crowd->sockets[i]);
        free(crowd->sockets);
        *crowd = (struct crowd){0};
}
