// 16 floats in one AVX-512 register. Included by the files of the two AVX-512 sets, inside their
// anonymous namespaces, so that each compiles its own.

struct Lanes {
  __m512 value;

  Lanes() noexcept = default;
  explicit Lanes(float v) noexcept : value(_mm512_set1_ps(v)) {}
  explicit Lanes(__m512 v) noexcept : value(v) {}

  static Lanes load(const float* p) noexcept { return Lanes(_mm512_load_ps(p)); }
  static Lanes load_unaligned(const float* p) noexcept { return Lanes(_mm512_loadu_ps(p)); }
  static Lanes load_some(const float* p, std::size_t count, float otherwise) noexcept {
    return Lanes(_mm512_mask_loadu_ps(_mm512_set1_ps(otherwise), first(count), p));
  }
  static Lanes low_halves(const std::uint32_t* p) noexcept {
    return low_halves(_mm512_load_si512(p));
  }
  static Lanes high_halves(const std::uint32_t* p) noexcept {
    return high_halves(_mm512_load_si512(p));
  }
  static Lanes low_half(std::uint32_t pair) noexcept {
    return low_halves(_mm512_set1_epi32(static_cast<int>(pair)));
  }
  static Lanes high_half(std::uint32_t pair) noexcept {
    return high_halves(_mm512_set1_epi32(static_cast<int>(pair)));
  }

  static void fetch(const void* cell) noexcept {
    _mm_prefetch(static_cast<const char*>(cell) + kAvx512FetchAhead, _MM_HINT_T0);
  }

  static void fetch_far(const void* cell) noexcept {
    _mm_prefetch(static_cast<const char*>(cell), _MM_HINT_T1);
  }

  void store(float* p) const noexcept { _mm512_store_ps(p, value); }
  void store_truncated(std::uint32_t* p, std::size_t count) const noexcept {
    _mm512_mask_storeu_epi32(p, first(count), _mm512_cvttps_epi32(value));
  }
  void store_bytes(std::uint8_t* p, int offset) const noexcept {
    const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(value), _mm512_set1_epi32(offset));
    _mm_store_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(whole));
  }
  void store_bfloat16(Bfloat16* p) const noexcept {
#if defined(__AVX512BF16__)
    const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value));
#else
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i tie = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(tie, _mm512_set1_epi32(0x7FFF)));
    const __m256i halves = _mm512_cvtepi32_epi16(_mm512_srli_epi32(up, 16));
#endif
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), halves);
  }
  Lanes positive() const noexcept { return Lanes(_mm512_max_ps(value, _mm512_setzero_ps())); }
  float largest() const noexcept { return _mm512_reduce_max_ps(value); }
  std::size_t first_equal(float v) const noexcept {
    const auto equal = static_cast<unsigned>(_mm512_cmp_ps_mask(value, _mm512_set1_ps(v), _CMP_EQ_OQ));
    return equal == 0 ? kLanes : static_cast<std::size_t>(__builtin_ctz(equal));
  }

 private:
  static Lanes low_halves(__m512i pairs) noexcept {
    return Lanes(_mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)));
  }
  static Lanes high_halves(__m512i pairs) noexcept {
    const __m512i high = _mm512_set1_epi32(static_cast<int>(0xFFFF0000U));
    return Lanes(_mm512_castsi512_ps(_mm512_and_si512(pairs, high)));
  }
  static __mmask16 first(std::size_t count) noexcept {
    return static_cast<__mmask16>(count < kLanes ? (1U << count) - 1U : 0xFFFFU);
  }
};

inline Lanes operator+(Lanes a, Lanes b) noexcept { return Lanes(_mm512_add_ps(a.value, b.value)); }
inline Lanes operator-(Lanes a, Lanes b) noexcept { return Lanes(_mm512_sub_ps(a.value, b.value)); }
inline Lanes operator*(Lanes a, Lanes b) noexcept { return Lanes(_mm512_mul_ps(a.value, b.value)); }
inline Lanes operator/(Lanes a, Lanes b) noexcept { return Lanes(_mm512_div_ps(a.value, b.value)); }
inline Lanes fma(Lanes a, Lanes b, Lanes c) noexcept {
  return Lanes(_mm512_fmadd_ps(a.value, b.value, c.value));
}
inline Lanes larger(Lanes a, Lanes b) noexcept { return Lanes(_mm512_max_ps(a.value, b.value)); }
inline Lanes clamp(Lanes x, float low, float high) noexcept {
  // max gives its second operand if either is NaN
  const __m512 raised = _mm512_max_ps(x.value, _mm512_set1_ps(low));
  return Lanes(_mm512_min_ps(raised, _mm512_set1_ps(high)));
}
inline Lanes power_of_two(Lanes t) noexcept {
  const __m512i shifted = _mm512_slli_epi32(_mm512_castps_si512(t.value), 23);
  return Lanes(_mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_set1_epi32(0x3F800000))));
}

// Half of a cell: four inputs for 16 outputs.
inline __m512i half(const std::int8_t* cell, std::size_t index) noexcept {
  return _mm512_load_si512(cell + index * 4 * kLanes);
}

// Registers: sums take two each in the float sets, one and one for the other half in int8; a full
// tile leaves eight of 32 for weights and inputs.
constexpr std::size_t tile_vectors(std::size_t frames) noexcept {
  return frames == 1 ? 8 : frames <= 3 ? 4 : 2;
}
constexpr std::size_t kTileFrames = 6;
