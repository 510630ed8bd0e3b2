// What Python hands over, as the engine takes it: checked, and borrowed without a copy.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

namespace nb = nanobind;

template <class T, class... Rank>
using Array = nb::ndarray<T, nb::numpy, nb::device::cpu, nb::c_contig, Rank...>;
using Floats = Array<const float, nb::ndim<1>>;
using Classes = Array<const std::int32_t, nb::ndim<1>>;
using Values = Array<const float, nb::ndim<2>>;  // [T, C]
using Rows = Array<float, nb::ndim<2>>;

// Throws Refusal on numbers that do not lie where the processor expects such.
template <class T, class... Rank>
std::span<T> span(const Array<T, Rank...>& array) {
  if (reinterpret_cast<std::uintptr_t>(array.data()) % alignof(T) != 0) {
    throw Refusal("BAD_BUFFER",
                  "an array begins inside a number, at an address that is no multiple of " +
                      std::to_string(alignof(T)) + ".",
                  "Give numpy.require(array, requirements='A').");
  }
  return {array.data(), array.size()};
}

// As Python writes it, in ASCII, cut where it becomes long.
inline std::string text(nb::handle value) {
  constexpr std::size_t kMost = 60;
  const auto written = nb::steal<nb::str>(PyObject_ASCII(value.ptr()));
  if (!written.is_valid()) throw nb::python_error();
  const std::string whole = written.c_str();
  return whole.size() <= kMost ? whole : whole.substr(0, kMost) + "...";
}

inline std::size_t size_from(const char* name, nb::handle value, const char* code = "BAD_SHAPE") {
  std::size_t size = 0;
  if (nb::try_cast(value, size)) return size;
  throw Refusal(code, std::string(name) + "=" + text(value) + " is no size.",
                "Use a whole number that is not negative.");
}

inline std::size_t take(const nb::dict& config, const char* key) {
  if (!config.contains(key)) {
    throw Refusal("BAD_SHAPE", std::string("the configuration has no '") + key + "'.",
                  "Use the configuration of a WaveNet.");
  }
  return size_from(key, config[key]);
}

inline Head head_from(const nb::dict& config) {
  if (take(config, "logistics") > 0) return Head::logistics;
  return take(config, "gaussians") > 0 ? Head::gaussians : Head::softmax;
}

// All but the head.
inline WavenetShape trunk_from(const nb::dict& config, const nb::sequence& dilations) {
  WavenetShape shape;
  for (const nb::handle dilation : dilations) {
    shape.dilations.push_back(size_from("dilation", dilation));
  }
  shape.kernel_size = take(config, "kernel_size");
  shape.residual_channels = take(config, "residual_channels");
  shape.dilation_channels = take(config, "dilation_channels");
  shape.skip_channels = take(config, "skip_channels");
  shape.end_channels = take(config, "end_channels");
  shape.conditioning_channels = take(config, "conditioning_channels");
  shape.initial_kernel_size = take(config, "initial_kernel_size");
  return shape;
}

inline WavenetShape shape_from(const nb::dict& config, const nb::sequence& dilations) {
  WavenetShape shape = trunk_from(config, dilations);
  shape.head = head_from(config);
  shape.classes = take(config, "classes");
  shape.components = take(config, "logistics") + take(config, "gaussians");
  shape.channels = take(config, "channels");
  return shape;
}

inline WavenetShape convnet_shape_from(const nb::dict& config, const nb::sequence& dilations) {
  WavenetShape shape = trunk_from(config, dilations);
  shape.head = Head::numbers;
  shape.channels = take(config, "input_channels");
  shape.numbers = take(config, "output_channels");
  return shape;
}

// The tensors borrow from the arrays, which are held here: `weights` may change meanwhile.
struct Weights {
  using Tensor32 = Array<const float>;

  explicit Weights(const nb::dict& weights) {
    for (auto [name, value] : weights) add(name, value);
  }

  std::vector<Tensor32> arrays;
  Tensors tensors;

 private:
  void add(nb::handle name, nb::handle value) {
    std::string called;
    Tensor32 array;
    if (!nb::try_cast(name, called)) {
      throw Refusal("BAD_TENSOR", "a tensor is called " + text(name) + ".",
                    "Name tensors by strings.");
    }
    // Never converted: what a conversion makes would be gone before the model is packed.
    if (!nb::try_cast(value, array, false)) {
      throw Refusal("BAD_TENSOR", "'" + called + "' (" + kind(value) +
                                      ") is no contiguous array of float32.",
                    "Give numpy.require(array, numpy.float32, ['C', 'A']).");
    }
    Tensor tensor;
    for (std::size_t axis = 0; axis < array.ndim(); ++axis) tensor.shape.push_back(array.shape(axis));
    tensor.values = span(array);
    tensors.emplace(std::move(called), std::move(tensor));
    arrays.push_back(std::move(array));
  }

  static std::string kind(nb::handle value) {
    return nb::hasattr(value, "dtype") ? text(value.attr("dtype"))
                                       : std::string(nb::type_name(value.type()).c_str());
  }
};

}  // namespace whisperwave
