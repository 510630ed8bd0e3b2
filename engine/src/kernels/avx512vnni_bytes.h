// Products of bytes on processors that multiply and add four at once (VNNI). Included by the files of
// the sets that have it, inside their anonymous namespaces.

struct Cell {
  __m512i first;
  __m512i second;
  explicit Cell(const std::int8_t* cell) noexcept : first(half(cell, 0)), second(half(cell, 1)) {}
};

// A chain of additions for each half of a cell.
struct Integers {
  __m512i first;
  __m512i second;

  void begin(const std::int32_t* offsets) noexcept {
    first = _mm512_load_si512(offsets);
    second = _mm512_setzero_si512();
  }
  void add(const Cell& weights, const std::uint8_t* x) noexcept {
    multiply_add(first, four(x), weights.first);
    multiply_add(second, four(x + 4), weights.second);
  }
  Lanes total() const noexcept {
    return Lanes(_mm512_cvtepi32_ps(_mm512_add_epi32(first, second)));
  }

 private:
  static __m512i four(const std::uint8_t* x) noexcept {
    int together;
    __builtin_memcpy(&together, x, sizeof together);
    return _mm512_set1_epi32(together);
  }

  // Written out, for around its intrinsic GCC copies every sum twice (a third of the speed).
  static void multiply_add(__m512i& sum, __m512i x, const __m512i& weights) noexcept {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "vm"(weights));
  }
};
