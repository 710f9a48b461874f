#include "client/net/output_buffer.h"

#include <algorithm>

#include "client/base/check.h"

namespace nacre::client {

namespace {

// Requests gather in a segment up to this size.
constexpr size_t kSegmentBytes = 128 << 10;

}  // namespace

void OutputBuffer::Append(std::string_view bytes) {
  if (segments_.empty() || (!segments_.back().bytes.empty() &&
                            segments_.back().bytes.size() + bytes.size() > kSegmentBytes)) {
    segments_.push_back({end_, {}});
  }
  segments_.back().bytes += bytes;
  end_ += bytes.size();
}

std::string_view OutputBuffer::Next(size_t bytes_max) const {
  if (empty()) return {};
  const Segment& first = segments_.front();
  uint64_t until = first.end();
  if (!holes_.empty()) until = std::min(until, holes_.front().begin);
  const size_t from = static_cast<size_t>(taken_ - first.begin);
  return std::string_view(first.bytes)
      .substr(from, std::min(static_cast<size_t>(until - taken_), bytes_max));
}

void OutputBuffer::Take(size_t bytes) {
  NACRE_CLIENT_CHECK(bytes <= size(), "more was sent than there was");
  taken_ += bytes;
  PassHoles();
  DropTaken();
}

void OutputBuffer::Cut(uint64_t begin, uint64_t end) {
  NACRE_CLIENT_CHECK(begin >= taken_ && begin <= end && end <= end_,
                     "only what has not been handed over can be cut");
  if (begin == end) return;
  auto after = std::lower_bound(holes_.begin(), holes_.end(), begin,
                                [](const Hole& hole, uint64_t at) { return hole.begin < at; });
  if (after != holes_.begin() && std::prev(after)->end == begin) {
    --after;
    after->end = end;
  } else {
    after = holes_.insert(after, {begin, end});
  }
  if (const auto next = after + 1; next != holes_.end() && next->begin == end) {
    after->end = next->end;
    holes_.erase(next);
  }
  PassHoles();
  TrimTail();
  DropTaken();
}

void OutputBuffer::Clear() {
  taken_ = end_;
  segments_.clear();
  holes_.clear();
}

size_t OutputBuffer::memory_bytes() const {
  size_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes.capacity();
  return bytes;
}

void OutputBuffer::PassHoles() {
  if (holes_.empty() || holes_.front().begin != taken_) return;
  taken_ = holes_.front().end;
  holes_.erase(holes_.begin());
}

// A hole at the end is given back at once: a server that has stopped reading must not be the reason
// why the requests that were given up keep their memory.
void OutputBuffer::TrimTail() {
  if (holes_.empty() || holes_.back().end != end_) return;
  end_ = holes_.back().begin;
  holes_.pop_back();
  while (segments_.size() > 1 && segments_.back().begin >= end_) segments_.pop_back();
  segments_.back().bytes.resize(static_cast<size_t>(end_ - segments_.back().begin));
}

void OutputBuffer::DropTaken() {
  while (!segments_.empty() && segments_.front().end() <= taken_) {
    if (segments_.size() > 1) {
      segments_.pop_front();
      continue;
    }
    Segment& last = segments_.front();
    if (last.bytes.capacity() > 2 * kSegmentBytes) {
      segments_.clear();
    } else {
      last.bytes.clear();
      last.begin = end_;
    }
    return;
  }
}

}  // namespace nacre::client
