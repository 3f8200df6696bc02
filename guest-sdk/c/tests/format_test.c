/* `bugle_format` says what the C library of this machine says. */
#undef NDEBUG
#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <bugle_testing.h>

bugle_outcome bugle_task_run(const bugle_trigger *trigger)
{
    (void)trigger;
    return bugle_completed();
}

static void check(const char *format, const char *expected, bugle_string found)
{
    if (!bugle_string_equals(found, bugle_text(expected))) {
        fprintf(stderr, "%s: `%s`, not `%.*s`\n", format, expected, BUGLE_ARG(found));
        exit(1);
    }
}

#define SAME(format, ...)                                               \
    do {                                                                \
        char expected[4096];                                            \
        snprintf(expected, sizeof expected, format, __VA_ARGS__);       \
        check(format, expected, bugle_format(format, __VA_ARGS__));     \
    } while (0)

/* Formats that are put together are none that a compiler can check. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static void what_was_lost_is_written(void)
{
    SAME("%5d %s", 5, "text");
    SAME("%.2f %X %s", 2.345, 0xbeefu, "text");
    SAME("%-5d|%05d|%+d|% d|%5.3d|%%", 1, 2, 3, 4, 5);
    SAME("%*d|%-*d|%.*d|%*d", 6, 1, 6, 2, 3, 3, -6, 4);
    SAME("%10s|%-10s|%.2s|%.*s|%c|%3c|", "ab", "cd", "efg", 20, "short", 'x', 'y');
}

static void whole_numbers_of_each_length(void)
{
    SAME("%hhd %hd %d %ld %lld", (signed char)-1, (short)-2, INT_MIN, LONG_MIN, LLONG_MIN);
    SAME("%hhx %hu %u %lu %llu", 0x1ff, 0x1ffff, UINT_MAX, ULONG_MAX, ULLONG_MAX);
    SAME("%jd %zu %td %ju", INTMAX_MIN, SIZE_MAX, PTRDIFF_MIN, UINTMAX_MAX);
    SAME("%#x %#X %#o %#x %#o %.0d|%#.0o|%o", 255u, 255u, 8u, 0u, 0u, 0, 0u, 0777u);
    SAME("%#10x|%-#10x|%#010x|%010.4x|%llo", 1u, 2u, 3u, 4u, ULLONG_MAX);
}

static void every_flag_with_every_conversion(void)
{
    static const double numbers[] = {0, -0.0, 1, -1.5, 0.5, 2.5, 9.995, 0.1, 123456789, 1e100, 1e-100,
                                     DBL_MAX, DBL_MIN, 0.0001, 0.00001, INFINITY, -NAN};
    static const char *const widths[] = {"", "1", "12", "30"};
    static const char *const precisions[] = {"", ".", ".1", ".3", ".17", ".40"};
    for (unsigned flags = 0; flags < 32; flags++) {
        for (size_t at = 0; at < 4 * 6 * 13; at++) {
            char format[16], letter = "dioxXuaAeEfgG"[at % 13];
            snprintf(format, sizeof format, "%%%s%s%s%s%s%s%s%c", flags & 1 ? "-" : "",
                     flags & 2 ? "+" : "", flags & 4 ? " " : "", flags & 8 ? "#" : "",
                     flags & 16 ? "0" : "", widths[at / 13 % 4], precisions[at / 52], letter);
            for (size_t i = 0; i < sizeof numbers / sizeof *numbers && at % 13 >= 6; i++) {
                SAME(format, numbers[i]);
            }
            for (int number = -1; number <= 1 && at % 13 < 6; number++) {
                SAME(format, number);
            }
        }
        bugle_test_start();
    }
}

static void any_double(void)
{
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        /* Normal ones: the C libraries write the others differently as `%a`. */
        uint64_t normal = bits >> 1 | UINT64_C(1) << 62;
        double number;
        memcpy(&number, i % 2 == 0 ? &bits : &normal, sizeof number);
        SAME("%.*f %.*e %.*g", i % 25, number, i % 30, number, i % 20, number);
        SAME("%.17g %f %Lf", number, number, (long double)number);
        if (i % 2 == 1) {
            SAME("%a %.*a", number, i % 15, number);
        }
        if (i % 1000 == 0) {
            bugle_test_start();
        }
    }
    check("%a", "0x1p-1074", bugle_format("%a", 0x1p-1074));
    SAME("%.1100f", 0x1p-1074);
    SAME("%g", 999999.5);
    check("%#g", "1.00000e+06", bugle_format("%#g", 999999.5)); /* glibc 2.36 writes `1.e+06` */
}

int main(void)
{
    bugle_test_start();
    what_was_lost_is_written();
    whole_numbers_of_each_length();
    every_flag_with_every_conversion();
    any_double();
    bugle_test_end();
    puts("4 tests passed");
    return 0;
}
