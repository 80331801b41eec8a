#pragma once
/* How products are shown. For this folder. */
#include "server/call.h"
#include "catalog.rows.h"

/* Whether the caller may know of a product in this state. */
bool shelf_shows_state(struct call *call, ProductState state);
/* The error of a product that does not exist. */
enum status shelf_no_product(struct call *call, const char *id);
/* A product with its variants, by position. */
void shelf_fill(struct call *call, Product *product);
/* Whether the caller may know of a variant: staff of any, others of those on sale. */
bool shelf_shows(struct call *call, const Variant *variant);
