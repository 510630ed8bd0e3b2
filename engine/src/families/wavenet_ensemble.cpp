#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "concurrency/pace.h"
#include "concurrency/team.h"
#include "float_mode.h"
#include "families/given_model.h"
#include "families/heard.h"
#include "families/wavenet_state.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr std::size_t kMostStreams = 4096;
constexpr std::size_t kBlock = 16;  // samples that are played in one way, alone or together

using Places = std::span<const std::span<float>>;  // where each stream's samples go

// Pieces of a size that keeps all members busy, at most as many as a team can share.
struct Cut {
  std::size_t count;
  std::size_t pieces;

  Cut(std::size_t count_, std::size_t wanted)
      : count(count_), pieces(std::min({count_, wanted, Team::kMostPieces})) {}
  Panels part(std::size_t piece) const noexcept {
    return {count * piece / pieces, count * (piece + 1) / pieces};
  }
};

}  // namespace

class WavenetEnsembleWork {
 public:
  WavenetEnsembleWork(std::shared_ptr<const WavenetModel> model_, std::size_t capacity_,
                      std::size_t threads)
      : model(std::move(model_)), capacity(capacity_), team(threads) {}
  virtual ~WavenetEnsembleWork() = default;
  virtual void process(std::span<WavenetStream* const> streams, Places out) noexcept = 0;
  void check(std::span<WavenetStream* const> streams, Places out) const;

  const std::shared_ptr<const WavenetModel> model;
  const std::size_t capacity;
  Team team;
};

void WavenetEnsembleWork::check(std::span<WavenetStream* const> streams, Places out) const {
  if (streams.size() > capacity || streams.size() != out.size()) {
    throw Refusal("BAD_ENSEMBLE",
                  std::to_string(streams.size()) + " streams for " + std::to_string(out.size()) +
                      " places.",
                  "Give one place for each, and up to " + std::to_string(capacity) + " streams.");
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto before = streams.first(i);
    if (streams[i] == nullptr) {
      throw Refusal("BAD_ENSEMBLE", "stream " + std::to_string(i) + " is none.",
                    "Leave out who does not play.");
    }
    if (&streams[i]->model() != model.get()) {
      throw Refusal("BAD_ENSEMBLE", "a stream is of another model.",
                    "Open all streams of an ensemble from its model.");
    }
    if (std::ranges::find(before, streams[i]) != before.end()) {
      throw Refusal("BAD_ENSEMBLE", "a stream is there twice.", "Give each once.");
    }
    if (out[i].size() != out[0].size() || out[i].size() % model->shape().channels != 0) {
      throw Refusal("BAD_BUFFER", "place " + std::to_string(i) + " has room for " +
                                      std::to_string(out[i].size()) + " numbers.",
                    "Give all as many whole samples of " +
                        std::to_string(model->shape().channels) + " channels.");
    }
  }
}

namespace {

template <class Heard>
class WorkOf final : public WavenetEnsembleWork {
 public:
  WorkOf(std::shared_ptr<const WavenetModel> model_, std::size_t capacity_, std::size_t threads)
      : WavenetEnsembleWork(std::move(model_), capacity_, threads),
        network_(*model),
        scratch_(WavenetRoom(model->shape()), capacity),
        states_(capacity) {}

  void process(std::span<WavenetStream* const> streams, Places out) noexcept override {
    count_ = streams.size();
    const std::size_t samples = out[0].size() / model->shape().channels;
    for (std::size_t i = 0; i < count_; ++i) {
      states_[i] = static_cast<WavenetStateOf<Heard>*>(&streams[i]->state());
    }
    if (team.threads() == 1) return play(out, 0, samples);
    for (std::size_t first = 0; first < samples; first += kBlock) {
      const std::size_t last = std::min(first + kBlock, samples);
      const auto start = std::chrono::steady_clock::now();
      team.work_alone(pace_.alone());
      play(out, first, last);
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      pace_.took(time.count() / static_cast<double>((last - first) * count_));
    }
  }

 private:
  void play(Places out, std::size_t first, std::size_t last) noexcept {
    const std::size_t channels = model->shape().channels;
    for (std::size_t sample = first; sample < last; ++sample) {
      advance();
      conclude();
      draw(out, sample * channels);
    }
  }

  // Layers by streams, each member with some of its own: nobody waits between layers.
  void advance() noexcept {
    if (count_ == 1) return states_[0]->step_layers(scratch_);
    const Cut cut(count_, team.workers());
    team.share(cut.pieces, [&](std::size_t piece) { advance(cut.part(piece)); });
  }

  void advance(Panels part) noexcept {
    const std::size_t frames = part.last - part.first;
    for (std::size_t i = part.first; i < part.last; ++i) states_[i]->embed(scratch_.x.written(i));
    network_.hear_input(scratch_.x.written(part.first), scratch_.x.heard(part.first), frames);
    for (std::size_t layer = 0; layer < model->shape().layers(); ++layer) {
      for (std::size_t i = part.first; i < part.last; ++i) {
        auto& taps = states_[i]->taps(layer);
        taps.gather(scratch_.taps.from(i).data);
        taps.push(scratch_.x.heard(i).data);
        std::copy_n(states_[i]->bias(layer), scratch_.sums.channels(), scratch_.sums.from(i).data);
      }
      const Frames<float> sums = scratch_.sums.from(part.first);
      network_.run_past(layer, scratch_.taps.from(part.first), sums, sums, frames);
      network_.run_layer(layer, scratch_, sums, part.first, frames);
    }
  }

  // The head by its outputs, each member with some rows of its weights: one piece each, for to claim
  // more of them took longer than it saved (6 to 15 % with two threads).
  void conclude() noexcept {
    if (team.workers() == 1) {
      network_.conclude(scratch_, count_, backwards_);
      backwards_ = !backwards_;
      return;
    }
    for (std::size_t stage = 0; stage < WavenetNetwork<Heard>::kStages; ++stage) {
      const Cut cut(network_.stage_panels(stage), team.workers());
      team.share(cut.pieces, [&](std::size_t piece) {
        network_.run_stage(stage, scratch_, count_, cut.part(piece));
      });
    }
  }

  void draw(Places out, std::size_t at) noexcept {
    const Cut cut(count_, team.workers());
    team.share(cut.pieces, [&](std::size_t piece) {
      for (std::size_t i = cut.part(piece).first; i < cut.part(piece).last; ++i) {
        states_[i]->draw(network_.kernels(), scratch_.predictions.from(i).data,
                         out[i].data() + at);
      }
    });
  }

  WavenetNetwork<Heard> network_;
  WavenetScratch<Heard> scratch_;
  std::vector<WavenetStateOf<Heard>*> states_;
  std::size_t count_ = 0;
  bool backwards_ = false;
  Pace pace_;
};

void check_capacity(std::size_t capacity, const WavenetShape& shape) {
  if (capacity < 1 || capacity > kMostStreams) {
    throw Refusal("BAD_ENSEMBLE", std::to_string(capacity) + " streams were asked for.",
                  "Use 1 to " + std::to_string(kMostStreams) + ".");
  }
  check_ensemble(shape, capacity);
}

}  // namespace

WavenetEnsemble::WavenetEnsemble(std::shared_ptr<const WavenetModel> model, std::size_t capacity,
                                 std::size_t threads) {
  check_capacity(capacity, given(model)->shape());
  with_heard(model->precision(), [&]<class Heard>(std::type_identity<Heard>) {
    work_ = std::make_unique<WorkOf<Heard>>(std::move(model), capacity, threads);
  });
}

WavenetEnsemble::~WavenetEnsemble() = default;

void WavenetEnsemble::process(std::span<WavenetStream* const> streams,
                              std::span<const std::span<float>> out) {
  work_->check(streams, out);
  if (streams.empty()) return;
  work_->team.gather();
  const OwnFloatMode guard;
  work_->process(streams, out);
}

}  // namespace whisperwave
