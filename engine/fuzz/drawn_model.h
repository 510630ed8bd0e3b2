// What a model is loaded from, drawn from bytes: mostly a sound one, often with a fault or two.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "choices.h"
#include "small_wavenet.h"
#include "whisperwave/convnet.h"
#include "whisperwave/wavenet.h"

namespace whisperwave::fuzzing {

class DrawnModel {
 public:
  explicit DrawnModel(Choices& choices);

  // Each loads what was drawn. Throws Refusal or std::bad_alloc.
  std::shared_ptr<const WavenetModel> wavenet(InstructionSet set) const;
  std::shared_ptr<const ConvnetModel> convnet(InstructionSet set) const;

  const WavenetShape& shape() const noexcept { return shape_; }
  Precision precision() const noexcept { return precision_; }

  // Whether opening streams of it takes a few megabytes and playing a sample a moment.
  bool is_small() const;

 private:
  void damage(Choices& choices);
  void damage_tensor(Choices& choices, Tensor& tensor);
  void damage_codec(Choices& choices);

  WavenetShape shape_;
  Precision precision_;
  testing::SmallWavenet network_;
  Tensors tensors_;                          // the network's, some of them damaged
  std::vector<std::vector<float>> damaged_;  // the values of those
  SampleCodec codec_;
};

}  // namespace whisperwave::fuzzing
