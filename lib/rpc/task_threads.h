#pragma once
/*
 * How many threads the transport's callbacks run on. It starts two a processor, and wakes one for
 * each of the four or five steps of a message, though the one that makes the step is about to take
 * it itself: the others come to find nothing, and hold it up at the lock meanwhile. So one works
 * and the others rest, until something waits for longer than a few milliseconds: then one more
 * works for a while, and so on.
 */

/* From now on, and until the last one is done: the spare ones rest. Never in a callback. */
void task_threads_begin(void);
void task_threads_end(void);
/* By a callback that begins: whether others wait for it is looked at soon. */
void task_threads_used(void);
