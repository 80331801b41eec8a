#pragma once
/* The rows by which listed products are found. */
#include "server/call.h"
#include "catalog.rows.h"

/* Makes a product's terms those of its texts while it is listed, and none while it is not. before
 * is the row as it was. */
void search_index_follow(struct call *call, const Product *before, const Product *after);
