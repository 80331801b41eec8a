#pragma once
// The rows that the bench has stored, read from its LMDB file. One reader per thread.
#include <lmdb.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A bench that cannot go on ends with a sentence.
[[noreturn]] inline void fail(const char *what, const std::string &why)
{
        std::fprintf(stderr, "the gRPC peer: %s: %s\n", what, why.c_str());
        std::exit(1);
}

inline void must(int result, const char *what)
{
        if (result != 0)
                fail(what, mdb_strerror(result));
}

class Rows
{
      public:
        explicit Rows(const char *dir)
        {
                MDB_txn *txn;

                must(mdb_env_create(&env_), "environment");
                must(mdb_env_set_mapsize(env_, size_t{1} << 30), "map size");
                must(mdb_env_open(env_, dir, MDB_NOTLS | MDB_RDONLY, 0600), "open");
                must(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn), "begin");
                must(mdb_dbi_open(txn, nullptr, 0, &dbi_), "rows");
                must(mdb_txn_commit(txn), "commit");
        }
        Rows(const Rows &) = delete;

        // A transaction to be renewed for each call.
        class Reader
        {
              public:
                explicit Reader(const Rows &rows) : dbi_(rows.dbi_)
                {
                        must(mdb_txn_begin(rows.env_, nullptr, MDB_RDONLY, &txn_), "begin");
                        mdb_txn_reset(txn_);
                }
                Reader(const Reader &) = delete;

                // Calls use(row) while its bytes stand; false when there is none.
                template <typename Use> bool get(std::string_view id, Use use)
                {
                        MDB_val key = {id.size(), const_cast<char *>(id.data())}, row;

                        must(mdb_txn_renew(txn_), "renew");
                        const bool found = mdb_get(txn_, dbi_, &key, &row) == 0;

                        if (found)
                                use(std::string_view(
                                        static_cast<char *>(row.mv_data), row.mv_size));
                        mdb_txn_reset(txn_);
                        return found;
                }

              private:
                MDB_dbi dbi_;
                MDB_txn *txn_;
        };

        // Every id with its row.
        std::vector<std::pair<std::string, std::string>> all() const
        {
                std::vector<std::pair<std::string, std::string>> out;
                MDB_val key, row;
                MDB_cursor *cursor;
                MDB_txn *txn;

                must(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn), "begin");
                must(mdb_cursor_open(txn, dbi_, &cursor), "cursor");
                while (mdb_cursor_get(cursor, &key, &row, MDB_NEXT) == 0)
                        out.emplace_back(std::string(static_cast<char *>(key.mv_data), key.mv_size),
                                std::string(static_cast<char *>(row.mv_data), row.mv_size));
                mdb_cursor_close(cursor);
                mdb_txn_abort(txn);
                return out;
        }

      private:
        MDB_env *env_;
        MDB_dbi dbi_;
};
