/* The flags of flags.h. */
#include "flags.h"

#define CACHE_LINE 64

struct tusk_flags tusk_flags __attribute__((aligned(CACHE_LINE)));
