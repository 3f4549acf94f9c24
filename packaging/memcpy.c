/* memcpy for the static program on x86_64. musl's is `rep movsq` for any length, which takes some 30 cycles to start: a tenth
   of the program's processor time, as a header is some hundred copies of 2 to 64 bytes. The linker
   calls this one instead (`--wrap=memcpy`). docs/install.md has the figures; `memcpy-test.c` tries it. */
#include <stddef.h>
#include <stdint.h>

typedef long long sixteen __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t eight __attribute__((aligned(1), may_alias));
typedef uint32_t four __attribute__((aligned(1), may_alias));
typedef uint16_t two __attribute__((aligned(1), may_alias));

/* From this length on the processor's own loop is faster. */
#define LONG 1024

/* Of a length between one and two widths, the first and the last of that width, which overlap. */
#define BOTH_ENDS(width) do { \
        width first = *(const width *)from, last = *(const width *)(from + length - sizeof(width)); \
        *(width *)to = first; \
        *(width *)(to + length - sizeof(width)) = last; \
    } while (0)

void *__wrap_memcpy(void *restrict result, const void *restrict source, size_t length) {
    char *to = result;
    const char *from = source;
    if (length >= LONG) {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    } else if (length >= 16) {
        sixteen last = *(const sixteen *)(from + length - 16);
        size_t at = 0;
        for (; at + 16 < length; at += 16) *(sixteen *)(to + at) = *(const sixteen *)(from + at);
        *(sixteen *)(to + length - 16) = last;
    } else if (length >= 8) {
        BOTH_ENDS(eight);
    } else if (length >= 4) {
        BOTH_ENDS(four);
    } else if (length >= 2) {
        BOTH_ENDS(two);
    } else if (length == 1) {
        *to = *from;
    }
    return result;
}
