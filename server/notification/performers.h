#pragma once
/* The jobs that talk to the message gateway, by the names in server/job_kinds.c. subject: the
 * notice. */
#include "server/jobs.h"

performer notification_deliver; /* "notification.deliver" */
