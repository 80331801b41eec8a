#pragma once
/* Whether the server takes calls, as in gRPC's health checking. */
#include "governance.rows.h"
#include "server/call.h"

/* service: a full name, or "" for all. NOT_FOUND, SERVICE_NOT_FOUND. */
enum status health_of(struct call *call, const char *service, HealthState *state);
