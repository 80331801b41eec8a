// The gRPC C++ client of the bench: several channels with a connection each, calls spread over
// them, one completion queue per thread, each call starting the next when it ends; and threads that
// make blocking calls. One that is told by lines what to measure, so that it can take turns with
// ours on warm connections.
//
// client DIR ADDRESS TOKEN; reads "async IN_FLIGHT CHANNELS THREADS SECONDS",
// "blocking THREADS CHANNELS THREADS SECONDS" or "steady CALLS_PER_S CHANNELS 1 SECONDS" and answers
// "calls_per_s=N p50_us=N p99_us=N".
#include <grpcpp/grpcpp.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include "product.grpc.pb.h"
#include "rows.h"

namespace
{
using Clock = std::chrono::steady_clock;

constexpr int CHANNELS_MAX = 8;
constexpr auto TIMEOUT = std::chrono::seconds(10);

// Sixteen buckets to each power of two, as in the bench's own.
class Latency
{
      public:
        void note(Clock::duration took)
        {
                const uint64_t us = static_cast<uint64_t>(
                        std::chrono::duration_cast<std::chrono::microseconds>(took).count());
                const int shift = us < 16 ? 0 : 63 - __builtin_clzll(us) - 4;
                const size_t bucket = us < 16 ? us : ((shift + 1) << 4) + ((us >> shift) & 15);

                counts_[std::min(bucket, counts_.size() - 1)]++;
        }

        void add(const Latency &other)
        {
                for (size_t i = 0; i < counts_.size(); i++)
                        counts_[i] += other.counts_[i];
        }

        uint64_t total() const
        {
                uint64_t sum = 0;

                for (uint64_t count : counts_)
                        sum += count;
                return sum;
        }

        double at(double share) const
        {
                const double wanted = share * static_cast<double>(total());
                uint64_t seen = 0;

                for (size_t i = 0; i < counts_.size(); i++) {
                        seen += counts_[i];
                        if (seen > 0 && static_cast<double>(seen) >= wanted)
                                return middle_of(i);
                }
                return NAN;
        }

      private:
        static double middle_of(size_t bucket)
        {
                if (bucket < 16)
                        return static_cast<double>(bucket) + 0.5;
                const int shift = static_cast<int>(bucket >> 4) - 1;

                return std::ldexp(16.5 + static_cast<double>(bucket & 15), shift);
        }

        std::array<uint64_t, 512> counts_ = {};
};

struct Shop {
        std::vector<std::pair<std::string, std::string>> rows;
        std::vector<std::unique_ptr<peer::Catalog::Stub>> stubs;
        std::string token;
        std::atomic<bool> stopping{false};
};

void prepare(grpc::ClientContext &context, const Shop &shop)
{
        context.AddMetadata("authorization", shop.token);
        context.set_deadline(std::chrono::system_clock::now() + TIMEOUT);
}

void check(const grpc::Status &status, const peer::Product &product)
{
        if (!status.ok() || product.id().empty())
                fail("GetProduct", status.error_message());
}

// One of the calls in flight.
struct Call {
        std::optional<grpc::ClientContext> context;
        peer::GetProductRequest request;
        peer::Product product;
        grpc::Status status;
        std::unique_ptr<grpc::ClientAsyncResponseReader<peer::Product>> reader;
        peer::Catalog::Stub *stub;
        size_t next_row;
        Clock::time_point start;

        void begin(const Shop &shop, grpc::CompletionQueue &queue)
        {
                reader.reset();
                context.emplace();
                prepare(*context, shop);
                request.set_id(shop.rows[next_row++ % shop.rows.size()].first);
                start = Clock::now();
                reader = stub->AsyncGetProduct(&*context, request, &queue);
                reader->Finish(&product, &status, this);
        }
};

// One thread with its share of the calls, numbers first, first + step, ... below in_flight.
void call_asynchronously(const Shop &shop, Latency &latency, std::array<int, 4> share)
{
        const auto [first, step, in_flight, channels] = share;
        std::vector<std::unique_ptr<Call>> calls;
        grpc::CompletionQueue queue;
        size_t running = 0;
        void *tag;
        bool ok;

        for (int i = first; i < in_flight; i += step) {
                calls.push_back(std::make_unique<Call>());
                calls.back()->stub = shop.stubs[i / step % channels].get();
                calls.back()->next_row = static_cast<size_t>(i);
                calls.back()->begin(shop, queue);
                running++;
        }
        while (running > 0 && queue.Next(&tag, &ok)) {
                Call *call = static_cast<Call *>(tag);

                check(call->status, call->product);
                latency.note(Clock::now() - call->start);
                if (shop.stopping.load(std::memory_order_relaxed))
                        running--;
                else
                        call->begin(shop, queue);
        }
        calls.clear();
        queue.Shutdown();
        while (queue.Next(&tag, &ok))
                ;
}

// So many calls a second, each at its time whether or not others were answered; its latency counts
// from that time.
void call_steadily(const Shop &shop, Latency &latency, std::array<int, 4> share)
{
        const auto [first, step, calls_per_s, channels] = share;
        const std::chrono::nanoseconds period(1000000000 / calls_per_s);
        std::vector<std::unique_ptr<Call>> calls;
        std::vector<Call *> idle;
        grpc::CompletionQueue queue;
        Clock::time_point due = Clock::now();
        size_t running = 0;
        void *tag;
        bool ok;

        for (;;) {
                const bool stopping = shop.stopping.load(std::memory_order_relaxed);
                const auto wait = std::chrono::duration_cast<std::chrono::system_clock::duration>(
                        due - Clock::now());

                if (stopping && running == 0)
                        break;
                if (!stopping && wait.count() <= 0) {
                        if (idle.empty()) {
                                calls.push_back(std::make_unique<Call>());
                                idle.push_back(calls.back().get());
                                idle.back()->stub = shop.stubs[calls.size() % channels].get();
                                idle.back()->next_row = calls.size();
                        }
                        idle.back()->begin(shop, queue);
                        idle.back()->start = due;
                        idle.pop_back();
                        running++;
                        due += period;
                        continue;
                }
                if (queue.AsyncNext(&tag, &ok,
                            std::chrono::system_clock::now() +
                                    (stopping ? std::chrono::system_clock::duration(TIMEOUT)
                                              : wait)) != grpc::CompletionQueue::GOT_EVENT)
                        continue;
                Call *call = static_cast<Call *>(tag);

                check(call->status, call->product);
                latency.note(Clock::now() - call->start);
                idle.push_back(call);
                running--;
        }
        calls.clear();
        queue.Shutdown();
        while (queue.Next(&tag, &ok))
                ;
}

void call_blocking(const Shop &shop, Latency &latency, std::array<int, 4> share)
{
        const auto [first, step, in_flight, channels] = share;
        peer::Catalog::Stub &stub = *shop.stubs[first % channels];
        size_t next_row = static_cast<size_t>(first);
        peer::GetProductRequest request;
        peer::Product product;

        while (!shop.stopping.load(std::memory_order_relaxed)) {
                grpc::ClientContext context;
                const Clock::time_point start = Clock::now();

                prepare(context, shop);
                request.set_id(shop.rows[next_row++ % shop.rows.size()].first);
                check(stub.GetProduct(&context, request, &product), product);
                latency.note(Clock::now() - start);
        }
}

// One line of standard input.
void measure(Shop &shop, const std::string &line)
{
        std::istringstream words(line);
        std::string kind;
        int load = 0, channels = 0, threads = 0;
        double seconds = 0;

        words >> kind >> load >> channels >> threads >> seconds;
        if (words.fail() || load < 1 || channels < 1 || channels > CHANNELS_MAX || threads < 1)
                fail("not understood", line);
        std::vector<Latency> latencies(threads);
        std::vector<std::thread> running;
        const Clock::time_point start = Clock::now();

        shop.stopping = false;
        for (int i = 0; i < threads; i++)
                running.emplace_back(kind == "async"    ? call_asynchronously
                                     : kind == "steady" ? call_steadily
                                                        : call_blocking,
                        std::cref(shop), std::ref(latencies[i]),
                        std::array<int, 4>{i, threads, load, channels});
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        shop.stopping = true;
        for (std::thread &thread : running)
                thread.join();
        const std::chrono::duration<double> took = Clock::now() - start;

        for (int i = 1; i < threads; i++)
                latencies[0].add(latencies[i]);
        std::printf("calls_per_s=%.1f p50_us=%.1f p99_us=%.1f\n",
                static_cast<double>(latencies[0].total()) / took.count(), latencies[0].at(0.5),
                latencies[0].at(0.99));
        std::fflush(stdout);
}

void connect(Shop &shop, const char *address)
{
        grpc::ChannelArguments arguments;

        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // a connection for each channel
        arguments.SetString(GRPC_ARG_OPTIMIZATION_TARGET, "throughput");
        for (int i = 0; i < CHANNELS_MAX; i++)
                shop.stubs.push_back(peer::Catalog::NewStub(grpc::CreateCustomChannel(
                        address, grpc::InsecureChannelCredentials(), arguments)));
}

// Both servers answer the same bytes, or the comparison is none.
void compare_answers(const Shop &shop)
{
        for (const auto &[id, row] : shop.rows) {
                grpc::ClientContext context;
                peer::GetProductRequest request;
                peer::Product product;

                prepare(context, shop);
                request.set_id(id);
                check(shop.stubs[0]->GetProduct(&context, request, &product), product);
                if (product.SerializeAsString() != row)
                        fail("other bytes than the stored row's", id);
        }
        grpc::ClientContext stranger;
        peer::GetProductRequest request;
        peer::Product product;

        request.set_id(shop.rows[0].first);
        if (shop.stubs[0]->GetProduct(&stranger, request, &product).error_code() !=
                grpc::StatusCode::UNAUTHENTICATED)
                fail("tokens", "a call without one was answered");
}
} // namespace

int main(int argc, char **argv)
{
        Shop shop;
        std::string line;

        if (argc != 4)
                fail("usage", "client DIR ADDRESS TOKEN");
        shop.rows = Rows(argv[1]).all();
        shop.token = argv[3];
        if (shop.rows.empty())
                fail("no rows", argv[1]);
        connect(shop, argv[2]);
        compare_answers(shop);
        while (std::getline(std::cin, line))
                measure(shop, line);
        return 0;
}
