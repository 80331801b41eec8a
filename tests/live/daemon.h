#pragma once
/*
 * A shopd of a test's own: started on a temporary directory and a free port, stopped or killed,
 * started again on what it left behind. It dies with the test. What goes wrong here ends the
 * program with a sentence.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon {
        const char *program; /* path of shopd */
        char dir[64];        /* the test's: data/, log, config */
        pid_t pid;           /* 0: not running */
        char url[64];
        char token[128]; /* the administrator's */
};

/* Makes the directory. */
void daemon_init(struct daemon *daemon, const char *program);
/* Adds lines to its configuration, before a start. */
void daemon_configure(const struct daemon *daemon, const char *text);
/* flags: more of them, ended by NULL. Does not wait. */
void daemon_start(struct daemon *daemon, const char *const *flags);
/* Waits until it listens and reads url and token. */
void daemon_wait(struct daemon *daemon);
/* SIGKILL, and what is left of it collected. */
void daemon_kill(struct daemon *daemon);
/* Waits until it ends by itself; the exit status. */
int daemon_ended(struct daemon *daemon);
/* SIGTERM; the exit status. */
int daemon_stop(struct daemon *daemon);
/* shopd --verify on its directory; the exit status. It must not be running. */
int daemon_verify(struct daemon *daemon);
/* Kills it where it runs and removes the directory. */
void daemon_release(struct daemon *daemon);
/* For a test that has failed: the end of the server's log, on standard error. */
void daemon_show_log(const struct daemon *daemon);

/* Prints the sentence and ends the program. */
_Noreturn void live_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
