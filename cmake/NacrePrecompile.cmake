# Precompiled headers, for builds from nothing: a third of what clang does with a test is reading Google Test, Asio and
# the standard library; g++ gains a quarter. Off by default, since without them every file has to include what it uses.
#
#   nacre_precompile_test(TARGET FLAVOUR)
#     FLAVOUR: `test` (Google Test, Abseil's status and strings) or `asio_test` (the same and Asio's coroutines). Targets
#     of one flavour and one level of optimisation share a header.
#   nacre_precompile_library(TARGET HEADER...)

option(NACRE_PRECOMPILE "Precompile what most files include; .ci/run does for the suite and the sanitizers" "$ENV{NACRE_PRECOMPILE}")

# ccache keeps no time stamps, and so must the header have none.
if(NACRE_PRECOMPILE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

set(nacre_headers_test
    <algorithm>
    <atomic>
    <functional>
    <map>
    <memory>
    <mutex>
    <optional>
    <random>
    <string>
    <string_view>
    <thread>
    <vector>
    <gmock/gmock.h>
    <gtest/gtest.h>
    <absl/status/status.h>
    <absl/status/statusor.h>
    <absl/strings/str_cat.h>
    <absl/time/time.h>)
set(nacre_headers_asio_test
    ${nacre_headers_test}
    <boost/asio/awaitable.hpp>
    <boost/asio/co_spawn.hpp>
    <boost/asio/io_context.hpp>
    <boost/asio/post.hpp>
    <boost/asio/steady_timer.hpp>
    <boost/asio/use_awaitable.hpp>)

function(nacre_precompile_library target)
  if(NACRE_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

function(nacre_precompile_test target flavour)
  if(NOT NACRE_PRECOMPILE)
    return()
  endif()
  get_target_property(options ${target} COMPILE_OPTIONS)
  set(optimisation "")
  if("-O0" IN_LIST options)
    set(optimisation "-O0")
  endif()
  set(owner "nacre_headers_${flavour}${optimisation}")
  if(NOT TARGET ${owner})
    file(WRITE "${PROJECT_BINARY_DIR}/headers/${owner}.cc" "")
    add_library(${owner} OBJECT "${PROJECT_BINARY_DIR}/headers/${owner}.cc")
    target_link_libraries(${owner} PRIVATE nacre::nacre nacre_warnings GTest::gmock absl::status absl::statusor
                                           absl::strings absl::time)
    target_compile_definitions(${owner} PRIVATE XXH_INLINE_ALL)
    target_compile_options(${owner} PRIVATE ${optimisation})
    target_precompile_headers(${owner} PRIVATE ${nacre_headers_${flavour}})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
