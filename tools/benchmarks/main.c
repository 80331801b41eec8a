/*
 * One program, one subcommand a bench. Figures of this machine at this moment mean little by
 * themselves, so each bench measures what it is compared with in turn with it, in the same run,
 * and the rounds' medians are what is printed.
 */
#include "tools/benchmarks/bench.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/benchmarks/bare.h"

static const struct bench {
        const char *name;
        const char *peer;
        void (*run)(const struct bench_options *options, struct table *table);
} benches[] = {
        {"rpc", "bare loop", bench_rpc},
        {"checkout", "fdatasync", bench_checkout},
        {"pages", "pages", bench_pages},
        {"scale", "the smallest", bench_scale},
        {"signin", "without it", bench_signin},
};

static _Noreturn void usage(int status)
{
        fputs("usage: tools/bench rpc|checkout|pages|scale|signin [--json] [--seconds S] [--rounds "
              "R]\n"
              "                  [--load N] [--peer NAME] [--orders N] [--load-seconds S]\n"
              "                  [--stolen-max PERCENT] [--sizes N,N,...]\n"
              "  rpc       product reads at 1 to 256 calls in flight, beside a bare loop of\n"
              "            messages, decoding and LMDB reads\n"
              "  checkout  durable orders placed by 1 to 256 clients, beside what the disk can\n"
              "            sync; reads meanwhile, and what checkpoints cost the calls beside them\n"
              "  pages     pages of the database that a call of each method makes dirty\n"
              "  scale     a product, a list, a list of orders and a checkout, by the shop's size\n"
              "  signin    sign-ins a second, the p99 of reads in a storm of them, and answers "
              "about\n"
              "            addresses that have an account beside those that have none\n"
              "  --seconds how long one measurement takes (1)\n"
              "  --rounds  how often each is repeated; medians are printed (rpc 5, others 3)\n"
              "  --peer    what rpc is compared with: the bare loop (bare), or also a gRPC C++\n"
              "            server and client (grpc); checkout: the disk (bare), or PostgreSQL 15\n"
              "            with pgbench (postgres)\n"
              "  --load    only so many calls in flight or clients\n"
              "  --orders  that the shop has had before, of checkout and pages (10000)\n"
              "  --load-seconds  of checkouts before anything is measured (0)\n"
              "  --stolen-max    of the processors that other machines on the same hardware may\n"
              "            take from checkouts that are measured; what is disturbed more is "
              "measured\n"
              "            again, all sides of it, 40 times in all (100)\n"
              "  --shop    a directory that checkout makes, keeps, and finds filled the next time\n"
              "  --sizes   products and orders of scale (10000,100000)\n",
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

void bench_daemon_start(struct daemon *daemon, const struct bench_options *options)
{
        char path[128];
        FILE *config;

        if (options->shop != NULL) {
                *daemon = (struct daemon){.program = options->shopd};
                snprintf(daemon->dir, sizeof(daemon->dir), "%s", options->shop);
                if (mkdir(daemon->dir, 0700) != 0 && errno != EEXIST)
                        live_fail("%s: %s", daemon->dir, strerror(errno));
        } else {
                daemon_init(daemon, options->shopd);
        }
        snprintf(path, sizeof(path), "%s/config", daemon->dir);
        config = fopen(path, "w");
        /* One caller makes all the load there is: its limit is not what is measured. Nor is what
         * becomes of orders that nobody pays, nor the renewal of tokens. */
        if (config == NULL ||
                fputs("[limits]\ncaller_rate = 0\nstranger_rate = 0\n"
                      "[terms]\nhold_minutes = 10080\ntoken_seconds = 86400\n",
                        config) < 0 ||
                fclose(config) != 0)
                live_fail("cannot write %s", path);
        daemon_start(daemon, NULL);
        daemon_wait(daemon);
}

/* "10000,100000" */
static void read_sizes(struct bench_options *options, const char *text)
{
        char *end = NULL;

        for (options->size_count = 0; options->size_count < SIZES_MAX; text = end + 1) {
                size_t size = strtoul(text, &end, 10);

                if (end == text || size == 0 || size > BENCH_ORDERS_MAX)
                        usage(2);
                options->sizes[options->size_count++] = size;
                if (*end == '\0')
                        return;
                if (*end != ',')
                        usage(2);
        }
        usage(2);
}

/* Against whom; the programs of the others are forgotten. */
static void choose_peer(struct bench_options *options, const struct bench *bench, const char *peer)
{
        bool grpc = strcmp(peer, "grpc") == 0, postgres = strcmp(peer, "postgres") == 0;

        if ((grpc && (bench->run != bench_rpc || options->grpc == NULL)) ||
                (postgres && (bench->run != bench_checkout || options->postgres == NULL)) ||
                (!grpc && !postgres && strcmp(peer, "bare") != 0))
                usage(2);
        if (!grpc)
                options->grpc = NULL;
        if (!postgres)
                options->postgres = NULL;
}

struct asked {
        struct bench_options options;
        const char *peer;
        bool json;
};

static void take_option(struct asked *asked, int letter, const char *value)
{
        struct bench_options *options = &asked->options;

        switch (letter) {
        case 'j':
                asked->json = true;
                break;
        case 's':
                options->seconds = atof(value);
                break;
        case 'S':
                options->load_seconds = atof(value);
                break;
        case 't':
                options->stolen_max = atof(value);
                break;
        case 'r':
                options->rounds = atoi(value);
                break;
        case 'l':
                options->load = atoi(value);
                break;
        case 'o':
                options->orders = strtoul(value, NULL, 10);
                break;
        case 'z':
                read_sizes(options, value);
                break;
        case 'p':
                asked->peer = value;
                break;
        case 'g':
                options->grpc = value;
                break;
        case 'q':
                options->postgres = value;
                break;
        case 'i':
                options->history = value;
                break;
        case 'k':
                options->shop = value;
                break;
        case 'd':
                options->shopd = value;
                break;
        default:
                usage(letter == 'h' ? 0 : 2);
        }
}

static bool sensible(const struct bench_options *options)
{
        return options->seconds > 0 && options->seconds <= 3600 && options->load_seconds >= 0 &&
               options->load_seconds <= 36000 && options->stolen_max >= 0 && options->rounds >= 0 &&
               options->rounds <= 99 && options->orders > 0 && options->orders <= BENCH_ORDERS_MAX;
}

int main(int argc, char **argv)
{
        static const struct option names[] = {
                {"json", no_argument, NULL, 'j'},
                {"seconds", required_argument, NULL, 's'},
                {"load-seconds", required_argument, NULL, 'S'},
                {"stolen-max", required_argument, NULL, 't'},
                {"rounds", required_argument, NULL, 'r'},
                {"load", required_argument, NULL, 'l'},
                {"orders", required_argument, NULL, 'o'},
                {"sizes", required_argument, NULL, 'z'},
                {"peer", required_argument, NULL, 'p'},
                {"grpc", required_argument, NULL, 'g'},
                {"postgres", required_argument, NULL, 'q'},
                {"history", required_argument, NULL, 'i'},
                {"shop", required_argument, NULL, 'k'},
                {"shopd", required_argument, NULL, 'd'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct asked asked = {.peer = "bare",
                .options = {.shopd = "build/shopd",
                        .history = "build/tools/benchmarks/history",
                        .seconds = 1,
                        .stolen_max = 100,
                        .orders = 10000,
                        .sizes = {10000, 100000},
                        .size_count = 2}};
        struct table table = {0};
        int letter;

        if (argc == 3 && strcmp(argv[1], "bare-server") == 0)
                return bare_serve(argv[2]);
        while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
                take_option(&asked, letter, optarg);
        if (optind + 1 != argc || !sensible(&asked.options))
                usage(2);
        const struct bench *bench = find(argv[optind]);

        choose_peer(&asked.options, bench, asked.peer);
        table.peer = bench->peer;
        bench->run(&asked.options, &table);
        if (asked.json)
                table_print_json(&table);
        else
                table_print(&table);
        return 0;
}
