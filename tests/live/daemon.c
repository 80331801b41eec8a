/*
 * The real program as a child process. Refused: a server in the test's own process, which cannot
 * be killed at any moment and would hide what only a process has (locks, files half written).
 */
#include "tests/live/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/clock.h"

#define ARGUMENTS_MAX 32
#define PATH_LEN      128
#define START_US_MAX  INT64_C(60000000)

_Noreturn void live_fail(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fputs("FAILED: ", stderr);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        va_end(arguments);
        exit(1);
}

static const char *path_of(const struct daemon *daemon, const char *name, char path[PATH_LEN])
{
        snprintf(path, PATH_LEN, "%s/%s", daemon->dir, name);
        return path;
}

void daemon_configure(const struct daemon *daemon, const char *text)
{
        char path[PATH_LEN];
        FILE *file = fopen(path_of(daemon, "config", path), "a");

        if (file == NULL)
                live_fail("%s: %s", path, strerror(errno));
        fputs(text, file);
        fclose(file);
}

void daemon_init(struct daemon *daemon, const char *program)
{
        const char *base = getenv("TMPDIR");

        *daemon = (struct daemon){.program = program};
        snprintf(daemon->dir, sizeof(daemon->dir), "%s/shop-live-XXXXXX",
                base == NULL || strlen(base) > 32 ? "/tmp" : base);
        if (mkdtemp(daemon->dir) == NULL)
                live_fail("%s: %s", daemon->dir, strerror(errno));
        /* A line for every write would only be in the way of what went wrong. */
        daemon_configure(daemon, "[log]\nlevel = warn\n");
}

/* In the child. */
static _Noreturn void become(const struct daemon *daemon, char *const *arguments)
{
        char path[PATH_LEN];
        int log = open(path_of(daemon, "log", path), O_WRONLY | O_CREAT | O_APPEND, 0600);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execv(daemon->program, arguments);
        _exit(127);
}

static pid_t spawn(const struct daemon *daemon, char *const *arguments)
{
        pid_t pid = fork();

        if (pid < 0)
                live_fail("fork: %s", strerror(errno));
        if (pid == 0)
                become(daemon, arguments);
        return pid;
}

void daemon_start(struct daemon *daemon, const char *const *flags)
{
        char data[PATH_LEN], url[PATH_LEN], config[PATH_LEN];
        const char *arguments[ARGUMENTS_MAX] = {daemon->program, "--config",
                path_of(daemon, "config", config), "--data", path_of(daemon, "data", data),
                "--listen", "tcp://127.0.0.1:0"};
        size_t count = 7;

        while (flags != NULL && *flags != NULL && count + 1 < ARGUMENTS_MAX)
                arguments[count++] = *flags++;
        unlink(path_of(daemon, "data/shopd.url", url));
        daemon->pid = spawn(daemon, (char *const *)arguments);
}

/* The first line of a file. False: not there, or not yet a line. */
static bool read_line(const char *path, char *out, size_t size)
{
        FILE *file = fopen(path, "r");
        bool got = file != NULL && fgets(out, (int)size, file) != NULL;

        if (file != NULL)
                fclose(file);
        if (got)
                out[strcspn(out, "\n")] = '\0';
        return got && out[0] != '\0';
}

void daemon_wait(struct daemon *daemon)
{
        int64_t until_us = clock_monotonic_us() + START_US_MAX;
        char url[PATH_LEN], token[PATH_LEN];
        int status;

        path_of(daemon, "data/shopd.url", url);
        path_of(daemon, "data/admin.token", token);
        while (!read_line(url, daemon->url, sizeof(daemon->url))) {
                if (waitpid(daemon->pid, &status, WNOHANG) == daemon->pid) {
                        daemon->pid = 0;
                        daemon_show_log(daemon);
                        live_fail("shopd ended while it started, status %d", status);
                }
                if (clock_monotonic_us() > until_us)
                        live_fail("shopd does not listen");
                clock_sleep_us(2000);
        }
        if (!read_line(token, daemon->token, sizeof(daemon->token)))
                live_fail("there is no %s", token);
}

int daemon_ended(struct daemon *daemon)
{
        int status;

        if (waitpid(daemon->pid, &status, 0) != daemon->pid)
                live_fail("waitpid: %s", strerror(errno));
        daemon->pid = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void daemon_kill(struct daemon *daemon)
{
        kill(daemon->pid, SIGKILL);
        if (daemon_ended(daemon) != 128 + SIGKILL) {
                daemon_show_log(daemon);
                live_fail("shopd had ended before it was killed");
        }
}

int daemon_stop(struct daemon *daemon)
{
        kill(daemon->pid, SIGTERM);
        return daemon_ended(daemon);
}

int daemon_verify(struct daemon *daemon)
{
        char data[PATH_LEN];
        const char *arguments[] = {
                daemon->program, "--data", path_of(daemon, "data", data), "--verify", NULL};

        daemon->pid = spawn(daemon, (char *const *)arguments);
        return daemon_ended(daemon);
}

void daemon_show_log(const struct daemon *daemon)
{
        char path[PATH_LEN], text[4096];
        FILE *log = fopen(path_of(daemon, "log", path), "r");

        if (log == NULL)
                return;
        fseek(log, 0, SEEK_END);
        long size = ftell(log);

        fseek(log, size > (long)sizeof(text) ? size - (long)sizeof(text) : 0, SEEK_SET);
        size_t count = fread(text, 1, sizeof(text), log);

        fputs("the server's log ends:\n", stderr);
        fwrite(text, 1, count, stderr);
        fclose(log);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *where)
{
        return remove(path);
}

void daemon_release(struct daemon *daemon)
{
        if (daemon->pid != 0)
                daemon_kill(daemon);
        nftw(daemon->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
