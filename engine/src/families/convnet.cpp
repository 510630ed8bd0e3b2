#include "whisperwave/convnet.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "float_mode.h"
#include "families/given_model.h"
#include "families/heard.h"
#include "families/wavenet_trunk.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

const WavenetShape& checked(const WavenetShape& shape) {
  if (shape.head == Head::numbers) return shape;
  throw Refusal("BAD_SHAPE", "this network foretells samples; it does not filter frames.",
                "Open it as a WavenetModel.");
}

}  // namespace

ConvnetModel::ConvnetModel(const WavenetShape& shape, const Tensors& tensors, Precision precision,
                           InstructionSet instruction_set)
    : network_(checked(shape), tensors, {}, precision, instruction_set) {}

class ConvnetState {
 public:
  explicit ConvnetState(std::shared_ptr<const ConvnetModel> model_) : model(std::move(model_)) {}
  virtual ~ConvnetState() = default;
  virtual void check(std::span<const float> condition) const = 0;
  virtual void process(const float* in, float* out, std::size_t frames) noexcept = 0;
  virtual void steer(std::span<const float> condition) noexcept = 0;
  virtual void reset() noexcept = 0;

  const std::shared_ptr<const ConvnetModel> model;
};

namespace {

float finite(float value) noexcept { return std::isfinite(value) ? value : 0.0F; }

template <class Heard>
class StateOf final : public ConvnetState {
 public:
  explicit StateOf(std::shared_ptr<const ConvnetModel> model_)
      : ConvnetState(std::move(model_)),
        trunk_(model->network()),
        heard_(kChunk * model->shape().channels) {}

  void check(std::span<const float> condition) const override { trunk_.check(condition); }
  void steer(std::span<const float> condition) noexcept override { trunk_.steer(condition); }
  void reset() noexcept override { trunk_.reset(); }

  void process(const float* in, float* out, std::size_t frames) noexcept override {
    const std::size_t channels = model->shape().channels;
    for (std::size_t first = 0; first < frames; first += kChunk) {
      const std::size_t count = std::min(kChunk, frames - first);
      const Samples samples = hear(in + first * channels, count * channels);
      if (count == 1) {
        trunk_.step(samples, trunk_.scratch());
      } else {
        trunk_.advance(samples, count);
      }
      float* const played = out;
      out = trunk_.conclude(count, out);
      std::transform(played, out, played, finite);
    }
  }

 private:
  // A copy: the caller's array is not ours to change.
  Samples hear(const float* in, std::size_t count) noexcept {
    std::transform(in, in + count, heard_.begin(), finite);
    return {{}, std::span(heard_).first(count)};
  }

  WavenetTrunk<Heard> trunk_;
  std::vector<float> heard_;
};

std::unique_ptr<ConvnetState> make_state(std::shared_ptr<const ConvnetModel> model) {
  return with_heard(model->precision(), [&]<class Heard>(std::type_identity<Heard>) {
    return std::unique_ptr<ConvnetState>(std::make_unique<StateOf<Heard>>(std::move(model)));
  });
}

}  // namespace

ConvnetStream::ConvnetStream(std::shared_ptr<const ConvnetModel> model,
                             std::span<const float> condition)
    : state_(make_state(given(std::move(model)))) {
  steer(condition);
}

ConvnetStream::~ConvnetStream() = default;

const ConvnetModel& ConvnetStream::model() const noexcept { return *state_->model; }

void ConvnetStream::process(std::span<const float> in, std::span<float> out) noexcept {
  const WavenetShape& shape = model().shape();
  const OwnFloatMode guard;
  const std::size_t frames = std::min(in.size() / shape.channels, out.size() / shape.numbers);
  state_->process(in.data(), out.data(), frames);
  std::ranges::fill(out.subspan(frames * shape.numbers), 0.0F);
}

void ConvnetStream::steer(std::span<const float> condition) {
  state_->check(condition);
  const OwnFloatMode guard;
  state_->steer(condition);
}

void ConvnetStream::reset() noexcept { state_->reset(); }

}  // namespace whisperwave
