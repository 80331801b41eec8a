/*
 * Which rows have rules of their own. A rule is its domain's, declared in the domain's header.
 */
#include "server/row_rules.h"

#include "server/membership/address_form.h"

const struct row_rule row_rules[] = {
        {.table = &address_table, .check = address_form_check},
        {.table = NULL},
};
