#include "families/wavenet_weights.h"

#include "families/wavenet_tensors.h"
#include "float_mode.h"

namespace whisperwave {
namespace {

// Everything packed, before its place in memory is known.
struct Draft {
  struct Layer {
    PackedMatrix past;
    PackedMatrix present;
    PackedMatrix residual;
    std::vector<float> inverse_steps;  // of the layer after it
  };

  std::vector<float> embedding;
  std::vector<float> embedding_bias;
  std::vector<float> embedding_inverse_steps;
  std::vector<Layer> layers;
  PackedMatrix skip, end1, end2, conditioning;
  std::vector<float> skip_inverse_steps, end1_inverse_steps;
};

class Drawing {
 public:
  Drawing(const WavenetShape& shape, const Tensors& tensors, Precision precision)
      : shape_(shape), tensors_(shape, tensors), precision_(precision) {}

  Draft draft() {
    Draft d;
    d.embedding = tensors_.embedding();
    if (shape_.head != Head::softmax) d.embedding_bias = tensors_.embedding_bias();
    for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
      if (int8()) hearings_.push_back(tensors_.layer_hearing(layer));
    }
    for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
      d.layers.push_back(draft_layer(layer));
    }
    if (int8()) d.embedding_inverse_steps = inverses(hearings_[0].steps);
    draft_head(d);
    d.conditioning = pack(Precision::float32, tensors_.conditioning(), biases_, {});
    return d;
  }

 private:
  bool int8() const noexcept { return precision_ == Precision::int8; }

  Draft::Layer draft_layer(std::size_t layer) {
    const std::size_t older = shape_.kernel_size - 1;
    const std::vector<float> bias = tensors_.dilated_bias(layer);
    biases_.insert(biases_.end(), bias.begin(), bias.end());
    Draft::Layer d;
    // The older taps are never more than one frame's product away from their bias, which depends on
    // the condition: a stream holds it.
    d.past = pack(precision_, tensors_.dilated(layer, 0, older), {}, heard(layer, older));
    d.present = pack(precision_, tensors_.dilated(layer, older, 1), {}, heard(layer, 1));
    if (layer + 1 == shape_.layers()) return d;
    d.residual = pack(precision_, tensors_.residual(layer), tensors_.residual_bias(layer),
                      gated(1));
    if (int8()) d.inverse_steps = inverses(hearings_[layer + 1].steps);
    return d;
  }

  void draft_head(Draft& d) {
    const Hearing skip = heard("calibration.skip", shape_.skip_channels);
    const Hearing end = heard("calibration.end", shape_.end_channels);
    d.skip = pack(precision_, tensors_.skip(), tensors_.bias("skip_bias", shape_.skip_channels),
                  gated(shape_.layers()));
    d.end1 = dense("end1", shape_.end_channels, shape_.skip_channels, skip);
    d.end2 = dense("end2", shape_.outputs(), shape_.end_channels, end);
    if (!int8()) return;
    d.skip_inverse_steps = inverses(skip.steps);
    d.end1_inverse_steps = inverses(end.steps);
  }

  PackedMatrix dense(const std::string& name, std::size_t outputs, std::size_t inputs,
                     const Hearing& hearing) const {
    return pack(precision_, tensors_.dense(name, outputs, inputs),
                tensors_.bias(name + ".bias", outputs), hearing);
  }

  Hearing heard(std::size_t layer, std::size_t taps) const {
    if (!int8()) return {};
    Hearing all{{}, Sign::both, hearings_[layer].name};
    const auto& steps = hearings_[layer].steps;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      all.steps.insert(all.steps.end(), steps.begin(), steps.end());
    }
    return all;
  }
  Hearing heard(const std::string& name, std::size_t channels) const {
    return int8() ? tensors_.hearing(name, channels) : Hearing{};
  }
  // Gated outputs lie within 1, whatever the channel.
  Hearing gated(std::size_t layers) const {
    const std::size_t channels = layers * padded(shape_.dilation_channels);
    return {std::vector<float>(channels, 1.0F / kByteSteps), Sign::both, "gated outputs"};
  }

  const WavenetShape& shape_;
  WavenetTensors tensors_;
  Precision precision_;
  std::vector<Hearing> hearings_;  // of each layer's input
  std::vector<float> biases_;      // of all layers
};

std::size_t room(const Draft& d) {
  std::size_t bytes = 0;
  for (const auto& layer : d.layers) {
    bytes += Arena::room(layer.past) + Arena::room(layer.present) + Arena::room(layer.residual) +
             Arena::room(layer.inverse_steps);
  }
  for (const auto* matrix : {&d.skip, &d.end1, &d.end2, &d.conditioning}) {
    bytes += Arena::room(*matrix);
  }
  for (const auto* numbers : {&d.embedding, &d.embedding_bias, &d.embedding_inverse_steps,
                              &d.skip_inverse_steps, &d.end1_inverse_steps}) {
    bytes += Arena::room(*numbers);
  }
  return bytes;
}

}  // namespace

// In the order of use: a step first sums what layers need of the past, then goes through them.
WavenetWeights pack_wavenet(const WavenetShape& shape, const Tensors& tensors,
                            Precision precision) {
  const OwnFloatMode guard;
  const Draft d = Drawing(shape, tensors, precision).draft();
  WavenetWeights w;
  w.arena = Arena(room(d));
  w.layers.resize(d.layers.size());
  for (std::size_t i = 0; i < d.layers.size(); ++i) w.layers[i].past = w.arena.put(d.layers[i].past);
  for (std::size_t i = 0; i < d.layers.size(); ++i) {
    w.layers[i].present = w.arena.put(d.layers[i].present);
    w.layers[i].residual = w.arena.put(d.layers[i].residual);
    w.layers[i].inverse_steps = w.arena.put(d.layers[i].inverse_steps);
  }
  w.skip = w.arena.put(d.skip);
  w.skip_inverse_steps = w.arena.put(d.skip_inverse_steps);
  w.end1 = w.arena.put(d.end1);
  w.end1_inverse_steps = w.arena.put(d.end1_inverse_steps);
  w.end2 = w.arena.put(d.end2);
  w.bytes_per_sample = w.arena.used();
  w.embedding = w.arena.put(d.embedding);
  w.embedding_bias = w.arena.put(d.embedding_bias);
  w.embedding_inverse_steps = w.arena.put(d.embedding_inverse_steps);
  w.conditioning = w.arena.put(d.conditioning);
  return w;
}

}  // namespace whisperwave
