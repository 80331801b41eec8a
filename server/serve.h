#pragma once
/* A shop that is open: directory, lock, keys, store, pipeline, socket. */
#include "server/config.h"

struct shopd;

/* Opens everything in order; on failure closes what it opened. FAILED_PRECONDITION, DATA_IN_USE
 * where another process has the directory. The process's time zone (TZ) becomes the shop's, and
 * SIGURG is taken unless the program has a handler for it (lib/seal/turns.h). */
enum status shopd_open(struct shopd **out, const struct config *config, struct error *error);
const char *shopd_url(const struct shopd *shopd);
/* The store has failed for good. */
bool shopd_failed(const struct shopd *shopd);
/* Its writer has come around within so long. */
bool shopd_alive(const struct shopd *shopd, int64_t within_us);
/* Now and then, from one thread: when a busy time is over, the memory that it took goes back to the
 * system, which the allocator does not do by itself. */
void shopd_tidy(struct shopd *shopd);
/* Reads the certificate again; the log says what came of it. */
void shopd_reload(struct shopd *shopd);
/* An administrator's call asked it to end. */
bool shopd_draining(const struct shopd *shopd);
/* Answers what runs, then closes. NULL is nothing. */
void shopd_close(struct shopd *shopd);

/* --verify: faults as lines on standard output. Their number in *faults. */
enum status shopd_verify(const struct config *config, size_t *faults, struct error *error);

/* --create-administrator: *path is the file with the one-time password, in the error's arena. */
enum status shopd_create_administrator(
        const struct config *config, const char **path, struct error *error);
