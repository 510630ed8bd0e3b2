// One stream of a WaveNet: all that changes while it plays. What it hears as, floats or bytes, the
// precision of its model says; who holds a stream need not know.
#pragma once

#include <memory>

#include "families/wavenet_trunk.h"
#include "sampling/voice.h"

namespace whisperwave {

class WavenetState {
 public:
  virtual ~WavenetState() = default;
  virtual const WavenetModel& model() const noexcept = 0;
  virtual void check(const Samples& samples) const = 0;
  virtual void check(std::span<const float> condition) const = 0;
  virtual void prime(const Samples& samples) noexcept = 0;
  virtual void process(std::span<float> out) noexcept = 0;
  virtual void predict(const Samples& samples, float* out) noexcept = 0;
  virtual void steer(std::span<const float> condition) noexcept = 0;
  virtual void reset() noexcept = 0;
};

std::unique_ptr<WavenetState> make_state(std::shared_ptr<const WavenetModel> model,
                                         const WavenetStreamOptions& options);

template <class Heard>
class WavenetStateOf final : public WavenetState {
 public:
  WavenetStateOf(std::shared_ptr<const WavenetModel> model, const WavenetStreamOptions& options);

  const WavenetModel& model() const noexcept override { return *model_; }
  void check(const Samples& samples) const override;
  void check(std::span<const float> condition) const override;
  void prime(const Samples& samples) noexcept override;
  void process(std::span<float> out) noexcept override;
  void predict(const Samples& samples, float* out) noexcept override;
  void steer(std::span<const float> condition) noexcept override;
  void reset() noexcept override;

  // A step, in the pieces of which an ensemble makes one for several streams: the first layer, for
  // the newest sample; what the layers remember; the draw from a prediction.
  void embed(Frames<float> x) noexcept { trunk_.embed(newest(), x); }
  const float* bias(std::size_t layer) const noexcept { return trunk_.bias(layer); }
  DilatedTaps<Heard>& taps(std::size_t layer) noexcept { return trunk_.taps(layer); }
  void draw(const Kernels& kernels, const float* prediction, float* audio) noexcept {
    voice_.draw(kernels, prediction, audio);
  }

  // From the newest sample through all layers, in `scratch`'s frame 0.
  void step_layers(WavenetScratch<Heard>& scratch) noexcept { trunk_.step(newest(), scratch); }

 private:
  void advance_newest() noexcept;
  std::size_t count(const Samples& samples) const noexcept;
  Samples part(const Samples& samples, std::size_t first, std::size_t frames) const noexcept;
  Samples newest() const noexcept;

  std::shared_ptr<const WavenetModel> model_;
  WavenetTrunk<Heard> trunk_;
  Voice voice_;
  bool backwards_ = false;  // the way through the head's panels, which no bit depends on
};

}  // namespace whisperwave
