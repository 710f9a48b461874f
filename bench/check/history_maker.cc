#include "bench/check/history_maker.h"

#include <random>
#include <string>
#include <vector>

namespace nacre::bench {
namespace {

struct Key {
  uint32_t number = 0;
  uint32_t writes = 0;
  std::string list = {};  // Its elements, with blanks between them.
  uint32_t last = 0;
};

}  // namespace

void MakeHistory(const HistoryShape& shape, std::ostream& out) {
  std::mt19937 random(shape.seed);
  std::vector<Key> keys(shape.keys);
  uint32_t next_key = 0;
  for (Key& key : keys) key.number = next_key++;
  std::string line;
  for (uint32_t t = 0; t < shape.transactions; ++t) {
    // One after the other in the store; as their clients see them, they overlap.
    const uint64_t now = uint64_t{100} * t + 1'000'000;
    const uint64_t begun = now - random() % (50 * shape.sessions);
    line = "T" + std::to_string(t) + " s=" + std::to_string(t % shape.sessions) +
           " ok real=" + std::to_string(begun) + ".." + std::to_string(now + random() % 900) +
           " time=" + std::to_string(now) + ".." + std::to_string(now + 1);
    const uint32_t operations = 1 + random() % shape.operations_max;
    for (uint32_t i = 0; i < operations; ++i) {
      Key& key = keys[random() % keys.size()];
      const std::string name = std::to_string(key.number);
      if (random() % 2 == 0) {
        if (shape.lists) {
          line += " | list " + name + " [" + key.list + "]";
        } else {
          line += " | read " + name + " " + (key.writes == 0 ? "nil" : std::to_string(key.last));
        }
        continue;
      }
      ++key.writes;
      key.last = key.writes;
      line += (shape.lists ? " | append " : " | write ") + name + " " + std::to_string(key.last);
      if (shape.lists) key.list += (key.list.empty() ? "" : " ") + std::to_string(key.last);
      // Only between transactions, so that reads of one transaction agree; enough to do it at the
      // end.
    }
    for (Key& key : keys) {
      if (key.writes >= shape.writes_a_key) key = {.number = next_key++};
    }
    line += '\n';
    out << line;
  }
}

}  // namespace nacre::bench
