#pragma once
/* What is done to the files of keys, by the names in server/job_kinds.c. Subjects are rotations. */
#include "server/jobs.h"

#define PRIVACY_MAKE_KEY    "privacy.make_key"
#define PRIVACY_RETIRE_KEYS "privacy.retire_keys"

performer privacy_make_key;
performer privacy_retire_keys;
