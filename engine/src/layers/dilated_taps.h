// The memory of a dilated convolution: the inputs it will need again, in a ring.
#pragma once

#include <cstddef>
#include <cstring>

namespace whisperwave {

// A view into a stream's state: `length` = (kernel size - 1) * dilation rows of `channels` numbers.
// The row under `cursor` is the oldest; it is read as the oldest tap before the newest input takes
// its place, so the ring holds exactly the context and nothing is ever copied along.
template <class Heard>
struct DilatedTaps {
  Heard* rows = nullptr;
  std::size_t length = 0;
  std::size_t dilation = 0;
  std::size_t channels = 0;  // padded
  std::size_t cursor = 0;

  std::size_t older() const noexcept { return length / dilation; }  // taps but the newest

  // The inputs that the older taps see at the next sample, oldest first, side by side: where they
  // lie if there is only one, else in `room`.
  const Heard* gathered(Heard* room) const noexcept {
    if (length == dilation) return rows + cursor * channels;
    for (std::size_t age = 0; age < length; age += dilation, room += channels) {
      copy(rows + place(age) * channels, room);
    }
    return room - older() * channels;
  }

  // The same, always into `room`.
  void gather(Heard* room) const noexcept {
    const Heard* taps = gathered(room);
    if (taps != room) copy(taps, room);
  }

  // Where the newest input belongs, once the oldest has been read; `otherwise` if there is no
  // memory, for a kernel of one tap. Then `advance`.
  Heard* newest(Heard* otherwise) const noexcept {
    return length == 0 ? otherwise : rows + cursor * channels;
  }
  void advance() noexcept { cursor = cursor + 1 < length ? cursor + 1 : 0; }

  void push(const Heard* input) noexcept {
    if (length == 0) return;
    copy(input, newest(nullptr));
    advance();
  }

 private:
  std::size_t place(std::size_t age) const noexcept {
    const std::size_t position = cursor + age;
    return position < length ? position : position - length;
  }
  void copy(const Heard* from, Heard* to) const noexcept {
    std::memcpy(to, from, channels * sizeof(Heard));
  }
};

}  // namespace whisperwave
