# `cmake --install`: the library, its public headers, the CMake package and the pkg-config file. Both
# package files name the dependencies from the target itself, so that they cannot drift from it.

include(CMakePackageConfigHelpers)

# Writes PREFIX_pc_requires: the pkg-config names of the Abseil libraries that a target links. They are the
# CMake names with another separator. The libraries are static, so what they link privately their user
# has to link too.
function(nacre_pc_requires target out)
  get_target_property(linked ${target} LINK_LIBRARIES)
  list(FILTER linked INCLUDE REGEX "^absl::")
  list(TRANSFORM linked REPLACE "^absl::" "absl_")
  list(JOIN linked ", " joined)
  set(${out} "${joined}" PARENT_SCOPE)
endfunction()

set(nacre_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/nacre")

install(TARGETS nacre EXPORT nacreTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")

# nacre/testing.h is part of the public surface only where the library has what it declares.
if(NACRE_FAULTS)
  set(nacre_excluded_header)
else()
  set(nacre_excluded_header PATTERN testing.h EXCLUDE)
endif()
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/engine/include/nacre"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING
  PATTERN "*.h" ${nacre_excluded_header})

foreach(program IN ITEMS nacre-server nacre-cli nacre-check)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endforeach()

# Those that nacre-check has with it, to read and to change.
if(TARGET nacre-check)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/tests/check/schedules" DESTINATION "${CMAKE_INSTALL_DATADIR}/nacre")
endif()

install(
  EXPORT nacreTargets
  NAMESPACE nacre::
  DESTINATION "${nacre_package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/nacreConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/nacreConfig.cmake"
                              INSTALL_DESTINATION "${nacre_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/nacreConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/nacreConfig.cmake"
              "${PROJECT_BINARY_DIR}/nacreConfigVersion.cmake" DESTINATION "${nacre_package_dir}")

nacre_pc_requires(nacre nacre_pc_requires)
# `cmake --install --prefix` may choose the prefix later, so the file finds it from where it stands.
file(RELATIVE_PATH nacre_pc_up "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
set(nacre_pc_cflags "")
if(NACRE_FAULTS)
  set(nacre_pc_cflags " -DNACRE_FAULTS")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/nacre.pc.in" "${PROJECT_BINARY_DIR}/nacre.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/nacre.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The client stands beside it: a component, so that whoever embeds the engine needs no Boost.
if(TARGET nacre_client)
  install(TARGETS nacre_client EXPORT nacreClientTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/client/include/nacre"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING
    PATTERN "*.h")
  install(
    EXPORT nacreClientTargets
    NAMESPACE nacre::
    DESTINATION "${nacre_package_dir}")
  nacre_pc_requires(nacre_client nacre_client_pc_requires)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/nacre-client.pc.in" "${PROJECT_BINARY_DIR}/nacre-client.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/nacre-client.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()

# So does the judge of histories, which knows neither.
if(TARGET nacre_check_judge AND NACRE_BUILD_CHECK)
  install(TARGETS nacre_check_judge EXPORT nacreCheckTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(
    DIRECTORY "${PROJECT_SOURCE_DIR}/tests/check/include/nacre"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING
    PATTERN "*.h")
  install(
    EXPORT nacreCheckTargets
    NAMESPACE nacre::
    DESTINATION "${nacre_package_dir}")
  nacre_pc_requires(nacre_check_judge nacre_check_pc_requires)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/nacre-check.pc.in" "${PROJECT_BINARY_DIR}/nacre-check.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/nacre-check.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
