// Every allocator that the program can reach, counted, and made to fail when asked. Included once in
// a program: it defines malloc and its relatives where the C library lets it, else operator new.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace whisperwave::testing {

struct Memory {
  std::atomic<long> allocations{0};
  std::atomic<long> blocks{0};              // allocated and not freed
  std::atomic<std::size_t> largest{0};      // asked for since it was last set to 0
  std::atomic<long> until_failure{-1};      // allocations that still succeed; -1 for all
  std::atomic<bool> stays_exhausted{false};  // whether those after the failing one fail too
  std::atomic<bool> failed{false};

  // Whether an allocation of `size` may succeed.
  bool grants(std::size_t size) noexcept {
    ++allocations;
    std::size_t most = largest;
    while (most < size && !largest.compare_exchange_weak(most, size)) {
    }
    if (until_failure < 0 || until_failure-- > 0) return true;
    until_failure = stays_exhausted ? 0 : -1;
    failed = true;
    return false;
  }
  void* given(void* block) noexcept {
    if (block != nullptr) ++blocks;
    return block;
  }
  void taken(void* block) noexcept {
    if (block != nullptr) --blocks;
  }
};

inline Memory memory;

}  // namespace whisperwave::testing

#if defined(__GLIBC__)
#pragma GCC visibility push(default)  // or the C++ library would go past these to the C library's
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) {
  using whisperwave::testing::memory;
  return memory.grants(size) ? memory.given(__libc_malloc(size)) : nullptr;
}
void* calloc(std::size_t count, std::size_t size) {
  using whisperwave::testing::memory;
  return memory.grants(count * size) ? memory.given(__libc_calloc(count, size)) : nullptr;
}
void* realloc(void* old, std::size_t size) {
  using whisperwave::testing::memory;
  if (!memory.grants(size)) return nullptr;
  void* block = __libc_realloc(old, size);
  if (block != nullptr) memory.taken(old);
  return memory.given(block);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  using whisperwave::testing::memory;
  return memory.grants(size) ? memory.given(__libc_memalign(alignment, size)) : nullptr;
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = aligned_alloc(alignment, size);
  return *out == nullptr ? 12 : 0;  // ENOMEM
}
void free(void* block) {
  whisperwave::testing::memory.taken(block);
  __libc_free(block);
}
}
#pragma GCC visibility pop
#else
// Without glibc's own names to go on to, C++'s allocations are counted and C's are not.
void* operator new(std::size_t size) {
  using whisperwave::testing::memory;
  void* block = memory.grants(size) ? memory.given(std::malloc(size)) : nullptr;
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept {
  whisperwave::testing::memory.taken(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
#endif
