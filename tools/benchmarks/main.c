/*
 * One program, one subcommand a bench. Figures of this machine at this moment mean little by
 * themselves, so each bench measures what it is compared with in turn with it, in the same run,
 * and the rounds' medians are what is printed.
 */
#include "tools/benchmarks/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/benchmarks/bare.h"

static const struct bench {
        const char *name;
        const char *peer;
        void (*run)(const struct bench_options *options, struct table *table);
} benches[] = {
        {"rpc", "bare loop", bench_rpc},
        {"checkout", "fdatasync", bench_checkout},
};

static _Noreturn void usage(int status)
{
        fputs("usage: tools/bench rpc|checkout [--json] [--seconds S] [--rounds R] [--load N]\n"
              "                                [--peer bare|grpc]\n"
              "  rpc       product reads at 1 to 256 calls in flight, beside a bare loop of\n"
              "            messages, decoding and LMDB reads\n"
              "  checkout  durable orders placed by 1 to 64 clients, beside what the disk can "
              "sync\n"
              "  --seconds how long one measurement takes (1)\n"
              "  --rounds  how often each is repeated; medians are printed (rpc 5, checkout 3)\n"
              "  --peer    what rpc is compared with: the bare loop (bare), or also a gRPC C++ "
              "server\n"
              "            and client (grpc)\n"
              "  --load    only so many calls in flight or clients\n",
                status == 0 ? stdout : stderr);
        exit(status);
}

static const struct bench *find(const char *name)
{
        for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
                if (strcmp(benches[i].name, name) == 0)
                        return &benches[i];
        usage(2);
}

void bench_daemon_start(struct daemon *daemon, const char *shopd)
{
        char path[128];
        FILE *config;

        daemon_init(daemon, shopd);
        snprintf(path, sizeof(path), "%s/config", daemon->dir);
        config = fopen(path, "w");
        /* One caller makes all the load there is: its limit is not what is measured. */
        if (config == NULL || fputs("[limits]\ncaller_rate = 0\n", config) < 0 ||
                fclose(config) != 0)
                live_fail("cannot write %s", path);
        daemon_start(daemon, NULL);
        daemon_wait(daemon);
}

int main(int argc, char **argv)
{
        static const struct option names[] = {
                {"json", no_argument, NULL, 'j'},
                {"seconds", required_argument, NULL, 's'},
                {"rounds", required_argument, NULL, 'r'},
                {"load", required_argument, NULL, 'l'},
                {"peer", required_argument, NULL, 'p'},
                {"grpc", required_argument, NULL, 'g'},
                {"shopd", required_argument, NULL, 'd'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct bench_options options = {.shopd = "build/shopd", .seconds = 1};
        struct table table = {0};
        const char *peer = "bare";
        bool json = false;
        int letter;

        if (argc == 3 && strcmp(argv[1], "bare-server") == 0)
                return bare_serve(argv[2]);
        while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
                if (letter == 'j')
                        json = true;
                else if (letter == 's')
                        options.seconds = atof(optarg);
                else if (letter == 'r')
                        options.rounds = atoi(optarg);
                else if (letter == 'l')
                        options.load = atoi(optarg);
                else if (letter == 'p')
                        peer = optarg;
                else if (letter == 'g')
                        options.grpc = optarg;
                else if (letter == 'd')
                        options.shopd = optarg;
                else
                        usage(letter == 'h' ? 0 : 2);
        }
        if (optind + 1 != argc || options.seconds <= 0 || options.seconds > 3600 ||
                options.rounds < 0 || options.rounds > 99)
                usage(2);
        const struct bench *bench = find(argv[optind]);
        bool with_grpc = strcmp(peer, "grpc") == 0;

        table.peer = bench->peer;

        if (with_grpc ? bench->run != bench_rpc || options.grpc == NULL : strcmp(peer, "bare") != 0)
                usage(2);
        if (!with_grpc)
                options.grpc = NULL;
        bench->run(&options, &table);
        if (json)
                table_print_json(&table);
        else
                table_print(&table);
        return 0;
}
