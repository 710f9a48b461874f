#include "tests/check/run/finished_transaction.h"

#include <algorithm>

#include "tests/check/run/check.h"

namespace nacre::check::run {
namespace {

// A text that may be absent is its length plus one, and the text.
constexpr uint64_t kAbsent = 0;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }
  OpKind Kind() { return static_cast<OpKind>(bytes_[at_++]); }
  uint64_t Number() {
    uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes_[at_++]);
      number |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return number;
    }
  }
  std::optional<std::string_view> Text() {
    const uint64_t size = Number();
    if (size == kAbsent) return std::nullopt;
    NACRE_RUN_CHECK(size - 1 <= bytes_.size() - at_, "a text ends with its log");
    const std::string_view text = bytes_.substr(at_, size - 1);
    at_ += size - 1;
    return text;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

void ReplayRead(KeyId key, std::optional<std::string_view> value, HistoryBuilder& builder) {
  if (value) {
    builder.Read(key, builder.Value(*value));
  } else {
    builder.ReadAbsent(key);
  }
}

void ReplayScan(KeyId start, Reader& reader, HistoryBuilder& builder) {
  const std::optional<std::string_view> end = reader.Text();
  const bool reverse = reader.Number() != 0;
  const uint64_t rows = reader.Number();
  builder.BeginScan(start, end ? builder.Key(*end) : kNone, reverse, false);
  for (uint64_t i = 0; i < rows; ++i) {
    const KeyId key = builder.Key(*reader.Text());
    ReplayRead(key, reader.Text(), builder);
  }
  builder.EndScan();
}

}  // namespace

void OperationLog::Put(OpKind kind) { bytes_.push_back(static_cast<char>(kind)); }

void OperationLog::Put(uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes_.push_back(static_cast<char>(number | 0x80));
  bytes_.push_back(static_cast<char>(number));
}

void OperationLog::Put(std::string_view text) {
  Put(uint64_t{text.size() + 1});
  bytes_.append(text);
}

void OperationLog::Append(std::string_view key, std::string_view element) {
  written_keys_.emplace_back(key);
  Put(OpKind::kAppend);
  Put(key);
  Put(element);
}

void OperationLog::Write(std::string_view key, std::string_view value) {
  written_keys_.emplace_back(key);
  Put(OpKind::kWrite);
  Put(key);
  Put(value);
}

void OperationLog::Delete(std::string_view key) {
  written_keys_.emplace_back(key);
  Put(OpKind::kDelete);
  Put(key);
}

void OperationLog::Read(std::string_view key, const std::optional<std::string>& value) {
  Put(OpKind::kRead);
  Put(key);
  if (value) {
    NoteFound(key);
    Put(std::string_view(*value));
  } else {
    Put(kAbsent);
  }
}

void OperationLog::NoteFound(std::string_view key) {
  const bool is_own =
      std::find(written_keys_.begin(), written_keys_.end(), key) != written_keys_.end();
  has_read_others_ = has_read_others_ || !is_own;
}

void OperationLog::ReadList(std::string_view key, absl::Span<const std::string> elements) {
  if (!elements.empty()) NoteFound(key);
  Put(OpKind::kReadList);
  Put(key);
  Put(uint64_t{elements.size()});
  for (const std::string& element : elements) Put(std::string_view(element));
}

void OperationLog::Scan(const KeyRange& range, absl::Span<const Row> rows) {
  Put(OpKind::kScan);
  Put(std::string_view(range.start));
  if (range.end) {
    Put(std::string_view(*range.end));
  } else {
    Put(kAbsent);
  }
  Put(uint64_t{range.reverse});
  Put(uint64_t{rows.size()});
  for (const Row& row : rows) {
    NoteFound(row.first);
    Put(std::string_view(row.first));
    Put(std::string_view(row.second));
  }
}

void Replay(std::string_view operations, HistoryBuilder& builder) {
  Reader reader(operations);
  while (!reader.at_end()) {
    const OpKind kind = reader.Kind();
    const KeyId key = builder.Key(*reader.Text());
    switch (kind) {
      case OpKind::kAppend: builder.Append(key, builder.Value(*reader.Text())); break;
      case OpKind::kWrite: builder.Write(key, builder.Value(*reader.Text())); break;
      case OpKind::kDelete: builder.Delete(key); break;
      case OpKind::kRead: ReplayRead(key, reader.Text(), builder); break;
      case OpKind::kReadList: {
        builder.BeginList(key);
        for (uint64_t left = reader.Number(); left > 0; --left) builder.Element(*reader.Text());
        builder.EndList();
        break;
      }
      case OpKind::kScan: ReplayScan(key, reader, builder); break;
    }
  }
}

void Replay(std::string_view operations, OnlineJudge& judge) {
  Reader reader(operations);
  const auto read = [&judge](std::string_view key, std::optional<std::string_view> value) {
    value ? judge.Read(key, *value) : judge.ReadAbsent(key);
  };
  while (!reader.at_end()) {
    const OpKind kind = reader.Kind();
    const std::string_view key = *reader.Text();
    switch (kind) {
      case OpKind::kAppend: judge.Append(key, *reader.Text()); break;
      case OpKind::kWrite: judge.Write(key, *reader.Text()); break;
      case OpKind::kDelete: judge.Delete(key); break;
      case OpKind::kRead: read(key, reader.Text()); break;
      case OpKind::kReadList: {
        judge.BeginList(key);
        for (uint64_t left = reader.Number(); left > 0; --left) judge.Element(*reader.Text());
        judge.EndList();
        break;
      }
      case OpKind::kScan: {
        const std::optional<std::string_view> end = reader.Text();
        judge.BeginScan(key, end, reader.Number() != 0, false);
        for (uint64_t left = reader.Number(); left > 0; --left) {
          const std::string_view row = *reader.Text();
          read(row, reader.Text());
        }
        judge.EndScan();
        break;
      }
    }
  }
}

}  // namespace nacre::check::run
