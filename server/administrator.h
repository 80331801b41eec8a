#pragma once
/*
 * What whoever may read the data directory is given: a token of the shop's own, and accounts of
 * administrators. That is the root of all other rights.
 */
#include "lib/base/status.h"

struct keyring;
struct pipeline;
struct store;

/* The principal of the token. */
#define ADMINISTRATOR "administrator"

/* DATA/admin.token, unless it is there. */
enum status administrator_make_token(
        const char *data, struct store *store, const struct keyring *keyring, struct error *error);

/* Makes an account an administrator's, through a pipeline that was not started, and writes a
 * one-time password to DATA/NAME.password, which is *path, in the error's arena. */
enum status administrator_open(struct pipeline *pipeline, const char *data, const char *name,
        const char **path, struct error *error);
