// A few calls of a feed-forward stream, as bytes have it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "drawn_play.h"
#include "whisperwave/convnet.h"

namespace whisperwave::fuzzing {

class ConvnetPlay {
 public:
  // Throws Refusal or std::bad_alloc.
  ConvnetPlay(std::shared_ptr<const ConvnetModel> model, Choices choices)
      : choices_(choices),
        shape_(model->shape()),
        stream_(std::make_unique<ConvnetStream>(std::move(model),
                                                drawn_condition(choices_, shape_))) {}

  bool goes_on() noexcept {
    return calls_++ < kLeastCalls || (choices_.any_left() && calls_ <= kMostCalls);
  }

  // One call; what is played is added to `heard`.
  void act(std::vector<float>& heard) {
    switch (choices_.between(0, 7)) {
      case 6: return stream_->reset();
      case 7: return stream_->steer(drawn_condition(choices_, shape_));
      default: return process(heard);
    }
  }

 private:
  static constexpr int kLeastCalls = 1;  // also where the bytes have ended
  static constexpr int kMostCalls = 6;

  void process(std::vector<float>& heard) {
    const std::vector<float> in = drawn_values(choices_, shape_.channels);
    std::vector<float> out(in.size() / shape_.channels * shape_.numbers);
    stream_->process(in, out);
    heard.insert(heard.end(), out.begin(), out.end());
  }

  Choices choices_;
  WavenetShape shape_;
  std::unique_ptr<ConvnetStream> stream_;
  int calls_ = 0;
};

}  // namespace whisperwave::fuzzing
