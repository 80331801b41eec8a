#pragma once
/* What a server shows of itself, and whether it may: read before the transport is given it. */
#include "lib/rpc/server.h"
#include "lib/rpc/tls.h"

/* A chain is told by its first certificate; with a fault nothing is in out. */
tls_check certificate_read;
