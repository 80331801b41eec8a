#pragma once
/*
 * What a server says of its contract: bytes of a stranger, whose version may be any. Texts may be
 * missing in it and may hold anything.
 */
#include "governance.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "tools/shopctl/shown.h"

struct descriptors {
        const Shop__GetContractResponse *contract;
        const Google__Protobuf__FileDescriptorSet *set; /* the arena's */
};

/* Lives as long as the contract and the arena. Otherwise error says what is wrong with it. */
enum status descriptors_read(struct descriptors *out, struct arena *arena,
        const Shop__GetContractResponse *contract, struct error *error);
/* A line for each method whose name begins so; returns how many. */
size_t descriptors_list(
        const struct descriptors *descriptors, FILE *file, enum output output, const char *prefix);
/* What is known of a method, message or enum. False: there is none of that name. */
bool descriptors_describe(const struct descriptors *descriptors, FILE *file, const char *name);
