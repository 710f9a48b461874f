#ifndef NACRE_CLIENT_WIRE_REPLY_SCANNER_H_
#define NACRE_CLIENT_WIRE_REPLY_SCANNER_H_

// Finds the replies in what a connection has received, however it was cut on its way.
//
//   switch (scanner.Scan(unconsumed)) {
//     case kMore:      receive more behind `unconsumed`, and ask again
//     case kReply:     use frame(), then drop frame_bytes() from the front, and ask again
//     case kPush:      the same; the message answers no request
//     case kMalformed: status() says what was found where; there is no way on
//   }
//
// Invariants, for whatever bytes come:
//   WELL-FORMED  A frame is one whole reply and keeps every rule of the protocol that a ReplyView
//                relies on. Both are checked here and nowhere else.
//   SPLIT-BLIND  The answer depends on the bytes, not on how they were cut: it is kMore for each
//                part that is shorter than what it takes to decide.
//   LOOKED-ONCE  A byte is looked at a bounded number of times, however many calls there are.
//   NO-CREDIT    Nothing is allocated on the word of a header: memory grows with the depth of what
//                has come, up to depth_max.
//
// Thread rule: one thread at a time.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/wire/reply_head.h"
#include "nacre/client/reply.h"

namespace nacre::client {

class ReplyScanner {
 public:
  // ConnectionOptions has them as reply_bytes_max and reply_depth_max.
  struct Limits {
    size_t bytes_max = size_t{1} << 30;  // Of a reply together with its attributes.
    size_t depth_max = 128;              // Aggregates within one another.
  };
  enum class Verdict : uint8_t { kMore, kReply, kPush, kMalformed };

  explicit ReplyScanner(const Limits& limits) : limits_(limits) {}

  // `unconsumed` begins where the last frame ended and, after kMore, with the bytes of the last
  // call; they may have moved.
  Verdict Scan(std::string_view unconsumed);

  // After kReply and kPush, valid as long as the bytes are.
  const ReplyView& frame() const { return frame_; }
  // How many bytes it took, attributes before it included.
  size_t frame_bytes() const { return frame_bytes_; }
  // After kMore: at least so many bytes are missing, if the server means what it says.
  size_t bytes_missing() const { return bytes_missing_; }
  // After kMalformed: kDataLoss.
  const absl::Status& status() const { return status_; }

  // For tests: how often a byte was looked at, over all, but for scalars that are all there: these
  // are passed over by one look.
  uint64_t bytes_examined() const { return bytes_examined_; }

 private:
  // What reading one element comes to.
  enum class Step : uint8_t { kMore, kElement, kOpened, kMalformed };
  struct Level {
    size_t left;      // Elements that have not ended.
    bool attributes;  // Then comes the reply itself.
  };

  Verdict Continue(std::string_view bytes);
  Verdict Finish(std::string_view bytes);
  // Reads the element at element_, or its first line.
  Step ReadElement(std::string_view bytes);
  Step ReadLine(std::string_view bytes, wire::Mark mark, size_t* line_end);
  Step ReadText(std::string_view bytes, wire::Mark mark, size_t line_end);
  Step ReadInteger(std::string_view bytes, size_t line_end);
  Step ReadLength(std::string_view bytes, wire::Mark mark, size_t line_end);
  // Goes on with the content that ends at body_end_.
  Step ReadBody(std::string_view bytes);
  Step Open(std::string_view bytes, wire::Mark mark, size_t line_end, size_t elements);
  Step End(size_t end);
  // Counts an element that has ended; whether that was the reply.
  bool IsReplyDone();
  // The reply itself, or attributes of it, are read: not an element of it.
  bool at_root() const { return levels_.empty(); }
  void SetRoot(wire::Mark mark, size_t line_end, int64_t number);

  Step Fail(std::string_view bytes, size_t at, std::string_view what);
  Step FailLimit(std::string_view bytes, size_t at);

  Limits limits_;
  size_t element_ = 0;   // Where the element begins that is being read.
  size_t searched_ = 0;  // So far its line has no end.
  size_t body_end_ = 0;  // If its line has been read: where its content ends, with CRLF.
  size_t root_ = 0;      // Where the reply begins, behind its attributes.
  bool begun_ = false;   // This reply has been looked at by an earlier call.
  std::vector<Level> levels_;

  ReplyView frame_;
  size_t frame_bytes_ = 0;
  size_t bytes_missing_ = 0;
  uint64_t bytes_examined_ = 0;
  absl::Status status_;
};

}  // namespace nacre::client

#endif  // NACRE_CLIENT_WIRE_REPLY_SCANNER_H_
