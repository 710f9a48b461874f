#include "nacre/iterator.h"

#include "engine/base/check.h"
#include "engine/db/convert.h"
#include "engine/db/iterator_source.h"

namespace nacre {
namespace {

constexpr char kMustBeValid[] = "the iterator is at no key; ask Valid() first";

}  // namespace

Iterator::Iterator(std::unique_ptr<Source> source) : source_(std::move(source)) {}
Iterator::Iterator(Iterator&&) noexcept = default;
Iterator& Iterator::operator=(Iterator&&) noexcept = default;
Iterator::~Iterator() = default;

bool Iterator::Valid() const { return source_->valid(); }

absl::Status Iterator::status() const {
  source_->Movable();
  return source_->status();
}

void Iterator::Seek(std::string_view key) {
  txn::Cursor* cursor = source_->Movable();
  if (cursor == nullptr) return;
  cursor->Thaw();
  source_->Moved(cursor->SeekForward(key, true));
}

void Iterator::SeekForPrev(std::string_view key) {
  txn::Cursor* cursor = source_->Movable();
  if (cursor == nullptr) return;
  cursor->Thaw();
  source_->Moved(cursor->SeekBackward(key, true));
}

void Iterator::SeekToFirst() {
  if (txn::Cursor* cursor = source_->Movable()) source_->Moved(cursor->SeekToFirst());
}

void Iterator::SeekToLast() {
  if (txn::Cursor* cursor = source_->Movable()) source_->Moved(cursor->SeekToLast());
}

void Iterator::Next() {
  NACRE_CHECK(Valid(), kMustBeValid);
  source_->Moved(source_->Movable()->Next());
}

void Iterator::Prev() {
  NACRE_CHECK(Valid(), kMustBeValid);
  source_->Moved(source_->Movable()->Prev());
}

std::string_view Iterator::key() const {
  NACRE_CHECK(Valid(), kMustBeValid);
  return source_->item().key;
}

std::string_view Iterator::value() const {
  NACRE_CHECK(Valid(), kMustBeValid);
  return source_->item().value;
}

absl::Time Iterator::expiry() const {
  NACRE_CHECK(Valid(), kMustBeValid);
  return ToTime(source_->item().expiry);
}

}  // namespace nacre
