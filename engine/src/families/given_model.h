// A model that is there: whoever plays one asks for it here.
#pragma once

#include <memory>

#include "whisperwave/refusal.h"

namespace whisperwave {

// Throws Refusal on none.
template <class Model>
std::shared_ptr<const Model> given(std::shared_ptr<const Model> model) {
  if (model) return model;
  throw Refusal("NO_MODEL", "there is no model to play.", "Load one first.");
}

}  // namespace whisperwave
