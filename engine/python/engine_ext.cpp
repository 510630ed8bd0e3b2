// The border: with from_python.h all that knows both Python and the engine. Python validates and
// explains, this file converts without copying, and the engine computes into the caller's arrays
// with the interpreter lock released. Whatever is wrong ends as a Python exception.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "from_python.h"
#include "whisperwave/all_pole.h"
#include "whisperwave/convnet.h"
#include "whisperwave/limits.h"
#include "whisperwave/philox.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

using namespace nanobind::literals;

namespace whisperwave {
namespace {

std::shared_ptr<const WavenetModel> make_model(const nb::dict& config,
                                               const nb::sequence& dilations,
                                               const nb::dict& weights, const Floats& class_values,
                                               float limit, float deemphasis,
                                               std::uint32_t silence, const std::string& precision_name,
                                               const std::string& isa) {
  const auto values = span(class_values);
  const WavenetShape shape = shape_from(config, dilations);
  const Weights borrowed(weights);
  SampleCodec codec = {{values.begin(), values.end()}, limit, deemphasis, silence};
  const nb::gil_scoped_release release;
  return std::make_shared<const WavenetModel>(shape, borrowed.tensors, std::move(codec),
                                              precision(precision_name), instruction_set(isa));
}

std::shared_ptr<const ConvnetModel> make_convnet(const nb::dict& config,
                                                 const nb::sequence& dilations,
                                                 const nb::dict& weights,
                                                 const std::string& precision_name,
                                                 const std::string& isa) {
  const WavenetShape shape = convnet_shape_from(config, dilations);
  const Weights borrowed(weights);
  const nb::gil_scoped_release release;
  return std::make_shared<const ConvnetModel>(shape, borrowed.tensors, precision(precision_name),
                                              instruction_set(isa));
}

// Refuses a second caller while one is inside, instead of mixing their states.
class Guard {
 public:
  explicit Guard(std::atomic_flag& busy) : busy_(busy) {
    if (busy_.test_and_set(std::memory_order_acquire)) {
      throw Refusal("SESSION_BUSY", "another thread is using this session.",
                    "Open one session for each thread; they share the model.");
    }
  }
  ~Guard() { busy_.clear(std::memory_order_release); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  std::atomic_flag& busy_;
};

template <class Stream>
struct Guarded {
  template <class Model, class Options>
  Guarded(std::shared_ptr<const Model> model, const Options& options)
      : stream(std::move(model), options) {}

  template <class Work>
  void run(Work work) {
    const Guard guard(busy);
    const nb::gil_scoped_release release;
    work(stream);
  }

  Stream stream;
  std::atomic_flag busy;
};
using GuardedStream = Guarded<WavenetStream>;
using GuardedConvnet = Guarded<ConvnetStream>;

GuardedStream& stream_from(const nb::object& object) {
  if (nb::isinstance<GuardedStream>(object)) return nb::cast<GuardedStream&>(object);
  throw Refusal("BAD_ENSEMBLE", text(object) + " is no stream.", "Open streams from the model.");
}

class GuardedEnsemble {
 public:
  GuardedEnsemble(std::shared_ptr<const WavenetModel> model, std::size_t capacity,
                  std::size_t threads)
      : ensemble_(std::move(model), capacity, threads) {}

  // `out` is [streams, samples * channels]. The list may change while the interpreter's lock is
  // released, so each stream is held.
  void process(const std::vector<nb::object>& streams, const Rows& out) {
    const Guard guard(busy_);
    const std::span<float> numbers = span(out);
    if (out.shape(0) != streams.size()) {
      throw Refusal("BAD_BUFFER", "the output has " + std::to_string(out.shape(0)) + " rows.",
                    "Give one for each of the " + std::to_string(streams.size()) + " streams.");
    }
    std::vector<WavenetStream*> inside;
    std::vector<std::span<float>> rows;
    std::deque<Guard> guards;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      GuardedStream& stream = stream_from(streams[i]);
      guards.emplace_back(stream.busy);
      inside.push_back(&stream.stream);
      rows.push_back(numbers.subspan(i * out.shape(1), out.shape(1)));
    }
    const nb::gil_scoped_release release;
    ensemble_.process(inside, rows);
  }

 private:
  WavenetEnsemble ensemble_;
  std::atomic_flag busy_;
};

std::unique_ptr<GuardedEnsemble> make_ensemble(std::shared_ptr<const WavenetModel> model,
                                               const nb::object& capacity,
                                               const nb::object& threads) {
  return std::make_unique<GuardedEnsemble>(std::move(model),
                                           size_from("capacity", capacity, "BAD_ENSEMBLE"),
                                           size_from("threads", threads, "BAD_THREADS"));
}

std::unique_ptr<GuardedStream> open_stream(std::shared_ptr<const WavenetModel> model,
                                           const Floats& condition, float temperature,
                                           std::uint32_t top_k, float top_p, float centring,
                                           std::uint64_t seed, std::uint64_t stream) {
  const WavenetStreamOptions options = {
      span(condition), {temperature, top_k, top_p, centring}, seed, stream};
  return std::make_unique<GuardedStream>(std::move(model), options);
}

std::unique_ptr<GuardedConvnet> open_convnet(std::shared_ptr<const ConvnetModel> model,
                                             const Floats& condition) {
  return std::make_unique<GuardedConvnet>(std::move(model), span(condition));
}

std::span<float> whole_samples(const WavenetStream& stream, const Array<float>& out) {
  const std::size_t channels = stream.model().shape().channels;
  if (out.size() % channels == 0) return span(out);
  throw Refusal("BAD_BUFFER", "the output has room for " + std::to_string(out.size()) + " numbers.",
                "Give whole samples of " + std::to_string(channels) + " channels.");
}

// Whole frames, [T, C] to [T, C'].
void filter(GuardedConvnet& self, const Values& in, const Rows& out) {
  const WavenetShape& shape = self.stream.model().shape();
  if (in.shape(1) != shape.channels || out.shape(1) != shape.numbers ||
      in.shape(0) != out.shape(0)) {
    throw Refusal("BAD_BUFFER",
                  "frames of " + std::to_string(in.shape(1)) + " and " +
                      std::to_string(out.shape(1)) + " numbers were given.",
                  "Give as many output frames as input frames, of " +
                      std::to_string(shape.channels) + " and " + std::to_string(shape.numbers) +
                      " numbers.");
  }
  self.run([&](ConvnetStream& stream) { stream.process(span(in), span(out)); });
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
      .def(nb::new_(&make_model), "config"_a, "dilations"_a, "weights"_a,
           "class_values"_a.noconvert(), "limit"_a, "deemphasis"_a, "silence"_a, "precision"_a,
           "isa"_a)
      .def_prop_ro("precision", [](const WavenetModel& model) {
        return std::string(name_of(model.precision()));
      })
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
        self.run([&](WavenetStream& stream) { stream.prime({span(classes), {}}); });
      }, "samples"_a.noconvert())
      .def("prime", [](GuardedStream& self, const Values& values) {
        self.run([&](WavenetStream& stream) { stream.prime({{}, span(values)}); });
      }, "samples"_a.noconvert())
      .def("process", [](GuardedStream& self, const Array<float>& out) {
        const auto samples = whole_samples(self.stream, out);
        self.run([&](WavenetStream& stream) { stream.process(samples); });
      }, "out"_a.noconvert())
      .def("predict", [](GuardedStream& self, const Classes& classes, const Rows& out) {
        self.run([&](WavenetStream& stream) { stream.predict({span(classes), {}}, span(out)); });
      }, "samples"_a.noconvert(), "predictions"_a.noconvert())
      .def("predict", [](GuardedStream& self, const Values& values, const Rows& out) {
        self.run([&](WavenetStream& stream) { stream.predict({{}, span(values)}, span(out)); });
      }, "samples"_a.noconvert(), "predictions"_a.noconvert())
      .def("steer", [](GuardedStream& self, const Floats& condition) {
        self.run([&](WavenetStream& stream) { stream.steer(span(condition)); });
      }, "condition"_a.noconvert())
      .def("reset", [](GuardedStream& self) {
        self.run([](WavenetStream& stream) { stream.reset(); });
      });
}

void bind_ensemble(nb::module_& module) {
  nb::class_<GuardedEnsemble>(module, "WavenetEnsemble")
      .def(nb::new_(&make_ensemble), "model"_a, "capacity"_a, "threads"_a)
      .def("process", &GuardedEnsemble::process, "streams"_a, "out"_a.noconvert());
}

void bind_convnet(nb::module_& module) {
  nb::class_<ConvnetModel>(module, "ConvnetModel")
      .def(nb::new_(&make_convnet), "config"_a, "dilations"_a, "weights"_a, "precision"_a, "isa"_a)
      .def_prop_ro("precision", [](const ConvnetModel& model) {
        return std::string(name_of(model.precision()));
      })
      .def_prop_ro("isa", [](const ConvnetModel& model) {
        return std::string(name_of(model.instruction_set()));
      })
      .def_prop_ro("bytes_per_frame", &ConvnetModel::bytes_per_frame)
      .def_prop_ro("receptive_field", [](const ConvnetModel& m) { return m.shape().receptive_field(); });
  nb::class_<GuardedConvnet>(module, "ConvnetStream")
      .def(nb::new_(&open_convnet), "model"_a, "condition"_a.noconvert())
      .def("process", &filter, "frames"_a.noconvert(), "out"_a.noconvert())
      .def("steer", [](GuardedConvnet& self, const Floats& condition) {
        self.run([&](ConvnetStream& stream) { stream.steer(span(condition)); });
      }, "condition"_a.noconvert())
      .def("reset", [](GuardedConvnet& self) {
        self.run([](ConvnetStream& stream) { stream.reset(); });
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
  bind_ensemble(module);
  bind_convnet(module);
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
  module.def("measure_arithmetic",
             [](const std::string& isa, const std::string& precision_name, double seconds) {
               const InstructionSet set = instruction_set(isa);
               const Precision chosen = precision(precision_name);
               const nb::gil_scoped_release release;
               return measure_arithmetic(set, chosen, seconds);
             }, "isa"_a, "precision"_a, "seconds"_a);
  module.def("philox4x32", &philox4x32, "counter"_a, "key"_a);
}
