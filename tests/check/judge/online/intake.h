#ifndef NACRE_TESTS_CHECK_JUDGE_ONLINE_INTAKE_H_
#define NACRE_TESTS_CHECK_JUDGE_ONLINE_INTAKE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/check/judge/online/window.h"

namespace nacre::check::judge {

// Collects the operations of a transaction, and compares its lists with what has been dropped of
// them, of which the window has no more than a hash.
class Intake {
 public:
  Intake(Window& window, Frontier& frontier) : window_(window), frontier_(frontier) {}

  void Push(OpKind kind, std::string_view key, std::optional<std::string_view> value);
  void BeginList(std::string_view key);
  void Element(std::string_view text);
  void EndList();
  void BeginScan(std::string_view start, std::optional<std::string_view> end, bool reverse,
                 bool limited);
  void EndScan();

  // Gives `txn`, whose outcome and number are known, what can be judged of the operations.
  void Take(KeptTxn& txn);
  void Drop();
  // From now on what comes is passed over, and leaves nothing.
  void Close() { closed_ = true; }

  // Why the verdict cannot be `holds`; empty: nothing was found.
  const std::string& doubt() const { return doubt_; }
  uint64_t beyond() const { return beyond_; }  // Operations on forgotten keys.
  size_t memory_bytes() const;

 private:
  KeyId Key(std::string_view text);
  void Doubt(std::string why);
  std::string_view ListElement(size_t i) const;
  size_t Compare(const KeyState& state, KeptOp& kept) const;

  Window& window_;
  Frontier& frontier_;
  std::vector<KeptOp> current_;
  size_t scan_ = SIZE_MAX;  // Where the open scan stands in current_.
  KeyId list_key_ = 0;
  std::string list_bytes_;
  std::vector<size_t> list_ends_;
  bool closed_ = false;
  uint64_t transactions_ = 0;
  uint64_t beyond_ = 0;
  std::string doubt_;
};

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_ONLINE_INTAKE_H_
