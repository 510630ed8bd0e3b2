#include "wavenet_play.h"

#include <utility>

#include "drawn_play.h"

namespace whisperwave::fuzzing {
namespace {

constexpr int kLeastCalls = 1;  // also where the bytes have ended
constexpr int kMostCalls = 6;

Sampling drawn_sampling(Choices& choices) {
  Sampling sampling;
  if (choices.byte() < 128) return sampling;
  sampling.temperature = choices.number(0.8F);
  sampling.top_k = static_cast<std::uint32_t>(choices.rarely() ? choices.size(70) : 0);
  sampling.top_p = choices.rarely() ? choices.number(0.9F) : 1.0F;
  sampling.centring = choices.rarely() ? choices.number(0.01F) : 0.0F;
  return sampling;
}

// Mostly few: each is a thread, started for this call.
std::size_t drawn_threads(Choices& choices) {
  const std::size_t threads = choices.size(40);
  return threads <= 20 ? 1 : threads <= 40 ? 1 + threads % 3 : threads;
}

}  // namespace

WavenetPlay::WavenetPlay(std::shared_ptr<const WavenetModel> model, Choices choices)
    : choices_(choices), model_(std::move(model)) {
  open();
}

bool WavenetPlay::goes_on() noexcept {
  return calls_++ < kLeastCalls || (choices_.any_left() && calls_ <= kMostCalls);
}

void WavenetPlay::act(std::vector<float>& heard) {
  WavenetStream& stream = *streams_[choices_.byte() % streams_.size()];
  switch (choices_.between(0, 9)) {
    case 3: return prime(stream);
    case 4: return predict(stream);
    case 5: return stream.steer(drawn_condition(choices_, model_->shape()));
    case 6: return stream.reset();
    case 7: return open();
    case 8:
    case 9: return process_together(heard);
    default: return process(stream, heard);
  }
}

void WavenetPlay::open() {
  const std::vector<float> condition = drawn_condition(choices_, model_->shape());
  const Sampling sampling = drawn_sampling(choices_);
  const std::uint64_t seed = choices_.byte();
  const WavenetStreamOptions options = {condition, sampling, seed, choices_.byte()};
  streams_.push_back(std::make_unique<WavenetStream>(model_, options));
}

void WavenetPlay::prime(WavenetStream& stream) {
  const bool classes = (model_->shape().head == Head::softmax) != choices_.rarely();
  if (classes) return stream.prime({drawn_classes(), {}});
  stream.prime({{}, drawn_values(choices_, model_->shape().channels)});
}

void WavenetPlay::predict(WavenetStream& stream) {
  const WavenetShape& shape = model_->shape();
  const std::vector<std::int32_t> classes = drawn_classes();
  const std::vector<float> values = drawn_values(choices_, shape.channels);
  const bool softmax = shape.head == Head::softmax;
  const std::size_t count = softmax ? classes.size() : values.size() / shape.channels;
  std::vector<float> predictions(count * shape.outputs() + (choices_.rarely() ? 1 : 0));
  stream.predict(softmax ? Samples{classes, {}} : Samples{{}, values}, predictions);
  stream.reset();  // there is no sample to go on from
}

void WavenetPlay::process(WavenetStream& stream, std::vector<float>& heard) {
  const std::size_t rest = choices_.rarely() ? 1 : 0;  // of a sample that is not whole
  std::vector<float> out(choices_.between(1, 8) * model_->shape().channels + rest);
  stream.process(out);
  heard.insert(heard.end(), out.begin(), out.end());
}

void WavenetPlay::process_together(std::vector<float>& heard) {
  const std::size_t room = choices_.size(4);
  WavenetEnsemble ensemble(model_, room, drawn_threads(choices_));
  const std::vector<WavenetStream*> playing = some_streams();
  const std::size_t samples = choices_.between(0, 6);
  std::vector<std::vector<float>> out(playing.size() + (choices_.rarely() ? 1 : 0));
  for (auto& place : out) place.resize(samples * model_->shape().channels);
  if (!out.empty() && choices_.rarely()) out.back().push_back(0.0F);
  ensemble.process(playing, std::vector<std::span<float>>(out.begin(), out.end()));
  for (const auto& place : out) heard.insert(heard.end(), place.begin(), place.end());
}

// All, and rarely one twice, or one that is none.
std::vector<WavenetStream*> WavenetPlay::some_streams() {
  std::vector<WavenetStream*> some;
  for (const auto& stream : streams_) some.push_back(stream.get());
  if (choices_.rarely()) some.push_back(some.front());
  if (choices_.rarely()) some.push_back(nullptr);
  return some;
}

std::vector<std::int32_t> WavenetPlay::drawn_classes() {
  std::vector<std::int32_t> classes(choices_.between(0, 59));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i] = static_cast<std::int32_t>(i * 37 % (model_->shape().classes + 1));
  }
  const auto limit = static_cast<std::int32_t>(model_->shape().classes);
  if (choices_.rarely()) return classes;  // which may hold one class too many
  for (std::int32_t& index : classes) index %= std::max(limit, 1);
  return classes;
}

}  // namespace whisperwave::fuzzing
