#ifndef NACRE_ITERATOR_H_
#define NACRE_ITERATOR_H_

#include <memory>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "nacre/types.h"

namespace nacre {

// A position in the keys of one snapshot, or of a transaction with its own writes. Ordered by
// bytes.
//
// Thread-compatible. Holds no lock and no epoch between calls, so it may rest for hours. Writes
// that its transaction makes after the iterator was made are seen from the next Seek on. Must not
// outlive its transaction; an iterator of a Snapshot keeps the snapshot alive.
//
// Next() and Prev() are O(1) amortised, a Seek is one descent of the index.
class Iterator {
 public:
  class Source;  // Internal.

  explicit Iterator(std::unique_ptr<Source> source);
  Iterator(Iterator&&) noexcept;
  Iterator& operator=(Iterator&&) noexcept;
  ~Iterator();

  // False before the first Seek, past either end, and after an error.
  bool Valid() const;
  // Not OK: the snapshot is too old, or the transaction is finished. Valid() is then false.
  absl::Status status() const;

  // To the first key at or after `key` (SeekForPrev: the last at or before it), within the bounds.
  void Seek(std::string_view key);
  void SeekForPrev(std::string_view key);
  void SeekToFirst();
  void SeekToLast();
  // Precondition of all that follow: Valid().
  void Next();
  void Prev();
  // Valid until the iterator moves.
  std::string_view key() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  std::string_view value() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  absl::Time expiry() const;

 private:
  std::unique_ptr<Source> source_;
};

}  // namespace nacre

#endif  // NACRE_ITERATOR_H_
