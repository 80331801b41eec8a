#pragma once
/* What descriptors hold in a roundabout way: our options, and the comments of declarations. */
#include "lib/base/arena.h"
#include "views.pb-c.h"

/* Packs an options message (NULL: an empty one) again and unpacks it as a view of it. */
const void *source_view(struct arena *arena, const ProtobufCMessage *options,
        const ProtobufCMessageDescriptor *view);

/* The leading comment at a path (of descriptor.proto's SourceCodeInfo.Location) as paragraphs, ""
 * where there is none. */
const char *source_doc(struct arena *arena, const Google__Protobuf__FileDescriptorProto *file,
        const int32_t *path, size_t len);
