// The AVX-512 kernels. This file alone is compiled for AVX-512, so it must not instantiate any
// inline function that another file may also instantiate: the linker keeps one copy of those, and
// it could be this one, on a processor that cannot run it. Hence no standard algorithms here.
#include "kernels/elementary.h"
#include "kernels/kernels.h"

#include <immintrin.h>

namespace whisperwave {
namespace {

struct Vector {
  __m512 value;
  explicit Vector(float v) noexcept : value(_mm512_set1_ps(v)) {}
  explicit Vector(__m512 v) noexcept : value(v) {}
};
inline Vector operator+(Vector a, Vector b) noexcept {
  return Vector(_mm512_add_ps(a.value, b.value));
}
inline Vector operator-(Vector a, Vector b) noexcept {
  return Vector(_mm512_sub_ps(a.value, b.value));
}
inline Vector operator*(Vector a, Vector b) noexcept {
  return Vector(_mm512_mul_ps(a.value, b.value));
}
inline Vector operator/(Vector a, Vector b) noexcept {
  return Vector(_mm512_div_ps(a.value, b.value));
}
inline Vector clamp(Vector x, float low, float high) noexcept {
  // max gives its second operand if either is NaN
  const __m512 raised = _mm512_max_ps(x.value, _mm512_set1_ps(low));
  return Vector(_mm512_min_ps(raised, _mm512_set1_ps(high)));
}
inline Vector power_of_two(Vector t) noexcept {
  const __m512i shifted = _mm512_slli_epi32(_mm512_castps_si512(t.value), 23);
  return Vector(_mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_set1_epi32(0x3F800000))));
}

inline void settle(__m512 sum, float* y, Then then) noexcept {
  if (then == Then::add) sum = _mm512_add_ps(_mm512_load_ps(y), sum);
  if (then == Then::rectify) sum = _mm512_max_ps(sum, _mm512_setzero_ps());
  _mm512_store_ps(y, sum);
}

// Weights are read once, in order, across the borders of matrices: the next ones are fetched while
// these sums wait for their additions (measured: 3 to 12 % where weights come from the third-level
// cache, nothing where they come from the second; 128 to 2048 floats ahead are alike).
constexpr std::size_t kPrefetchFloats = 256;

void fetch(const float* weights) noexcept {
  _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchFloats), _MM_HINT_T0);
}

// `kVectors` vectors of outputs for `kFrames` frames, all sums in registers.
template <std::size_t kVectors, std::size_t kFrames>
void tile(const float* weights, std::size_t stride, const float* bias, Frames<const float> x,
          std::size_t inputs, Frames<float> y, Then then) noexcept {
  __m512 even[kFrames][kVectors];
  __m512 odd[kFrames][kVectors];
  for (std::size_t f = 0; f < kFrames; ++f) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      even[f][v] = _mm512_load_ps(bias + v * kLanes);
      odd[f][v] = _mm512_setzero_ps();
    }
  }
  for (std::size_t i = 0; i < inputs; i += 2, weights += 2 * stride) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const __m512 a = _mm512_load_ps(weights + v * kLanes);
      const __m512 b = _mm512_load_ps(weights + stride + v * kLanes);
      if constexpr (kFrames == 1) {
        fetch(weights + v * kLanes);
        fetch(weights + stride + v * kLanes);
      }
      for (std::size_t f = 0; f < kFrames; ++f) {
        even[f][v] = _mm512_add_ps(even[f][v], _mm512_mul_ps(a, _mm512_set1_ps(row(x, f)[i])));
        odd[f][v] = _mm512_add_ps(odd[f][v], _mm512_mul_ps(b, _mm512_set1_ps(row(x, f)[i + 1])));
      }
    }
  }
  for (std::size_t f = 0; f < kFrames; ++f) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      settle(_mm512_add_ps(even[f][v], odd[f][v]), row(y, f) + v * kLanes, then);
    }
  }
}

using Tile = void (*)(const float*, std::size_t, const float*, Frames<const float>, std::size_t,
                      Frames<float>, Then) noexcept;
constexpr Tile kOneFrame[kPanelVectors] = {tile<1, 1>, tile<2, 1>, tile<3, 1>, tile<4, 1>,
                                           tile<5, 1>, tile<6, 1>, tile<7, 1>, tile<8, 1>};
constexpr std::size_t kManyFrames = 6;  // two vectors of them, even and odd: 24 of 32 registers

Frames<const float> from(Frames<const float> x, std::size_t frame) noexcept {
  return {row(x, frame), x.stride};
}
Frames<float> from(Frames<float> y, std::size_t frame, std::size_t output) noexcept {
  return {row(y, frame) + output, y.stride};
}

// One panel for kManyFrames frames: its weights stay in the first-level cache meanwhile.
void many_frames(const float* panel, std::size_t width, const float* bias, Frames<const float> x,
                 std::size_t inputs, Frames<float> y, Then then) noexcept {
  std::size_t output = 0;
  for (; output + 2 * kLanes <= width; output += 2 * kLanes) {
    tile<2, kManyFrames>(panel + output, width, bias + output, x, inputs, from(y, 0, output), then);
  }
  if (output < width) {
    tile<1, kManyFrames>(panel + output, width, bias + output, x, inputs, from(y, 0, output), then);
  }
}

void affine(const Affine& matrix, Frames<const float> x, Frames<float> y, std::size_t frames,
            Then then) noexcept {
  constexpr std::size_t kPanel = kPanelVectors * kLanes;
  const float* panel = matrix.weights;
  for (std::size_t first = 0; first < matrix.outputs; first += kPanel) {
    const std::size_t left = matrix.outputs - first;
    const std::size_t width = left < kPanel ? left : kPanel;
    const float* bias = matrix.bias + first;
    std::size_t frame = 0;
    for (; frame + kManyFrames <= frames; frame += kManyFrames) {
      many_frames(panel, width, bias, from(x, frame), matrix.inputs, from(y, frame, first), then);
    }
    for (; frame < frames; ++frame) {
      kOneFrame[width / kLanes - 1](panel, width, bias, from(x, frame), matrix.inputs,
                                    from(y, frame, first), then);
    }
    panel += matrix.inputs * width;
  }
}

void gate(Frames<const float> x, Frames<float> z, std::size_t channels,
          std::size_t frames) noexcept {
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t channel = 0; channel < channels; channel += kLanes) {
      const Vector filter(_mm512_load_ps(row(x, frame) + channel));
      const Vector gate_input(_mm512_load_ps(row(x, frame) + channels + channel));
      _mm512_store_ps(row(z, frame) + channel, gated(filter, gate_input).value);
    }
  }
}

__mmask16 first_lanes(std::size_t count) noexcept {
  return static_cast<__mmask16>(count < kLanes ? (1U << count) - 1U : 0xFFFFU);
}

Vector load_logits(const float* logits, std::size_t first, std::size_t classes) noexcept {
  const __m512 least = _mm512_set1_ps(-kLargestLogit);
  const __m512 raw = _mm512_mask_loadu_ps(least, first_lanes(classes - first), logits + first);
  return clamp(Vector(raw), -kLargestLogit, kLargestLogit);
}

std::uint32_t first_equal(const float* logits, std::size_t classes, Vector wanted) noexcept {
  for (std::size_t c = 0; c < classes; c += kLanes) {
    const Vector logit = load_logits(logits, c, classes);
    const auto equal = static_cast<std::uint32_t>(
        _mm512_cmp_ps_mask(logit.value, wanted.value, _CMP_EQ_OQ) & first_lanes(classes - c));
    if (equal != 0) return static_cast<std::uint32_t>(c) + static_cast<std::uint32_t>(__builtin_ctz(equal));
  }
  return 0;
}

std::uint32_t likelihoods(const float* logits, std::size_t classes, float inverse_temperature,
                          std::uint32_t* weights) noexcept {
  Vector largest(-kLargestLogit);
  for (std::size_t c = 0; c < classes; c += kLanes) {
    largest.value = _mm512_max_ps(largest.value, load_logits(logits, c, classes).value);
  }
  largest = Vector(_mm512_reduce_max_ps(largest.value));
  const Vector inverse(inverse_temperature);
  for (std::size_t c = 0; c < classes; c += kLanes) {
    const Vector weight = likelihood(load_logits(logits, c, classes), largest, inverse, kCertain);
    _mm512_mask_storeu_epi32(weights + c, first_lanes(classes - c),
                             _mm512_cvttps_epi32(weight.value));
  }
  return first_equal(logits, classes, largest);
}

float read(const float* data, std::size_t size) noexcept {
  constexpr std::size_t kVectors = 8;
  __m512 sums[kVectors];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  for (std::size_t i = 0; i + kVectors * kLanes <= size; i += kVectors * kLanes) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = _mm512_add_ps(sums[v], _mm512_load_ps(data + i + v * kLanes));
    }
  }
  __m512 total = _mm512_setzero_ps();
  for (const auto& sum : sums) total = _mm512_add_ps(total, sum);
  return _mm512_reduce_add_ps(total);
}

}  // namespace

const Kernels kAvx512Kernels = {affine, gate, likelihoods, read};

}  // namespace whisperwave
