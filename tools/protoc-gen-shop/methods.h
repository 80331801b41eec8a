#pragma once
/* The services of the contract: the last pass of model_read. */
#include "tools/protoc-gen-shop/model.h"

void methods_read(struct model *model);
