#pragma once
/*
 * Personal data in answers: clear for whom it concerns, and for roles whose allow entry of the
 * method says so; masked for everybody else. Judged on the finished answer, whatever way it was
 * made.
 */
#include "lib/base/status.h"

struct work;

/* A mask is not a value: what was answered masked is refused when it is given back. */
enum status mask_check_request(struct work *work);
/* The answer, and the message beside an error, as this caller may see them; members whose data
 * staff are shown clear are noted in the work. */
void mask_finish(struct work *work);
