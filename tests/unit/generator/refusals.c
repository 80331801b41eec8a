/*
 * One row per refusal. Every text is small and right but for one thing; ROW and CALL below are the
 * right parts that most of them need. The first rows must be accepted: they prove that the parts
 * are right.
 */
#include "tests/unit/generator/refusals.h"

#define OPTIONS "option (pb_c_file) = { const_strings: true c_package: \"shop\" };\n"
/* What follows is other.proto. */
#define OTHER                                                                                      \
        "\fsyntax = \"proto3\";\npackage shop.other.v1;\n"                                         \
        "import \"protobuf-c/protobuf-c.proto\";\n" OPTIONS
#define ID "// Id.\nstring id = 1 [(rule) = { max_len: 32 format: FORMAT_ID }];\n"
/* A row: what it is as a table, and its fields from number 2. */
#define ROW(options, fields)                                                                       \
        "// Row.\nmessage Thing {\noption (table) = { " options " };\n" ID fields "}\n"
#define MESSAGE(name, fields) "// M.\nmessage " name " {\n" fields "}\n"
#define KEYS                                                                                       \
        "// K.\nmessage Keys {\noption (table) = { number: 9 key: \"k\" owner: \"k\" in: "         \
        "\"Thing\""                                                                                \
        " owner_keys: true };\n// K.\nstring k = 1 [(rule).max_len = 9];\n// W.\nuint64 w = 2;\n"  \
        "// B.\nbytes b = 3;\n}\n"
/* The owner of a row and something personal. */
#define NAMED                                                                                      \
        "// O.\nstring o = 2 [(rule).max_len = 9];\n// K.\nstring k = 3 [(rule).personal = "       \
        "true];\n"
#define LOG(n)                                                                                     \
        "// L.\nmessage Log" n " {\noption (table) = { number: " n                                 \
        " key: \"n\" log: true };\n// N.\nuint64 n = 1;\n}\n"
#define LOGS_13                                                                                    \
        LOG("1")                                                                                   \
        LOG("2")                                                                                   \
        LOG("3")                                                                                   \
        LOG("4")                                                                                   \
        LOG("5") LOG("6") LOG("7") LOG("8") LOG("9") LOG("10") LOG("11") LOG("12") LOG("13")
/* A service with one method. */
#define CALL(name, request, response, options)                                                     \
        "// S.\nservice TestService {\n// R.\nrpc " name "(" request ") returns (" response        \
        ") { option (method) = { " options " }; }\n}\n"
#define ALLOW   " allow: { role: MEMBER scope: ALL } "
#define BY_ID   MESSAGE("ById", "// Id.\nstring id = 1;\n")
#define NOTHING MESSAGE("Nothing", "")
#define PAGE                                                                                       \
        MESSAGE("Page", "// T.\nrepeated Thing things = 1;\n// N.\nstring next_page_token = 2;\n")
#define LISTING(filters)                                                                           \
        MESSAGE("Which", "// S.\nint32 page_size = 1;\n// T.\nstring page_token = 2;\n" filters)   \
        PAGE
#define LIST(filters)                                                                              \
        CALL("ListThings", "Which", "Page", "lane: READ list: \"Thing\"" ALLOW) LISTING(filters)
#define CREATE(fields)                                                                             \
        CALL("CreateThing", "New", "Thing", "lane: WRITE create: \"Thing\"" ALLOW)                 \
        MESSAGE("New", fields)
#define UPDATE(fields)                                                                             \
        CALL("UpdateThing", "New", "Thing", "lane: WRITE update: \"Thing\"" ALLOW)                 \
        MESSAGE("New", fields)
#define ERASE                                                                                      \
        BY_ID CALL("DeleteThing", "ById", "google.protobuf.Empty",                                 \
                "lane: WRITE delete: \"Thing\"" ALLOW)
#define MASK "// K.\ngoogle.protobuf.FieldMask update_mask = 2;\n"

const struct refusal refusals[] = {
        {"a row", ROW("number: 1", ""), NULL},
        {"a get",
                ROW("number: 1", "")
                        BY_ID CALL("GetThing", "ById", "Thing", "lane: READ get: \"Thing\"" ALLOW),
                NULL},
        {"a list",
                ROW("number: 1 index: { number: 1 on: \"n\" }", "// N.\nint64 n = 2;\n")
                        LIST("// N.\nint64 n_from = 3;\n"),
                NULL},
        {"a create", ROW("number: 1", "") CREATE("// T.\nThing thing = 1;\n"), NULL},
        {"an update", ROW("number: 1", "") UPDATE("// T.\nThing thing = 1;\n" MASK), NULL},
        {"a call",
                NOTHING CALL("Do", "Nothing", "Nothing",
                        "lane: WRITE allow: { role: SYSTEM scope: ALL }"),
                NULL},
        {"a verb that begins with List",
                ROW("number: 1", "")
                        BY_ID CALL("ListThingForSale", "ById", "Thing", "lane: WRITE" ALLOW),
                NULL},

        /* ---- files ---- */
        {"package",
                "// F.\nsyntax = \"proto3\";\npackage shop.test;\nimport "
                "\"protobuf-c/protobuf-c.proto\";\n" OPTIONS,
                "test.proto: its package must be called shop.<domain>.v<number>"},
        {"syntax",
                "syntax = \"proto2\";\npackage shop.test.v1;\nimport "
                "\"protobuf-c/protobuf-c.proto\";\n" OPTIONS,
                "test.proto: it must be of syntax proto3"},
        {"names in C", "syntax = \"proto3\";\npackage shop.test.v1;\n",
                "test.proto: it must say option (pb_c_file)"},
        {"name of a service", NOTHING "// S.\nservice Tests {}\n",
                "test.proto: service Tests must be called TestService"},
        {"two services", NOTHING "// S.\nservice TestService {}\n// S.\nservice TeStService {}\n",
                "test.proto: it has more than one service"},

        /* ---- comments ---- */
        {"message without comment", "message Bare {}\n",
                "test.proto: message Bare: it has no comment"},
        {"field without comment", MESSAGE("M", "string f = 1;\n"),
                "test.proto: message M, field \"f\": it has no comment"},
        {"enum without comment", "enum E { // Z.\nE_UNSPECIFIED = 0; }\n",
                "test.proto: enum E: it has no comment"},
        {"value without comment", "// E.\nenum E {\nE_UNSPECIFIED = 0;\n}\n",
                "test.proto: enum E, value E_UNSPECIFIED: it has no comment"},
        {"service without comment", "service TestService {}\n",
                "test.proto: service TestService has no comment"},
        {"method without comment",
                NOTHING "// S.\nservice TestService {\nrpc Do(Nothing) returns (Nothing) {"
                        " option (method) = { lane: READ" ALLOW "}; }\n}\n",
                "test.proto: method TestService.Do: it has no comment"},

        /* ---- fields ---- */
        {"optional", MESSAGE("M", "// F.\noptional int32 f = 1;\n"),
                "message M, field \"f\": optional is not for this contract"},
        {"double", MESSAGE("M", "// F.\ndouble f = 1;\n"),
                "message M, field \"f\": there is no floating point"},
        {"float", MESSAGE("M", "// F.\nfloat f = 1;\n"),
                "message M, field \"f\": there is no floating point"},
        {"map", MESSAGE("M", "// F.\nmap<string, string> f = 1;\n"),
                "message M: it declares FEntry inside"},
        {"nested enum", MESSAGE("M", "// E.\nenum E {\n// Z.\nZ = 0;\n}\n"),
                "message M: it declares E inside"},
        {"recursion", MESSAGE("A", "// B.\nB b = 1;\n") MESSAGE("B", "// A.\nrepeated A a = 1;\n"),
                "message A: it contains itself"},
        {"foreign type", MESSAGE("M", "// F.\nFieldRule f = 1;\n"),
                "message M, field \"f\": its type shop.FieldRule is in none of the contract's "
                "files"},
        {"required on a bool", MESSAGE("M", "// F.\nbool f = 1 [(rule).required = true];\n"),
                "message M, field \"f\": required on a bool"},
        {"required with 0",
                MESSAGE("M", "// F.\nint64 f = 1 [(rule) = { required: true min: 0 }];\n"),
                "message M, field \"f\": required would refuse 0"},
        {"required below 0",
                MESSAGE("M", "// F.\nint64 f = 1 [(rule) = { required: true min: -2 max: 7 }];\n"),
                "message M, field \"f\": required would refuse 0"},
        {"required with max only",
                MESSAGE("M", "// F.\nint64 f = 1 [(rule) = { required: true max: 7 }];\n"),
                "message M, field \"f\": required would refuse 0"},
        {"required above 0",
                MESSAGE("M", "// F.\nint64 f = 1 [(rule) = { required: true min: 1 }];\n"), NULL},
        {"min above max", MESSAGE("M", "// F.\nint64 f = 1 [(rule) = { min: 2 max: 1 }];\n"),
                "message M, field \"f\": min is above max"},
        {"min of a text", MESSAGE("M", "// F.\nstring f = 1 [(rule).min = 2];\n"),
                "message M, field \"f\": min and max are for numbers"},
        {"length of a number", MESSAGE("M", "// F.\nint32 f = 1 [(rule).max_len = 2];\n"),
                "message M, field \"f\": min_len and max_len are for texts and bytes"},
        {"min_len above max_len", MESSAGE("M", "// F.\nstring f = 1 [(rule).min_len = 257];\n"),
                "message M, field \"f\": min_len is above max_len (256)"},
        {"format of bytes", MESSAGE("M", "// F.\nbytes f = 1 [(rule).format = FORMAT_ID];\n"),
                "message M, field \"f\": format is for texts"},
        {"items of one", MESSAGE("M", "// F.\nstring f = 1 [(rule).max_items = 2];\n"),
                "message M, field \"f\": min_items and max_items are for repeated fields"},
        {"min_items above max_items",
                MESSAGE("M", "// F.\nrepeated string f = 1 [(rule).min_items = 101];\n"),
                "message M, field \"f\": min_items is above max_items (100)"},
        {"ref to nothing", MESSAGE("M", "// F.\nstring f = 1 [(rule).ref = \"Thing\"];\n"),
                "message M, field \"f\": ref names no table: \"Thing\""},
        {"ref of another type",
                ROW("number: 1", "") MESSAGE("M", "// F.\nint32 f = 1 [(rule).ref = \"Thing\"];\n"),
                "message M, field \"f\": ref wants the key of Thing"},
        {"ref to a composite key",
                ROW("number: 1 key: \"id\" key: \"n\"", "// N.\nint32 n = 2;\n")
                        MESSAGE("M", "// F.\nstring f = 1 [(rule).ref = \"Thing\"];\n"),
                "message M, field \"f\": ref wants the key of Thing"},

        /* ---- names over files ---- */
        {"message twice", MESSAGE("M", "") OTHER MESSAGE("M", ""), "a message of that name too"},
        {"enum and message", MESSAGE("M", "") OTHER "// E.\nenum M {\n// Z.\nZ = 0;\n}\n",
                "other.proto has an enum of that name"},
        {"enum twice",
                "// E.\nenum E {\n// Z.\nZ = 0;\n}\n" OTHER "// E.\nenum E {\n// Z.\nY = 0;\n}\n",
                "an enum of that name too"},
        {"value twice",
                "// E.\nenum E {\n// Z.\nZ = 0;\n}\n" OTHER "// E.\nenum D {\n// Z.\nZ = 0;\n}\n",
                "value Z: "},

        /* ---- tables ---- */
        {"table number 0", ROW("number: 0", ""),
                "message Thing: table number 0 is not in 1 to 65535"},
        {"table number twice",
                ROW("number: 1", "") "// Row.\nmessage Other { option (table) = { number: 1 };\n" ID
                                     "}\n",
                "table number 1 is "},
        {"key of nothing", ROW("number: 1 key: \"idd\"", ""),
                "test.proto: message Thing, field \"idd\": table key names no such field"},
        {"no id",
                "// R.\nmessage Thing { option (table) = { number: 1 };\n// N.\nstring name = "
                "1;\n}\n",
                "message Thing, field \"id\": table key names no such field"},
        {"repeated key", ROW("number: 1 key: \"k\"", "// K.\nrepeated string k = 2;\n"),
                "message Thing, field \"k\": a table key cannot hold a repeated field"},
        {"message in a key", ROW("number: 1 key: \"k\"", "// K.\nNothing k = 2;\n") NOTHING,
                "message Thing, field \"k\": a table key cannot hold a field of this type"},
        {"time in a key", ROW("number: 1 key: \"k\"", "// K.\ngoogle.protobuf.Timestamp k = 2;\n"),
                NULL},
        {"personal key",
                ROW("number: 1 key: \"k\"", "// K.\nstring k = 2 [(rule).personal = true];\n"),
                "message Thing, field \"k\": a table key cannot hold personal data"},
        {"long key", ROW("number: 1 key: \"k\"", "// K.\nstring k = 2 [(rule).max_len = 124];\n"),
                "message Thing: its key can take 502 bytes"},
        {"just short enough",
                ROW("number: 1 key: \"k\"", "// K.\nstring k = 2 [(rule).max_len = 123];\n"), NULL},

        {"index on nothing", ROW("number: 1 index: { number: 1 on: \"title_\" }", ""),
                "test.proto: message Thing, field \"title_\": table index names no such field"},
        {"index without fields", ROW("number: 1 index: { number: 1 }", ""),
                "message Thing: index 1 is on no field"},
        {"index number 0", ROW("number: 1 index: { number: 0 on: \"id\" }", ""),
                "message Thing: index number 0 is not in 1 to 255"},
        {"index number twice",
                ROW("number: 1 index: { number: 1 on: \"id\" } index: { number: 1 on: \"n\" }",
                        "// N.\nint32 n = 2;\n"),
                "message Thing: index number 1 is used twice"},
        {"personal index", KEYS ROW("number: 1 owner: \"o\" index: { number: 1 on: \"k\" }", NAMED),
                "message Thing, field \"k\": a table index cannot hold personal data unless it says"
                " blind"},
        {"blind index",
                KEYS ROW("number: 1 owner: \"o\" book: true index: { number: 1 on: \"k\" blind: "
                         "true }"
                         " index: { number: 2 on: \"o\" }",
                        NAMED),
                NULL},
        {"blind index of nothing personal",
                KEYS ROW(
                        "number: 1 owner: \"o\" index: { number: 1 on: \"o\" blind: true }", NAMED),
                "message Thing: index o says blind and is on no personal field"},
        {"blind number",
                KEYS ROW("number: 1 owner: \"id\" index: { number: 1 on: \"k\" blind: true }",
                        "// K.\nint32 k = 2 [(rule).personal = true];\n"),
                "message Thing, field \"k\": a blind index holds personal texts"},
        {"personal without an owner",
                KEYS ROW("number: 1", "// K.\nstring k = 2 [(rule).personal = true];\n"),
                "message Thing, field \"k\": it is personal, and the table has no owner"},
        {"personal inside without an owner",
                KEYS ROW("number: 1", "// K.\nInner k = 2;\n")
                        MESSAGE("Inner", "// N.\nstring n = 1 [(rule).personal = true];\n"),
                "message Thing, field \"k\": it is personal, and the table has no owner"},
        {"personal owner",
                KEYS ROW("number: 1 owner: \"o\"",
                        "// O.\nstring o = 2 [(rule).personal = true];\n"),
                "message Thing, field \"o\": the owner cannot be personal"},
        {"personal without keys", ROW("number: 1 owner: \"o\"", NAMED),
                "message Thing, field \"k\": it is personal, and the contract has no table that "
                "says"},
        {"keys of another form", ROW("number: 1 owner: \"id\" in: \"Thing\" owner_keys: true", ""),
                "message Thing: owner_keys wants three fields"},
        {"keys twice", KEYS ROW("number: 1 owner: \"id\" in: \"Thing\" owner_keys: true", ""),
                "message Keys: owner_keys is said by Thing already"},
        {"secret in an index",
                ROW("number: 1 index: { number: 1 on: \"k\" }",
                        "// K.\nstring k = 2 [(rule).secret = true];\n"),
                "message Thing, field \"k\": a table index cannot hold secret data"},
        {"long index",
                ROW("number: 1 index: { number: 1 on: \"k\" }",
                        "// K.\nstring k = 2 [(rule).max_len = 120];\n"),
                "message Thing: index k can take 520 bytes"},

        {"owner of nothing", ROW("number: 1 owner: \"who\"", ""),
                "message Thing, field \"who\": table owner names no such field"},
        {"owner of a number", ROW("number: 1 owner: \"who\"", "// W.\nint64 who = 2;\n"),
                "message Thing, field \"who\": the owner must be a string"},
        {"in without owner", ROW("number: 1 in: \"Thing\"", ""),
                "message Thing: in: \"Thing\" wants an owner field"},
        {"in nothing", ROW("number: 1 owner: \"id\" in: \"Nobody\"", ""),
                "message Thing: in names no table: \"Nobody\""},

        {"owner whose rows are neither forgotten nor kept", ROW("number: 1 owner: \"id\"", ""),
                "message Thing: its rows have an owner: say forget"},
        {"owner whose rows are forgotten and kept",
                ROW("number: 1 owner: \"id\" forget: true book: true", ""),
                "message Thing: its rows have an owner: say forget"},
        {"rows of nobody that are forgotten", ROW("number: 1 forget: true", ""),
                "message Thing: forget and book are for tables with an owner"},
        {"log that is forgotten",
                ROW("number: 1 key: \"n\" log: true owner: \"id\" forget: true",
                        "// N.\nuint64 n = 2;\n"),
                "message Thing: the rows of a log cannot be forgotten"},
        {"owner whose rows nobody finds",
                ROW("number: 1 owner: \"o\" book: true", "// O.\nstring o = 2;\n"),
                "message Thing: nobody finds an owner's rows"},
        {"owner whose rows hang on another of theirs",
                ROW("number: 1 owner: \"id\" book: true",
                        "") "// P.\nmessage Part {\noption (table) = { number: 2 key: \"t\" key: "
                            "\"n\""
                            " owner: \"o\" forget: true };\n// T.\nstring t = 1 [(rule) = { ref:"
                            " \"Thing\" max_len: 32 }];\n// N.\nint32 n = 2;\n// O.\nstring o = "
                            "3;\n}\n",
                NULL},

        {"child of nothing", ROW("number: 1 child_of: \"Nobody\"", ""),
                "message Thing: child_of names no table: \"Nobody\""},
        {"child's key",
                ROW("number: 1",
                        "// P.\nrepeated Part parts = 2 [(rule).child = true];\n") "// P.\nmessage "
                                                                                   "Part { option "
                                                                                   "(table) = { "
                                                                                   "number: 2 key: "
                                                                                   "\"id\" key: "
                                                                                   "\"n\" "
                                                                                   "child_of: "
                                                                                   "\"Thing\" "
                                                                                   "};\n" ID
                                                                                   "// N.\nint32 n "
                                                                                   "= 2;\n}\n",
                "message Part: the key of a child of Thing must begin with \"thing_id\" and go on"},
        {"child without a field",
                ROW("number: 1", "") "// P.\nmessage Part { option (table) = { number: 2 key: "
                                     "\"thing_id\" key: \"n\" child_of: \"Thing\" };\n"
                                     "// T.\nstring thing_id = 1 [(rule).max_len = 32];\n// "
                                     "N.\nint32 n = 2;\n}\n",
                "message Part: child_of wants a field of Thing"},
        {"child of a composite key",
                ROW("number: 1 key: \"id\" key: \"n\"",
                        "// N.\nint32 n = 3;\n// P.\nrepeated Part parts = 2 [(rule).child = "
                        "true];\n") "// P.\nmessage Part { option (table) = { number: 2 key: "
                                    "\"thing_id\" key: \"n\" child_of: \"Thing\" };\n"
                                    "// T.\nstring thing_id = 1 [(rule).max_len = 32];\n// "
                                    "N.\nint32 n = 2;\n}\n",
                "message Part: child_of wants a parent whose key is one field, Thing has 2"},
        {"child field without table",
                ROW("number: 1", "// P.\nrepeated Nothing parts = 2 [(rule).child = true];\n")
                        NOTHING,
                "message Thing, field \"parts\": child wants a repeated message"},

        {"log by text", ROW("number: 1 log: true", ""),
                "message Thing: the key of a log must be one uint64"},
        {"log by a signed number", ROW("number: 1 key: \"n\" log: true", "// N.\nint64 n = 2;\n"),
                "message Thing: the key of a log must be one uint64"},
        {"log under an owner",
                ROW("number: 1 key: \"n\" log: true owner: \"id\" in: \"Thing\"",
                        "// N.\nuint64 n = 2;\n"),
                "message Thing: a log is a tree of its own"},
        {"thirteen logs", LOGS_13, NULL},
        {"fourteen logs", LOGS_13 LOG("14"),
                "message Log14: it is one log too many: there may be 13"},
        {"chained without log", ROW("number: 1 chained: true", ""),
                "message Thing: chained wants log"},
        {"etag of a number", ROW("number: 1", "// E.\nint64 etag = 2;\n"),
                "message Thing, field \"etag\": an etag must be a string"},
        {"state that can be set",
                ROW("number: 1", "// S.\nE state = 2;\n") "// E.\nenum E {\n// Z.\nZ = 0;\n}\n",
                "message Thing, field \"state\": a state is changed by methods"},
        {"long row", ROW("number: 1", "// T.\nstring t = 2 [(rule).max_len = 700];\n"),
                "message Thing: its worst row takes 2153 bytes"},
        {"long row that says so",
                ROW("number: 1 large: true", "// T.\nstring t = 2 [(rule).max_len = 700];\n"),
                NULL},

        /* ---- methods ---- */
        {"no option",
                NOTHING
                "// S.\nservice TestService {\n// R.\nrpc Do(Nothing) returns (Nothing);\n}\n",
                "test.proto: method TestService.Do: it has no lane and allows nobody"},
        {"no lane", NOTHING CALL("Do", "Nothing", "Nothing", "lane: LANE_UNSPECIFIED" ALLOW),
                "method TestService.Do: it has no lane"},
        {"no allow", NOTHING CALL("Do", "Nothing", "Nothing", "lane: READ"),
                "method TestService.Do: it allows nobody"},
        {"unspecified scope",
                NOTHING CALL("Do", "Nothing", "Nothing",
                        "lane: READ allow: { role: MEMBER scope: SCOPE_UNSPECIFIED }"),
                "method TestService.Do: it allows an unspecified role or scope"},
        {"a role twice", NOTHING CALL("Do", "Nothing", "Nothing", "lane: READ" ALLOW ALLOW),
                "method TestService.Do: it allows the same role twice"},
        {"clear what is one's own",
                NOTHING CALL("Do", "Nothing", "Nothing",
                        "lane: READ allow: { role: MEMBER scope: OWN clear: true }"),
                "method TestService.Do: rows of one's own are always clear"},
        {"clear where nothing is personal",
                NOTHING CALL("Do", "Nothing", "Nothing",
                        "lane: READ allow: { role: FINANCE scope: ALL clear: true }"),
                "method TestService.Do: clear, but its answer has nothing personal"},
        {"prepare on the writer",
                NOTHING CALL("Do", "Nothing", "Nothing", "lane: WRITE prepare: true" ALLOW),
                "method TestService.Do: prepare wants lane SLOW"},
        {"a Get that writes", NOTHING CALL("GetIt", "Nothing", "Nothing", "lane: WRITE" ALLOW),
                "method TestService.GetIt: a method of lane WRITE is not called Get or List"},
        {"a List that writes",
                NOTHING MESSAGE("ListItResponse", "")
                        CALL("ListIt", "Nothing", "ListItResponse", "lane: WRITE" ALLOW),
                "method TestService.ListIt: a method of lane WRITE is not called Get or List"},
        {"get and list",
                ROW("number: 1", "") BY_ID CALL("GetThing", "ById", "Thing",
                        "lane: READ get: \"Thing\" list: \"Thing\"" ALLOW),
                "method TestService.GetThing: it says more than one of get, list, create, update "
                "and delete"},
        {"get of nothing",
                BY_ID NOTHING CALL(
                        "GetThing", "ById", "Nothing", "lane: READ get: \"Thing\"" ALLOW),
                "method TestService.GetThing: there is no table \"Thing\""},
        {"get on the writer",
                ROW("number: 1", "") BY_ID CALL(
                        "FetchThing", "ById", "Thing", "lane: SLOW get: \"Thing\"" ALLOW),
                "method TestService.FetchThing: a standard method of this kind has lane READ"},
        {"delete on a snapshot",
                ROW("number: 1", "") BY_ID CALL("DeleteThing", "ById", "google.protobuf.Empty",
                        "lane: READ delete: \"Thing\"" ALLOW),
                "method TestService.DeleteThing: a standard method of this kind has lane WRITE"},
        {"a standard prepare",
                ROW("number: 1", "") BY_ID CALL("GetThing", "ById", "Thing",
                        "lane: READ prepare: true get: \"Thing\"" ALLOW),
                "method TestService.GetThing: a standard method has no prepare step"},
        {"get without key",
                ROW("number: 1", "") NOTHING CALL(
                        "GetThing", "Nothing", "Thing", "lane: READ get: \"Thing\"" ALLOW),
                "method TestService.GetThing: Nothing must have the key field \"id\""},
        {"get with more",
                ROW("number: 1", "") MESSAGE("By", "// I.\nstring id = 1;\n// N.\nint32 n = 2;\n")
                        CALL("GetThing", "By", "Thing", "lane: READ get: \"Thing\"" ALLOW),
                "method TestService.GetThing: By must have the key of Thing and nothing else"},
        {"get of another answer",
                ROW("number: 1", "")
                        BY_ID CALL("GetThing", "ById", "ById", "lane: READ get: \"Thing\"" ALLOW),
                "method TestService.GetThing: it must answer shop.test.v1.Thing, not "
                "shop.test.v1.ById"},
        {"delete of another answer",
                ROW("number: 1", "") BY_ID CALL(
                        "DeleteThing", "ById", "Thing", "lane: WRITE delete: \"Thing\"" ALLOW),
                "method TestService.DeleteThing: it must answer google.protobuf.Empty"},
        {"delete of a row that others name",
                ROW("number: 1", "") ERASE MESSAGE("Other",
                        "option (table) = { number: 2 };\n" ID
                        "// T.\nstring thing_id = 2 [(rule) = { max_len: 32 ref: \"Thing\" }];\n"),
                "message Other, field \"thing_id\": Thing can be deleted, so an index must begin "
                "with this field"},
        {"delete of a row that is named inside",
                ROW("number: 1", "") ERASE MESSAGE("Part",
                        "// T.\nstring thing_id = 1 [(rule).ref = \"Thing\"];\n") MESSAGE("Other",
                        "option (table) = { number: 2 };\n" ID "// P.\nPart part = 2;\n"),
                "message Other, field \"part\": Thing can be deleted, so what is inside"},
        {"delete of a row that others may miss",
                ROW("number: 1", "") ERASE MESSAGE("Other",
                        "option (table) = { number: 2 };\n" ID
                        "// T.\nstring thing_id = 2 [(rule) = { max_len: 32 ref: \"Thing\" weak: "
                        "true }];\n"),
                NULL},
        {"create by another name", ROW("number: 1", "") CREATE("// T.\nThing it = 1;\n"),
                "method TestService.CreateThing: New must have the field \"Thing thing\""},
        {"create with more",
                ROW("number: 1", "") CREATE("// T.\nThing thing = 1;\n// N.\nint32 n = 2;\n"),
                "method TestService.CreateThing: New must have the row and nothing else"},
        {"update without mask", ROW("number: 1", "") UPDATE("// T.\nThing thing = 1;\n"),
                "method TestService.UpdateThing: New must have the field "
                "\"google.protobuf.FieldMask update_mask\""},
        {"create in a log",
                ROW("number: 1 key: \"n\" log: true", "// N.\nuint64 n = 2;\n")
                        CREATE("// T.\nThing thing = 1;\n"),
                "method TestService.CreateThing: Thing is a log"},

        {"list without page_size",
                ROW("number: 1", "") PAGE MESSAGE("Which", "// T.\nstring page_token = 1;\n")
                        CALL("ListThings", "Which", "Page", "lane: READ list: \"Thing\"" ALLOW),
                "method TestService.ListThings: Which must have the field \"int32 page_size\""},
        {"list without page_token",
                ROW("number: 1", "") PAGE MESSAGE("Which", "// S.\nint32 page_size = 1;\n")
                        CALL("ListThings", "Which", "Page", "lane: READ list: \"Thing\"" ALLOW),
                "method TestService.ListThings: Which must have the field \"string page_token\""},
        {"list without rows",
                ROW("number: 1", "") LISTING("")
                        MESSAGE("Empty", "// N.\nstring next_page_token = 2;\n") CALL(
                                "ListThings", "Which", "Empty", "lane: READ list: \"Thing\"" ALLOW),
                "method TestService.ListThings: Empty must have a field \"repeated Thing\""},
        {"list without next_page_token",
                ROW("number: 1", "") LISTING("")
                        MESSAGE("Rest", "// T.\nrepeated Thing things = 1;\n") CALL(
                                "ListThings", "Which", "Rest", "lane: READ list: \"Thing\"" ALLOW),
                "method TestService.ListThings: Rest must have the field \"string "
                "next_page_token\""},
        {"list with more",
                ROW("number: 1", "") LISTING("") MESSAGE("More",
                        "// T.\nrepeated Thing things = 1;\n// N.\nstring next_page_token "
                        "= 2;\n// C.\nint32 total_size = 3;\n")
                        CALL("ListThings", "Which", "More", "lane: READ list: \"Thing\"" ALLOW),
                "method TestService.ListThings: More must have the rows, next_page_token and "
                "nothing else"},
        {"a foreign request", CALL("Do", "FieldRule", "FieldRule", "lane: READ" ALLOW),
                "method TestService.Do: its request or response is in none of the contract's "
                "files"},
        {"a wait without a cursor",
                BY_ID NOTHING CALL("WatchThing", "ById", "Nothing", "lane: WAIT" ALLOW),
                "method TestService.WatchThing: a method of lane WAIT says where to go on: "
                "after_<what> in the request and last_<what> in the response, or a number or enum "
                "of one name in both"},
        {"filter by nothing", ROW("number: 1", "") LIST("// F.\nstring color = 3;\n"),
                "message Which, field \"color\": Thing has no such field to filter by"},
        {"filter of another type",
                ROW("number: 1 index: { number: 1 on: \"n\" }", "// N.\nint64 n = 2;\n")
                        LIST("// N.\nstring n = 3;\n"),
                "message Which, field \"n\": a filter must have the type of Thing's n"},
        {"range of a text", ROW("number: 1", "") LIST("// N.\nstring id_from = 3;\n"),
                "message Which, field \"id_from\": ranges are for numbers and times"},
        {"filter without index",
                ROW("number: 1", "// N.\nint64 n = 2;\n") LIST("// N.\nint64 n = 3;\n"),
                "message Which, field \"n\": no index of Thing serves this filter"},
        {"filter behind another field",
                ROW("number: 1 index: { number: 1 on: \"m\" on: \"n\" }",
                        "// M.\nint64 m = 3;\n// N.\nint64 n = 2;\n") LIST("// N.\nint64 n = 3;\n"),
                "message Which, field \"n\": no index of Thing serves this filter"},
        {"filter behind a range",
                ROW("number: 1 index: { number: 1 on: \"m\" on: \"n\" }",
                        "// M.\nint64 m = 3;\n// N.\nint64 n = 2;\n")
                        LIST("// M.\nint64 m_from = 4;\n// N.\nint64 n = 3;\n"),
                "message Which, field \"n\": no index of Thing serves this filter"},
        {"two ranges",
                ROW("number: 1 index: { number: 1 on: \"m\" } index: { number: 2 on: \"n\" }",
                        "// M.\nint64 m = 3;\n// N.\nint64 n = 2;\n")
                        LIST("// M.\nint64 m_from = 4;\n// N.\nint64 n_from = 3;\n"),
                "message Which, field \"m_from\": a list has one range, and n has one already"},
};

const size_t refusal_count = sizeof(refusals) / sizeof(refusals[0]);
