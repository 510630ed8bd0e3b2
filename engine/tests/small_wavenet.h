// A random WaveNet for tests, and the arrays that its tensors borrow from: the same on every machine
// and with every standard library.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "whisperwave/philox.h"
#include "whisperwave/wavenet.h"

namespace whisperwave::testing {

class SmallWavenet {
 public:
  explicit SmallWavenet(const WavenetShape& shape, std::uint64_t seed = 1)
      : shape_(shape), seed_(seed) {
    const std::size_t gates = 2 * shape.dilation_channels;
    const std::size_t heard = shape.head == Head::softmax ? shape.classes : shape.channels;
    draw("embedding.weight", {shape.initial_kernel_size * heard, shape.residual_channels});
    draw("embedding.bias", {shape.residual_channels});
    for (std::size_t layer = 0; layer < shape.layers(); ++layer) {
      const std::string name = "layers." + std::to_string(layer) + ".";
      draw(name + "dilated.weight", {gates, shape.residual_channels, shape.kernel_size});
      draw(name + "dilated.bias", {gates});
      if (shape.conditioning_channels > 0) {
        draw(name + "conditioning.weight", {gates, shape.conditioning_channels});
      }
      draw(name + "residual.weight", {shape.residual_channels, shape.dilation_channels});
      draw(name + "residual.bias", {shape.residual_channels});
      draw(name + "skip.weight", {shape.skip_channels, shape.dilation_channels});
    }
    draw("skip_bias", {shape.skip_channels});
    draw("end1.weight", {shape.end_channels, shape.skip_channels});
    draw("end1.bias", {shape.end_channels});
    draw("end2.weight", {shape.outputs(), shape.end_channels});
    draw("end2.bias", {shape.outputs()});
    calibrate("calibration.layers", {shape.layers(), shape.residual_channels});
    calibrate("calibration.skip", {shape.skip_channels});
    calibrate("calibration.end", {shape.end_channels});
  }

  std::shared_ptr<const WavenetModel> model(InstructionSet set,
                                            Precision precision = Precision::float32,
                                            float deemphasis = 0.5F) const {
    return std::make_shared<const WavenetModel>(shape_, tensors_, codec(deemphasis), precision,
                                                set);
  }

  // Class c sounds like c / classes.
  SampleCodec codec(float deemphasis) const {
    SampleCodec codec = {{}, 1.0F, deemphasis, 0};
    for (std::size_t c = 0; c < shape_.classes; ++c) {
      codec.values.push_back(static_cast<float>(c) / static_cast<float>(shape_.classes));
    }
    return codec;
  }

  const WavenetShape& shape() const noexcept { return shape_; }
  const Tensors& tensors() const noexcept { return tensors_; }

  std::vector<float> style() const {
    return std::vector<float>(shape_.conditioning_channels, 0.25F);
  }

 private:
  void calibrate(const std::string& name, std::vector<std::size_t> shape) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    values_[name].assign(size, 4.0F);
    tensors_[name] = {std::move(shape), values_[name]};
  }

  void draw(const std::string& name, std::vector<std::size_t> shape) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    const float most = 2.5F / std::sqrt(static_cast<float>(size / shape[0]));
    auto& values = values_[name];
    for (std::size_t i = 0; i < size; ++i) {
      const auto whole = static_cast<std::int32_t>(random_words(seed_, tensors_.size(), i)[0]) >> 8;
      values.push_back(static_cast<float>(whole) * 0x1p-23F * most);
    }
    tensors_[name] = {std::move(shape), values};
  }

  WavenetShape shape_;
  std::uint64_t seed_;
  std::map<std::string, std::vector<float>> values_;
  Tensors tensors_;
};

inline WavenetShape small_shape() {
  WavenetShape shape;
  shape.dilations = {1, 2, 4, 8, 1, 2, 4, 8};
  shape.kernel_size = 3;
  shape.residual_channels = 20;
  shape.dilation_channels = 24;
  shape.skip_channels = 70;
  shape.end_channels = 40;
  shape.conditioning_channels = 5;
  shape.initial_kernel_size = 3;
  shape.classes = 60;
  return shape;
}

// The same, but numbers in place of classes: two channels, each a mixture.
inline WavenetShape small_mixture(Head head) {
  WavenetShape shape = small_shape();
  shape.head = head;
  shape.classes = 0;
  shape.components = 3;
  shape.channels = 2;
  return shape;
}

inline constexpr Precision kPrecisions[] = {Precision::float32, Precision::bfloat16,
                                            Precision::int8};

}  // namespace whisperwave::testing
