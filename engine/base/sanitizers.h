#ifndef NACRE_ENGINE_BASE_SANITIZERS_H_
#define NACRE_ENGINE_BASE_SANITIZERS_H_

// Whether this is compiled for a sanitizer, by either compiler.

namespace nacre::base {

#if defined(__SANITIZE_ADDRESS__)
#define NACRE_ADDRESS_SANITIZED true
#elif defined(__has_feature)
#define NACRE_ADDRESS_SANITIZED __has_feature(address_sanitizer)
#else
#define NACRE_ADDRESS_SANITIZED false
#endif

#if defined(__SANITIZE_THREAD__)
#define NACRE_THREAD_SANITIZED true
#elif defined(__has_feature)
#define NACRE_THREAD_SANITIZED __has_feature(thread_sanitizer)
#else
#define NACRE_THREAD_SANITIZED false
#endif

inline constexpr bool kAddressSanitized = NACRE_ADDRESS_SANITIZED;
inline constexpr bool kThreadSanitized = NACRE_THREAD_SANITIZED;

#undef NACRE_ADDRESS_SANITIZED
#undef NACRE_THREAD_SANITIZED

}  // namespace nacre::base

#endif  // NACRE_ENGINE_BASE_SANITIZERS_H_
