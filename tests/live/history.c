/*
 * One sort and two walks instead of a search for some order that would do: the server says in
 * which order it ran the calls, so only that one order must be right.
 */
#include "tests/live/history.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool writes(const struct op *op)
{
        return op->kind <= KIND_SET_CART;
}

/* A read has seen the write of its own sequence. */
static int by_sequence(const void *a, const void *b)
{
        const struct op *x = a, *y = b;

        if (x->sequence != y->sequence)
                return x->sequence < y->sequence ? -1 : 1;
        return (int)writes(y) - (int)writes(x);
}

static void apply(const struct op *op, int64_t values[VALUES])
{
        if (op->kind == KIND_ADJUST)
                values[op->row] += op->amount;
        if (op->kind == KIND_SET_CART)
                values[STOCKS + op->row] = op->amount;
        for (size_t i = 0; op->kind == KIND_RECEIVE && i < RECEIPT_STOCKS; i++)
                values[(op->row + i) % STOCKS] += op->amount;
}

static bool agrees(const struct op *op, const int64_t values[VALUES])
{
        switch (op->kind) {
        case KIND_ADJUST:
        case KIND_RECEIVE:
                return true;
        case KIND_SET_CART:
        case KIND_READ_CART:
                return op->seen[0] == values[STOCKS + op->row];
        case KIND_READ_STOCK:
                return op->seen[0] == values[op->row];
        case KIND_READ_ALL:
                for (size_t i = 0; i < STOCKS; i++)
                        if (op->seen[i] != values[i])
                                return false;
                return true;
        }
        return false;
}

static const char *tell(const struct op *op, const char *what)
{
        static char text[256];

        snprintf(text, sizeof(text), "call of kind %d on row %d at sequence %llu: %s",
                (int)op->kind, op->row, (unsigned long long)op->sequence, what);
        return text;
}

static const char *replay(struct op *ops, size_t count, int64_t values[VALUES])
{
        uint64_t last = 0;

        qsort(ops, count, sizeof(*ops), by_sequence);
        for (size_t i = 0; i < count; i++) {
                if (ops[i].sequence == 0)
                        return tell(&ops[i], "it has no sequence");
                if (writes(&ops[i])) {
                        if (ops[i].sequence == last)
                                return tell(&ops[i], "two writes have it");
                        last = ops[i].sequence;
                        apply(&ops[i], values);
                }
                if (!agrees(&ops[i], values))
                        return tell(&ops[i], "it saw what was not there");
        }
        return NULL;
}

static int by_start(const void *a, const void *b)
{
        const struct op *x = *(struct op *const *)a, *y = *(struct op *const *)b;

        return (x->start_us > y->start_us) - (x->start_us < y->start_us);
}

static int by_end(const void *a, const void *b)
{
        const struct op *x = *(struct op *const *)a, *y = *(struct op *const *)b;

        return (x->end_us > y->end_us) - (x->end_us < y->end_us);
}

/* Walks the calls as they began beside the calls as they ended. */
static const char *check_real_time(struct op *ops, size_t count)
{
        const struct op **begun = calloc(2 * count, sizeof(*begun)), **ended = begun + count;
        const char *wrong = NULL;
        uint64_t highest = 0;

        for (size_t i = 0; i < count; i++)
                begun[i] = ended[i] = &ops[i];
        qsort(begun, count, sizeof(*begun), by_start);
        qsort(ended, count, sizeof(*ended), by_end);
        for (size_t i = 0, j = 0; i < count && wrong == NULL; i++) {
                for (; j < count && ended[j]->end_us < begun[i]->start_us; j++)
                        if (ended[j]->sequence > highest)
                                highest = ended[j]->sequence;
                uint64_t least = writes(begun[i]) ? highest + 1 : highest;

                if (begun[i]->sequence < least)
                        wrong = tell(begun[i], "a call that had ended before has a later one");
        }
        free(begun);
        return wrong;
}

const char *history_check(struct op *ops, size_t count, int64_t values[VALUES])
{
        const char *wrong = replay(ops, count, values);

        return wrong == NULL ? check_real_time(ops, count) : wrong;
}
