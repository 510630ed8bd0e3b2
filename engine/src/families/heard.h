// What the products of each precision read: floats, their upper halves, or bytes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/kernels.h"
#include "whisperwave/precision.h"

namespace whisperwave {

// visit(std::type_identity<Heard>) for the precision's own kind of number.
template <class Visit>
auto with_heard(Precision precision, Visit visit) {
  switch (precision) {
    case Precision::bfloat16: return visit(std::type_identity<Bfloat16>());
    case Precision::int8: return visit(std::type_identity<std::uint8_t>());
    case Precision::float32: break;
  }
  return visit(std::type_identity<float>());
}

}  // namespace whisperwave
