// A few calls of a WaveNet's streams, alone and in ensembles, as bytes have it.
#pragma once

#include <memory>
#include <vector>

#include "choices.h"
#include "whisperwave/wavenet.h"

namespace whisperwave::fuzzing {

class WavenetPlay {
 public:
  // Opens the first stream. Throws Refusal or std::bad_alloc, as all calls here.
  WavenetPlay(std::shared_ptr<const WavenetModel> model, Choices choices);

  bool goes_on() noexcept;

  // One call; what is played is added to `heard`.
  void act(std::vector<float>& heard);

 private:
  void open();
  void prime(WavenetStream& stream);
  void predict(WavenetStream& stream);
  void process(WavenetStream& stream, std::vector<float>& heard);
  void process_together(std::vector<float>& heard);
  std::vector<WavenetStream*> some_streams();
  std::vector<std::int32_t> drawn_classes();

  Choices choices_;
  std::shared_ptr<const WavenetModel> model_;
  std::vector<std::unique_ptr<WavenetStream>> streams_;
  int calls_ = 0;
};

}  // namespace whisperwave::fuzzing
