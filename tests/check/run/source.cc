#include "tests/check/run/source.h"

#include "absl/strings/str_cat.h"
#include "tests/check/run/embedded_target.h"

namespace nacre::check::run {
namespace {

class EmbeddedSource final : public TargetSource {
 public:
  explicit EmbeddedSource(Isolation isolation) : isolation_(isolation) {}
  absl::StatusOr<std::unique_ptr<Target>> Open() override { return OpenEmbeddedTarget(isolation_); }

 private:
  const Isolation isolation_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TargetSource>> MakeSource(const TargetOptions& options) {
  if (options.address == kEmbedded) return std::make_unique<EmbeddedSource>(options.isolation);
  return absl::InvalidArgumentError(absl::StrCat("there is no target '", options.address, "'"));
}

}  // namespace nacre::check::run
