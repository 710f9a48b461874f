#ifndef NACRE_CLIENT_REPLY_CONVERSION_H_
#define NACRE_CLIENT_REPLY_CONVERSION_H_

// Included by reply.h: how To<T>() reads a reply.
//
//   std::string            strings and verbatim strings; an integer, a double and a big number as
//                          the text that was sent; a boolean as 1 or 0, as in RESP2
//   integers (not char)    an integer, or the same as text or as a big number: decimal, in the
//                          range of T, nothing before or after it; a boolean as 1 or 0
//   double, float          a double, an integer or a text of one: the nearest value; inf and nan;
//                          out of range if it is too large or too small
//   bool                   a boolean, or 0 or 1 as an integer or as text
//   std::optional<T>       a null is nullopt, all else a T
//   std::pair, std::tuple, std::array
//                          an aggregate of exactly so many elements
//   std::vector, deque, list, ... of T, and sets
//                          the elements of an aggregate; of a map, its keys and values in turn
//   sequences of std::pair<A, B>, and maps
//                          a map; an array of pairs, each an array of two; or a flat array of A, B,
//                          A, B, ... unless A is read from an aggregate itself. Of equal keys a map
//                          keeps the first.
//   Reply                  everything. Inside of an aggregate an error stays a Reply too
//
// Containers compose. A null is read by std::optional and Reply only, and an error by Reply only:
// a vector of an EXEC whose third command failed is that command's status, with outcome kExecuted
// (and so no conflict, whatever its code), unless its elements are Reply. std::string_view is no T:
// it would outlive the bytes.

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nacre::client {

namespace conversion {

// kInvalidArgument: "a null where a string was asked for".
absl::Status WrongKind(ReplyView reply, std::string_view wanted);
absl::Status WrongSize(ReplyView reply, size_t wanted);

absl::Status Read(ReplyView reply, std::string& value);
absl::Status Read(ReplyView reply, bool& value);
absl::Status Read(ReplyView reply, int64_t& value);
absl::Status Read(ReplyView reply, uint64_t& value);
absl::Status Read(ReplyView reply, double& value);
absl::Status Read(ReplyView reply, float& value);
absl::Status OutOfRange(ReplyView reply);

template <typename T, template <typename...> typename Template>
inline constexpr bool kIsA = false;
template <template <typename...> typename Template, typename... Arguments>
inline constexpr bool kIsA<Template<Arguments...>, Template> = true;

template <typename T>
inline constexpr bool kIsArray = false;
template <typename T, size_t size>
inline constexpr bool kIsArray<std::array<T, size>> = true;

template <typename T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !Character<T>;
template <typename T>
concept MapLike = requires(T container, typename T::key_type key, typename T::mapped_type value) {
  container.emplace(std::move(key), std::move(value));
};
template <typename T>
concept SetLike = !MapLike<T> && requires(T container, typename T::key_type key) {
  container.emplace(std::move(key));
};
template <typename T>
concept Sequence =
    !std::same_as<T, std::string> && requires(T container, typename T::value_type value) {
  container.push_back(std::move(value));
};

template <typename T>
inline constexpr bool kIsTupleLike = kIsA<T, std::pair> || kIsA<T, std::tuple>;

// Whether T is read from an aggregate, and from nothing else.
template <typename T>
inline constexpr bool kIsAggregate =
    kIsTupleLike<T> || kIsArray<T> || MapLike<T> || SetLike<T> || Sequence<T>;
template <typename T>
inline constexpr bool kIsAggregate<std::optional<T>> = kIsAggregate<T>;

template <typename T>
inline constexpr bool kNever = false;

template <typename T>
absl::Status ReadAny(ReplyView reply, T& value);

// Reads each element into its place, in order, up to the first that does not fit.
template <typename... Values>
absl::Status ReadEach(ReplyView reply, Values&... values) {
  if (!reply.is_aggregate()) return WrongKind(reply, "array");
  if (reply.size() != sizeof...(values)) return WrongSize(reply, sizeof...(values));
  ReplyView::Iterator at = reply.begin();
  absl::Status status;
  const auto read = [&](auto& value) {
    status = ReadAny(*at, value);
    ++at;
    return status.ok();
  };
  static_cast<void>((read(values) && ...));
  return status;
}

template <typename T>
absl::Status ReadArray(ReplyView reply, T& array) {
  if (!reply.is_aggregate()) return WrongKind(reply, "array");
  if (reply.size() != array.size()) return WrongSize(reply, array.size());
  auto value = array.begin();
  for (const ReplyView element : reply) {
    absl::Status status = ReadAny(element, *value++);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// add(T) for each element.
template <typename T, typename Add>
absl::Status ReadElements(ReplyView reply, const Add& add) {
  if (!reply.is_aggregate()) return WrongKind(reply, "array");
  for (const ReplyView element : reply) {
    T value{};
    absl::Status status = ReadAny(element, value);
    if (!status.ok()) return status;
    add(std::move(value));
  }
  return absl::OkStatus();
}

// Whether an aggregate that holds pairs holds them one by one, rather than flat.
template <typename Key>
bool ArePairsNested(ReplyView reply) {
  if (reply.kind() == ReplyKind::kMap || reply.empty()) return false;
  return kIsAggregate<Key> || (*reply.begin()).is_aggregate();
}

// add(Key, Value) for each pair.
template <typename Key, typename Value, typename Add>
absl::Status ReadPairs(ReplyView reply, const Add& add) {
  if (!reply.is_aggregate()) return WrongKind(reply, "map");
  const bool nested = ArePairsNested<Key>(reply);
  if (!nested && reply.size() % 2 != 0) return WrongSize(reply, reply.size() + 1);
  for (ReplyView::Iterator at = reply.begin(); at != reply.end(); ++at) {
    Key key{};
    Value value{};
    absl::Status status;
    if (nested) {
      status = ReadEach(*at, key, value);
    } else {
      status = ReadAny(*at, key);
      ++at;
      if (status.ok()) status = ReadAny(*at, value);
    }
    if (!status.ok()) return status;
    add(std::move(key), std::move(value));
  }
  return absl::OkStatus();
}

template <typename T>
void ReserveFor(T& container, size_t elements) {
  if constexpr (requires { container.reserve(elements); }) container.reserve(elements);
}

template <typename T>
absl::Status ReadContainer(ReplyView reply, T& container) {
  if constexpr (MapLike<T>) {
    ReserveFor(container, reply.size() / 2);
    return ReadPairs<typename T::key_type, typename T::mapped_type>(
        reply, [&](auto&& key, auto&& value) {
          container.emplace(std::forward<decltype(key)>(key), std::forward<decltype(value)>(value));
        });
  } else if constexpr (SetLike<T>) {
    ReserveFor(container, reply.size());
    return ReadElements<typename T::key_type>(
        reply, [&](auto&& value) { container.emplace(std::forward<decltype(value)>(value)); });
  } else if constexpr (kIsA<typename T::value_type, std::pair>) {
    using Pair = typename T::value_type;
    ReserveFor(container, reply.size() / 2);
    return ReadPairs<typename Pair::first_type, typename Pair::second_type>(
        reply, [&](auto&& key, auto&& value) {
          container.push_back(
              Pair(std::forward<decltype(key)>(key), std::forward<decltype(value)>(value)));
        });
  } else {
    ReserveFor(container, reply.size());
    return ReadElements<typename T::value_type>(
        reply, [&](auto&& value) { container.push_back(std::forward<decltype(value)>(value)); });
  }
}

template <Integer T>
absl::Status ReadInteger(ReplyView reply, T& value) {
  std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t> wide = 0;
  absl::Status status = Read(reply, wide);
  if (!status.ok()) return status;
  if (!std::in_range<T>(wide)) return OutOfRange(reply);
  value = static_cast<T>(wide);
  return status;
}

template <typename T>
absl::Status ReadAny(ReplyView reply, T& value) {
  static_assert(!std::same_as<T, std::string_view> && !std::same_as<T, ReplyView>,
                "a view would outlive the bytes of the reply: ask for std::string or Reply");
  static_assert(!std::same_as<T, const char*>, "ask for std::string");
  static_assert(!Character<T>, "a character is no number: ask for an integer or for std::string");
  if constexpr (std::same_as<T, Reply>) {
    value = Reply(reply);
    return absl::OkStatus();
  } else if constexpr (kIsA<T, std::optional>) {
    if (reply.is_null()) {
      value.reset();
      return absl::OkStatus();
    }
    return ReadAny(reply, value.emplace());
  } else {
    if (reply.is_error()) return reply.status();
    if constexpr (Integer<T>) {
      return ReadInteger(reply, value);
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, bool> ||
                         std::same_as<T, double> || std::same_as<T, float>) {
      return Read(reply, value);
    } else if constexpr (kIsTupleLike<T>) {
      return std::apply([&](auto&... values) { return ReadEach(reply, values...); }, value);
    } else if constexpr (kIsArray<T>) {
      return ReadArray(reply, value);
    } else if constexpr (kIsAggregate<T>) {
      return ReadContainer(reply, value);
    } else {
      static_assert(kNever<T>, "no reply is read as this type; see reply_conversion.h");
    }
  }
}

}  // namespace conversion

template <typename T>
absl::StatusOr<T> ReplyView::To() const {
  if (is_error()) return status();
  absl::StatusOr<T> result(absl::in_place);
  absl::Status status = conversion::ReadAny(*this, *result);
  if (!status.ok()) return status;
  return result;
}

}  // namespace nacre::client

#endif  // NACRE_CLIENT_REPLY_CONVERSION_H_
