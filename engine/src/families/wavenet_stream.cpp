#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "float_mode.h"
#include "families/given_model.h"
#include "families/wavenet_state.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

std::unique_ptr<WavenetState> opened(std::shared_ptr<const WavenetModel> model,
                                     const WavenetStreamOptions& options) {
  const OwnFloatMode guard;
  return make_state(given(std::move(model)), options);
}

bool overlap(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  const std::less<const std::byte*> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) &&
         before(b.data(), a.data() + a.size());
}

}  // namespace

WavenetStream::WavenetStream(std::shared_ptr<const WavenetModel> model,
                             const WavenetStreamOptions& options)
    : state_(opened(std::move(model), options)) {}

WavenetStream::~WavenetStream() = default;

const WavenetModel& WavenetStream::model() const noexcept { return state_->model(); }

void WavenetStream::prime(const Samples& samples) {
  state_->check(samples);
  if (samples.classes.empty() && samples.values.empty()) return;
  const OwnFloatMode guard;
  state_->prime(samples);
}

void WavenetStream::process(std::span<float> out) noexcept {
  const OwnFloatMode guard;
  state_->process(out);
  std::ranges::fill(out.last(out.size() % model().shape().channels), 0.0F);
}

void WavenetStream::predict(const Samples& samples, std::span<float> predictions) {
  state_->check(samples);
  const WavenetShape& shape = model().shape();
  const std::size_t count = samples.classes.size() + samples.values.size() / shape.channels;
  if (predictions.size() != count * shape.outputs()) {
    throw Refusal("BAD_BUFFER",
                  "room for " + std::to_string(predictions.size()) + " numbers was given.",
                  "Give " + std::to_string(shape.outputs()) + " for each sample.");
  }
  const auto room = std::as_bytes(predictions);
  if (overlap(room, std::as_bytes(samples.classes)) || overlap(room, std::as_bytes(samples.values))) {
    throw Refusal("BAD_BUFFER", "the predictions would be written over the samples.",
                  "Give them a place of their own.");
  }
  const OwnFloatMode guard;
  state_->predict(samples, predictions.data());
}

void WavenetStream::steer(std::span<const float> condition) {
  state_->check(condition);
  const OwnFloatMode guard;
  state_->steer(condition);
}

void WavenetStream::reset() noexcept { state_->reset(); }

}  // namespace whisperwave
