// Threads that are not there: refused by the system, or lost in a fork.
#include <memory>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iterator>

namespace {
std::atomic<int> threads_left{-1};  // that the system still gives; -1 for all
}

#pragma GCC visibility push(default)
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*work)(void*), void* argument) {
  static const auto system =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left == 0) return EAGAIN;
  if (threads_left > 0) --threads_left;
  return system(thread, attributes, work, argument);
}
#pragma GCC visibility pop

namespace whisperwave::testing {
namespace {

constexpr std::size_t kStreams = 3;
constexpr std::size_t kSamples = 60;  // for each stream and turn

using Model = std::shared_ptr<const WavenetModel>;
using Values = std::vector<float>;

class Players {
 public:
  Players(const Model& model, const Values& style, std::size_t threads)
      : ensemble_(std::make_unique<WavenetEnsemble>(model, kStreams, threads)) {
    for (std::size_t i = 0; i < kStreams; ++i) {
      const WavenetStreamOptions options = {style, {}, 3, i};
      streams_.push_back(std::make_unique<WavenetStream>(model, options));
    }
  }

  // A turn of all streams, one after another in the result.
  Values turn() {
    Values out(kStreams * kSamples);
    std::vector<WavenetStream*> playing;
    std::vector<std::span<float>> places;
    for (std::size_t i = 0; i < kStreams; ++i) {
      playing.push_back(streams_[i].get());
      places.push_back(std::span(out).subspan(i * kSamples, kSamples));
    }
    ensemble_->process(playing, places);
    return out;
  }

 private:
  std::unique_ptr<WavenetEnsemble> ensemble_;
  std::vector<std::unique_ptr<WavenetStream>> streams_;
};

std::ptrdiff_t threads_here() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Whether `work` holds in a forked child, which is ended if it waits for ever.
template <class Work>
bool holds_in_a_child(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const bool held = work();
    _exit(held ? 0 : 1);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void a_forked_child_plays_on_and_so_does_its_parent(const Model& model, const Values& style) {
  Players alone(model, style, 1);
  const Values first = alone.turn();
  const Values second = alone.turn();
  const Values third = alone.turn();
  auto players = std::make_unique<Players>(model, style, 3);
  check(players->turn() == first, "before the fork");
  check(holds_in_a_child([&] {
          const bool same = players->turn() == second && threads_here() == 3 &&
                            players->turn() == third;
          players.reset();
          return same && threads_here() == 1;
        }),
        "a child plays on with threads of its own, and ends them");
  check(holds_in_a_child([&] {
          players.reset();
          return true;
        }),
        "a child that does not play lets go of threads that it does not have");
  check(holds_in_a_child([&] {
          return players->turn() == second &&
                 holds_in_a_child([&] { return players->turn() == third; });
        }),
        "a child of a child too");
  check(players->turn() == second, "the parent plays on");
}

void threads_that_the_system_refuses_are_said(const Model& model, const Values& style) {
  for (int given = 0; given < 3; ++given) {
    threads_left = given;
    check_refused([&] { WavenetEnsemble(model, kStreams, 4); }, "NO_THREADS",
                  said(given, " threads"));
    threads_left = -1;
  }
  Players players(model, style, 4);
  Players alone(model, style, 1);
  const Values first = alone.turn();
  const Values second = alone.turn();
  check(players.turn() == first, "with all threads");
  check(holds_in_a_child([&] {
          threads_left = 1;
          check_refused([&] { players.turn(); }, "NO_THREADS", "a child without threads");
          threads_left = -1;
          return failures == 0 && players.turn() == second;
        }),
        "a child that gets no threads says so, and plays on when it gets them");
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave;
  const testing::SmallWavenet network(testing::small_shape());
  const auto model = network.model(available_instruction_sets().back());
  testing::a_forked_child_plays_on_and_so_does_its_parent(model, network.style());
  testing::threads_that_the_system_refuses_are_said(model, network.style());
  return testing::failures;
}
#else
int main() { return 0; }  // another system forks otherwise, or not at all
#endif
