#pragma once
/* The jobs that talk to the gateway, by the names in server/job_kinds.c. subject: the attempt. */
#include "server/jobs.h"

performer payment_submit; /* "payment.submit": gives the attempt to the gateway */
performer payment_query;  /* "payment.query": asks until there is a final outcome */
performer payment_close;  /* "payment.close": asks the gateway to stop it */
