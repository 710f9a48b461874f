#ifndef NACRE_ENGINE_BASE_STATIC_TLS_H_
#define NACRE_ENGINE_BASE_STATIC_TLS_H_

// For a thread-local variable of a few bytes that every short transaction looks at: it stands in
// the static block of the thread, at an offset that is known once the program is loaded. Else a
// library asks a function for the address, and spills registers for that call even where the linker
// replaces it. In return, a shared library that has the engine in it and is loaded by dlopen()
// takes these bytes from a small reserve of the loader.
#if defined(__linux__)
#define NACRE_STATIC_TLS __attribute__((tls_model("initial-exec")))
#else
#define NACRE_STATIC_TLS
#endif

#endif  // NACRE_ENGINE_BASE_STATIC_TLS_H_
