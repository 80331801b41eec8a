#pragma once
/* Contracts that are wrong in one way each, and what the generator must say. */
#include <stddef.h>

struct refusal {
        const char *name;
        const char *text;     /* test.proto, whose first lines are added unless it has its own;
                               * behind a form feed other.proto, complete */
        const char *sentence; /* must be in what protoc prints; NULL: must be accepted */
};

extern const struct refusal refusals[];
extern const size_t refusal_count;
