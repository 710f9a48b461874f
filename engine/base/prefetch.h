#ifndef NACRE_ENGINE_BASE_PREFETCH_H_
#define NACRE_ENGINE_BASE_PREFETCH_H_

#include <cstdint>

namespace nacre::base {

// Starts loading the cache line at `address` for this processor alone, for a store or a locked
// instruction that comes soon. A hint: it touches nothing.
//
// __builtin_prefetch(address, 1) is a prefetch for reading where the compiler may not take
// PREFETCHW for granted. A line that another processor has changed then comes to be shared, and the
// store waits a second time, until it is taken from there. As an instruction it does nothing on the
// few x86-64 processors that do not have it.
inline void PrefetchForWrite(const void* address) {
#if defined(__x86_64__)
  asm volatile("prefetchw (%0)" : : "r"(address));
#else
  __builtin_prefetch(address, /*rw=*/1);
#endif
}

// The same, but not before `value` is known, whose highest bit is 0. Else a processor asks for the
// line when it first sees the instruction, while it still waits for what comes before; and what
// others want as well, they have taken back when its turn comes.
inline void PrefetchForWriteAfter(uint64_t value, const void* address) {
  asm("" : "+r"(value));  // The compiler may know the bit, too.
  PrefetchForWrite(static_cast<const char*>(address) + (value >> 63));
}

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_PREFETCH_H_
