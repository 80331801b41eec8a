// The gRPC C++ server of the bench, as gRPC's performance notes advise: the asynchronous interface,
// one completion queue per thread, many calls posted in advance, messages used again. It reads each
// row from LMDB, parses it into the answer as a server that stores messages does, and looks the
// token up in a hash table. Refused: the synchronous interface, which needs a thread for each call;
// the callback interface, whose threads are not ours to count; and grpc.minimal_stack, which saves
// a quarter of the processor time by leaving out the deadlines and limits that the other side
// keeps.
//
// server DIR TOKEN THREADS; prints its address, ends with standard input.
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>

#include "product.grpc.pb.h"
#include "rows.h"

namespace
{
constexpr int CALLS_PER_QUEUE = 512;
constexpr int OTHER_SESSIONS = 10000;

// By token, whose session it is.
using Sessions = std::unordered_map<std::string, std::string>;

class Call;

// What the calls of one completion queue share.
struct Lane {
        peer::Catalog::AsyncService *service;
        grpc::ServerCompletionQueue *queue;
        const Sessions *sessions;
        Rows::Reader *reader;
};

// One place for a call: waits for one, answers it, waits for the next.
class Call
{
      public:
        explicit Call(const Lane &lane) : lane_(lane)
        {
                wait();
        }

        void proceed()
        {
                if (answered_)
                        wait();
                else
                        answer();
        }

      private:
        void wait()
        {
                answered_ = false;
                responder_.reset();
                context_.emplace();
                responder_.emplace(&*context_);
                lane_.service->RequestGetProduct(
                        &*context_, &request_, &*responder_, lane_.queue, lane_.queue, this);
        }

        bool known() const
        {
                const auto &metadata = context_->client_metadata();
                const auto found = metadata.find("authorization");

                return found != metadata.end() &&
                       lane_.sessions->count(
                               std::string(found->second.data(), found->second.size())) != 0;
        }

        void answer()
        {
                answered_ = true;
                if (!known()) {
                        responder_->FinishWithError(
                                {grpc::StatusCode::UNAUTHENTICATED, "no such session"}, this);
                        return;
                }
                const bool found = lane_.reader->get(request_.id(), [this](std::string_view row) {
                        product_.ParseFromArray(row.data(), static_cast<int>(row.size()));
                });

                if (found)
                        responder_->Finish(product_, grpc::Status::OK, this);
                else
                        responder_->FinishWithError(
                                {grpc::StatusCode::NOT_FOUND, "no such product"}, this);
        }

        const Lane lane_;
        std::optional<grpc::ServerContext> context_;
        peer::GetProductRequest request_;
        peer::Product product_;
        std::optional<grpc::ServerAsyncResponseWriter<peer::Product>> responder_;
        bool answered_ = false;
};

void run(Lane lane, const Rows &rows)
{
        Rows::Reader reader(rows);
        std::vector<std::unique_ptr<Call>> calls;
        void *tag;
        bool ok;

        lane.reader = &reader;
        for (int i = 0; i < CALLS_PER_QUEUE; i++)
                calls.push_back(std::make_unique<Call>(lane));
        while (lane.queue->Next(&tag, &ok))
                static_cast<Call *>(tag)->proceed();
}

Sessions sessions_with(const char *token)
{
        Sessions sessions;

        sessions.reserve(OTHER_SESSIONS + 1);
        sessions[token] = "reader";
        for (int i = 0; i < OTHER_SESSIONS; i++)
                sessions[std::string(token) + std::to_string(i)] = "somebody else";
        return sessions;
}
} // namespace

int main(int argc, char **argv)
{
        if (argc != 4)
                fail("usage", "server DIR TOKEN THREADS");
        const Rows rows(argv[1]);
        const Sessions sessions = sessions_with(argv[2]);
        peer::Catalog::AsyncService service;
        grpc::ServerBuilder builder;
        std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
        int port = 0;
        char end;

        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.AddChannelArgument(GRPC_ARG_OPTIMIZATION_TARGET, "throughput");
        builder.RegisterService(&service);
        for (int i = 0; i < std::atoi(argv[3]); i++)
                queues.push_back(builder.AddCompletionQueue());
        const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();

        if (server == nullptr)
                fail("cannot listen", "on loopback");
        for (const auto &queue : queues)
                std::thread(run, Lane{&service, queue.get(), &sessions, nullptr}, std::cref(rows))
                        .detach();
        std::printf("127.0.0.1:%d\n", port);
        std::fflush(stdout);
        while (read(STDIN_FILENO, &end, 1) > 0)
                ;
        _exit(0); // it holds nothing that must be kept
}
