#pragma once
/*
 * How many threads the transport's callbacks run on. It starts two a processor, and wakes one for
 * each of the four or five steps of a message, though the one that makes the step is about to take
 * it itself: the others come to find nothing, and hold it up at the lock meanwhile. One a
 * processor, and two at least, since one may wait for the disk, are enough.
 */

/* From now on, and until the last one is done: the spare ones rest. Never in a callback. */
void task_threads_begin(void);
void task_threads_end(void);
