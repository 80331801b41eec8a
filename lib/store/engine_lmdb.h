#pragma once
/* Is the file whole? LMDB maps it, and reading behind its end would be a SIGBUS. */
#include <lmdb.h>
#include "lib/base/status.h"

/* Before it is opened: absent, empty or at least as long as its two meta pages. */
enum status lmdb_check_file(const char *dir, struct error *error);
/* After it was opened and before anything is read: every page that can be reached is there. */
enum status lmdb_check_pages(MDB_env *env, const char *dir, struct error *error);
