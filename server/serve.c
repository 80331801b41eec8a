/*
 * Opening is a ladder: each rung needs the one before, and closing goes down from wherever it got.
 * One structure and one close serve success, failure and --verify alike; every pointer is NULL
 * until its rung is reached.
 */
#include "server/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/rpc/server.h"
#include "lib/seal/seal.h"
#include "server/admin_pages.h"
#include "server/administrator.h"
#include "server/clock_run.h"
#include "server/file.h"
#include "server/follow.h"
#include "server/jobs.h"
#include "server/notification/notification.h"
#include "server/row_rules.h"
#include "server/verify.h"
#include "server/work.h"
#include "shop.schema.h"

#define DRAIN_MS 10000

#define TIDY_US         5000000
#define QUIET_CALLS_MAX 1000 /* in that time */

struct shopd {
        const struct config *config;
        int lock; /* descriptor, or -1 */
        struct keyring *keyring;
        struct store *store;
        struct clock *clock;
        struct pipeline *pipeline;
        struct rpc_server *server;
        struct admin_view view; /* of the administration port */
        struct admin_http *admin;
        struct {
                int64_t looked_us; /* monotonic */
                uint64_t calls;
                uint64_t connections;
                bool busy;
        } traffic;
};

static char *path_in(const char *dir, const char *name, struct arena *arena)
{
        return arena_printf(arena, "%s/%s", dir, name);
}

static enum status open_dir(const struct config *config, struct error *error)
{
        if (mkdir(config->data, 0700) == 0 || errno == EEXIST)
                return OK;
        return error_set(error, UNAVAILABLE, "DATA_DIR", "%s: %s", config->data, strerror(errno));
}

/* Nobody should find the address of a server that is gone. */
static void forget_url(const struct config *config)
{
        struct arena arena;

        arena_init(&arena);
        unlink(path_in(config->data, "shopd.url", &arena));
        unlink(path_in(config->data, "admin.url", &arena));
        arena_release(&arena);
}

static enum status take_lock(struct shopd *shopd, struct error *error)
{
        const char *path = path_in(shopd->config->data, "lock", error->arena);

        shopd->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (shopd->lock < 0)
                return error_set(error, UNAVAILABLE, "DATA_DIR", "%s: %s", path, strerror(errno));
        if (flock(shopd->lock, LOCK_EX | LOCK_NB) == 0) {
                forget_url(shopd->config);
                return OK;
        }
        return error_set(error, FAILED_PRECONDITION, "DATA_IN_USE", "%s is open in another process",
                shopd->config->data);
}

static enum status open_store(struct shopd *shopd, enum keyring_mode mode, struct error *error)
{
        /* A database that is there has a key somewhere: a fresh one opens nothing, and hides that
         * the right one is missing. */
        if (access(path_in(shopd->config->data, "data.mdb", error->arena), F_OK) == 0)
                mode = KEYRING_OPEN;
        enum status status = keyring_open(&shopd->keyring, shopd->config->data, mode, error);

        if (status != OK)
                return status;
        const struct store_options options = {
                .dir = shopd->config->data,
                .schema = &shop_schema,
                .keyring = shopd->keyring,
                .map_bytes = (uint64_t)shopd->config->map_gib << 30,
        };

        return store_open(&shopd->store, &options, error);
}

/* ---- the server ---- */

static void log_certificate(const struct rpc_certificate *certificate)
{
        char expires[CLOCK_TEXT_MAX];

        log_event(LOG_INFO, "certificate", log_text("fingerprint", certificate->fingerprint),
                log_text("expires", clock_format(certificate->expire_s * 1000000, expires)));
}

static enum status reload(void *context, struct rpc_certificate *out, struct error *error)
{
        struct shopd *shopd = context;
        enum status status = rpc_server_reload(shopd->server, out, error);

        if (status == OK)
                log_certificate(out);
        else
                log_event(LOG_ERROR, "certificate_refused", log_text("reason", error->reason),
                        log_text("message", error->message));
        return status;
}

static void make_pipeline(struct shopd *shopd, enum clock_mode mode)
{
        const struct config *config = shopd->config;

        calendar_zone_set(config->terms.time_zone);
        shopd->clock = clock_new(mode, shopd->store, config->clock_start_us);
        shopd->pipeline = pipeline_new(&(struct pipeline_options){
                .schema = &shop_schema,
                .methods = server_methods,
                .store = shopd->store,
                .keyring = shopd->keyring,
                .clock = shopd->clock,
                .jobs = job_kinds,
                .followers = followers,
                .row_rules = row_rules,
                .terms = &config->terms,
                .handlers = config->handlers,
                .queue_max = (size_t)config->queue,
                .slow_threads = (size_t)config->slow_threads,
                .log_reads_every = (uint64_t)config->log_reads_every,
                .slow_us = config->slow_ms * 1000,
                .password_kib = (uint32_t)config->password_mib * 1024,
                .write_wait_us = config->write_wait_ms * 1000,
                .slow_wait_us = config->slow_wait_ms * 1000,
                .payer_limits = config->payers,
                .reload = {reload, shopd},
        });
}

static enum status listen_on(struct shopd *shopd, struct error *error)
{
        const struct rpc_server_options options = {
                .url = shopd->config->listen,
                .connections_max = (size_t)shopd->config->connections,
                .address_connections_max = (size_t)shopd->config->address_connections,
                .idle_timeout_ms = shopd->config->idle_seconds * 1000,
                .unfinished_bytes_max = (size_t)shopd->config->unfinished_mib << 20,
                .plain = !shopd->config->compress,
                .tls_cert_file = shopd->config->tls_cert_file,
                .tls_key_file = shopd->config->tls_key_file,
                .tls_client_ca_file = shopd->config->tls_client_ca_file,
        };
        enum status status =
                rpc_server_open(&shopd->server, &options, pipeline_service(shopd->pipeline), error);

        if (status != OK)
                return status;
        struct rpc_certificate certificate;
        const char *url = rpc_server_url(shopd->server);

        if (rpc_server_certificate(shopd->server, &certificate))
                log_certificate(&certificate);
        return file_write(path_in(shopd->config->data, "shopd.url", error->arena),
                arena_printf(error->arena, "%s\n", url), error);
}

static enum status open_admin(struct shopd *shopd, struct error *error)
{
        const char *listen = shopd->config->admin_listen;

        if (strcmp(listen, "off") == 0)
                return OK;
        shopd->view = (struct admin_view){shopd->pipeline, shopd->server};
        enum status status =
                admin_http_open(&shopd->admin, listen, admin_pages, &shopd->view, error);

        if (status != OK)
                return status;
        return file_write(path_in(shopd->config->data, "admin.url", error->arena),
                arena_printf(error->arena, "%s\n", admin_http_url(shopd->admin)), error);
}

/* The words that the shop is shipped with become rows. A store that is full or still builds its
 * indexes gets them with a later start; until then they are sent as they are shipped. */
static void install_templates(struct shopd *shopd, struct arena *arena)
{
        static const char method[] = "notification.InstallTemplates";
        struct pipeline *pipeline = shopd->pipeline;
        struct txn *txn = txn_begin_read(shopd->store, arena);
        bool installed = notification_installed(txn);

        txn_end(txn);
        if (installed)
                return;
        const struct bytes part = bytes_of_text(method);
        InstallTemplatesRequest request = INSTALL_TEMPLATES_REQUEST_INIT;
        char *request_id = request_id_from(
                pipeline, arena, (uint64_t)pipeline_real_us(pipeline) / 1000, &part, 1);
        struct work *work = work_system(pipeline, method, &request, request_id, "");

        work_wait_all(pipeline, &work, 1);
        work_free(work);
}

static struct shopd *shopd_new(const struct config *config)
{
        struct shopd *shopd = calloc(1, sizeof(*shopd));

        shopd->config = config;
        shopd->lock = -1;
        return shopd;
}

enum status shopd_open(struct shopd **out, const struct config *config, struct error *error)
{
        struct shopd *shopd = shopd_new(config);
        enum status status = open_dir(config, error);

        if (status == OK)
                status = take_lock(shopd, error);
        if (status == OK)
                status = open_store(shopd, KEYRING_CREATE, error);
        if (status == OK)
                status =
                        administrator_make_token(config->data, shopd->store, shopd->keyring, error);
        if (status == OK) {
                make_pipeline(shopd, config->clock_mode);
                pipeline_start(shopd->pipeline);
                install_templates(shopd, error->arena);
                status = listen_on(shopd, error);
        }
        if (status == OK)
                status = open_admin(shopd, error);
        if (status == OK)
                *out = shopd;
        else
                shopd_close(shopd);
        return status;
}

const char *shopd_url(const struct shopd *shopd)
{
        return rpc_server_url(shopd->server);
}

bool shopd_failed(const struct shopd *shopd)
{
        return pipeline_failed(shopd->pipeline);
}

bool shopd_alive(const struct shopd *shopd, int64_t within_us)
{
        return pipeline_alive(shopd->pipeline, within_us);
}

void shopd_tidy(struct shopd *shopd)
{
        int64_t now_us = clock_monotonic_us();
        struct rpc_server_stats stats;

        if (now_us - shopd->traffic.looked_us < TIDY_US)
                return;
        rpc_server_stats(shopd->server, &stats);
        bool busy = stats.calls - shopd->traffic.calls > QUIET_CALLS_MAX ||
                    stats.connections != shopd->traffic.connections;

        if (shopd->traffic.busy && !busy)
                malloc_trim(0);
        shopd->traffic.looked_us = now_us;
        shopd->traffic.calls = stats.calls;
        shopd->traffic.connections = stats.connections;
        shopd->traffic.busy = busy;
}

void shopd_reload(struct shopd *shopd)
{
        struct rpc_certificate certificate;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        reload(shopd, &certificate, &error);
        arena_release(&arena);
}

bool shopd_draining(const struct shopd *shopd)
{
        return pipeline_draining(shopd->pipeline);
}

void shopd_close(struct shopd *shopd)
{
        if (shopd == NULL)
                return;
        if (shopd->server != NULL)
                pipeline_end_waits(shopd->pipeline);
        if (shopd->server != NULL)
                rpc_server_drain(shopd->server, DRAIN_MS);
        admin_http_close(shopd->admin); /* says "draining" until here */
        if (shopd->pipeline != NULL)
                pipeline_stop(shopd->pipeline);
        if (shopd->server != NULL)
                rpc_server_close(shopd->server);
        pipeline_free(shopd->pipeline);
        clock_free(shopd->clock);
        if (shopd->store != NULL)
                store_close(shopd->store);
        if (shopd->keyring != NULL)
                keyring_close(shopd->keyring);
        if (shopd->server != NULL)
                forget_url(shopd->config);
        if (shopd->lock >= 0)
                close(shopd->lock);
        free(shopd);
}

/* ---- without serving ---- */

static void print_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        printf("%s %s %s: %s\n", kind, table, key, sentence);
}

enum status shopd_verify(const struct config *config, size_t *faults, struct error *error)
{
        struct shopd *shopd = shopd_new(config);
        enum status status = OK;

        if (access(config->data, F_OK) != 0)
                status = error_set(
                        error, NOT_FOUND, "DATA_DIR", "%s: %s", config->data, strerror(errno));
        if (status == OK)
                status = take_lock(shopd, error);
        if (status == OK)
                status = open_store(shopd, KEYRING_OPEN, error);
        if (status == OK)
                *faults = verify_run(shopd->store, print_fault, NULL);
        shopd_close(shopd);
        return status;
}

enum status shopd_create_administrator(
        const struct config *config, const char **path, struct error *error)
{
        struct shopd *shopd = shopd_new(config);
        enum status status = open_dir(config, error);

        if (status == OK)
                status = take_lock(shopd, error);
        if (status == OK)
                status = open_store(shopd, KEYRING_CREATE, error);
        if (status == OK) {
                make_pipeline(shopd, clock_kept_mode(shopd->store, config->clock_mode));
                status = administrator_open(
                        shopd->pipeline, config->data, config->administrator, path, error);
        }
        shopd_close(shopd);
        return status;
}
