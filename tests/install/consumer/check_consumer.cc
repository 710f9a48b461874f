// Uses the installed judge as another project would.

#include <cstdio>
#include <utility>

#include "nacre/check/history.h"
#include "nacre/check/judge.h"
#include "nacre/check/picture.h"

int main() {
  nacre::check::HistoryBuilder builder;
  for (const char* const key : {"x", "y"}) {
    builder.ReadAbsent(builder.Key("x"));
    builder.ReadAbsent(builder.Key("y"));
    builder.Write(builder.Key(key), builder.Value("1"));
    builder.Add({.number = builder.transactions() + 1});
  }
  const nacre::check::History history = std::move(builder).Finish();
  const nacre::check::Verdict verdict =
      nacre::check::Judge(history, nacre::check::Level::kSerializable);
  if (verdict.violations.size() != 1) return 1;
  if (nacre::check::ToSvg(history, verdict.violations[0]).empty()) return 1;
  std::printf("%s\n", verdict.violations[0].name().c_str());
  return 0;
}
