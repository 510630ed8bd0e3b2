// A random WaveNet for tests, and the arrays that its tensors borrow from.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "whisperwave/wavenet.h"

namespace whisperwave::testing {

class SmallWavenet {
 public:
  explicit SmallWavenet(const WavenetShape& shape) : shape_(shape) {
    const std::size_t gates = 2 * shape.dilation_channels;
    draw("embedding.weight", {shape.initial_kernel_size * shape.classes, shape.residual_channels});
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
    draw("end2.weight", {shape.classes, shape.end_channels});
    draw("end2.bias", {shape.classes});
  }

  std::shared_ptr<const WavenetModel> model(InstructionSet set) const {
    ClassCodec codec = {{}, 0.5F, 0};
    for (std::size_t c = 0; c < shape_.classes; ++c) {
      codec.values.push_back(static_cast<float>(c) / static_cast<float>(shape_.classes));
    }
    return std::make_shared<const WavenetModel>(shape_, tensors_, codec, set);
  }

  std::vector<float> style() const {
    return std::vector<float>(shape_.conditioning_channels, 0.25F);
  }

 private:
  void draw(const std::string& name, std::vector<std::size_t> shape) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    const auto fan_in = static_cast<float>(size / shape[0]);
    std::normal_distribution<float> normal(0.0F, 1.5F / std::sqrt(fan_in));
    auto& values = values_[name];
    for (std::size_t i = 0; i < size; ++i) values.push_back(normal(engine_));
    tensors_[name] = {std::move(shape), values};
  }

  WavenetShape shape_;
  std::mt19937 engine_{1};
  std::map<std::string, std::vector<float>> values_;
  Tensors tensors_;
};

inline WavenetShape small_shape() { return {4, 2, 3, 20, 24, 70, 40, 60, 5, 3}; }

}  // namespace whisperwave::testing
