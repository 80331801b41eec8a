/*
 * The order of the checks and the form of a refusal. All refusals of a run are reported together:
 * a person mends a contract once, not once per mistake.
 */
#include "tools/protoc-gen-shop/check.h"

#include <stdarg.h>

bool check_model(struct model *model)
{
        return model->refusals.len == 0;
}
