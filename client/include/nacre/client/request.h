#ifndef NACRE_CLIENT_REQUEST_H_
#define NACRE_CLIENT_REQUEST_H_

// One command, or several that leave together, as the bytes that go over the wire.
//
//   Request get("GET", key);
//   Request batch;
//   batch.Add("SET", key, value, "PX", 5000).Add("INCR", counter).Add("MGET", keys);
//
// An argument is a string (anything that converts to std::string_view; any bytes), an integer
// (decimal), a double (the shortest text that reads back as the same number), or a range of
// strings, each of which becomes an argument. Nothing is ever parsed out of an argument: there is
// no quoting and no injection.
//
// Thread rule: a value like std::string.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>

namespace nacre::client {

template <typename T>
concept StringLike = std::convertible_to<const T&, std::string_view>;
template <typename T>
concept NumberLike = (std::integral<T> || std::floating_point<T>)&&!std::same_as<T, bool> &&
                     !std::same_as<T, char>;
template <typename T>
concept StringRange = !StringLike<T> && std::ranges::sized_range<const T> &&
                      StringLike<std::ranges::range_value_t<const T>>;
template <typename T>
concept Argument = StringLike<T> || NumberLike<T> || StringRange<T>;

class Request {
 public:
  Request() = default;
  template <Argument... Arguments>
  explicit Request(std::string_view command, const Arguments&... arguments) {
    Add(command, arguments...);
  }

  // Appends a command.
  template <Argument... Arguments>
  Request& Add(std::string_view command, const Arguments&... arguments) {
    return AddSeen(command, Seen(arguments)...);
  }
  // Appends the commands of another request.
  Request& Add(const Request& commands);
  // Appends a command whose name is the first of `words`; no-op if there is none.
  Request& AddWords(const StringRange auto& words) {
    if (std::ranges::size(words) == 0) return *this;
    BeginCommand(std::ranges::size(words), BytesOf(words));
    NoteName(*std::ranges::begin(words));
    Append(words);
    return *this;
  }

  size_t commands() const { return commands_; }
  // SUBSCRIBE or one of its kin is among them: they are answered by push messages.
  bool subscribes() const { return subscribes_; }
  bool empty() const { return commands_ == 0; }
  const std::string& bytes() const { return bytes_; }
  // Keeps the memory.
  void Clear();

 private:
  // What is like a string is measured once.
  template <Argument T>
  static decltype(auto) Seen(const T& argument) {
    if constexpr (StringLike<T>) {
      return std::string_view(argument);
    } else {
      return (argument);
    }
  }
  template <Argument... Arguments>
  Request& AddSeen(std::string_view command, const Arguments&... arguments) {
    BeginCommand((size_t{1} + ... + CountOf(arguments)),
                 (BytesOf(command) + ... + BytesOf(arguments)));
    NoteName(command);
    AppendBulk(command);
    (Append(arguments), ...);
    return *this;
  }

  template <Argument T>
  static size_t CountOf(const T& argument) {
    if constexpr (StringRange<T>) {
      return std::ranges::size(argument);
    } else {
      return 1;
    }
  }

  template <Argument T>
  void Append(const T& argument) {
    if constexpr (StringRange<T>) {
      for (const auto& element : argument) AppendBulk(element);
    } else if constexpr (StringLike<T>) {
      AppendBulk(argument);
    } else {
      char digits[32];
      const auto end = std::to_chars(digits, digits + sizeof(digits), argument).ptr;
      AppendBulk(std::string_view(digits, static_cast<size_t>(end - digits)));
    }
  }

  // The shortest of those names has nine letters, so most commands pay for one comparison.
  void NoteName(std::string_view command) {
    if (command.size() >= 9 && EndsInSubscribe(command)) subscribes_ = true;
  }
  static bool EndsInSubscribe(std::string_view command);

  // About how much an argument takes, so that a command is allocated once.
  template <Argument T>
  static size_t BytesOf(const T& argument) {
    constexpr size_t kAroundBytes = 16;
    if constexpr (StringRange<T>) {
      size_t bytes = 0;
      for (const auto& element : argument) bytes += BytesOf(element);
      return bytes;
    } else if constexpr (StringLike<T>) {
      return std::string_view(argument).size() + kAroundBytes;
    } else {
      return 2 * kAroundBytes;
    }
  }

  // `bytes` is a guess at the size of the command.
  void BeginCommand(size_t arguments, size_t bytes);
  void AppendBulk(std::string_view bytes);

  std::string bytes_;
  size_t commands_ = 0;
  bool subscribes_ = false;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_REQUEST_H_
