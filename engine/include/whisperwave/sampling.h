// How the next class is drawn from the network's prediction.
#pragma once

#include <cstdint>

namespace whisperwave {

struct Sampling {
  float temperature = 1.0F;  // 0 takes the most likely class, the lowest on ties
  std::uint32_t top_k = 0;   // keep the k most likely classes; 0 keeps all
  float top_p = 1.0F;        // then keep the fewest that hold this share of the probability
  float centring = 0.0F;     // logits fall by this times the squared distance from silence
};

}  // namespace whisperwave
