/*
 * A template is read the same way when it is saved and when it is filled in, by words_take; so what
 * was accepted can be sent. A placeholder is a name and nothing else. Refused: conditions and loops
 * in templates, a language of their own that nobody would check.
 */
#include "server/notification/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "server/notification/notice.h"

#define NAME_MAX_LEN      32
#define SUBJECT_BYTES_MAX 2000
#define BODY_BYTES_MAX    8000

enum piece words_take(const char **text, struct bytes *piece)
{
        const char *at = *text;
        const char *open = strstr(at, "{{");

        if (*at == '\0')
                return PIECE_END;
        if (open != at) {
                *piece = bytes_of(at, open == NULL ? strlen(at) : (size_t)(open - at));
                *text = at + piece->len;
                return PIECE_TEXT;
        }
        size_t len = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789_");

        *piece = bytes_of(at + 2, len);
        if (len == 0 || len > NAME_MAX_LEN || strncmp(at + 2 + len, "}}", 2) != 0)
                return PIECE_BAD;
        *text = at + len + 4;
        return PIECE_NAME;
}

static bool is_named(struct bytes name, const char *text)
{
        return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

/* ---- finding ---- */

static const NotificationTemplate *row_of(
        struct rows rows, const char *language, NotificationChannel channel)
{
        for (size_t i = 0; i < rows.n; i++) {
                const NotificationTemplate *row = rows.at[i];

                if (row->channel == channel && strcmp(row->language, language) == 0)
                        return row;
        }
        return NULL;
}

static bool shipped(const char *key, const char *language, struct words *out)
{
        const struct notice *notice = notice_find(key);

        for (size_t i = 0; notice != NULL && i < NOTICE_LANGUAGES; i++) {
                if (strcmp(notice->words[i].language, language) != 0)
                        continue;
                *out = (struct words){notice->words[i].subject, notice->words[i].body};
                return true;
        }
        return false;
}

/* What there is of a notice. */
struct shelf {
        const char *key;
        NotificationChannel channel; /* that it goes to */
        struct rows rows;            /* of any language and channel */
};

static bool take_row(const NotificationTemplate *row, struct words *out)
{
        if (row != NULL)
                *out = (struct words){row->subject, row->body};
        return row != NULL;
}

static bool find_in(const struct shelf *shelf, const char *language, struct words *out)
{
        return take_row(row_of(shelf->rows, language, shelf->channel), out) ||
               take_row(row_of(shelf->rows, language, NOTIFICATION_CHANNEL_UNSPECIFIED), out) ||
               shipped(shelf->key, language, out);
}

/* Of "en-GB": "en". */
static bool find_in_short(const struct shelf *shelf, const char *language, struct words *out)
{
        char text[16];

        snprintf(text, sizeof(text), "%.*s", (int)strcspn(language, "-"), language);
        return find_in(shelf, text, out);
}

static bool find_any(const struct shelf *shelf, struct words *out)
{
        for (size_t i = 0; i < shelf->rows.n; i++) {
                const NotificationTemplate *row = shelf->rows.at[i];

                if (row->channel == shelf->channel ||
                        row->channel == NOTIFICATION_CHANNEL_UNSPECIFIED)
                        return take_row(row, out);
        }
        return false;
}

bool words_find(struct txn *txn, const char *key, const char *language, NotificationChannel channel,
        struct words *out)
{
        const struct shelf shelf = {.key = key,
                .channel = channel,
                .rows = scan_shared(notification_template_by_template_key(txn, key))};
        bool said = language[0] != '\0';

        return (said && find_in(&shelf, language, out)) ||
               (said && find_in_short(&shelf, language, out)) || find_in(&shelf, "en", out) ||
               find_any(&shelf, out);
}

/* ---- filling in ---- */

static const char *value_of(const struct words_fill *fill, struct bytes name)
{
        if (is_named(name, WORDS_NAME))
                return fill->display_name;
        if (fill->code != NULL && is_named(name, "code"))
                return fill->code;
        for (size_t i = 0; i < fill->count; i++)
                if (is_named(name, fill->variables[i]->name))
                        return fill->variables[i]->value;
        return "";
}

/* A piece that would make it longer than len_max bytes ends it. A notice is a few hundred bytes,
 * and a follower fills in many in one call: the arena gets no more than there are. */
static const char *filled(
        struct arena *arena, const char *text, size_t len_max, const struct words_fill *fill)
{
        char out[BODY_BYTES_MAX + 1];
        size_t len = 0;
        struct bytes piece;

        assert(len_max <= BODY_BYTES_MAX);
        for (;;) {
                enum piece kind = words_take(&text, &piece);

                if (kind == PIECE_NAME)
                        piece = bytes_of_text(value_of(fill, piece));
                if (kind == PIECE_END || kind == PIECE_BAD || len + piece.len > len_max)
                        break;
                memcpy(out + len, piece.data, piece.len);
                len += piece.len;
        }
        out[len] = '\0';
        return arena_copy(arena, out, len + 1);
}

struct words words_filled(
        struct arena *arena, const struct words *words, const struct words_fill *fill)
{
        return (struct words){
                .subject = filled(arena, words->subject, SUBJECT_BYTES_MAX, fill),
                .body = filled(arena, words->body, BODY_BYTES_MAX, fill),
        };
}

/* ---- judging ---- */

static int variable_of(const NotificationTemplate *row, struct bytes name)
{
        for (size_t i = 0; i < row->n_variables; i++)
                if (is_named(name, row->variables[i]))
                        return (int)i;
        return -1;
}

/* Marks in *seen which variables a text has. */
static enum status check_text(struct call *call, const NotificationTemplate *row, const char *text,
        const char *field, uint32_t *seen)
{
        struct bytes piece;

        for (;;) {
                switch (words_take(&text, &piece)) {
                case PIECE_END:
                        return OK;
                case PIECE_BAD:
                        return call_fail_field(call, field, "BAD_PLACEHOLDER",
                                "%s: \"{{\" begins a placeholder such as {{order_id}}", field);
                case PIECE_TEXT:
                        break;
                case PIECE_NAME:
                        if (is_named(piece, WORDS_NAME))
                                break;
                        if (variable_of(row, piece) < 0)
                                return call_fail_field(call, field, "UNKNOWN_VARIABLE",
                                        "%s: %s has no variable %.*s", field, row->template_key,
                                        (int)piece.len, (const char *)piece.data);
                        *seen |= 1u << variable_of(row, piece);
                        break;
                }
        }
}

enum status words_check(struct call *call, const NotificationTemplate *row, const char *path)
{
        const char *subject = call_printf(call, "%s.subject", path);
        const char *body = call_printf(call, "%s.body", path);
        bool short_message = row->channel == NOTIFICATION_CHANNEL_SMS;
        uint32_t seen = 0;

        if (short_message && row->subject[0] != '\0')
                return call_fail_field(call, subject, "NO_SUBJECT", "%s: an SMS has none", subject);
        if (!short_message && row->subject[0] == '\0')
                return call_fail_field(
                        call, subject, "REQUIRED", "%s: only an SMS has none", subject);
        enum status status = check_text(call, row, row->subject, subject, &seen);

        if (status == OK)
                status = check_text(call, row, row->body, body, &seen);
        for (size_t i = 0; i < row->n_variables && status == OK; i++)
                if (!(seen >> i & 1))
                        return call_fail_field(call, body, "MISSING_VARIABLE",
                                "%s: {{%s}} must be in it", body, row->variables[i]);
        return status;
}
