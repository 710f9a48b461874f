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
#include <iterator>
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

// The commands that push messages answer.
enum class Subscription : uint8_t {
  kNone,
  kSubscribe,
  kPatternSubscribe,
  kShardSubscribe,
  kUnsubscribe,
  kPatternUnsubscribe,
  kShardUnsubscribe,
};
// By its name, in either case: also of the message that confirms it.
Subscription SubscriptionNamed(std::string_view name);

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
    const size_t name_at = BeginCommand(std::ranges::size(words), BytesOf(words));
    Append(words);
    NoteName(*std::ranges::begin(words), std::ranges::size(words), name_at);
    return *this;
  }

  size_t commands() const { return commands_; }
  bool empty() const { return commands_ == 0; }
  const std::string& bytes() const { return bytes_; }
  // Keeps the memory.
  void Clear();

  // What a Connection has to know about the commands (connection.h). SUBSCRIBE or one of its kin is
  // among them, and how many push messages confirm it: one for each channel that it names, at least
  // one. It is the last such command that counts.
  bool subscribes() const { return subscription_ != Subscription::kNone; }
  Subscription subscription() const { return subscription_; }
  uint32_t confirmations() const { return confirmations_; }
  // MONITOR, SYNC, PSYNC or CLIENT REPLY: after it, replies cannot be matched by position.
  bool breaks_step() const { return (notes_ & kBreaksStep) != 0; }
  // HELLO or RESET.
  bool changes_protocol() const { return (notes_ & kChangesProtocol) != 0; }
  // A command that leaves the connection in another state than a new one has: these two, AUTH,
  // SELECT, READONLY, READWRITE, ASKING, CLIENT SETNAME, SETINFO, TRACKING, CACHING, NO-EVICT and
  // NO-TOUCH.
  bool changes_state() const { return (notes_ & kChangesState) != 0; }
  // What these commands leave open, and what they end, of kTransaction and kWatch.
  uint8_t opens() const { return opens_; }
  uint8_t ends() const { return ends_; }
  static constexpr uint8_t kTransaction = 1;  // BEGIN, MULTI; COMMIT, ROLLBACK, EXEC, DISCARD.
  static constexpr uint8_t kWatch = 2;        // WATCH; UNWATCH, EXEC, DISCARD.
  // EVAL, EVALSHA or FCALL (their read-only forms can write nothing): see errors.h.
  bool runs_script() const { return (notes_ & kRunsScript) != 0; }

 private:
  enum Note : uint8_t {
    kBreaksStep = 1,
    kChangesProtocol = 2,
    kRunsScript = 4,
    kChangesState = 8,
  };

  // The first letters of the names of note that have four letters, five, and so on to twelve.
  static constexpr uint32_t Letters(std::string_view letters) {
    uint32_t bits = 0;
    for (const char letter : letters) bits |= uint32_t{1} << (letter & 31);
    return bits;
  }
  static constexpr size_t kNoteSizeMin = 4;
  static const uint32_t kNoteLetters[9];

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
    const size_t words = (size_t{1} + ... + CountOf(arguments));
    const size_t name_at = BeginCommand(words, (BytesOf(command) + ... + BytesOf(arguments)));
    AppendBulk(command);
    (Append(arguments), ...);
    NoteName(command, words, name_at);
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

  // Nearly all commands are told from those of note by their length and first letter.
  void NoteName(std::string_view command, size_t words, size_t name_at) {
    if (command.size() - kNoteSizeMin >= std::size(kNoteLetters)) return;
    const uint32_t letters = kNoteLetters[command.size() - kNoteSizeMin];
    if ((letters >> (command[0] & 31) & 1) != 0) NoteLikelyName(command, words, name_at);
  }
  void NoteLikelyName(std::string_view command, size_t words, size_t name_at);
  void NoteOfConnection(std::string_view command, size_t name_at);
  // The argument whose header begins at this place of bytes_; empty if there is none.
  std::string_view ArgumentAt(size_t at) const;
  void Open(uint8_t what) { opens_ |= what; }
  void End(uint8_t what) {
    ends_ |= what;
    opens_ &= static_cast<uint8_t>(~what);
  }

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

  // `bytes` is a guess at the size of the command. Returns where its name begins.
  size_t BeginCommand(size_t words, size_t bytes);
  void AppendBulk(std::string_view bytes);

  std::string bytes_;
  size_t commands_ = 0;
  Subscription subscription_ = Subscription::kNone;
  uint8_t notes_ = 0;
  uint8_t opens_ = 0;
  uint8_t ends_ = 0;
  uint32_t confirmations_ = 0;
};

// By length: AUTH EVAL EXEC SYNC; BEGIN FCALL HELLO MULTI PSYNC RESET WATCH; ASKING CLIENT COMMIT
// SELECT; DISCARD EVALSHA MONITOR UNWATCH; READONLY ROLLBACK; READWRITE, and those in ...SUBSCRIBE.
inline constexpr uint32_t Request::kNoteLetters[9] = {
    Letters("aes"), Letters("bfhmprw"), Letters("acs"), Letters("demu"), Letters("r"),
    Letters("rs"),  Letters("ps"),      Letters("u"),   Letters("ps")};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_REQUEST_H_
