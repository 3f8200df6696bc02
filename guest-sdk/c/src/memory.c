#include <stdlib.h>

#include "bugle.h"

/* Anything of C is aligned so. */
#define ALIGNMENT 16

static size_t aligned(size_t len)
{
    return (len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

#ifdef __wasm__

/* The memory of a component: each block lies behind the one before, with its length in front of
 * it, and only the last one is ever taken back. An instance lives for one run of some microseconds
 * and goes with its whole memory, so that a general allocator would tidy up what nobody uses again.
 * These take the place of the C library's. */

extern unsigned char __heap_base;

static uintptr_t top;
static uintptr_t end;

#define PAGE 65536u

static size_t *length_of(void *block)
{
    return (size_t *)((uintptr_t)block - ALIGNMENT);
}

static bool is_last(void *block)
{
    /* A text in the program's data is no block: messages of outcomes may be such. */
    return (uintptr_t)block > (uintptr_t)&__heap_base && (uintptr_t)block < top
        && (uintptr_t)block + aligned(*length_of(block)) == top;
}

/* Makes the memory reach to `to`. */
static bool reach(uintptr_t to)
{
    if (to <= end) {
        return true;
    }
    if (end == 0) {
        end = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
        if (to <= end) {
            return true;
        }
    }
    size_t pages = (to - end + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) {
        return false;
    }
    end += pages * PAGE;
    return true;
}

void *malloc(size_t len)
{
    if (top == 0) {
        top = aligned((uintptr_t)&__heap_base);
    }
    /* Half of all that can be addressed: no sum below overflows. */
    if (len > SIZE_MAX / 2 || !reach(top + ALIGNMENT + aligned(len))) {
        return NULL;
    }
    void *block = (void *)(top + ALIGNMENT);
    *length_of(block) = len;
    top += ALIGNMENT + aligned(len);
    return block;
}

void free(void *block)
{
    if (block != NULL && is_last(block)) {
        top = (uintptr_t)block - ALIGNMENT;
    }
}

void *calloc(size_t count, size_t len)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, len, &bytes)) {
        return NULL;
    }
    void *block = malloc(bytes);
    return block == NULL ? NULL : memset(block, 0, bytes);
}

void *realloc(void *block, size_t len)
{
    if (block == NULL) {
        return malloc(len);
    }
    size_t before = *length_of(block);
    if (len <= before) {
        return block;
    }
    if (is_last(block) && len <= SIZE_MAX / 2 && reach((uintptr_t)block + aligned(len))) {
        *length_of(block) = len;
        top = (uintptr_t)block + aligned(len);
        return block;
    }
    void *larger = malloc(len);
    return larger == NULL ? NULL : memcpy(larger, block, before);
}

/* Blocks are aligned for anything of C; more is not to be had. */
void *aligned_alloc(size_t alignment, size_t len)
{
    return alignment <= ALIGNMENT ? malloc(len) : NULL;
}

int posix_memalign(void **block, size_t alignment, size_t len)
{
    *block = aligned_alloc(alignment, len);
    return *block == NULL ? 12 /* ENOMEM */ : 0;
}

void *bugle_alloc(size_t len)
{
    void *block = malloc(len);
    if (block == NULL) {
        __builtin_trap();
    }
    return block;
}

#else

/* In a native test each block is linked to the one before, for the end of the run. */
typedef struct block {
    struct block *before;
} block;

static block *last;

void *bugle_alloc(size_t len)
{
    block *made = malloc(aligned(sizeof(block)) + len);
    if (made == NULL) {
        abort();
    }
    made->before = last;
    last = made;
    return (unsigned char *)made + aligned(sizeof(block));
}

/* The host of `testing/` calls it when a report goes. */
void bugle_free_all(void);

void bugle_free_all(void)
{
    while (last != NULL) {
        block *before = last->before;
        free(last);
        last = before;
    }
}

#endif
