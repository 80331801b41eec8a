#pragma once
/* Small files of the data directory. */
#include "lib/base/status.h"

/* The whole text or none of it, for the owner's eyes (0600). Temporary texts are the error's
 * arena's. */
enum status file_write(const char *path, const char *text, struct error *error);
