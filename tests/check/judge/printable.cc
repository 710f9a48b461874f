#include "tests/check/judge/printable.h"

#include <algorithm>

namespace nacre::check::judge {
namespace {

struct Rune {
  uint32_t code = 0;
  uint32_t bytes = 0;  // 0: no UTF-8.
};

Rune FirstRune(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const uint32_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return {};
  uint32_t code = lead & (0x7fu >> length);
  for (uint32_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[length] || surrogate || code > 0x10ffff) return {};
  return {code, length};
}

// Neither XML nor a line of text has a place for these. Those that turn the direction of writing
// would turn the rest of the line.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xfeff || code == 0xfffe || code == 0xffff;
}

bool IsCombining(uint32_t code) {
  return (code >= 0x300 && code < 0x370) || (code >= 0xfe00 && code < 0xfe10);
}

bool IsWide(uint32_t code) {
  return (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
         (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
         (code >= 0xff00 && code < 0xff61) || (code >= 0x1f300 && code < 0x1fb00) ||
         (code >= 0x20000 && code < 0x30000);
}

uint32_t CellsOf(uint32_t code) { return IsCombining(code) ? 0 : IsWide(code) ? 2 : 1; }

// The longest beginning of at most so many cells, in bytes.
size_t Fitting(std::string_view text, uint32_t cells_max) {
  size_t end = 0;
  for (uint32_t cells = 0; end < text.size();) {
    const Rune rune = FirstRune(text.substr(end));
    cells += CellsOf(rune.code);
    if (cells > cells_max) break;
    end += std::max(rune.bytes, 1u);
  }
  return end;
}

}  // namespace

std::string Printable(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  while (!bytes.empty()) {
    const Rune rune = FirstRune(bytes);
    const uint32_t length = std::max(rune.bytes, 1u);
    if (rune.bytes > 0 && !IsControl(rune.code)) {
      text += bytes.substr(0, length);
    } else {
      for (const char c : bytes.substr(0, length)) {
        const auto byte = static_cast<uint8_t>(c);
        text += "\\x";
        text += kHex[byte >> 4];
        text += kHex[byte & 15];
      }
    }
    bytes.remove_prefix(length);
  }
  return text;
}

uint32_t Cells(std::string_view text) {
  uint32_t cells = 0;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    cells += CellsOf(rune.code);
    text.remove_prefix(std::max(rune.bytes, 1u));
  }
  return cells;
}

std::string Shortened(std::string_view text, uint32_t cells_max) {
  const uint32_t cells = Cells(text);
  if (cells <= cells_max) return std::string(text);
  const uint32_t behind = cells_max / 3;
  std::string shortened(text.substr(0, Fitting(text, cells_max - 1 - behind)));
  size_t from = Fitting(text, cells - behind);
  while (Cells(text.substr(from)) > behind) from += FirstRune(text.substr(from)).bytes;
  return shortened.append("\u2026").append(text.substr(from));
}

std::vector<std::string> Wrapped(std::string_view text, uint32_t cells_max) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = Fitting(text, cells_max);
    if (end < text.size() && text[end] != ' ') {
      const size_t space = text.rfind(' ', end);
      if (space != std::string_view::npos && space > end / 3) end = space;
    }
    end = std::max(end, size_t{1});
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return lines;
}

std::vector<std::string_view> Sentences(std::string_view text) {
  std::vector<std::string_view> sentences;
  while (!text.empty()) {
    const size_t end = std::min(text.find(". "), text.size());
    sentences.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return sentences;
}

std::string XmlEscaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace nacre::check::judge
