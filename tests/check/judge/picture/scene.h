#ifndef NACRE_TESTS_CHECK_JUDGE_PICTURE_SCENE_H_
#define NACRE_TESTS_CHECK_JUDGE_PICTURE_SCENE_H_

// What a picture of a violation shows, before anything has a place.

#include <string>
#include <vector>

#include "nacre/check/history.h"
#include "nacre/check/verdict.h"

namespace nacre::check::judge {

struct OpLine {
  std::string text = {};  // Printable, and cut if it is long.
  std::string full = {};
  bool strong = false;  // The violation is about it.
  uint32_t op = kNone;  // Its index; kNone: stands for several that are left out.
};

struct TxnBox {
  TxnId txn = 0;
  uint32_t lane = 0;
  std::string name = {};
  std::string about = {};  // "line 7, aborted"
  std::vector<OpLine> lines = {};
};

struct Arrow {
  uint32_t from = 0;  // Boxes.
  uint32_t to = 0;
  EdgeKind kind = EdgeKind::kWw;
  std::string label = {};  // "rw x"
  std::string reason = {};
  uint32_t from_line = kNone;  // Of the box; kNone: none in particular.
};

struct Scene {
  std::string name = {};  // "write-skew"
  std::string meaning = {};
  std::vector<std::string> words = {};  // Paragraphs below.
  std::vector<std::string> lanes = {};  // "session a"
  std::vector<TxnBox> boxes = {};       // From first to last.
  std::vector<Arrow> arrows = {};
};

Scene SceneOf(const History& history, const Violation& violation);

}  // namespace nacre::check::judge

#endif  // NACRE_TESTS_CHECK_JUDGE_PICTURE_SCENE_H_
