/*
 * Somebody with the data directory and the master key of a stopped shop puts another name under a
 * record of the audit log and writes the whole chain anew, its head and the file beside the
 * database with it, so that the shop itself finds nothing wrong:
 *
 *      forge_audit DATA_DIRECTORY NUMBER PRINCIPAL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "governance.rows.h"
#include "lib/schema/decode.h"
#include "lib/store/internal.h"
#include "tests/unit/store/plant.h"

struct forger {
        struct plant *plant;
        struct arena arena;
        const char *tree;
        uint64_t number;
        const char *principal;
};

static struct bytes key_of(uint64_t number, uint8_t out[8])
{
        layout_put_u64(out, number);
        return bytes_of(out, 8);
}

/* [message][link][sequence][checksum] */
static struct row_view open_row(struct bytes value)
{
        size_t len = value.len - LINK_LEN - 16;

        return (struct row_view){
                .message = bytes_of(value.data, len),
                .link = value.data + len,
                .sequence = layout_get_u64(value.data + len + LINK_LEN),
        };
}

static struct bytes forged(struct forger *forger, struct bytes message)
{
        AuditRecord *record =
                decode_trusted(&forger->arena, &shop__audit_record__descriptor, message);

        record->principal = forger->principal;
        return encode(&forger->arena, record);
}

/* Links every row anew; how many there are. */
static uint64_t relink(struct forger *forger, uint8_t link[LINK_LEN])
{
        uint8_t room[8];

        for (uint64_t number = 1;; number++) {
                struct bytes key = key_of(number, room);
                struct bytes value = plant_get(forger->plant, forger->tree, key);

                if (value.data == NULL)
                        return number - 1;
                struct row_view row = open_row(value);

                if (number == forger->number)
                        row.message = forged(forger, row.message);
                log_link(link, row.message, row.sequence, link);
                row.link = link;
                plant_row(forger->plant, forger->tree, &audit_record_table, key, &row);
        }
}

int main(int argc, char **argv)
{
        struct forger forger = {.principal = argv[argc - 1]};
        struct keyring *keyring = NULL;
        uint8_t link[LINK_LEN] = {0};
        char path[4096];
        struct error error;

        arena_init(&forger.arena);
        error_init(&error, &forger.arena);
        if (argc != 4 || keyring_open(&keyring, argv[1], KEYRING_OPEN, &error) != OK)
                return 2;
        forger.tree = arena_printf(&forger.arena, "log.%u", audit_record_table.number);
        forger.number = strtoull(argv[2], NULL, 10);
        forger.plant = plant_open(argv[1], keyring, &forger.arena);
        uint64_t count = relink(&forger, link);
        struct bytes head = plant_get(forger.plant, "meta", bytes_of_text(forger.tree));
        uint8_t *value = arena_copy(&forger.arena, head.data, head.len - 8);

        memcpy(value + 16, link, LINK_LEN);
        plant_meta(forger.plant, forger.tree, bytes_of(value, head.len - 8));
        plant_close(forger.plant);
        snprintf(path, sizeof(path), "%s/chain.head", argv[1]);
        unlink(path);
        keyring_close(keyring);
        arena_release(&forger.arena);
        return count >= forger.number ? 0 : 1;
}
