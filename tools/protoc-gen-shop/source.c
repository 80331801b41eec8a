/*
 * protobuf-c knows no extensions: (table), (rule) and (method) arrive as unknown fields of the
 * options messages. Interpreting those bytes by hand was the alternative to packing them again;
 * this way protobuf-c itself decodes them, by a message that has a field of the same number.
 */
#include "tools/protoc-gen-shop/source.h"

#include <assert.h>
#include <string.h>
#include "tools/protoc-gen-shop/model.h"
#include "tools/protoc-gen-shop/names.h"

const void *source_view(struct arena *arena, const ProtobufCMessage *options,
        const ProtobufCMessageDescriptor *view)
{
        ProtobufCAllocator allocator = model_allocator(arena);
        size_t len = options == NULL ? 0 : protobuf_c_message_get_packed_size(options);
        uint8_t *packed = arena_alloc(arena, len + 1);

        if (options != NULL)
                protobuf_c_message_pack(options, packed);
        const void *message = protobuf_c_message_unpack(view, &allocator, len, packed);
        assert(message != NULL);
        return message;
}

const char *source_doc(struct arena *arena, const Google__Protobuf__FileDescriptorProto *file,
        const int32_t *path, size_t len)
{
        const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;

        for (size_t i = 0; info != NULL && i < info->n_location; i++) {
                const Google__Protobuf__SourceCodeInfo__Location *location = info->location[i];

                if (location->n_path == len &&
                        memcmp(location->path, path, len * sizeof(path[0])) == 0)
                        return text_paragraphs(arena, location->leading_comments);
        }
        return "";
}
