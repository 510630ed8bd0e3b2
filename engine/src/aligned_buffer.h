// A fixed block of zeros, aligned to a cache line, which is also the width of the widest vector.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>

namespace whisperwave {

template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() noexcept = default;
  explicit AlignedBuffer(std::size_t size)
      : size_(size), data_(static_cast<T*>(::operator new(bytes(size), kAlignment))) {
    clear();
  }

  void clear() noexcept { std::fill_n(data(), size_, T{}); }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data(), size_}; }
  std::span<const T> span() const noexcept { return {data(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  static std::size_t bytes(std::size_t size) {
    if (size > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) {
      throw std::bad_array_new_length();
    }
    return size * sizeof(T);
  }
  struct Free {
    void operator()(T* data) const noexcept { ::operator delete(data, kAlignment); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T[], Free> data_;
};

}  // namespace whisperwave
