/*
 * Starts the peer's programs and talks to them by lines. How many channels and completion queues
 * serve gRPC best depends on the load and the machine, so it is tried out before anything counts,
 * rather than read from a guide: the comparison is with its best client, whichever that is today.
 */
#include "tools/benchmarks/grpc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/live/daemon.h"

/* Its standard input and output become pipes of ours. */
static pid_t start(const char *const *argv, FILE **to, FILE **from)
{
        int in[2], out[2];
        pid_t pid;

        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
                live_fail("no pipe for %s", argv[0]);
        pid = fork();
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                dup2(in[0], STDIN_FILENO);
                dup2(out[1], STDOUT_FILENO);
                execv(argv[0], (char *const *)argv);
                _exit(127);
        }
        close(in[0]);
        close(out[1]);
        *to = fdopen(in[1], "w");
        *from = fdopen(out[0], "r");
        if (pid < 0 || *to == NULL || *from == NULL)
                live_fail("%s did not start", argv[0]);
        return pid;
}

/* On two cores, shared with the client, a second one costs a fifth more processor time and carries
 * no more calls. */
static const char *server_threads(void)
{
        return sysconf(_SC_NPROCESSORS_ONLN) > 2 ? "2" : "1";
}

void grpc_start_server(
        struct grpc_peer *peer, const char *programs, const char *dir, const char *token)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/server", programs);
        const char *argv[] = {path, dir, token, server_threads(), NULL};

        peer->server = start(argv, &peer->to_server, &peer->from_server);
        if (fgets(peer->address, sizeof(peer->address), peer->from_server) == NULL)
                live_fail("%s did not start", path);
        peer->address[strcspn(peer->address, "\n")] = '\0';
}

void grpc_start_client(
        struct grpc_peer *peer, const char *programs, const char *dir, const char *token)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/client", programs);
        const char *argv[] = {path, dir, peer->address, token, NULL};

        peer->client = start(argv, &peer->to_client, &peer->from_client);
}

static void stop(pid_t pid, FILE *to, FILE *from)
{
        int status;

        fclose(to);
        fclose(from);
        if (waitpid(pid, &status, 0) != pid || status != 0)
                live_fail("a program of the gRPC peer did not stop well");
}

void grpc_stop(struct grpc_peer *peer)
{
        stop(peer->client, peer->to_client, peer->from_client);
        stop(peer->server, peer->to_server, peer->from_server);
}

void grpc_measure(struct grpc_peer *peer, const struct grpc_load *load, double seconds,
        struct grpc_figures *figures)
{
        char line[128];

        fprintf(peer->to_client, "%s %d %d %d %g\n", load->kind, load->calls, load->channels,
                load->threads, seconds);
        fflush(peer->to_client);
        if (fgets(line, sizeof(line), peer->from_client) == NULL ||
                sscanf(line, "calls_per_s=%lf p50_us=%lf p99_us=%lf", &figures->calls_per_s,
                        &figures->p50_us, &figures->p99_us) != 3)
                live_fail("the gRPC client gave no figures");
}

/* How many channels, and threads with a completion queue each. */
static const int ways[][2] = {{1, 1}, {2, 1}, {4, 1}, {2, 2}, {4, 2}, {8, 2}};

#define WAYS  (sizeof(ways) / sizeof(ways[0]))
#define TRIES 3

void grpc_choose(struct grpc_peer *peer, struct grpc_load *load, double seconds)
{
        struct grpc_load tried = *load;
        double best = 0;

        for (size_t i = 0; i < TRIES * WAYS; i++) {
                struct grpc_figures figures;

                tried.channels = ways[i % WAYS][0];
                if (strcmp(load->kind, "async") == 0)
                        tried.threads = ways[i % WAYS][1];
                if (tried.channels > tried.calls || tried.threads > tried.calls)
                        continue;
                grpc_measure(peer, &tried, seconds, &figures);
                if (figures.calls_per_s > best) {
                        best = figures.calls_per_s;
                        *load = tried;
                }
        }
}
