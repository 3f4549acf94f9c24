/* Tries memcpy.c with every length up to 3,000 and every alignment within 16 bytes. Exits with 1 if a byte is wrong. */
#include <stddef.h>
#include <stdio.h>

void *__wrap_memcpy(void *restrict result, const void *restrict source, size_t length);

int main(void) {
    static unsigned char from[4096], to[4096];
    for (size_t at = 0; at < sizeof from; at++) from[at] = (unsigned char)(at * 31 + at / 256);
    for (size_t length = 0; length <= 3000; length++) {
        size_t left = length % 16 + 16, right = length / 16 % 16 + 16;
        for (size_t at = 0; at < sizeof to; at++) to[at] = 0xAA;
        if (__wrap_memcpy(to + left, from + right, length) != to + left) return puts("another result"), 1;
        for (size_t at = 0; at < sizeof to; at++) {
            unsigned char want = at >= left && at < left + length ? from[right + at - left] : 0xAA;
            if (to[at] != want) return printf("length %zu: byte %zu\n", length, at), 1;
        }
    }
    return 0;
}
