#pragma once
/* The later passes of model_read: messages and fields are known. */
#include "tools/protoc-gen-shop/model.h"

void tables_read(struct model *model);
void methods_read(struct model *model);
