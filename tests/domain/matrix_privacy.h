#pragma once
/* Somebody who was erased, for the access matrix. */
#include "tests/support/shop_fixture.h"

struct matrix_erased {
        const char *erasure_id;
        const char *rotation_id;
};
struct matrix_erased matrix_erase(struct shop *shop);
