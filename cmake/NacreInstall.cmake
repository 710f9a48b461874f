# `cmake --install`: the library, its headers, the CMake package and the pkg-config file.

include(CMakePackageConfigHelpers)

install(TARGETS nacre EXPORT nacreTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
