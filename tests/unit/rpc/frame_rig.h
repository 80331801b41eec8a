#pragma once
/* What the tests of frame.h share: messages by chance, and protobuf-c beside ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/random.h"
#include "lib/rpc/frame.h"
#include "rpc.pb-c.h"

#define FRAME_ROUNDS     3000
#define FRAME_TEST(name) cmocka_unit_test_setup_teardown(name, frame_rig_open, frame_rig_close)

struct frame_rig {
        struct arena arena;
        struct error error;
        struct random random;
        struct buffer body;
};

int frame_rig_open(void **state);
int frame_rig_close(void **state);
/* Between two rounds: nothing is in arena, error and body. */
void frame_rig_renew(struct frame_rig *f);

/* Small and large ones alike, so that every length of a varint occurs. */
uint64_t frame_random_number(struct frame_rig *f);
/* With every field that a call can have. */
struct rpc_call frame_random_call(struct frame_rig *f);
/* With everything that an error can say. */
void frame_fill_error(struct error *error);
/* Appends a message of protobuf-c to body. */
void frame_pack(struct frame_rig *f, const void *message);
