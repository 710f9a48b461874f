# Test registration.
#
#   nacre_test(NAME epoch_test KIND unit SOURCES epoch_test.cc [LIBS ...] [TIMEOUT seconds]
#              [LABELS slow ...] [FAULTS] [ONE_THREAD] [OPTIMISED])
#     A gtest program; every TEST in it is one ctest test, named epoch_test.Suite.Case. FAULTS: the
#     test needs nacre/testing.h, and is left out of builds without NACRE_FAULTS. ONE_THREAD: neither the test nor what
#     it tests has a thread to race with. OPTIMISED: much is computed in the test's own code, as by an oracle that tries
#     everything.
#
#   nacre_script_test(NAME install KIND install COMMAND ... [TIMEOUT seconds] [LABELS slow ...]
#                     [FAULTS] [ENVIRONMENT A=b ...])
#     Any command; exit status 0 passes.
#
#   nacre_fuzzer(NAME parser_fuzzer SOURCES parser_fuzzer.cc [LIBS ...])
#     A program for libFuzzer, not part of `all`; it exists only where the compiler is clang.
#
# KIND becomes a ctest label: unit isolation model stress fault fuzz server lint install. Further LABELS:
#   slow      not part of `make test`
#   external  starts programs that are not ours (redis-server, node, python clients); not run under
#             sanitizers
# FAULTS adds the label `faults`.

find_package(GTest 1.12 REQUIRED)
include(GoogleTest)

# What a build with NACRE_FAULTS adds; .ci/run builds only this there.
if(NACRE_FAULTS)
  add_custom_target(nacre-faults-tests)
endif()

set(NACRE_TEST_KINDS unit isolation model stress fault fuzz server lint install check example)

function(_nacre_labels out kind faults)
  if(NOT kind IN_LIST NACRE_TEST_KINDS)
    message(FATAL_ERROR "KIND ${kind} is not one of ${NACRE_TEST_KINDS}")
  endif()
  set(labels "${kind}" ${ARGN})
  if(faults)
    list(APPEND labels faults)
  endif()
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

function(nacre_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "FAULTS;ONE_THREAD;OPTIMISED" "NAME;KIND;TIMEOUT" "SOURCES;LIBS;LABELS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nacre_test: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _nacre_labels(labels "${arg_KIND}" ${arg_FAULTS} ${arg_LABELS})
  if(arg_FAULTS AND NOT NACRE_FAULTS)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()

  add_executable(${arg_NAME} ${arg_SOURCES})
  target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${arg_NAME} PRIVATE XXH_INLINE_ALL)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} nacre::nacre nacre_warnings GTest::gmock_main)
  # Half of the time that a build takes is optimising tests. Where their own code hardly runs, it need not be.
  if(arg_KIND MATCHES "^(unit|server|check)$" AND NOT arg_OPTIMISED)
    target_compile_options(${arg_NAME} PRIVATE -O0)
  endif()
  if(arg_LIBS MATCHES "client")
    nacre_precompile_test(${arg_NAME} asio_test)
  else()
    nacre_precompile_test(${arg_NAME} test)
  endif()
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")

  # What a sanitizer is not to see is not built with it either.
  if(("external" IN_LIST arg_LABELS AND NACRE_SANITIZE)
     OR (NACRE_SANITIZE MATCHES "thread" AND (arg_ONE_THREAD OR NOT arg_KIND MATCHES "^(unit|server|stress)$")))
    set_target_properties(${arg_NAME} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    return()
  endif()

  gtest_discover_tests(
    ${arg_NAME}
    TEST_PREFIX "${arg_NAME}."
    TEST_LIST ${arg_NAME}_cases
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT})
  if(arg_FAULTS)
    add_dependencies(nacre-faults-tests ${arg_NAME})
  endif()
  # Lists do not survive gtest_discover_tests as property values, so they are set in a second file that
  # ctest reads after the discovery.
  set(properties_file "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_properties.cmake")
  file(
    WRITE "${properties_file}"
    "if(${arg_NAME}_cases)\n"
    "  set_tests_properties(\${${arg_NAME}_cases} PROPERTIES\n"
    "    LABELS \"${labels}\" ENVIRONMENT \"${NACRE_TEST_ENVIRONMENT}\")\n"
    "endif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties_file}")
endfunction()

function(nacre_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "FAULTS" "NAME;KIND;TIMEOUT;WORKING_DIRECTORY"
                        "COMMAND;LABELS;ENVIRONMENT")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nacre_script_test: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  _nacre_labels(labels "${arg_KIND}" ${arg_FAULTS} ${arg_LABELS})
  if(arg_FAULTS AND NOT NACRE_FAULTS)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_WORKING_DIRECTORY)
    set(arg_WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  add_test(
    NAME ${arg_NAME}
    COMMAND ${arg_COMMAND}
    WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}")
  set_tests_properties(
    ${arg_NAME} PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT}
                           ENVIRONMENT "${NACRE_TEST_ENVIRONMENT};${arg_ENVIRONMENT}")
endfunction()

function(nacre_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nacre_fuzzer: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR NACRE_SANITIZE MATCHES "thread")
    return()
  endif()
  add_executable(${arg_NAME} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(${arg_NAME} PRIVATE -fsanitize=fuzzer,address)
  target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer,address)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} nacre_warnings)
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
endfunction()

# What every test runs with. The packaged Abseil is not instrumented, so the thread sanitizer needs to
# be told of it; each suppression carries its reason.
set(NACRE_TEST_ENVIRONMENT "")
if(NACRE_SANITIZE MATCHES "thread")
  # Its detector of deadlocks gives up beyond 64 locks in one thread; a commit holds one latch for each stripe of its keys.
  list(APPEND NACRE_TEST_ENVIRONMENT
       "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan-suppressions.txt halt_on_error=1 detect_deadlocks=0")
elseif(NACRE_SANITIZE MATCHES "address")
  list(APPEND NACRE_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1"
       "UBSAN_OPTIONS=print_stacktrace=1"
       "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/lsan-suppressions.txt:print_suppressions=0")
endif()
