#pragma once
/*
 * Tells the service manager how the program is, where one listens: systemd's sd_notify(3) protocol,
 * one datagram to the socket that $NOTIFY_SOCKET names. Without it everything here does nothing.
 */
#include <stdint.h>

struct notify {
        const char *path;    /* NULL: nobody listens */
        int64_t watchdog_us; /* how often it wants a sign of life; 0: not at all */
        int64_t told_us;     /* monotonic; the last sign */
};

struct notify notify_open(void);
void notify_ready(const struct notify *notify, const char *url);
/* Call often while the program is well: sends at half the interval. */
void notify_alive(struct notify *notify, int64_t monotonic_us);
void notify_stopping(const struct notify *notify);
