#pragma once
/* How products are shown. For this folder. */
#include "server/call.h"
#include "catalog.rows.h"

/* A product that this caller may see, or NULL with the error of one that does not exist. */
Product *shelf_product(struct call *call, const char *id);
/* With its variants, by position. */
void shelf_fill(struct call *call, Product *product);
/* Whether the caller may know of a variant: staff of any, others of those on sale. */
bool shelf_shows(struct call *call, const Variant *variant);
