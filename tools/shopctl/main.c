/*
 * shopctl: every method of the shop from a command line. The methods come from the contract that
 * this program was built with, so there is no code per method: `shopctl catalog.GetProduct id=...`
 * works because the contract says so.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/shopctl/shopctl.h"

const struct command commands[] = {
        {"list", "[PREFIX]", "the methods, or those that begin with PREFIX", contract_list},
        {"describe", "NAME", "a method, message or enum with its documentation", contract_describe},
        {"template", "METHOD", "an empty request in JSON, to fill in and give to -d",
                contract_template},
        {"export", "METHOD",
                "every row of a list, a line each; --cursor FILE keeps where it is; --field NAME "
                "joins a "
                "text that comes in pages",
                export_run},
        {"verify", "", "prove the server's whole database", verify_run},
        {"audit", "[FLAG]...", "what staff and programs did; shopctl audit --help tells the flags",
                audit_run},
        {"replay", "FILE", "run a year of orders in the Online Retail format", replay_run},
        {"bench", "METHOD", "load a server at given rates; shopctl bench tells how", bench_run},
        {"completion", "bash", "print the completion script for bash", completion_run},
        {NULL, NULL, NULL, NULL},
};

static void print_help(void)
{
        puts("shopctl - the shop's command-line client\n"
             "\n"
             "usage: shopctl [OPTION]... METHOD [NAME=VALUE]... [-d JSON]\n"
             "       shopctl [OPTION]... COMMAND [ARGUMENT]...\n"
             "\n"
             "A method is <domain>.<Method>; a request is given field by field\n"
             "    shopctl cart.AddCartLines cart_id=01h... lines[0].variant_id=01h... "
             "lines[0].quantity=2\n"
             "or as JSON: -d '{\"id\": \"01h...\"}', -d @FILE, -d @- for standard input.\n"
             "\n"
             "list and describe --from-server ask the server instead of this program's contract.\n"
             "\n"
             "commands:");
        for (const struct command *c = commands; c->name != NULL; c++)
                printf("  %-10s %-10s %s\n", c->name, c->arguments, c->summary);
        puts("\n"
             "options:\n"
             "  --server URL        the server; default $SHOP_SERVER or tcp://127.0.0.1:7700\n"
             "  --token-file FILE   who is calling; default $SHOP_TOKEN_FILE, then $SHOP_TOKEN; a\n"
             "                      refresh token in its second line is used when it expires\n"
             "  --output text|json  default: text on a terminal, JSON lines in a pipe\n"
             "  --language TAGS     languages by preference, as in zh,en\n"
             "  --timeout MS        how long one call may take; default 10000\n"
             "  --hedge MS          ask a read again that takes longer, of another server in URL\n"
             "  --tls-ca FILE       who may have signed the certificate of a tls+tcp:// server\n"
             "  --tls-cert FILE, --tls-key FILE   our own, for servers that want one\n"
             "  --traceparent TEXT  the W3C trace that the calls are part of\n"
             "  -v                  tell what is sent, how long it took, and the trace to look "
             "for\n"
             "                      in the server's log\n"
             "  --version, --help\n"
             "\n"
             "exit status: 0, or 64 + the gRPC code of the failure, or 2 for a wrong command line");
}

enum option_code {
        OPT_SERVER = 256,
        OPT_TOKEN_FILE,
        OPT_OUTPUT,
        OPT_LANGUAGE,
        OPT_TIMEOUT,
        OPT_HEDGE,
        OPT_TLS_CA,
        OPT_TLS_CERT,
        OPT_TLS_KEY,
        OPT_TRACEPARENT,
        OPT_VERSION
};

static const struct option options[] = {
        {"server", required_argument, NULL, OPT_SERVER},
        {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
        {"output", required_argument, NULL, OPT_OUTPUT},
        {"language", required_argument, NULL, OPT_LANGUAGE},
        {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {"hedge", required_argument, NULL, OPT_HEDGE},
        {"tls-ca", required_argument, NULL, OPT_TLS_CA},
        {"tls-cert", required_argument, NULL, OPT_TLS_CERT},
        {"tls-key", required_argument, NULL, OPT_TLS_KEY},
        {"traceparent", required_argument, NULL, OPT_TRACEPARENT},
        {"version", no_argument, NULL, OPT_VERSION},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
};

static int set_output(struct settings *settings, const char *text)
{
        if (strcmp(text, "text") == 0)
                settings->output = OUTPUT_TEXT;
        else if (strcmp(text, "json") == 0)
                settings->output = OUTPUT_JSON;
        else {
                fprintf(stderr, "shopctl: --output is text or json, not %s\n", text);
                return EXIT_USAGE;
        }
        return 0;
}

static int set_ms(int64_t *out, const char *option, const char *text)
{
        char *end;
        long long ms = strtoll(text, &end, 10);

        if (*text == '\0' || *end != '\0' || ms < 1 || ms > 3600 * 1000) {
                fprintf(stderr, "shopctl: %s is 1 to 3600000 milliseconds, not %s\n", option, text);
                return EXIT_USAGE;
        }
        *out = ms;
        return 0;
}

static int set_traceparent(struct settings *settings, const char *text)
{
        if (!shop_traceparent_ok(text)) {
                fprintf(stderr, "shopctl: %s is not a W3C traceparent\n", text);
                return EXIT_USAGE;
        }
        settings->traceparent = text;
        return 0;
}

/* Applies one option; below zero: go on, else the exit status. */
static int apply(struct settings *settings, int code)
{
        int failed = 0;

        switch (code) {
        case OPT_SERVER:
                settings->server = optarg;
                break;
        case OPT_TOKEN_FILE:
                failed = token_file_read(settings, optarg) ? 0 : EXIT_USAGE;
                break;
        case OPT_OUTPUT:
                failed = set_output(settings, optarg);
                break;
        case OPT_LANGUAGE:
                settings->language = optarg;
                break;
        case OPT_TIMEOUT:
                failed = set_ms(&settings->timeout_ms, "--timeout", optarg);
                break;
        case OPT_HEDGE:
                failed = set_ms(&settings->hedge_delay_ms, "--hedge", optarg);
                break;
        case OPT_TLS_CA:
                settings->tls_ca_file = optarg;
                break;
        case OPT_TLS_CERT:
                settings->tls_cert_file = optarg;
                break;
        case OPT_TLS_KEY:
                settings->tls_key_file = optarg;
                break;
        case OPT_TRACEPARENT:
                failed = set_traceparent(settings, optarg);
                break;
        case 'v':
                settings->verbose++;
                break;
        case OPT_VERSION:
                puts("shopctl " SHOPCTL_VERSION);
                return 0;
        case 'h':
                print_help();
                return 0;
        default:
                return EXIT_USAGE;
        }
        return failed != 0 ? failed : -1;
}

/* The environment fills in what the command line left open. */
static int complete(struct settings *settings)
{
        const char *server = getenv("SHOP_SERVER");
        const char *token_file = getenv("SHOP_TOKEN_FILE");
        const char *token = getenv("SHOP_TOKEN");

        if (settings->server == NULL)
                settings->server = server != NULL ? server : "tcp://127.0.0.1:7700";
        if (settings->token == NULL && token_file != NULL) {
                if (!token_file_read(settings, token_file))
                        return EXIT_USAGE;
        }
        if (settings->token == NULL)
                settings->token = token != NULL ? token : "";
        if (settings->output == OUTPUT_AUTO)
                settings->output = isatty(STDOUT_FILENO) ? OUTPUT_TEXT : OUTPUT_JSON;
        return 0;
}

static int dispatch(struct settings *settings, int argc, char **argv)
{
        for (const struct command *c = commands; c->name != NULL; c++)
                if (strcmp(c->name, argv[0]) == 0)
                        return c->run(settings, argc, argv);
        return invoke_run(settings, argc, argv);
}

int main(int argc, char **argv)
{
        struct arena arena;
        struct settings settings = {.arena = &arena};
        int code;
        int status = -1;

        arena_init(&arena);
        while (status < 0 && (code = getopt_long(argc, argv, "+hv", options, NULL)) != -1)
                status = apply(&settings, code);
        if (status < 0 && optind == argc) {
                fputs("shopctl: no method and no command; see shopctl --help\n", stderr);
                status = EXIT_USAGE;
        }
        if (status < 0) {
                status = complete(&settings);
                if (status == 0)
                        status = dispatch(&settings, argc - optind, argv + optind);
        }
        shop_channel_close(settings.channel);
        arena_release(&arena);
        return status;
}
