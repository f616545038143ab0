/* Loops that need instructions for moving samples about within vectors, which neither Swift nor the compiler's own
   vectorising has. */
#ifndef ANTARES_CVECTORS_SHIM_H
#define ANTARES_CVECTORS_SHIM_H

#include <stddef.h>
#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* Turns the differences of a row's samples to their left neighbours back into samples. */
static inline void antares_sum_row_16(uint16_t *row, size_t count)
{
    size_t index = 0;
    uint16_t total = 0;
#if defined(__AVX2__)
    /* The last sample of each half of a vector, all over that half. */
    const __m256i last = _mm256_set1_epi16(0x0F0E);
    __m256i before = _mm256_setzero_si256();
    for (; index + 16 <= count; index += 16) {
        __m256i samples = _mm256_loadu_si256((const __m256i *)(row + index));
        samples = _mm256_add_epi16(samples, _mm256_slli_si256(samples, 2));
        samples = _mm256_add_epi16(samples, _mm256_slli_si256(samples, 4));
        samples = _mm256_add_epi16(samples, _mm256_slli_si256(samples, 8));
        /* Each half is summed; the upper one begins with the sum of the lower, both with what came before. */
        __m256i sums = _mm256_shuffle_epi8(samples, last);
        samples = _mm256_add_epi16(samples, _mm256_permute2x128_si256(sums, sums, 0x08));
        _mm256_storeu_si256((__m256i *)(row + index), _mm256_add_epi16(samples, before));
        before = _mm256_add_epi16(before, _mm256_add_epi16(sums, _mm256_permute4x64_epi64(sums, 0x4E)));
    }
    total = (uint16_t)_mm256_extract_epi16(before, 0);
#endif
    for (; index < count; index++) {
        total = (uint16_t)(total + row[index]);
        row[index] = total;
    }
}

#endif
