// LCS, by the table of the textbook.

#include "tests/server/model/string_commands.h"

namespace nacre::server::model {

namespace {

// length[i][j]: of the first i bytes of one and the first j of the other.
using Table = std::vector<std::vector<size_t>>;

Table MakeTable(const std::string& a, const std::string& b) {
  Table length(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      length[i][j] = a[i - 1] == b[j - 1] ? length[i - 1][j - 1] + 1
                                          : std::max(length[i - 1][j], length[i][j - 1]);
    }
  }
  return length;
}

// The pairs of equal bytes on the way back through the table.
std::vector<std::pair<size_t, size_t>> WayBack(const std::string& a, const std::string& b,
                                               const Table& length) {
  std::vector<std::pair<size_t, size_t>> pairs;
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      pairs.emplace_back(--i, --j);
    } else if (length[i - 1][j] > length[i][j - 1]) {
      --i;
    } else {
      --j;
    }
  }
  return pairs;
}

void WriteMatches(const std::vector<std::pair<size_t, size_t>>& pairs, int64_t least,
                  bool with_lengths, Reply& out) {
  size_t matches = 0;
  Reply each(out.protocol());
  for (size_t end = 0; end < pairs.size();) {
    const size_t last = end;
    while (end + 1 < pairs.size() && pairs[end + 1].first + 1 == pairs[end].first &&
           pairs[end + 1].second + 1 == pairs[end].second) {
      ++end;
    }
    const size_t first = end++;
    const auto bytes = static_cast<int64_t>(end - last);
    if (bytes < least) continue;
    ++matches;
    each.Array(with_lengths ? 3 : 2);
    each.Array(2);
    each.Integer(static_cast<int64_t>(pairs[first].first));
    each.Integer(static_cast<int64_t>(pairs[last].first));
    each.Array(2);
    each.Integer(static_cast<int64_t>(pairs[first].second));
    each.Integer(static_cast<int64_t>(pairs[last].second));
    if (with_lengths) each.Integer(bytes);
  }
  out.Array(matches);
  out.Append(each);
}

}  // namespace

void RunLcs(Context& context) {
  bool length = false;
  bool indexes = false;
  bool with_lengths = false;
  int64_t least = 0;
  for (size_t i = 3; i < context.words.size(); ++i) {
    const std::string word = Lower(context.words[i]);
    if (word == "minmatchlen" && i + 1 < context.words.size()) {
      const auto bytes = ToInteger(context.words[++i]);
      if (!bytes) return context.out.Error(kNotAnInteger);
      least = *bytes;
    } else if (word == "len" || word == "idx" || word == "withmatchlen") {
      length |= word == "len";
      indexes |= word == "idx";
      with_lengths |= word == "withmatchlen";
    } else {
      return context.out.Error(kSyntaxError);
    }
  }
  if (length && indexes) {
    return context.out.Error("ERR If you want both the length and indexes, please just use IDX.");
  }
  const std::string a = context.Value(context.words[1]).value_or("");
  const std::string b = context.Value(context.words[2]).value_or("");
  if ((a.size() + 1) * (b.size() + 1) * 4 > kStringBytesMax) {
    return context.out.Error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const auto pairs = WayBack(a, b, MakeTable(a, b));
  if (length) return context.out.Integer(static_cast<int64_t>(pairs.size()));
  if (indexes) {
    context.out.Map(2);
    context.out.Bulk("matches");
    WriteMatches(pairs, least, with_lengths, context.out);
    context.out.Bulk("len");
    return context.out.Integer(static_cast<int64_t>(pairs.size()));
  }
  std::string common;
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) common += a[pair->first];
  context.out.Bulk(common);
}

Words LcsArguments(RandomWords& random) {
  Words words = {random.Key(), random.Key()};
  for (size_t left = random.Below(4); left > 0; --left) {
    const std::string option =
        random.OneOf<std::string>({"len", "idx", "idx", "withmatchlen", "minmatchlen", "get"});
    words.push_back(random.AnyCase(option));
    if (option == "minmatchlen" && !random.OneIn(20)) words.push_back(random.Integer(0, 4));
  }
  return words;
}

}  // namespace nacre::server::model
