/*
 * Who performs which kind of job. A kind is named by call_job in a handler; its performer is the
 * domain's, declared in the domain's header.
 */
#include "server/jobs.h"

const struct job_kind job_kinds[] = {
        {.name = NULL},
};
