// The border: the only file that knows both Python and the engine. Python validates and explains,
// this file converts without copying, and the engine computes into the caller's arrays with the
// interpreter lock released.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "whisperwave/all_pole.h"
#include "whisperwave/memory_read.h"
#include "whisperwave/philox.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace whisperwave {
namespace {

template <class T, class... Rank>
using Array = nb::ndarray<T, nb::numpy, nb::device::cpu, nb::c_contig, Rank...>;
using Floats = Array<const float, nb::ndim<1>>;
using Classes = Array<const std::int32_t, nb::ndim<1>>;

template <class T, class... Rank>
std::span<T> span(const Array<T, Rank...>& array) {
  return {array.data(), array.size()};
}

std::size_t take(const nb::dict& config, const char* key) {
  if (!config.contains(key)) {
    throw Refusal("BAD_SHAPE", std::string("the configuration has no '") + key + "'.",
                  "Use the configuration of a WaveNet.");
  }
  return nb::cast<std::size_t>(config[key]);
}

WavenetShape shape_from(const nb::dict& config) {
  return {take(config, "layers_per_block"),  take(config, "blocks"),
          take(config, "kernel_size"),       take(config, "residual_channels"),
          take(config, "dilation_channels"), take(config, "skip_channels"),
          take(config, "end_channels"),      take(config, "classes"),
          take(config, "conditioning_channels"), take(config, "initial_kernel_size")};
}

// The tensors borrow from the arrays, which `weights` keeps alive while the model is packed.
Tensors tensors_from(const nb::dict& weights) {
  Tensors tensors;
  for (auto [name, value] : weights) {
    const auto array = nb::cast<Array<const float>>(value);
    Tensor tensor;
    for (std::size_t axis = 0; axis < array.ndim(); ++axis) tensor.shape.push_back(array.shape(axis));
    tensor.values = span(array);
    tensors.emplace(nb::cast<std::string>(name), std::move(tensor));
  }
  return tensors;
}

std::shared_ptr<const WavenetModel> make_model(const nb::dict& config, const nb::dict& weights,
                                               const Floats& class_values, float deemphasis,
                                               std::uint32_t silence, const std::string& isa) {
  const auto values = span(class_values);
  const WavenetShape shape = shape_from(config);
  const Tensors tensors = tensors_from(weights);
  ClassCodec codec = {{values.begin(), values.end()}, deemphasis, silence};
  const nb::gil_scoped_release release;
  return std::make_shared<const WavenetModel>(shape, tensors, std::move(codec),
                                              instruction_set(isa));
}

// A stream that refuses a second caller while one is inside, instead of mixing their states.
class GuardedStream {
 public:
  GuardedStream(std::shared_ptr<const WavenetModel> model, const WavenetStreamOptions& options)
      : stream_(std::move(model), options) {}

  template <class Work>
  void run(Work work) {
    if (busy_.test_and_set(std::memory_order_acquire)) {
      throw Refusal("SESSION_BUSY", "another thread is using this session.",
                    "Open one session for each thread; they share the model.");
    }
    const nb::gil_scoped_release release;
    const Leave leave{busy_};
    work(stream_);
  }

 private:
  struct Leave {
    std::atomic_flag& busy;
    ~Leave() { busy.clear(std::memory_order_release); }
  };
  WavenetStream stream_;
  std::atomic_flag busy_;
};

std::unique_ptr<GuardedStream> open_stream(std::shared_ptr<const WavenetModel> model,
                                           const Floats& condition, float temperature,
                                           std::uint32_t top_k, float top_p, float centring,
                                           std::uint64_t seed, std::uint64_t stream) {
  const WavenetStreamOptions options = {
      span(condition), {temperature, top_k, top_p, centring}, seed, stream};
  return std::make_unique<GuardedStream>(std::move(model), options);
}

// Our refusals become whisperwave.errors.EngineError, the family that every face can show.
void raise_refusal(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Refusal& refusal) {
    const nb::object error = nb::module_::import_("whisperwave.errors").attr("EngineError");
    PyErr_SetObject(error.ptr(), error(refusal.code, refusal.what(), refusal.remedy).ptr());
  }
}

void bind_model(nb::module_& module) {
  nb::class_<WavenetModel>(module, "WavenetModel")
      .def(nb::new_(&make_model), "config"_a, "weights"_a, "class_values"_a.noconvert(),
           "deemphasis"_a, "silence"_a, "isa"_a)
      .def_prop_ro("isa", [](const WavenetModel& model) {
        return std::string(name_of(model.instruction_set()));
      })
      .def_prop_ro("bytes_per_sample", &WavenetModel::bytes_per_sample)
      .def_prop_ro("receptive_field", [](const WavenetModel& m) { return m.shape().receptive_field(); })
      .def_prop_ro("multiply_adds", [](const WavenetModel& m) { return m.shape().multiply_adds(); });
}

void bind_stream(nb::module_& module) {
  nb::class_<GuardedStream>(module, "WavenetStream")
      .def(nb::new_(&open_stream), "model"_a, "condition"_a.noconvert(), "temperature"_a, "top_k"_a,
           "top_p"_a, "centring"_a, "seed"_a, "stream"_a)
      .def("prime", [](GuardedStream& self, const Classes& classes) {
        self.run([&](WavenetStream& stream) { stream.prime(span(classes)); });
      }, "classes"_a.noconvert())
      .def("process", [](GuardedStream& self, const Array<float, nb::ndim<1>>& out) {
        self.run([&](WavenetStream& stream) { stream.process(span(out)); });
      }, "out"_a.noconvert())
      .def("predict", [](GuardedStream& self, const Classes& classes,
                         const Array<float, nb::ndim<2>>& logits) {
        self.run([&](WavenetStream& stream) { stream.predict(span(classes), span(logits)); });
      }, "classes"_a.noconvert(), "logits"_a.noconvert())
      .def("steer", [](GuardedStream& self, const Floats& condition) {
        self.run([&](WavenetStream& stream) { stream.steer(span(condition)); });
      }, "condition"_a.noconvert())
      .def("reset", [](GuardedStream& self) {
        self.run([](WavenetStream& stream) { stream.reset(); });
      });
}

void bind_all_pole(nb::module_& module) {
  nb::class_<AllPole>(module, "AllPole")
      .def(nb::init<std::size_t>(), "order"_a)
      .def("process", [](AllPole& self, const Array<float, nb::ndim<1>>& samples,
                         const Array<const double, nb::ndim<1>>& coefficients, double size) {
        self.process(span(samples), span(coefficients), size);
      }, "samples"_a.noconvert(), "coefficients"_a.noconvert(), "size"_a)
      .def("prime", [](AllPole& self, const Floats& samples) { self.prime(span(samples)); },
           "samples"_a.noconvert())
      .def("reset", &AllPole::reset);
}

}  // namespace

}  // namespace whisperwave

NB_MODULE(_engine, module) {
  using namespace whisperwave;
  nb::register_exception_translator(raise_refusal);
  bind_model(module);
  bind_stream(module);
  bind_all_pole(module);
  module.def("instruction_sets", [] {
    std::vector<std::string> names;
    for (const InstructionSet set : available_instruction_sets()) names.emplace_back(name_of(set));
    return names;
  });
  module.def("measure_memory_read", [](const std::string& isa, std::size_t bytes, double seconds) {
    const InstructionSet set = instruction_set(isa);
    const nb::gil_scoped_release release;
    return measure_memory_read(set, bytes, seconds);
  }, "isa"_a, "bytes"_a, "seconds"_a);
  module.def("philox4x32", &philox4x32, "counter"_a, "key"_a);
}
