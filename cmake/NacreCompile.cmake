# Language level, warnings, sanitizers and build speed. Everything that our own code is compiled with
# is in the two interface targets below, so that an embedding project inherits none of it.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
endif()

string(FIND "${NACRE_SANITIZE}" "thread" NACRE_TSAN)
if(NACRE_TSAN GREATER_EQUAL 0)
  set(NACRE_TSAN ON)
else()
  set(NACRE_TSAN OFF)
endif()

# Warnings. Linked PRIVATE by every target of this project.
add_library(nacre_warnings INTERFACE)
target_compile_options(
  nacre_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wimplicit-fallthrough
            $<$<BOOL:${NACRE_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(nacre_warnings INTERFACE -Wthread-safety -Wthread-safety-beta)
  # Clang 18 changed the mangling of some constrained templates; the packaged Abseil has the old one.
  if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 18)
    add_compile_options(-fclang-abi-compat=17)
  endif()
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NACRE_SANITIZE)
  # Instrumentation hides initialisations from these two analyses: false reports inside libstdc++. The
  # thread sanitizer's warning is about fences, which the engine uses nowhere that it must be seen. Asio orders the end
  # of a handler by one; the lock of its queue, which the sanitizer does see, orders the same.
  target_compile_options(nacre_warnings INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow
                                                  $<$<BOOL:${NACRE_TSAN}>:-Wno-tsan>)
endif()

# Sanitizers change code generation, so the whole tree has them.
if(NACRE_SANITIZE)
  add_compile_options(-fsanitize=${NACRE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all -DNACRE_SANITIZED)
  add_link_options(-fsanitize=${NACRE_SANITIZE})
  # Clang 14 cannot assemble coroutines with it.
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

if(PROJECT_IS_TOP_LEVEL)
  find_program(NACRE_CCACHE ccache)
  if(NACRE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${NACRE_CCACHE}")
  endif()
  # mold is several times faster at linking the many test programs. Clang 14 drives it through its own
  # name resolution, which fails for some of the sanitizer runtimes: lld does there.
  find_program(NACRE_MOLD mold)
  find_program(NACRE_LLD ld.lld)
  if(NACRE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    add_link_options(-fuse-ld=mold)
  elseif(NACRE_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_link_options(-fuse-ld=lld)
  endif()
endif()
