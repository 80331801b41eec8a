/*
 * Twenty lines of protocol instead of a library that is not on every machine. A lost datagram is
 * not retried: the next sign of life follows, and who never says READY=1 is started again.
 */
#include "server/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_MAX 256

static void send_text(const struct notify *notify, const char *text)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t len = notify->path == NULL ? 0 : strlen(notify->path);

        if (len < 2 || len >= sizeof(address.sun_path))
                return;
        memcpy(address.sun_path, notify->path, len);
        if (address.sun_path[0] == '@')
                address.sun_path[0] = '\0'; /* a name without a file */
        int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (file < 0)
                return;
        sendto(file, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
        close(file);
}

struct notify notify_open(void)
{
        const char *interval = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
        struct notify notify = {.path = getenv("NOTIFY_SOCKET")};

        if (interval != NULL && (process == NULL || atol(process) == (long)getpid()))
                notify.watchdog_us = atoll(interval);
        return notify;
}

void notify_ready(const struct notify *notify, const char *url)
{
        char text[TEXT_MAX];

        snprintf(text, sizeof(text), "READY=1\nSTATUS=listening on %s", url);
        send_text(notify, text);
}

void notify_alive(struct notify *notify, int64_t monotonic_us)
{
        if (notify->watchdog_us <= 0 || monotonic_us - notify->told_us < notify->watchdog_us / 2)
                return;
        notify->told_us = monotonic_us;
        send_text(notify, "WATCHDOG=1");
}

void notify_stopping(const struct notify *notify)
{
        send_text(notify, "STOPPING=1");
}
