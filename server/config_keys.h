#pragma once
/* The keys of the configuration, a row each; for config.c. */
#include "server/config.h"

struct config_key {
        const char *name; /* "section.name" in the file */
        const char *flag; /* on the command line, or NULL */
        const char *help;
        bool (*read)(struct config *config, const struct config_key *key, const char *value,
                struct arena *arena);
        size_t offset; /* of the field */
        const char *value_help;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* Its flag takes no value and means yes. */
bool config_key_is_switch(const struct config_key *key);
/* INVALID_ARGUMENT, BAD_VALUE where the value is none that the key can have. */
enum status config_key_set(struct config *config, const struct config_key *key, const char *value,
        struct arena *arena, struct error *error);
