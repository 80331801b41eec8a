/*
 * A fuzz target without a fuzzer, for the tests, which need no clang: every file of the target's
 * corpus as it is, and then a few thousand inputs made from them by a fixed seed. What libFuzzer
 * ever found is a file of the corpus, so each find is a test for ever.
 *
 *     fuzz_frame CORPUS_DIRECTORY [INPUTS]
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/base/random.h"
#include "tests/fuzz/fuzz.h"

#define FILES_MAX      512
#define INPUT_MAX      65536
#define INPUTS_DEFAULT 4000
#define CHANGES_MAX    8

struct corpus {
        struct bytes files[FILES_MAX];
        size_t count;
};

static struct bytes read_file(const char *dir, const char *name)
{
        uint8_t *data = malloc(INPUT_MAX);
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        FILE *file = fopen(path, "rb");
        if (file == NULL || data == NULL) {
                perror(path);
                exit(1);
        }
        size_t len = fread(data, 1, INPUT_MAX, file);
        fclose(file);
        return bytes_of(data, len);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name); /* the same in every locale */
}

static void corpus_read(struct corpus *corpus, const char *dir)
{
        struct dirent **names;
        int count = scandir(dir, &names, NULL, compare_names);

        corpus->count = 0;
        for (int i = 0; i < count; i++) {
                if (names[i]->d_name[0] != '.' && corpus->count < FILES_MAX)
                        corpus->files[corpus->count++] = read_file(dir, names[i]->d_name);
                free(names[i]);
        }
        if (count >= 0)
                free(names);
        if (corpus->count == 0) {
                fprintf(stderr, "%s: no corpus\n", dir);
                exit(1);
        }
}

/* Puts a piece of another file into the input, or takes a piece out, or changes bytes. */
static size_t change(struct random *random, const struct corpus *corpus, uint8_t *input, size_t len)
{
        struct bytes other = corpus->files[random_below(random, corpus->count)];
        size_t at = random_below(random, len + 1);
        size_t from = random_below(random, other.len + 1);
        size_t piece = random_below(random, other.len - from + 1);

        switch (random_below(random, 4)) {
        case 0:
                if (len + piece > INPUT_MAX)
                        return len;
                memmove(input + at + piece, input + at, len - at);
                memcpy(input + at, other.data + from, piece);
                return len + piece;
        case 1:
                piece = random_below(random, len - at + 1);
                memmove(input + at, input + at + piece, len - at - piece);
                return len - piece;
        case 2:
                if (at < len)
                        input[at] = (uint8_t)random_next(random);
                return len;
        default:
                if (at < len)
                        input[at] ^= (uint8_t)(1u << random_below(random, 8));
                return len;
        }
}

/* Handed over in memory of exactly its size, so that a sanitizer sees a byte too many. */
static void run(const uint8_t *input, size_t len)
{
        uint8_t *exact = malloc(len > 0 ? len : 1);

        assert(exact != NULL);
        memcpy(exact, input, len);
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
}

int main(int argc, char **argv)
{
        static struct corpus corpus;
        static uint8_t input[INPUT_MAX];
        size_t inputs = argc > 2 ? strtoul(argv[2], NULL, 10) : INPUTS_DEFAULT;
        struct random random;

        if (argc < 2)
                return 2;
        corpus_read(&corpus, argv[1]);
        run(input, 0);
        for (size_t i = 0; i < corpus.count; i++)
                run(corpus.files[i].data, corpus.files[i].len);
        random_seed(&random, 1);
        for (size_t i = 0; i < inputs; i++) {
                struct bytes file = corpus.files[random_below(&random, corpus.count)];
                size_t len = file.len;

                memcpy(input, file.data, len);
                for (uint64_t n = 1 + random_below(&random, CHANGES_MAX); n > 0; n--)
                        len = change(&random, &corpus, input, len);
                run(input, len);
        }
        for (size_t i = 0; i < corpus.count; i++)
                free((uint8_t *)corpus.files[i].data);
        printf("%zu files, %zu inputs\n", corpus.count, inputs);
        return 0;
}
