#ifndef NACRE_CLIENT_REPLY_H_
#define NACRE_CLIENT_REPLY_H_

// What a server answers, in RESP2 or RESP3.
//
// A ReplyView looks at the bytes of one complete reply where they lie, and owns nothing. A Reply
// owns its bytes. Both are read in the same way: by kind, or converted to a type of C++:
//
//   reply.To<std::string>()
//   reply.To<int64_t>()
//   reply.To<std::vector<std::optional<std::string>>>()
//   reply.To<std::map<std::string, double>>()
//
// A conversion copies each byte once, from the receive buffer to its place. It does not matter
// which protocol version the reply came in: a map is also read from a flat array of keys and
// values, an integer and a double from text, a bool from 0 and 1. What is read from what stands in
// reply_conversion.h.
//
// Attributes (RESP3's |), which say something about the reply that follows them, are passed over
// wherever they stand.
//
// Thread rule: values; concurrent const access is fine.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nacre/client/errors.h"

namespace nacre::client {

enum class ReplyKind : uint8_t {
  kNull,          // _   $-1   *-1
  kSimpleString,  // +
  kBulkString,    // $
  kVerbatim,      // =   text() is without its "txt:"
  kError,         // -   !
  kInteger,       // :
  kDouble,        // ,
  kBoolean,       // #
  kBigNumber,     // (   text() is its digits
  kArray,         // *
  kMap,           // %   elements are key, value, key, value, ...
  kSet,           // ~
  kPush,          // >
};

// "array", "integer", ...: for messages.
std::string_view NameOf(ReplyKind kind);

class ReplyView {
 public:
  // A null.
  ReplyView() : raw_("_\r\n"), header_bytes_(1) {}

  ReplyKind kind() const { return kind_; }
  bool is_null() const { return kind_ == ReplyKind::kNull; }
  bool is_error() const { return kind_ == ReplyKind::kError; }
  bool is_aggregate() const { return kind_ >= ReplyKind::kArray; }

  // OK, or what errors.h makes of an error reply.
  absl::Status status() const {
    return is_error() ? ErrorReply(text(), source_) : absl::OkStatus();
  }

  // The content of a string, an error (without '-'), a number or boolean as it was sent; empty for
  // a null and for an aggregate.
  std::string_view text() const;
  // Only of a kInteger.
  int64_t integer() const { return integer_; }

  // Elements of an aggregate; of a map, keys and values each count. 0 for all else.
  size_t size() const { return is_aggregate() ? static_cast<size_t>(integer_) : 0; }
  bool empty() const { return size() == 0; }

  // Walks the elements in order. Each step is as long as the element that it passes.
  class Iterator;
  Iterator begin() const;
  Iterator end() const;
  // O(index). A null if there is no such element.
  ReplyView operator[](size_t index) const;

  // The bytes of the reply as they came, without attributes before it.
  std::string_view raw() const { return raw_; }

  // See the top. An error reply answers its status; a kind that does not fit, or a number out of
  // range, kInvalidArgument with both names and outcome kExecuted.
  template <typename T>
  absl::StatusOr<T> To() const;

  // The same reply, which answers a request that runs a script (errors.h).
  ReplyView OfScript() const {
    ReplyView view = *this;
    view.source_ = ErrorSource::kScript;
    return view;
  }

 private:
  friend class Reply;
  friend class ReplyScanner;
  // `bytes` begins with one whole, well-formed reply, as ReplyScanner has found it; attributes
  // before it are passed over.
  explicit ReplyView(std::string_view bytes);

  std::string_view raw_;
  uint32_t header_bytes_ = 0;  // Of raw_, up to the content.
  ReplyKind kind_ = ReplyKind::kNull;
  ErrorSource source_ = ErrorSource::kCommand;
  int64_t integer_ = 0;  // The value, the length of the text, or the number of elements.
};

inline std::string_view ReplyView::text() const {
  if (kind_ == ReplyKind::kNull || is_aggregate()) return {};
  const char* const content = raw_.data() + header_bytes_;
  if (kind_ == ReplyKind::kInteger) return {content, raw_.size() - 3};  // ':' and CRLF.
  return {content, static_cast<size_t>(integer_)};
}

class ReplyView::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = ReplyView;
  using difference_type = std::ptrdiff_t;
  using pointer = const ReplyView*;
  using reference = const ReplyView&;

  Iterator() = default;
  const ReplyView& operator*() const { return current_; }
  const ReplyView* operator->() const { return &current_; }
  Iterator& operator++();
  void operator++(int) { ++*this; }
  bool operator==(const Iterator& other) const { return left_ == other.left_; }

 private:
  friend class ReplyView;
  // `bytes` holds `left` elements and nothing else.
  Iterator(std::string_view bytes, size_t left);
  // The first of what is left.
  void ReadCurrent();

  std::string_view rest_;  // What follows current_.
  size_t left_ = 0;        // Elements, current_ included.
  ReplyView current_;
};

inline ReplyView::Iterator ReplyView::end() const { return Iterator(); }

class Reply {
 public:
  // A null.
  Reply() = default;
  explicit Reply(ReplyView view)
      : bytes_(view.raw_),
        integer_(view.integer_),
        header_bytes_(view.header_bytes_),
        kind_(view.kind_),
        source_(view.source_) {}

  // Parses bytes that must hold exactly one reply; kDataLoss otherwise. For tests and recorded
  // replies.
  static absl::StatusOr<Reply> Parse(std::string_view bytes);

  // Valid as long as this reply lives and is neither moved nor assigned to.
  ReplyView view() const;

  ReplyKind kind() const { return view().kind(); }
  bool is_null() const { return view().is_null(); }
  bool is_error() const { return view().is_error(); }
  bool is_aggregate() const { return view().is_aggregate(); }
  absl::Status status() const { return view().status(); }
  std::string_view text() const { return view().text(); }
  int64_t integer() const { return view().integer(); }
  size_t size() const { return view().size(); }
  ReplyView operator[](size_t index) const { return view()[index]; }
  ReplyView::Iterator begin() const { return view().begin(); }
  ReplyView::Iterator end() const { return {}; }
  template <typename T>
  absl::StatusOr<T> To() const {
    return view().To<T>();
  }

 private:
  std::string bytes_;  // Of the view; empty: a null (also what is left of a reply that was moved).
  int64_t integer_ = 0;
  uint32_t header_bytes_ = 0;
  ReplyKind kind_ = ReplyKind::kNull;
  ErrorSource source_ = ErrorSource::kCommand;
};

inline ReplyView Reply::view() const {
  ReplyView view;
  if (bytes_.empty()) return view;
  view.raw_ = bytes_;
  view.header_bytes_ = header_bytes_;
  view.kind_ = kind_;
  view.source_ = source_;
  view.integer_ = integer_;
  return view;
}

}  // namespace nacre::client

#include "nacre/client/reply_conversion.h"  // IWYU pragma: export

#endif  // NACRE_CLIENT_REPLY_H_
