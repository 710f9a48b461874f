#ifndef NACRE_CHECK_PICTURE_H_
#define NACRE_CHECK_PICTURE_H_

// What is wrong with a history, drawn: transactions as boxes with their operations, a lane for each
// session, and the reasons of their order as arrows that are labelled with kind and key. Keys and
// values may be any bytes; what is not printable is shown as \xHH, what is long is cut in its
// middle. Of very long violations a part is drawn: see kEdgesShownMax.

#include <string>

#include "absl/types/span.h"
#include "nacre/check/history.h"
#include "nacre/check/verdict.h"

namespace nacre::check {

// A whole file: SVG 1.1, for light and dark surroundings. Several violations stand below each
// other.
std::string ToSvg(const History& history, const Violation& violation);
std::string ToSvg(const History& history, absl::Span<const Violation> violations);

// A directed graph for Graphviz: `dot -Tpdf`.
std::string ToDot(const History& history, const Violation& violation);
std::string ToDot(const History& history, absl::Span<const Violation> violations);

}  // namespace nacre::check

#endif  // NACRE_CHECK_PICTURE_H_
