#pragma once
/*
 * When programs last called, without a write for each call: noted in memory, to the minute, and
 * brought into the rows of their keys by the writer now and then. What a server that is killed had
 * noted is lost: some seconds.
 */
#include <stdbool.h>
#include <stdint.h>

struct key_uses;
struct txn;

struct key_uses *key_uses_new(void);
void key_uses_free(struct key_uses *uses);

/* Somebody who is neither member nor guest has called. From any thread. */
void key_uses_note(struct key_uses *uses, const char *principal_id, int64_t real_us);
/* Brings what is new into the rows. The writer's. */
void key_uses_keep(struct key_uses *uses, struct txn *txn);
